import type { Analysis } from '../analyze.ts';
import type { SqlParser } from '../sql/model.ts';
import { parseName } from '../sql/names.ts';
import { type Base, type GrownParent, keyName } from './amplify/copies.ts';
import { fillUp, numberParents, takeBase } from './amplify/fill.ts';
import { type Target, targetsOf, workedOn } from './amplify/targets.ts';
import { isDatabaseError } from './errors.ts';
import { type FillTable, readTables } from './fabricate/catalog.ts';
import { countRows } from './fabricate/count.ts';
import { fillOrder } from './fabricate/order.ts';
import { fabricate } from './fabricate.ts';
import type { Connection } from './model.ts';
import { quoteIdentifier } from './roles.ts';

/** How far tables are filled up that are too small to measure. */
export interface Amplification {
  /** Rows that a table is to have; never more than production has. */
  readonly rows: number;
  /** ms for all tables together. */
  readonly within: number;
}

const defaults: Amplification = { rows: 100_000, within: 60_000 };

/**
 * Whether tables are filled up, and how far: in a run that measures, and in one that proves only where asked, since that
 * compares all rows at each step (the example's took 59 s so, and 5 s on 1000 rows). 0 rows: not.
 */
export function amplificationFor(
  proofs: boolean,
  settings: Partial<Amplification> | undefined,
  asked?: number,
): Amplification | undefined {
  const rows = asked ?? (proofs ? 0 : (settings?.rows ?? defaults.rows));
  return rows > 0 ? { rows, within: settings?.within ?? defaults.within } : undefined;
}

export interface Amplified {
  /** Rows before, by table that was filled up. */
  readonly before: Readonly<Record<string, number>>;
  /** Rows now, by table that was filled up. */
  readonly rows: Readonly<Record<string, number>>;
  readonly notes: readonly string[];
}

export interface AmplifyOptions extends Amplification {
  readonly parser: SqlParser;
  /** Told what is being done, in a few words. */
  readonly onProgress?: (message: string) => void;
}

/** An empty table gets this many rows of its own, from which more are copied. */
const seedRows = 1000;

/**
 * Fills up the tables that the plan's steps work on, and the parents of their foreign keys: with copies of the rows
 * that are there, each told apart where a key asks for it, and referring to copies of what those refer to. So values are
 * as wide, as often NULL and as often the same as they were, and ascend with the key where they did. No trigger fires;
 * sequences go on behind the last value. What cannot be filled stays as it is, and the notes say why.
 *
 * Only ever on a database that is there for the run alone.
 */
export async function amplify(
  db: Connection,
  analysis: Analysis,
  options: AmplifyOptions,
): Promise<Amplified> {
  const { tables: all, counts, named } = await look(db, analysis);
  const { fill, untold } = targetsOf(analysis, { tables: fillOrder(all).order, counts, named }, options.rows);
  const notes: string[] = [];
  if (untold.length > 0)
    notes.push(
      `Not filled up, since the plan's tables do not say how many rows production has: ${untold.join(', ')}.`,
    );
  if (fill.length === 0) return { before: {}, rows: {}, notes };
  const deadline = performance.now() + options.within;
  const result = { before: {} as Record<string, number>, rows: {} as Record<string, number>, notes };
  const role = await asReplica(db);
  // A nested loop over parents takes the square of the rows.
  await db.query('SET enable_nestloop = off');
  try {
    await fillAll(db, fill, { ...options, deadline, result });
  } finally {
    await db.query('RESET enable_nestloop');
    if (role) await db.query('RESET session_replication_role');
  }
  const filled = Object.keys(result.rows);
  if (!role && filled.length > 0)
    notes.push(
      'While tables were filled up, foreign keys were checked row by row: this user may not set session_replication_role. Triggers of the tables were off.',
    );
  if (filled.length > 0) options.onProgress?.(`Gathering statistics of ${filled.join(', ')}`);
  for (const table of filled) await db.query(`VACUUM (ANALYZE) ${table}`);
  return result;
}

