import type { Node } from '@pgsql/types';
import {
  columnOf,
  constraintOf,
  descendantsOf,
  domainChain,
  indexesOf,
  relationKey,
} from '../schema/lookup.ts';
import type { Column, Schema, Table, Trigger } from '../schema/model.ts';
import type { Location, QueryNames, RowWrite } from '../schema/query-model.ts';
import { triggersOf } from '../schema/triggers.ts';
import { isUncertain } from '../schema/uncertain.ts';
import { quoteIdentifier } from '../sql/names.ts';
import { triggerBody } from './trigger-functions.ts';

/** Why Postgres refuses a query on a schema, whatever rows it meets. */
export interface Refusal {
  readonly kind:
    | 'no relation'
    | 'no column'
    | 'null' // a row without a value that the table requires
    | 'generated' // a value for a column that Postgres alone fills
    | 'too many values'
    | 'no arbiter'; // ON CONFLICT names what no unique index or constraint is on
  /** The relation's key; undefined where it is not clear which relation should have the column. */
  readonly key: string | undefined;
  /** The relation, column or constraint it is about. */
  readonly name: string;
  /** What Postgres says, in short: `username is NOT NULL and has no default`. */
  readonly reason: string;
  /** In the query. */
  readonly location: Location;
  /** Triggers of the table that may yet supply the value; none where nothing can. */
  readonly unless: readonly string[];
}

/** What surely fails in a query: names that are not there, and rows that the table does not take. */
export function refusalsOf(names: QueryNames, schema: Schema): readonly Refusal[] {
  const missing = names.missing.map(({ kind, key, name, location }): Refusal => {
    const reason = `${kind === 'relation' ? 'relation' : 'column'} ${quoteIdentifier(name)} does not exist`;
    return {
      kind: kind === 'relation' ? 'no relation' : 'no column',
      key,
      name,
      reason,
      location,
      unless: [],
    };
  });
  const rows = names.writes.flatMap((write) => refusedRows(write, schema));
  return [...missing, ...rows].filter(({ key, kind, name }) =>
    kind === 'no relation' ? !isUncertain(schema, key) : !isUncertain(schema, key, name),
  );
}

function refusedRows(write: RowWrite, schema: Schema): readonly Refusal[] {
  const table = schema.relations.get(write.key);
  // A foreign table's constraints are promises: Postgres does not check them.
  // A rule may put another statement in the place of this one.
  if (table?.kind !== 'table' || table.foreign || table.rules?.length) return [];
  return [
    ...(write.columns === undefined ? tooMany(write, table) : notAsMany(write, table, write.columns.length)),
    ...generated(write, table),
    ...withoutValue(write, table, schema),
    ...(write.onConflict ? withoutArbiter(write, table, schema) : []),
  ];
}

/** The columns that get a value, in the order of the values. */
function columnsWritten(write: RowWrite, table: Table): readonly string[] {
  if (write.columns) return write.columns.map(({ name }) => name);
  return table.columns.slice(0, widthOf(write)).map(({ name }) => name);
}

/** Values in the longest row. */
function widthOf({ rows, width = 0 }: RowWrite): number {
  return rows ? Math.max(...rows.map((row) => row.length), 0) : width;
}

function tooMany(write: RowWrite, table: Table): readonly Refusal[] {
  const width = widthOf(write);
  if (!table.columnsComplete || width <= table.columns.length) return [];
  const { key, location } = write;
  const reason = `INSERT gives ${width} values for ${table.columns.length} columns`;
  return [{ kind: 'too many values', key, name: table.name.name, reason, location, unless: [] }];
}

/** Each row needs a value for each column of the list. */
function notAsMany(
  { kind, key, rows, width, location }: RowWrite,
  table: Table,
  wanted: number,
): readonly Refusal[] {
  // DEFAULT VALUES gives none, and MERGE may say so too.
  const widths = rows
    ? rows.map((row) => row.length).filter((one) => one > 0)
    : width === undefined
      ? []
      : [width];
  const other = kind === 'insert' ? widths.find((one) => one !== wanted) : undefined;
  if (other === undefined) return [];
  const reason = `INSERT names ${wanted} ${wanted === 1 ? 'column' : 'columns'} and gives ${other} ${other === 1 ? 'value' : 'values'}`;
  return [{ kind: 'too many values', key, name: table.name.name, reason, location, unless: [] }];
}

/** GENERATED columns take DEFAULT alone; an identity takes more from an INSERT that is OVERRIDING. */
function generated(write: RowWrite, table: Table): readonly Refusal[] {
  return columnsWritten(write, table).flatMap((name, at) => {
    const column = columnOf(table, name);
    const own = column?.generated
      ? 'is GENERATED from other columns'
      : column?.identity === 'always' && !write.overriding
        ? 'is an identity GENERATED ALWAYS'
        : undefined;
    const given = write.rows?.some((row) => !isDefault(row[at])) ?? true;
    if (!own || !given) return [];
    const { key } = write;
    const location = write.columns?.[at]?.location ?? write.location;
    const reason = `${quoteIdentifier(name)} ${own}: only DEFAULT can be written to it`;
    return [{ kind: 'generated', key, name, reason, location, unless: [] }];
  });
}

