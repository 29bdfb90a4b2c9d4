import type { CreateTableAsStmt, IntoClause, Node, RefreshMatViewStmt } from '@pgsql/types';
import { nameOfRangeVar, stringsOf } from '../sql/names.ts';
import { persistenceOf } from './create-table.ts';
import { define, withField } from './definition.ts';
import { dependenciesOf, withDependencies } from './dependencies.ts';
import { type Apply, type Draft, emptyTable, find, isFree, newName, put } from './draft.ts';
import type { Column } from './model.ts';
import { settingsIn } from './other-objects.ts';
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
    source: define(draft, statement, { CreateTableAsStmt: fields }),
    // A dump writes WITH NO DATA for all of them, filled or not.
    ...(into.skipData && draft.madeByPlan ? { unpopulated: true } : {}),
    ...(into.options ? { options: settingsIn(into.options) } : {}),
    ...(into.accessMethod || into.tableSpaceName
      ? {
          storage: {
            ...(into.accessMethod ? { method: into.accessMethod } : {}),
            ...(into.tableSpaceName ? { tablespace: into.tableSpaceName } : {}),
          },
        }
      : {}),
  };
  put(draft, withDependencies(view, dependenciesOf(draft, query)));
};

export const applyRefresh: Apply<RefreshMatViewStmt> = (draft, { relation, skipData }) => {
  const view = relation && find(draft, nameOfRangeVar(relation));
  if (view?.kind !== 'materialized view') return;
  put(draft, withField(view, 'unpopulated', skipData === true ? true : undefined));
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