async function look(db: Connection, analysis: Analysis) {
  const tables = await readTables(db);
  const counts = await countRows(db);
  const names = [...workedOn(analysis), ...analysis.plan.tables.map(({ name }) => name.value)].flatMap(
    (name) => {
      const parsed = parseName(name);
      const parts = [parsed?.schema, parsed?.name].flatMap((part) => (part ? [quoteIdentifier(part)] : []));
      return parts.length > 0 ? [{ name, quoted: parts.join('.') }] : [];
    },
  );
  const { rows } = await db.query(
    `SELECT n::int AS at, coalesce(pg_catalog.pg_partition_root(oid), oid)::text AS name
      FROM pg_catalog.unnest($1::text[]) WITH ORDINALITY asked(quoted, n), pg_catalog.to_regclass(quoted) AS oid
      WHERE oid IS NOT NULL`,
    [`{${names.map(({ quoted }) => `"${quoted.replaceAll(/["\\]/g, '\\$&')}"`).join(',')}}`],
  );
  const named = new Map(rows.map(({ at, name }) => [names[Number(at) - 1]?.name ?? '', String(name)]));
  return { tables, counts, named };
}

/** Lets neither triggers nor the checks of foreign keys run, where the user may; rows keep them by how they are made. */
async function asReplica(db: Connection): Promise<boolean> {
  try {
    await db.query('SET session_replication_role = replica');
    return true;
  } catch (error) {
    if (!isDatabaseError(error) || error.code !== '42501') throw error;
    return false;
  }
}

interface Filling extends AmplifyOptions {
  readonly deadline: number;
  readonly result: {
    readonly before: Record<string, number>;
    readonly rows: Record<string, number>;
    readonly notes: string[];
  };
}

async function fillAll(db: Connection, targets: readonly Target[], filling: Filling): Promise<void> {
  const { deadline, result, parser, onProgress } = filling;
  const bases = new Map<number, Base>();
  const grown = new Map<string, GrownParent>();
  const temporary: string[] = [];
  for (const [at, target] of targets.entries()) {
    const { table } = target;
    const { name } = table;
    onProgress?.(`Filling up ${name}`);
    const before = target.before > 0 ? target.before : await seed(db, target, filling);
    if (before === 0 || before >= target.rows) continue;
    const base = await takeBase(db, table, before);
    temporary.push(base.name);
    const parents = new Map<string, GrownParent>();
    for (const key of table.foreignKeys) {
      const parent = bases.get(key.parent);
      if (!parent || key.parent === table.oid) continue;
      const known = JSON.stringify([key.parent, key.parentColumns]);
      const numbered = grown.get(known) ?? (await numberParents(db, parent, key.parentColumns, grown.size));
      if (!grown.has(known)) temporary.push(numbered.name);
      grown.set(known, numbered);
      parents.set(keyName(key.columns), numbered);
    }
    const share = Math.min(1, 1.5 / (targets.length - at));
    const rows = target.rows - before;
    const { added, short } = await fillUp(db, {
      base,
      parents,
      rows,
      parser,
      deadline: performance.now() + Math.max(0, deadline - performance.now()) * share,
      onRows: (sum) =>
        onProgress?.(`Filling up ${name}: ${count(before + sum)} of ${count(target.rows)} rows`),
    });
    if (added > 0) {
      bases.set(table.oid, base);
      result.before[table.name] = target.before;
      result.rows[table.name] = before + added;
      await advanceSequences(db, table);
    }
    if (short !== undefined)
      result.notes.push(
        `${table.name} has ${count(before + added)} rows and not the ${count(target.rows)} that it was to be filled up to: ${short.replace(/\.$/, '')}.`,
      );
  }
  for (const name of temporary) await db.query(`DROP TABLE ${name}`);
}

function count(rows: number): string {
  return rows.toLocaleString('en');
}

/** Makes the first rows of an empty table. Resolves with how many. */
async function seed(db: Connection, { table, rows }: Target, { parser, result }: Filling): Promise<number> {
  const made = await fabricate(db, { rows: Math.min(rows, seedRows), parser, only: table.oid });
  result.notes.push(...made.notes);
  const added = made.rows[table.name] ?? 0;
  if (added > 0) {
    result.before[table.name] = 0;
    result.rows[table.name] = added;
  }
  return added;
}

/** Past the greatest value, and never back. */
async function advanceSequences(db: Connection, { name, columns }: FillTable): Promise<void> {
  for (const column of columns) {
    const { sequence } = column;
    if (!sequence) continue;
    const isUp = sequence.increment > 0;
    const last = `${isUp ? 'max' : 'min'}(${quoteIdentifier(column.name)})`;
    const stands = `pg_catalog.pg_sequence_last_value(${sequence.oid}::oid::regclass)`;
    await db.query(
      `SELECT pg_catalog.setval(${sequence.oid}::oid::regclass, ${last}) FROM ${name}
        HAVING ${last} IS NOT NULL AND (${stands} IS NULL OR ${stands} ${isUp ? '<' : '>'} ${last})`,
    );
  }
}