/** A required column that no value is given for, or NULL itself. */
function withoutValue(write: RowWrite, table: Table, schema: Schema): readonly Refusal[] {
  const written = columnsWritten(write, table);
  // Without a list, a query may give any number of columns.
  if (write.columns === undefined && write.rows === undefined && write.width === undefined) return [];
  const triggers = triggersOn(write.key, table, schema);
  return table.columns.flatMap((column) => {
    const rule = requirementOn(table, column);
    if (rule === undefined) return [];
    const at = written.indexOf(column.name);
    const values = (write.rows ?? []).map((row) => row[at]);
    const left = at < 0 ? write.kind === 'insert' : values.some((value) => isDefault(value));
    const whole = write.columns?.[at]?.part !== true;
    const isNull = at >= 0 && whole && values.some((value) => value !== undefined && isNullConstant(value));
    const noDefault =
      column.default === null && !column.identity && !column.generated && !hasDomainDefault(column, schema);
    if (!isNull && !(left && noDefault)) return [];
    const reason = isNull
      ? `${quoteIdentifier(column.name)} ${rule} and gets NULL`
      : `${quoteIdentifier(column.name)} ${rule}, has no default and gets no value`;
    const location = (at < 0 ? undefined : write.columns?.[at]?.location) ?? write.location;
    const unless = unsureTriggers(triggers, column.name, schema);
    if (!unless) return [];
    return [{ kind: 'null', key: write.key, name: column.name, reason, location, unless }];
  });
}

/** Those of the partitions too: a row comes to theirs before it is looked at. */
function triggersOn(key: string, table: Table, schema: Schema): readonly Trigger[] {
  const partitions = table.partitioned ? descendantsOf(schema, key) : [];
  return [table, ...partitions].flatMap(triggersOf);
}

/**
 * Those of the triggers that may give the column a value, as nobody can read what they do; undefined where one that
 * can be read does.
 */
function unsureTriggers(
  triggers: readonly Trigger[],
  column: string,
  schema: Schema,
): readonly string[] | undefined {
  const unsure = new Set<string>();
  for (const trigger of triggers) {
    const fields = triggerBody(trigger, schema)?.newFields;
    if (fields?.includes(column)) return undefined;
    if (!fields) unsure.add(trigger.name);
  }
  return [...unsure];
}

function hasDomainDefault({ type }: Column, schema: Schema): boolean {
  return type !== undefined && domainChain(schema, type).some((domain) => domain.default !== undefined);
}

/** What makes a column refuse NULL, in words. */
function requirementOn(table: Table, column: Column): string | undefined {
  if (column.notNull === true) return 'is NOT NULL';
  const check = table.constraints.find(
    ({ provesNotNull, enforced }) => enforced !== false && provesNotNull.includes(column.name),
  );
  return check && `is required by ${quoteIdentifier(check.name)}`;
}

function isDefault(value: Node | undefined): boolean {
  return value === undefined || 'SetToDefault' in value;
}

function isNullConstant(value: Node): boolean {
  if ('TypeCast' in value && value.TypeCast.arg) return isNullConstant(value.TypeCast.arg);
  return 'A_Const' in value && value.A_Const.isnull === true;
}

/** ON CONFLICT needs a unique index on exactly its columns, or the constraint that it names. */
function withoutArbiter(write: RowWrite, table: Table, schema: Schema): readonly Refusal[] {
  const infer = write.onConflict?.infer;
  if (!infer || !schema.complete || !table.columnsComplete) return [];
  const { key } = write;
  if (infer.conname) {
    if (constraintOf(table, infer.conname)) return [];
    const reason = `ON CONFLICT names the constraint ${quoteIdentifier(infer.conname)}, which does not exist`;
    return [{ kind: 'no arbiter', key, name: infer.conname, reason, location: infer.location, unless: [] }];
  }
  const columns = (infer.indexElems ?? []).map((node) =>
    'IndexElem' in node ? node.IndexElem.name : undefined,
  );
  // An expression is not compared, and a WHERE may ask for a partial index.
  if (columns.some((name) => name === undefined)) return [];
  const wanted = [...new Set(columns)].sort().join('\0');
  for (const index of indexesOf(schema, relationKey(table.name))) {
    const partial = index.predicate !== undefined && !infer.whereClause;
    if (index.unique && index.valid !== false && !partial && [...index.columns].sort().join('\0') === wanted)
      return [];
  }
  const list = columns.map((name) => quoteIdentifier(name ?? '')).join(', ');
  const reason = `ON CONFLICT (${list}) needs a unique index on just these columns, and there is none`;
  return [{ kind: 'no arbiter', key, name: list, reason, location: infer.location, unless: [] }];
}

/** Whether two refusals have the same cause. */
export function sameRefusal(a: Refusal, b: Refusal): boolean {
  return a.kind === b.kind && a.key === b.key && a.name === b.name;
}
