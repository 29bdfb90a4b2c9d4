import type { SqlParser } from '../../sql/model.ts';
import { type ObjectName, writeName } from '../../sql/names.ts';
import { type FillColumn, type FillTable, readTables } from '../fabricate/catalog.ts';
import { distinctColumns } from '../fabricate/distinct.ts';
import { ownExpression } from '../fabricate/own-expression.ts';
import type { Connection } from '../model.ts';
import { type ComingConstraint, withComing } from './coming.ts';
import { attempt } from './evaluator.ts';
import type { Slot } from './slots.ts';

export interface PlacingOptions {
  readonly parser: SqlParser;
  /** `table.column`, names without a schema: unique now, or at some time in the plan. */
  readonly unique: ReadonlySet<string>;
  /** What values are held to although Postgres does not yet. */
  readonly coming: readonly ComingConstraint[];
}

/** Finds what a slot of an application's statement stands for, by the schema as it is now. Inside a transaction. */
export interface Placing {
  /** The table and the column; undefined where it is none that is known. */
  tableOf(
    relations: readonly ObjectName[],
    column: Slot['column'],
  ): Promise<{ readonly table: FillTable; readonly column: FillColumn } | undefined>;
  /** SQL for a value of the column from the number `i`; undefined where none is known of its type. */
  expressionOf(table: FillTable, column: FillColumn, distinct: boolean): Promise<string | undefined>;
  isUnique(table: FillTable, column: FillColumn): boolean;
}

/** The table of that name, or the only one that a view of that name reads: what is written to the view goes there. */
const tableBehind = `
  SELECT coalesce((
      SELECT CASE WHEN count(DISTINCT d.refobjid) = 1 THEN min(d.refobjid::int8) END
      FROM pg_catalog.pg_rewrite r
      JOIN pg_catalog.pg_depend d ON d.classid = 'pg_rewrite'::regclass AND d.objid = r.oid
        AND d.refclassid = 'pg_class'::regclass AND d.refobjid <> r.ev_class
      WHERE r.ev_class = c.oid AND c.relkind = 'v'), c.oid::int8) AS oid
  FROM pg_catalog.pg_class c WHERE c.oid = pg_catalog.to_regclass($1)`;

/**
 * For as long as the schema stays as it is.
 *
 * @param version the one whose statements are asked about; where absent, values are held to what every version is
 */
export function createPlacing(
  db: Connection,
  { parser, unique, coming }: PlacingOptions,
  version?: string,
): Placing {
  let tables: Promise<FillTable[]> | undefined;
  const oids = new Map<string, Promise<number>>();
  const oidOf = (name: string) => {
    const known =
      oids.get(name) ?? db.query(tableBehind, [name]).then(({ rows }) => Number(rows[0]?.oid ?? 0));
    oids.set(name, known);
    return known;
  };
  const tableOf: Placing['tableOf'] = async (relations, column) => {
    tables ??= readHeld(db, coming, version);
    const known = await tables;
    for (const relation of relations) {
      const found = await oidOf(writeName(relation));
      const table = known.find(({ oid }) => oid === found);
      const own = typeof column === 'number' ? table?.columns[column] : byName(table, column);
      if (table && own) return { table, column: own };
    }
    return undefined;
  };
  const expressions = new Map<string, Promise<string | undefined>>();
  const expressionOf: Placing['expressionOf'] = (table, column, distinct) => {
    const key = `${table.oid} ${column.number} ${distinct}`;
    const known =
      expressions.get(key) ?? ownExpression(db, parser, table, column, { distinct, precise: false });
    expressions.set(key, known);
    return known;
  };

  return {
    tableOf,
    expressionOf,
    isUnique: (table, column) =>
      distinctColumns(table, []).has(column.name) ||
      unique.has(`${lastName(table.name)}.${column.name}`) ||
      (column.sequence !== null && table.unique.some((key) => key.includes(column.name))),
  };
}

/** The tables with what is to come; conditions on what is not there yet are left out. */
async function readHeld(
  db: Connection,
  coming: readonly ComingConstraint[],
  version: string | undefined,
): Promise<FillTable[]> {
  const tables = await readTables(db);
  const binding = coming.filter(
    ({ always, versions }) => always || (version !== undefined && versions.has(version)),
  );
  const held = withComing(tables, binding);
  const asked = async (table: FillTable, at: number) => {
    const known = new Set(tables[at]?.checks);
    const checks = [];
    for (const check of table.checks) {
      const ask = () => db.query(`SELECT (${check.expression})::bool FROM ${table.name} LIMIT 0`);
      if (known.has(check) || (await attempt(db, ask))) checks.push(check);
    }
    return checks.length === table.checks.length ? table : { ...table, checks };
  };
  const answered: FillTable[] = [];
  for (const [at, table] of held.entries()) answered.push(await asked(table, at));
  return answered;
}

function byName(table: FillTable | undefined, column: string | undefined): FillColumn | undefined {
  return table?.columns.find(({ name }) => name === column);
}

function lastName(printed: string): string {
  const name = /(?:^|\.)("(?:[^"]|"")+"|[^".]+)$/.exec(printed)?.[1] ?? printed;
  return name.startsWith('"') ? name.slice(1, -1).replaceAll('""', '"') : name;
}
