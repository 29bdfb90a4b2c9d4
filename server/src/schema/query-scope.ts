import type { Node, RangeVar } from '@pgsql/types';
import { nameOfRangeVar, type ObjectName, stringsOf } from '../sql/names.ts';
import { keyOf } from './lookup.ts';
import type { Relation, Schema } from './model.ts';

/** What a name before a dot can mean in a query: a table, view, subquery, WITH query or function of its FROM. */
export interface Source {
  readonly name: string;
  /** The schema that a qualified reference may say; undefined behind an alias. */
  readonly schema: string | undefined;
  /** The relation's key; undefined for what is no relation. */
  readonly key: string | undefined;
  readonly columns: readonly string[];
  /** False where it may have other columns too. */
  readonly complete: boolean;
}

/** The columns that a subquery or WITH query gives. */
export type Output = Pick<Source, 'columns' | 'complete'>;

/** One level of a query; names that it does not know are looked up one level out. */
export interface Scope {
  readonly sources: Source[];
  readonly outer: Scope | undefined;
  /** A JOIN gives columns of both its sides once, and first: USING, NATURAL. */
  merged?: boolean;
}

export const unknownOutput: Output = { columns: [], complete: false };

/** Columns that every table has without declaring them. */
export const systemColumns: ReadonlySet<string> = new Set([
  'ctid',
  'xmin',
  'xmax',
  'cmin',
  'cmax',
  'tableoid',
]);

/** A column of a relation, `null` for all of its columns. */
export interface FoundColumn {
  readonly key: string;
  readonly column: string | null;
  /** False where several relations may have it and none is known to. */
  readonly certain: boolean;
}

export interface Resolution {
  readonly found: readonly FoundColumn[];
  /** The column is surely in none of the sources; with the relation that should have it, where one is named. */
  readonly missing: { readonly key: string | undefined; readonly column: string } | undefined;
}

const nothing: Resolution = { found: [], missing: undefined };

/** What a relation of a FROM, or a target, offers; `relation` is undefined where the schema does not hold it. */
export function sourceOf(schema: Schema, range: RangeVar, relation: Relation | undefined): Source {
  const named = nameOfRangeVar(range);
  const alias = range.alias?.aliasname;
  const renamed = stringsOf(range.alias?.colnames);
  const key = keyOf(schema, named);
  const common = { name: alias ?? named.name, schema: alias ? undefined : named.schema, key };
  // A list of column aliases hides the columns' own names: what they mean is not followed.
  if (renamed.length > 0) return { ...common, columns: [], complete: false };
  return { ...common, ...columnsOf(relation) };
}

function columnsOf(relation: Relation | undefined): Output {
  if (relation?.kind === 'table')
    return { columns: relation.columns.map(({ name }) => name), complete: relation.columnsComplete };
  if ((relation?.kind === 'view' || relation?.kind === 'materialized view') && relation.columns)
    return { columns: relation.columns.map(({ name }) => name), complete: true };
  return unknownOutput;
}

/** The server's own relations, which no baseline holds. */
export function isCatalog({ schema, name }: ObjectName): boolean {
  return (
    schema === 'pg_catalog' ||
    schema === 'information_schema' ||
    (schema === undefined && name.startsWith('pg_'))
  );
}

/** What a `ColumnRef` means, by the rules of the manual's "Column References". */
export function resolveColumn(scope: Scope, fields: readonly Node[] | undefined): Resolution {
  const parts = stringsOf(fields);
  const star = (fields ?? []).some((node) => 'A_Star' in node);
  if (star) return parts.length === 0 ? allOf(scope.sources) : allOf(named(scope, parts));
  const column = parts.at(-1);
  if (column === undefined) return nothing;
  return parts.length === 1
    ? resolveBare(scope, column)
    : resolveIn(named(scope, parts.slice(0, -1)), column);
}

function allOf(sources: readonly Source[]): Resolution {
  const found = sources.flatMap(({ key }) =>
    key === undefined ? [] : [{ key, column: null, certain: true }],
  );
  return { found, missing: undefined };
}

/** The source that `alias` or `schema.table` names, nearest level first. */
function named(scope: Scope, parts: readonly string[]): readonly Source[] {
  const [name, schema] = [parts.at(-1), parts.at(-2)];
  for (let level: Scope | undefined = scope; level; level = level.outer) {
    const source = level.sources.find(
      (one) => one.name === name && (schema === undefined || one.schema === schema),
    );
    if (source) return [source];
  }
  return [];
}

function resolveIn([source]: readonly Source[], column: string): Resolution {
  if (!source) return nothing;
  if (source.key === undefined) {
    const known = !source.complete || source.columns.includes(column);
    return known ? nothing : { found: [], missing: { key: undefined, column } };
  }
  if (source.columns.includes(column) || !source.complete)
    return { found: [{ key: source.key, column, certain: true }], missing: undefined };
  if (systemColumns.has(column)) return nothing;
  return { found: [], missing: { key: source.key, column } };
}

function resolveBare(scope: Scope, column: string): Resolution {
  for (let level: Scope | undefined = scope; level; level = level.outer) {
    // Several have it where USING merged it: each is read.
    const having = level.sources.filter(({ columns }) => columns.includes(column));
    if (having.length > 0)
      return {
        found: having.flatMap(({ key }) => (key === undefined ? [] : [{ key, column, certain: true }])),
        missing: undefined,
      };
    const open = level.sources.filter(({ complete }) => !complete);
    if (open.length > 0) return presumed(open, column, level.outer === undefined);
  }
  const whole = named(scope, [column]);
  if (whole.length > 0) return allOf(whole);
  if (systemColumns.has(column)) return nothing;
  const [only, ...others] = scope.sources;
  return { found: [], missing: { key: others.length === 0 ? only?.key : undefined, column } };
}

/** One of these has the column, if the statement runs at all. */
function presumed(open: readonly Source[], column: string, outermost: boolean): Resolution {
  const certain = open.length === 1 && outermost;
  return {
    found: open.flatMap(({ key }) => (key === undefined ? [] : [{ key, column, certain }])),
    missing: undefined,
  };
}
