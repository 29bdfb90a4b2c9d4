import type { Effects, RelationWork } from '../effects/model.ts';
import { type BackfillShape, predictBackfill } from './backfill.ts';
import type { Figures, Measured, MeasuredStatement, Prediction, TimeRange } from './model.ts';
import { type FiguresOf, workOf } from './predict.ts';
import { type Residual, residuals, spread, type Work } from './residuals.ts';

/** Below that many rows a table's share of the time is lost in what every statement costs. */
export const fewestRows = 10_000;
/**
 * ms of a statement that do not grow with its tables, on the server's side: parsing, the catalogs, new files. As
 * measured on PostgreSQL 18 with tables of one row.
 */
const fixed: Readonly<Record<Work, number>> = {
  scan: 0.1,
  lookup: 0.2,
  build: 0.5,
  buildOther: 0.5,
  // Three transactions, each of which is flushed to disk.
  concurrently: 6,
  rewrite: 3,
  update: 0.1,
  batched: 0,
};
/** ms by which the fixed part may be off: what it decides is told no closer than that. */
const jitter = 0.5;
/** An instant statement's share of luck: catalogs that are not in memory, a flush to disk that others wait for too. */
const instant: TimeRange = { low: 0.5, likely: 1, high: 4 };

/** One server against another: what a measured time is multiplied by. */
export type Factor = TimeRange;

/**
 * How long a statement takes in production, from what it took in a dry run: the part that grows does so with the work
 * that the sizes tell of, so by the row where rows are as wide; the other part stays. Undefined where its tables'
 * sizes here or there are not known, or where they were too small to tell anything.
 */
export function predictMeasured(
  effects: Effects,
  statement: MeasuredStatement,
  measured: Measured,
  production: FiguresOf,
  factor: Factor,
): Prediction | undefined {
  const seen = asSeen(effects, statement);
  if (seen === undefined) return undefined;
  if (seen.class === 'instant') return instantly(statement, factor);
  const here = figuresHere(statement, measured, production);
  const there = figuresThere(measured, production);
  const [small, large] = [workOf(seen, here), workOf(seen, there)];
  if (!small || !large || small.time.low <= 0) return undefined;
  if (worked(seen).some((relation) => (here(relation)?.rows ?? 0) < fewestRows)) return undefined;
  const work = kindOf(seen);
  // What was measured was in memory, as the quickest of servers have it: there reading costs no more than that.
  const growth = large.time.low / small.time.low;
  const wal = measured.logsLess ? large.wal : times(statement.wal, small.wal, large.wal);
  const isReading = work === 'scan' || work === 'lookup';
  const unseen = isReading
    ? readAnew(seen, here, there, measured)
    : work === 'rewrite'
      ? unseenWriting(statement, wal)
      : 0;
  return {
    class: seen.class,
    time: grown(statement.ms, work, growth, unseen, factor),
    wal,
    disk: times(statement.disk, small.disk, large.disk),
    basis: 'measured',
  };
}

/**
 * How long a backfill takes in production, pauses included, from the batches of a dry run. Undefined where it wrote too
 * little to tell, or the table's rows are not known.
 */
export function predictMeasuredBackfill(
  shape: BackfillShape,
  table: string,
  statement: MeasuredStatement,
  measured: Measured,
  production: FiguresOf,
  factor: Factor,
): Prediction | undefined {
  const rows = statement.rows[table];
  const { batches = [], runs } = statement;
  const here = figuresHere(statement, measured, production)(table);
  const there = figuresThere(measured, production)(table);
  if (!here || !there || rows === undefined || rows < fewestRows || batches.length === 0) return undefined;
  // It is what is written that takes the time; where next to nothing was, there is nothing to go by.
  if ((statement.written ?? 0) < rows * leastWritten) return undefined;
  const working = { ...shape, pause: 0, conditional: false };
  const [small, large] = [predictBackfill(working, here), predictBackfill(working, there)];
  if (!small || !large) return undefined;
  const growth = large.time.low / small.time.low;
  const all = mean(batches.map(({ ms }) => ms)) * runs * growth;
  const residual = residuals.batched;
  const range = within(all, residual, growth, [uncertaintyOf(batches.map(({ ms }) => ms))], factor);
  const pauses = Math.max(Math.ceil((there.rows ?? 0) / Math.max(shape.batch, 1)) - 1, 0) * shape.pause;
  return {
    class: 'batched',
    time: { low: range.low + pauses, likely: range.likely + pauses, high: range.high + pauses },
    wal: times(statement.wal, small.wal, large.wal),
    disk: times(statement.disk, small.disk, large.disk),
    basis: 'measured',
  };
}

