import type { Connection, Drift } from './model.ts';
import { quoteIdentifier } from './roles.ts';

/** Where sequences stand, by their names as `regclass` prints them. */
export type SequencePositions = ReadonlyMap<string, SequencePosition>;

export interface SequencePosition {
  /** What it gives next. */
  readonly next: number;
  readonly increment: number;
  /** The column that it feeds, e.g. `users.id`; undefined where there is none with numbers. */
  readonly column: string | undefined;
  /** The furthest value in that column, in the sequence's direction; undefined where there is none. */
  readonly furthest: number | undefined;
}

/** How far a step or its rollback moved sequences by SQL that says where they are to stand. */
export interface SequenceMove {
  /** When: a mark of the touched rows. */
  readonly at: number;
  readonly by: ReadonlyMap<string, number>;
}

interface Sequence {
  readonly name: string;
  readonly increment: number;
  readonly table: string | undefined;
  readonly column: string | undefined;
}

/** That of a sequence that starts again at its end says nothing. */
const sequencesQuery = `
  SELECT c.oid::regclass::text AS name, s.seqincrement::float8 AS increment, fed.relation, fed.column
  FROM pg_catalog.pg_sequence s
  JOIN pg_catalog.pg_class c ON c.oid = s.seqrelid
  JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace
  LEFT JOIN LATERAL (
    SELECT a.attrelid::regclass::text AS relation, a.attname AS column
    FROM pg_catalog.pg_depend d
    LEFT JOIN pg_catalog.pg_attrdef f ON d.classid = 'pg_attrdef'::regclass AND f.oid = d.objid
    JOIN pg_catalog.pg_attribute a ON
      (d.classid = 'pg_class'::regclass AND d.objid = s.seqrelid AND d.deptype IN ('a', 'i')
        AND d.refclassid = 'pg_class'::regclass AND a.attrelid = d.refobjid AND a.attnum = d.refobjsubid)
      OR (d.refclassid = 'pg_class'::regclass AND d.refobjid = s.seqrelid
        AND a.attrelid = f.adrelid AND a.attnum = f.adnum)
    JOIN pg_catalog.pg_type t ON t.oid = a.atttypid
    WHERE (d.objid = s.seqrelid OR d.refobjid = s.seqrelid)
      AND t.typname IN ('int2', 'int4', 'int8', 'numeric')
    ORDER BY d.classid = 'pg_class'::regclass DESC, a.attrelid, a.attnum LIMIT 1) fed ON true
  WHERE NOT s.seqcycle AND c.relpersistence <> 't'
    AND n.nspname !~ '^pg_' AND n.nspname <> 'information_schema'
    AND NOT EXISTS (SELECT FROM pg_catalog.pg_depend e
      WHERE e.classid = 'pg_class'::regclass AND e.objid = c.oid AND e.deptype = 'e')
  ORDER BY c.oid`;

export interface SequenceReader {
  read(): Promise<SequencePositions>;
  /** To be called once there may be other sequences. */
  schemaChanged(): void;
}

export function createSequenceReader(db: Connection): SequenceReader {
  let known: readonly Sequence[] | undefined;
  return {
    schemaChanged() {
      known = undefined;
    },
    async read() {
      known ??= await readSequences(db);
      return readPositions(db, known);
    },
  };
}

async function readSequences(db: Connection): Promise<Sequence[]> {
  const { rows } = await db.query(sequencesQuery, [], { often: true });
  const text = (value: unknown) => (value === null || value === undefined ? undefined : String(value));
  return rows.map((row) => ({
    name: String(row.name),
    increment: Number(row.increment),
    table: text(row.relation),
    column: text(row.column),
  }));
}

async function readPositions(db: Connection, sequences: readonly Sequence[]): Promise<SequencePositions> {
  if (sequences.length === 0) return new Map();
  const each = sequences.map(({ name, increment, table, column }, at) => {
    const furthest =
      table === undefined || column === undefined
        ? 'NULL'
        : `(SELECT ${increment > 0 ? 'max' : 'min'}(${quoteIdentifier(column)})::float8 FROM ${table})`;
    return `SELECT ${at} AS at, last_value::float8 AS last, is_called AS called, ${furthest}::float8 AS furthest FROM ${name}`;
  });
  const { rows } = await db.query(each.join('\nUNION ALL '));
  const positions = new Map<string, SequencePosition>();
  for (const { at, last, called, furthest } of rows) {
    const { name, increment, table, column } = sequences[Number(at)] as Sequence;
    positions.set(name, {
      next: Number(last) + (called === true ? increment : 0),
      increment,
      column: table === undefined ? undefined : `${table}.${column}`,
      furthest: furthest === null || furthest === undefined ? undefined : Number(furthest),
    });
  }
  return positions;
}

/** Whether SQL may say where a sequence is to stand, and not only take its next value. */
export function setsPositions(statements: readonly string[]): boolean {
  return statements.some((sql) => /\b(setval|restart)\b/i.test(sql));
}

/** How far each sequence is moved from one moment to the other. */
export function movesBetween(from: SequencePositions, to: SequencePositions): ReadonlyMap<string, number> {
  return new Map(
    [...to].flatMap(([name, { next }]) => {
      const was = from.get(name);
      return was ? [[name, next - was.next] as const] : [];
    }),
  );
}

export interface SequenceComparison {
  readonly before: SequencePositions;
  readonly after: SequencePositions;
  /** Before the rollback, after the application's last write. */
  readonly written: SequencePositions | undefined;
  /** What steps and rollbacks set, from `before` to `after`. */
  readonly moves: readonly SequenceMove[];
}

/**
 * Sequences that do not go on as before. That numbers are left out is normal, and so is that the application took some;
 * what is told is a number that comes a second time, and a position that was set and is not set back.
 */
export function compareSequences({ before, after, written, moves }: SequenceComparison): Drift[] {
  const drifts: Drift[] = [];
  for (const [name, was] of before) {
    const is = after.get(name);
    if (!is) continue;
    const tell = (words: string) =>
      drifts.push({ kind: 'schema', object: `position of ${name}`, message: `sequence ${name}: ${words}` });
    const sign = is.increment < 0 ? -1 : 1;
    const isBehind = (one: SequencePosition, other: number) => sign * one.next < sign * other;
    const repeats = (one: SequencePosition) =>
      one.furthest !== undefined && sign * one.next <= sign * one.furthest;
    const last = written?.get(name);
    const isBack = isBehind(is, was.next) || (last && !repeats(was) && isBehind(is, last.next));
    const set = moves.reduce((sum, { by }) => sum + (by.get(name) ?? 0), 0);
    // Where the rows hold numbers from there on, or up to there, it is where it belongs.
    const fits =
      is.furthest !== undefined &&
      !repeats(is) &&
      (Math.abs(is.next - is.furthest) <= Math.abs(is.increment) ||
        sign * is.furthest >= sign * (was.next + set));
    if (is.column !== undefined && repeats(is) && isBack)
      tell(`would give ${number(is.next)} again, ${is.column} goes up to ${number(is.furthest)}`);
    else if (!repeats(is) && !fits && isBehind(is, was.next))
      tell(`would give ${number(is.next)} next, which it gave already: it had come to ${number(was.next)}`);
    else if (sign * set > 0 && isBehind(was, is.next) && !fits)
      tell(`would give ${number(is.next)} next instead of ${number(was.next)}`);
  }
  return drifts;
}

function number(value: number | undefined): string {
  return (value ?? 0).toLocaleString('en');
}
