import type { ClusterStmt, Node, RangeVar } from '@pgsql/types';
import { displayName, findRelation, tableOf } from '../schema/lookup.ts';
import type { Schema, Table } from '../schema/model.ts';
import type { Statement } from '../sql/model.ts';
import { nameOfRangeVar, quoteIdentifier, writeName } from '../sql/names.ts';
import { type Inverse, losesData, restores, unknown } from './model.ts';
import { restoringInverse } from './restoring.ts';

/** Statements that change rows and no schema. Undefined for every other. */
export function rowsInverse(node: Node, before: Schema): Inverse | undefined {
  if ('TruncateStmt' in node) {
    const names = (node.TruncateStmt.relations ?? []).flatMap((one) =>
      'RangeVar' in one ? [one.RangeVar] : [],
    );
    const tables = names.map((name) => tableOf(before, name));
    const more =
      node.TruncateStmt.behavior === 'DROP_CASCADE' ? ', and those of every table that points at them,' : '';
    if (!more && tables.length > 0 && tables.every((one) => one?.empty))
      return restores([], 'There are no rows yet: nothing is to be undone.');
    return losesData([], `The rows of ${namesOf(names)}${more} are gone for good. ${copyRows(names[0])}`);
  }
  if ('DeleteStmt' in node) {
    const { relation } = node.DeleteStmt;
    if (tableOf(before, relation)?.empty) return nothingThere(tableOf(before, relation));
    return losesData(
      [],
      `The rows that it deletes from ${named(relation)} are gone for good. ${copyRows(relation)}`,
    );
  }
  if ('UpdateStmt' in node) {
    const { relation, targetList = [] } = node.UpdateStmt;
    if (tableOf(before, relation)?.empty) return nothingThere(tableOf(before, relation));
    const columns = targetList.flatMap((one) => ('ResTarget' in one ? [one.ResTarget.name ?? ''] : []));
    const list = [...new Set(columns)].map(quoteIdentifier).join(', ');
    return losesData(
      [],
      `The old values of ${list} in ${named(relation)} are overwritten. Write into a new column and keep the old one until the plan is done, or copy them aside first.`,
    );
  }
  if ('MergeStmt' in node) {
    const { relation } = node.MergeStmt;
    return losesData(
      [],
      `What it updates or deletes in ${named(relation)} is gone for good, and what it inserts is not told from other rows. ${copyRows(relation)}`,
    );
  }
  if ('InsertStmt' in node)
    return insertInverse(node.InsertStmt.relation, before, node.InsertStmt.onConflictClause !== undefined);
  return undefined;
}

function nothingThere(table: Table | undefined): Inverse {
  return restores(
    [],
    `${table ? writeName(table.name) : 'The table'} holds no rows yet: nothing is to be undone.`,
  );
}

/** Rows of a table that was empty are told from all others: there are none. */
function insertInverse(relation: RangeVar | undefined, before: Schema, updates: boolean): Inverse {
  const table = tableOf(before, relation);
  if (table?.empty && !updates)
    return restores(
      [`DELETE FROM ${relation?.schemaname ? writeName(table.name) : displayName(before, table.name)}`],
      'The table was empty before; rows written meanwhile go as well.',
    );
  return unknown(
    `Which rows of ${named(relation)} it adds cannot be told from others afterwards: write a DELETE that names them by their key.`,
  );
}

function named(relation: RangeVar | undefined): string {
  return relation ? writeName(nameOfRangeVar(relation)) : 'the table';
}

function namesOf(relations: readonly RangeVar[]): string {
  return relations.map(named).join(', ');
}

function copyRows(relation: RangeVar | undefined): string {
  const table = named(relation);
  const name = relation
    ? writeName({ ...nameOfRangeVar(relation), name: `${relation.relname}_before` })
    : 'a copy';
  return `Copy them aside first, in a step before: CREATE TABLE ${name} AS SELECT * FROM ${table}.`;
}

/** CLUSTER orders the rows on disk anew, which nobody sees; USING marks the index for the next time. */
export function clusterInverse(
  fields: ClusterStmt,
  statement: Statement,
  before: Schema,
  pgVersion: number,
): Inverse {
  if (!fields.indexname) return restores([], 'It changes neither schema nor data.');
  const known = fields.relation && findRelation(before, nameOfRangeVar(fields.relation));
  if (known?.kind === 'materialized view' || (known?.kind === 'table' && known.columnsComplete))
    return restoringInverse(statement, before, pgVersion);
  return unknown(
    'The index stays marked for CLUSTER, and which one was marked before is not known: give the baseline DDL under database.schema.',
  );
}
