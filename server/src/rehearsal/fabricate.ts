import type { SqlParser } from '../sql/model.ts';
import { isDatabaseError } from './errors.ts';
import { domainCondition } from './fabricate/candidates.ts';
import { type FillColumn, type FillTable, readTables } from './fabricate/catalog.ts';
import { countRows } from './fabricate/count.ts';
import { distinctColumns } from './fabricate/distinct.ts';
import { fillOrder } from './fabricate/order.ts';
import { ownExpression } from './fabricate/own-expression.ts';
import { type ParentJoin, parentJoins } from './fabricate/parents.ts';
import { evenly, type Statistics, statisticsOf } from './fabricate/statistics.ts';
import { disableTriggers, restoreTriggers } from './fabricate/triggers.ts';
import type { Connection } from './model.ts';
import { quoteIdentifier } from './roles.ts';

export interface FabricateOptions {
  /** Rows for each table. */
  readonly rows: number;
  readonly parser: SqlParser;
  /** What is known of a real database's values, which those made are to be like. */
  readonly statistics?: Statistics | undefined;
  /** Whether some values have what a lesser type would lose. True where absent. */
  readonly precise?: boolean;
  /** The OID of the one table to fill; its parents have their rows. All tables where absent. */
  readonly only?: number;
}

export interface Fabricated {
  /** Rows by table, as `regclass` prints its name. */
  readonly rows: Readonly<Record<string, number>>;
  /** Tables left empty, each with the reason. */
  readonly notes: readonly string[];
}

const fewRows = 2000;

/** Where conditions turn rows away, this many times as many are tried. */
const spare = 8;

/**
 * Puts plausible rows into every table: the same ones for the same schema, parents before children, within the
 * constraints that stand, some of them with all that their types can hold. A column that may be NULL is NULL in every tenth row, as production's may be; triggers
 * of the user's do not fire; sequences go on behind the last value.
 */
export async function fabricate(
  db: Connection,
  { rows, parser, only, statistics, precise = true }: FabricateOptions,
): Promise<Fabricated> {
  const tables = await readTables(db);
  const planned = fillOrder(tables);
  const isAsked = ({ oid }: FillTable) => only === undefined || oid === only;
  const order = planned.order.filter(isAsked);
  const impossible = [...planned.impossible].filter(([table]) => isAsked(table));
  const { empty } = planned;
  const counts: Record<string, number> = only === undefined ? {} : await countRows(db);
  const notes: string[] = [];
  for (const table of order) {
    const parents = parentJoins(table, { counts, empty, tables });
    // Of values that are big, sums and products may be too big; real ones may hang together in a way that is not known.
    const ways = [
      ...(statistics && statisticsOfTable(statistics, table) ? [{ statistics, precise }] : []),
      ...(precise ? [{ precise: true }] : []),
      { precise: false },
    ];
    let result: FillResult = 'reason' in parents ? parents : { reason: '' };
    for (const way of ways) {
      if ('reason' in parents || !('reason' in result)) break;
      const count = only === undefined && takesParents(table) ? Math.ceil((rows * 2) / 3) : rows;
      result = await fillTable(db, parser, table, { joins: parents.joins, rows: count, ...way }).catch(
        reasonOf,
      );
    }
    counts[table.name] = 'reason' in result ? 0 : result.rows;
    if ('reason' in result) notes.push(`${table.name} stays empty: ${result.reason}.`);
  }
  for (const [table, reason] of impossible) {
    counts[table.name] = 0;
    notes.push(`${table.name} stays empty: ${reason}.`);
  }
  const views = only === undefined ? await refreshViews(db) : [];
  // The planner's statistics; not of the catalogs, which takes longer than all the rest.
  const analyzed = [...order.map(({ name }) => name), ...views];
  if (analyzed.length > 0) await db.query(`ANALYZE ${analyzed.join(', ')}`);
  return { rows: counts, notes };
}

/** Each of its rows takes a row of another table for itself: what the application inserts needs one that is left. */
function takesParents({ unique, foreignKeys }: FillTable): boolean {
  return unique.some((key) =>
    foreignKeys.some(({ columns }) => key.every((column) => columns.includes(column))),
  );
}

function reasonOf(error: unknown): { reason: string } {
  if (!isDatabaseError(error) || error.code === undefined) throw error;
  return { reason: error.message };
}

type FillResult = { readonly rows: number } | { readonly reason: string };

interface FillOptions {
  readonly joins: readonly ParentJoin[];
  readonly rows: number;
  /** Whether some values have what a lesser type would lose. */
  readonly precise: boolean;
  readonly statistics?: Statistics | undefined;
}

async function fillTable(
  db: Connection,
  parser: SqlParser,
  table: FillTable,
  options: FillOptions,
): Promise<FillResult> {
  const { joins, rows, statistics } = options;
  const columns = await columnExpressions(db, parser, table, options);
  if ('reason' in columns) return columns;
  const conditions = [
    ...table.checks.map(({ expression }) => expression),
    ...table.columns.flatMap((column) =>
      column.type.domainChecks.map((check) => domainCondition(column, check)),
    ),
    ...joins.flatMap(({ condition }) => condition ?? []),
  ].map((condition) => `(${condition}) IS NOT FALSE`);
  const sql = insertSql(table, columns.expressions, joins, conditions, rows);
  await db.query('BEGIN');
  try {
    // A nested loop over parents takes the square of the rows; with few it is quick, and tries only what it needs.
    if (rows > fewRows) await db.query('SET LOCAL enable_nestloop = off');
    await disableTriggers(db, table);
    const { affectedRows } = await db.query(sql);
    if (statistics && affectedRows < rows / 2) {
      await db.query('ROLLBACK');
      return { reason: emptyReason(table) };
    }
    await restoreTriggers(db, table);
    await advanceSequences(db, table);
    await db.query('COMMIT');
    return affectedRows > 0 || rows === 0 ? { rows: affectedRows } : { reason: emptyReason(table) };
  } catch (error) {
    await db.query('ROLLBACK');
    throw error;
  }
}

