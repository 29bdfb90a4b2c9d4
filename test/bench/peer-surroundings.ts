import type { AlterTableCmd, Node, RangeVar } from '@pgsql/types';
import { walk } from '../../server/src/schema/expressions.ts';
import type { Statement } from '../../server/src/sql/model.ts';
import {
  nameOfRangeVar,
  nameOfStrings,
  quoteIdentifier,
  stringsOf,
  writeName,
} from '../../server/src/sql/names.ts';

/** What a case works on and does not make itself. */
interface Surroundings {
  /** Columns with their definitions, by table as it is written. */
  readonly tables: Map<string, Map<string, string>>;
  readonly views: Set<string>;
  readonly types: Set<string>;
}

/**
 * DDL and rows that a case takes to be there, as its statements tell: tables with a key and 50 rows, their columns
 * integers; materialized views; enum types of one label.
 */
export function surroundingsOf(statements: readonly Statement[]): string {
  const found: Surroundings = { tables: new Map(), views: new Set(), types: new Set() };
  const made = new Set<string>();
  for (const { node } of statements) {
    if ('CreateStmt' in node) made.add(nameOf(node.CreateStmt.relation));
    gather(node, found, made);
  }
  return [
    ...[...found.tables].map(([table, columns]) => tableOf(table, columns)),
    ...[...found.views].map((view) => `CREATE MATERIALIZED VIEW ${view} AS SELECT 1 AS id;`),
    ...[...found.types].map((type) => `CREATE TYPE ${type} AS ENUM ('one');`),
  ].join('\n');
}

function tableOf(table: string, columns: ReadonlyMap<string, string>): string {
  const list = ['id int PRIMARY KEY', ...[...columns].map(([name, type]) => `${name} ${type}`)];
  const values = list.map(() => 'g').join(', ');
  return `CREATE TABLE ${table} (${list.join(', ')});\nINSERT INTO ${table} SELECT ${values} FROM generate_series(1, 50) g;`;
}

function gather(node: Node, found: Surroundings, made: ReadonlySet<string>): void {
  const columnsOf = (table: string) => {
    const columns = found.tables.get(table) ?? new Map<string, string>();
    if (!made.has(table)) found.tables.set(table, columns);
    return columns;
  };
  if ('RefreshMatViewStmt' in node) {
    found.views.add(nameOf(node.RefreshMatViewStmt.relation));
    return;
  }
  if ('AlterEnumStmt' in node)
    found.types.add(writeName(nameOfStrings(stringsOf(node.AlterEnumStmt.typeName))));
  if ('CommentStmt' in node && node.CommentStmt.object && 'List' in node.CommentStmt.object) {
    const parts = stringsOf(node.CommentStmt.object.List.items);
    columnsOf(writeName(nameOfStrings(parts.slice(0, -1)))).set(quoteIdentifier(parts.at(-1) ?? ''), 'int');
  }
  for (const [kind, fields] of walk(node)) if (kind === 'RangeVar') columnsOf(nameOf(fields as RangeVar));
  for (const relation of relationsOf(node)) columnsOf(nameOf(relation));
  if ('IndexStmt' in node) {
    const columns = columnsOf(nameOf(node.IndexStmt.relation));
    for (const item of node.IndexStmt.indexParams ?? [])
      if ('IndexElem' in item && item.IndexElem.name)
        columns.set(quoteIdentifier(item.IndexElem.name), 'int');
  }
  if ('AlterTableStmt' in node) {
    const table = nameOf(node.AlterTableStmt.relation);
    for (const command of node.AlterTableStmt.cmds ?? [])
      if ('AlterTableCmd' in command) addColumns(command.AlterTableCmd, table, columnsOf(table));
  }
}

/** The relation of a statement stands in the tree without the name of its kind. */
function relationsOf(node: Node): readonly RangeVar[] {
  const [fields] = Object.values(node) as { relation?: RangeVar }[];
  const constraints = [...walk(node)].flatMap(([kind, one]) => (kind === 'Constraint' ? [one.pktable] : []));
  return [fields?.relation, ...(constraints as (RangeVar | undefined)[])].flatMap((one) =>
    one?.relname === undefined ? [] : [one],
  );
}

function addColumns(
  { subtype, name = '' }: AlterTableCmd,
  table: string,
  columns: Map<string, string>,
): void {
  if (subtype === 'AT_AlterColumnType' || subtype === 'AT_SetNotNull')
    columns.set(quoteIdentifier(name), 'int');
  // The name that Postgres itself gives to the CHECK of a column.
  const checked = name.startsWith(`${table}_`)
    ? /^(.+)_check$/.exec(name.slice(table.length + 1))?.[1]
    : undefined;
  if (subtype === 'AT_DropConstraint' && checked) columns.set(checked, `int CHECK (${checked} > 0)`);
}

function nameOf(relation: RangeVar | undefined): string {
  return writeName(nameOfRangeVar(relation ?? {}));
}