/** Of a table's rows. */
const leastWritten = 0.05;

function grown(ms: number, work: Work, growth: number, unseen: number, factor: Factor): TimeRange {
  // Never most of what was measured: that something grows is known.
  const own = Math.min(fixed[work], ms / 2);
  const growing = ms - own;
  const { low, likely, high } = within(growing * growth + unseen, residuals[work], growth, [], factor);
  // What is too short to be told from the fixed part may be anything up to it.
  const unsure = jitter * growth;
  return {
    low: Math.max(low - unsure, 0) + own / 2,
    likely: likely + own,
    high: high + unsure * factor.high + own * instant.high,
  };
}

/**
 * ns a byte, from the system's memory: measured with PostgreSQL 18, at 600 MB, 0 where its I/O workers had a processor to
 * themselves and 0.35 where others used it.
 */
const readingByte = 0.1;

/**
 * ms for reading tables that are too large to be kept: a scan of more than a quarter of the shared buffers goes by a few
 * of them, and fetches the table anew each time. What was measured did so too, or not.
 * Source: `initscan` in src/backend/access/heap/heapam.c.
 */
function readAnew(effects: Effects, here: FiguresOf, there: FiguresOf, { buffers }: Measured): number {
  const kept = (bytes = 0) => bytes <= buffers / 4;
  const read = effects.scans
    .filter(({ relation }) => kept(here(relation)?.bytes) && !kept(there(relation)?.bytes))
    .map(({ relation }) => there(relation)?.bytes ?? 0);
  return (read.reduce((sum, bytes) => sum + bytes, 0) * readingByte) / 1e6;
}

/** ns a byte of log, with the table's pages that go with it: measured 1.6 to 2.6 on a disk that others left alone, else up to 6. */
const writingByte = 2.5;
/** Bytes of log from which a statement has waited for most of what it writes. */
const seenLog = 128 * 1024 * 1024;

/**
 * ms that a rewrite waits for its log and its pages to be written: one of a few MB leaves them in memory, a large one goes
 * through a ring of 16 MB of buffers and has to write each again.
 * Source: `BAS_BULKWRITE` in src/backend/storage/buffer/freelist.c.
 */
function unseenWriting({ wal: seen }: MeasuredStatement, wal: number): number {
  const unseen = Math.max(1 - seen / seenLog, 0);
  return (Math.max(wal - seen, 0) * unseen * writingByte) / 1e6;
}

/** A time with its error: of the extrapolation, of the other server, and what else there is, as if independent. */
function within(
  ms: number,
  residual: Residual,
  growth: number,
  more: readonly TimeRange[],
  factor: Factor,
): TimeRange {
  const errors = [spread(residual, growth), factor, ...more];
  const likely = ms * errors.reduce((product, error) => product * error.likely, 1);
  const side = (place: 'low' | 'high') =>
    Math.exp(Math.hypot(...errors.map((error) => Math.log(error[place] / error.likely))));
  return { low: likely / side('low'), likely, high: likely * side('high') };
}

function instantly({ ms, wal, disk }: MeasuredStatement, factor: Factor): Prediction {
  const part = (place: keyof TimeRange) => ms * instant[place] * factor[place];
  return {
    class: 'instant',
    time: { low: part('low'), likely: part('likely'), high: part('high') },
    wal,
    disk,
    basis: 'measured',
  };
}

