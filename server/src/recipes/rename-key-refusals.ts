import type { Node, SelectStmt } from '@pgsql/types';
import { columnsRead, walk } from '../schema/expressions.ts';
import { indexesOf, relationKey } from '../schema/lookup.ts';
import type { Trigger, View } from '../schema/model.ts';
import { quoteIdentifier, stringsOf } from '../sql/names.ts';
import { primaryKeyOf, sqlName } from './facts.ts';
import { type Given, refuse } from './model.ts';
import type { Twin } from './twin.ts';

/** Refuses what cannot go on under both versions of the application, or keeps the primary key from moving. */
export function refuseBound({ facts }: Given, { table, from, facts: own }: Twin): void {
  const name = sqlName(facts, table);
  const shown = `${name}.${quoteIdentifier(from.name)}`;
  const key = primaryKeyOf(table);
  const isKey = key?.columns.includes(from.name) === true;
  if (table.partitioned || table.partition)
    refuse(
      isKey
        ? `${shown} is in the primary key of a partitioned table, and Postgres builds such a key only while writers wait. Give readers the new name by a view (CREATE VIEW … AS SELECT ${quoteIdentifier(from.name)} AS …), or copy the table into one that has it.`
        : `${shown} is numbered by the partitioned table: make it a plain column that the application fills, rename it, and give it its numbers again.`,
      'column',
    );
  const trigger = own.triggers.find((one) => updatesOf(one).includes(from.name));
  if (trigger)
    refuse(
      `The trigger ${trigger.name} fires on UPDATE OF ${from.name}, and would not where a version writes the new column. Let it fire on every UPDATE first, WHEN (OLD.${quoteIdentifier(from.name)} IS DISTINCT FROM NEW.${quoteIdentifier(from.name)}).`,
      'column',
    );
  if (!isKey) return;
  const index = [...indexesOf(facts.schema, relationKey(table.name))].find(
    ({ constraint }) => constraint === key?.name,
  );
  if (index?.replicaIdentity)
    refuse(
      `REPLICA IDENTITY of ${name} names the index of its primary key, and would be lost with it: ALTER TABLE ${name} REPLICA IDENTITY DEFAULT first, which means the same.`,
      'table',
    );
  const view = own.views.find((one) => needsKey(one, key?.columns ?? []));
  if (view)
    refuse(
      `The view ${sqlName(facts, view)} groups by ${from.name} and shows other columns too, which only the primary key allows: it would keep the key from moving. Name all of them in its GROUP BY first (CREATE OR REPLACE VIEW).`,
      'column',
    );
}

/** The columns of UPDATE OF. */
function updatesOf({ definition }: Trigger): readonly string[] {
  const node = definition?.read().node;
  const columns = node && 'CreateTrigStmt' in node ? (node.CreateTrigStmt.columns ?? []) : [];
  return columns.flatMap((one) => ('String' in one ? [one.String.sval ?? ''] : []));
}

/** Whether a GROUP BY holds all of the key, and what is shown beside it is neither in it nor within an aggregate. */
function needsKey({ query }: View, key: readonly string[]): boolean {
  const selects = [...walk(query)].flatMap(([kind, fields]) =>
    kind === 'SelectStmt' ? armsOf(fields as SelectStmt) : [],
  );
  return selects.some(({ groupClause = [], targetList = [], havingClause, sortClause }) => {
    const named = groupClause.flatMap((one) => columnsRead(inList(one, targetList)));
    if (groupClause.length === 0 || !key.every((column) => named.includes(column))) return false;
    return alone([targetList, havingClause, sortClause]).some((column) => !named.includes(column));
  });
}

const aggregates = new Set(
  'count sum avg min max array_agg string_agg json_agg jsonb_agg json_object_agg jsonb_object_agg bool_and bool_or every'.split(
    ' ',
  ),
);

/** Columns outside of aggregates; `*` stands as itself. */
function alone(tree: unknown): readonly string[] {
  if (typeof tree !== 'object' || tree === null) return [];
  if (Array.isArray(tree)) return tree.flatMap(alone);
  const node = tree as Node;
  if ('ColumnRef' in node) return [stringsOf(node.ColumnRef.fields ?? []).at(-1) ?? '*'];
  if ('FuncCall' in node && aggregates.has(stringsOf(node.FuncCall.funcname).at(-1) ?? '')) return [];
  return Object.values(node).flatMap(alone);
}

/** A SELECT with those that a UNION or the like joins in it. */
function armsOf(select: SelectStmt): readonly SelectStmt[] {
  return [select, ...[select.larg, select.rarg].flatMap((one) => (one ? armsOf(one) : []))];
}

/** `GROUP BY 2` means what stands in that place. */
function inList(node: Node, targets: readonly Node[]): Node {
  const place = 'A_Const' in node ? node.A_Const.ival?.ival : undefined;
  return (place === undefined ? undefined : targets[place - 1]) ?? node;
}
