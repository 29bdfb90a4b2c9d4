import type { Node, SelectStmt } from '@pgsql/types';
import { columnsRead, walk } from '../schema/expressions.ts';
import type { View } from '../schema/model.ts';
import { stringsOf } from '../sql/names.ts';

const aggregates = new Set(
  'count sum avg min max array_agg string_agg json_agg jsonb_agg json_object_agg jsonb_object_agg bool_and bool_or every'.split(
    ' ',
  ),
);

/**
 * Whether a view groups by a key and shows columns beside it that are neither in the GROUP BY nor within an aggregate:
 * Postgres lets it for as long as those are the primary key.
 */
export function needsKey({ query }: View, key: readonly string[]): boolean {
  const selects = [...walk(query)].flatMap(([kind, fields]) =>
    kind === 'SelectStmt' ? armsOf(fields as SelectStmt) : [],
  );
  return selects.some(({ groupClause = [], targetList = [], havingClause, sortClause }) => {
    const named = groupClause.flatMap((one) => columnsRead(inList(one, targetList)));
    if (groupClause.length === 0 || !key.every((column) => named.includes(column))) return false;
    return alone([targetList, havingClause, sortClause]).some((column) => !named.includes(column));
  });
}

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