/** How far the mean of some batches may be from that of all: one in ten is further off on each side. */
function uncertaintyOf(ms: readonly number[]): TimeRange {
  const average = mean(ms);
  const deviation = Math.sqrt(mean(ms.map((one) => (one - average) ** 2)));
  const off = average > 0 ? Math.min((1.28 * deviation) / Math.sqrt(ms.length) / average, 1) : 0;
  return { low: 1 / (1 + off), likely: 1, high: 1 + off };
}

function mean(values: readonly number[]): number {
  return values.reduce((sum, value) => sum + value, 0) / values.length;
}

/** What does not grow stays; so does what the sizes know nothing of. */
function times(bytes: number, small: number, large: number): number {
  return small > 0 ? (bytes * large) / small : bytes;
}

/** The effects, and where they are not known or were seen to be more, what the dry run saw. Undefined: it did not see enough. */
function asSeen(
  effects: Effects,
  { rewrites, scans, rows, written: changed = 0 }: MeasuredStatement,
): Effects | undefined {
  const isKnown = effects.class !== 'unknown' && effects.class !== 'batched';
  if (isKnown && (effects.class !== 'instant' || rewrites.length + scans.length === 0)) return effects;
  const tables = (names: readonly string[]): RelationWork[] =>
    names
      .filter((relation) => rows[relation] !== undefined)
      .map((relation) => ({ relation, reason: 'a dry run saw it' }));
  // What it wrote of the rows that it read it does of more rows, too: with its log, and what it takes on disk.
  const each = changed > 0 ? { each: 'update' as const } : {};
  const [written, read] = [tables(rewrites), tables(scans).map((one) => ({ ...one, ...each }))];
  if (written.length + read.length === 0) return rewrites.length + scans.length > 0 ? undefined : effects;
  return {
    ...effects,
    class: written.length > 0 ? 'rewrite' : 'scan',
    rewrites: written,
    scans: read,
    builds: [],
    unknown: [],
  };
}

function worked({ rewrites, scans, builds, unshared = [] }: Effects): readonly string[] {
  return [...rewrites, ...scans, ...builds, ...unshared].map(({ relation, indexOf }) => indexOf ?? relation);
}

function kindOf({ class: kind, scans, builds, locks, transactional }: Effects): Work {
  if (kind === 'rewrite') return 'rewrite';
  if (kind === 'build') {
    if (builds.some(({ method }) => method !== undefined)) return 'buildOther';
    const at = locks.find(({ relation }) => relation === builds[0]?.relation)?.mode;
    return !transactional && at === 'ShareUpdateExclusiveLock' ? 'concurrently' : 'build';
  }
  if (scans.some(({ each }) => each === 'update' || each === 'delete')) return 'update';
  return scans.some(({ each }) => each === 'lookup') ? 'lookup' : 'scan';
}

/** The tables of the dry run as the statement met them. A row's width is that from the start: dead rows are not production's. */
function figuresHere({ rows }: MeasuredStatement, { tables }: Measured, production: FiguresOf): FiguresOf {
  return (relation) => {
    const count = rows[relation];
    const table = tables[relation];
    if (count === undefined || !table) return undefined;
    const bytes = table.rows > 0 ? (table.bytes / table.rows) * count : table.bytes;
    return { rows: count, bytes, indexes: production(relation)?.indexes };
  };
}

/** Production's figures; what the plan does not say of a row's width is as in the dry run. */
function figuresThere({ tables }: Measured, production: FiguresOf): FiguresOf {
  return (relation): Figures | undefined => {
    const told = production(relation);
    const table = tables[relation];
    if (!told || !table || table.rows === 0) return told;
    const width = table.bytes / table.rows;
    return {
      ...told,
      rows: told.rows ?? (told.bytes === undefined ? undefined : told.bytes / width),
      bytes: told.bytes ?? (told.rows === undefined ? undefined : told.rows * width),
    };
  };
}