function emptyReason({ partitioned, checks }: FillTable): string {
  if (partitioned && checks.some(({ name, expression }) => name === 'partitions' && expression === 'false'))
    return 'it has no partitions';
  return `no fabricated row met its conditions (${checks.map(({ name }) => name).join(', ') || 'of its domains and keys'})`;
}

function insertSql(
  table: FillTable,
  expressions: ReadonlyMap<FillColumn, string>,
  joins: readonly ParentJoin[],
  conditions: readonly string[],
  rows: number,
): string {
  const names = [...expressions.keys()].map(({ name }) => quoteIdentifier(name));
  const values = [...expressions].map(
    ([{ name }, expression]) => `${expression} AS ${quoteIdentifier(name)}`,
  );
  const tried = conditions.length > 0 ? rows * spare : rows;
  if (names.length === 0)
    return `INSERT INTO ${table.name} SELECT FROM pg_catalog.generate_series(1, ${rows})`;
  return `INSERT INTO ${table.name} (${names.join(', ')}) OVERRIDING SYSTEM VALUE
    SELECT ${names.join(', ')} FROM (
      SELECT ${values.join(', ')} FROM pg_catalog.generate_series(1, ${tried}) AS s(i) ${joins.map(({ join }) => join).join(' ')}
    ) AS candidate ${conditions.length > 0 ? `WHERE ${conditions.join(' AND ')}` : ''}
    LIMIT ${rows} ON CONFLICT DO NOTHING`;
}

async function columnExpressions(
  db: Connection,
  parser: SqlParser,
  table: FillTable,
  { joins, precise, rows, statistics }: FillOptions,
): Promise<{ readonly expressions: ReadonlyMap<FillColumn, string> } | { readonly reason: string }> {
  const distinct = distinctColumns(table, joins);
  const joined = new Map(joins.flatMap(({ values }) => [...values]));
  const expressions = new Map<FillColumn, string>();
  const known = (column: string) => statisticsOf(statistics, table, column);
  const spreadOf = (column: string) => {
    const found = known(column);
    return found && { known: found, rows };
  };
  const own = async (column: FillColumn) =>
    ownExpression(db, parser, table, column, {
      distinct: distinct.has(column.name),
      precise,
      spread: spreadOf(column.name),
    });
  for (const column of table.columns) {
    const reference = joined.get(column.name);
    const source = reference?.sameRow
      ? table.columns.find(({ name }) => name === reference.sameRow)
      : undefined;
    const expression = reference?.expression ?? (await own(source ?? column));
    if (expression === undefined) {
      if (column.default !== null || !column.notNull) continue;
      return { reason: `no value is known of the type of ${column.name}, ${column.type.name}` };
    }
    const isNull = nullWhen(nullTurn(table, column), known(column.name)?.nullFraction);
    expressions.set(
      column,
      column.notNull || isNull === undefined
        ? expression
        : `CASE WHEN ${isNull} THEN NULL ELSE ${expression} END`,
    );
  }
  return { expressions };
}

/** The columns of one foreign key are NULL in the same rows, as MATCH FULL demands. */
function nullTurn({ foreignKeys, columns }: FillTable, column: FillColumn): number {
  const first = foreignKeys.find((key) => key.columns.includes(column.name))?.columns[0];
  return columns.find(({ name }) => name === first)?.number ?? column.number;
}

/** In every tenth row, or as often as in the real column; undefined: never. */
function nullWhen(turn: number, fraction: number | undefined): string | undefined {
  if (fraction === undefined) return `(i + ${turn * 3}) % 10 = 0`;
  return fraction > 0 ? `${evenly('i', turn + 200)} < ${fraction}` : undefined;
}

function statisticsOfTable(statistics: Statistics, table: FillTable): boolean {
  return table.columns.some(({ name }) => statisticsOf(statistics, table, name));
}

async function advanceSequences(db: Connection, table: FillTable): Promise<void> {
  for (const { name, sequence } of table.columns) {
    if (!sequence) continue;
    const column = quoteIdentifier(name);
    const last = sequence.increment > 0 ? `max(${column})` : `min(${column})`;
    await db.query(
      `SELECT setval(${sequence.oid}::regclass, ${last}) FROM ${table.name} HAVING ${last} IS NOT NULL`,
    );
  }
}

/** A materialized view that was made on empty tables would stay empty; one that fails on the rows stays so. */
async function refreshViews(db: Connection): Promise<string[]> {
  const { rows } = await db.query(
    `SELECT oid::regclass::text AS name FROM pg_catalog.pg_class WHERE relkind = 'm' AND relispopulated ORDER BY oid`,
  );
  const refreshed: string[] = [];
  for (const { name } of rows) {
    try {
      await db.query(`REFRESH MATERIALIZED VIEW ${name}`);
      refreshed.push(String(name));
    } catch (error) {
      if (!isDatabaseError(error) || error.code === undefined) throw error;
    }
  }
  return refreshed;
}
