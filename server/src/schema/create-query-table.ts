import type { CreateTableAsStmt, IntoClause, Node } from '@pgsql/types';
import { nameOfRangeVar, stringsOf } from '../sql/names.ts';
import { persistenceOf } from './create-table.ts';
import { dependenciesOf, withDependencies } from './dependencies.ts';
import { type Apply, type Draft, emptyTable, isFree, newName, put } from './draft.ts';
import type { Column } from './model.ts';
import { type Query, type QueryColumn, readQuery } from './query.ts';
import { settingsOf } from './table-source.ts';
import { relationsRead } from './views.ts';

/** CREATE TABLE AS and CREATE MATERIALIZED VIEW. */
export const applyCreateTableAs: Apply<CreateTableAsStmt> = (draft, fields, statement) => {
  const { into, objtype, query, if_not_exists } = fields;
  if (!into?.rel) return;
  if (objtype !== 'OBJECT_MATVIEW') {
    createQueryTable(draft, into, query, { ifNotExists: if_not_exists === true });
    return;
  }
  const name = newName(draft, nameOfRangeVar(into.rel));
  if (!isFree(draft, name, if_not_exists === true)) return;
  const { columns, reads } = readQuery(draft, query);
  const named = withNames(columns, into);
  const view = {
    kind: 'materialized view' as const,
    name,
    madeByPlan: draft.madeByPlan,
    empty: draft.madeByPlan && into.skipData === true,
    definition: statement.text,
    reads: relationsRead(draft, query),
    ...(query ? { query } : {}),
    ...(named ? { columns: named } : {}),
    ...(reads ? { readsColumns: reads } : {}),
  };
  put(draft, withDependencies(view, dependenciesOf(draft, query)));
};

/** The table that a query makes; its columns are known as far as the query tells them. */
export function createQueryTable(
  draft: Draft,
  into: IntoClause,
  query: Node | undefined,
  { ifNotExists = false }: { readonly ifNotExists?: boolean },
): void {
  if (!into.rel) return;
  const persistence = persistenceOf(into.rel.relpersistence);
  const name = newName(draft, nameOfRangeVar(into.rel), persistence === 'temporary');
  if (!isFree(draft, name, ifNotExists)) return;
  const { columns: given, faulty } = readQuery(draft, query);
  if (faulty && draft.madeByPlan) draft.refused = true;
  const columns = withNames(given, into);
  put(draft, {
    ...emptyTable(name),
    madeByPlan: draft.madeByPlan,
    empty: draft.madeByPlan && into.skipData === true,
    persistence,
    ...settingsOf(into),
    columns: (columns ?? []).map(plainColumn),
    columnsComplete: columns !== undefined,
  });
}

function withNames(columns: Query['columns'], { colNames }: IntoClause): Query['columns'] {
  const names = stringsOf(colNames);
  return columns?.map((column, at) => ({ ...column, name: names[at] ?? column.name }));
}

function plainColumn({ name, type, collation }: QueryColumn): Column {
  return { name, type, notNull: false, default: null, identity: undefined, generated: undefined, collation };
}
