import type { Effects, RelationWork } from '../effects/model.ts';
import {
  add,
  type CostName,
  type Extent,
  extentOf,
  indexBytes,
  indexEntryBytes,
  least,
  mapped,
  nothing,
  once,
  read,
  scale,
  work,
  write,
} from './costs.ts';
import type { Figures, Prediction, TimeRange } from './model.ts';

/** The figures of a relation as effects name it; undefined where there are none. */
export type FiguresOf = (relation: string) => Figures | undefined;

/** Changing a catalog, with its flush to disk: measured 1 to 20 ms. */
const catalogChange: TimeRange = { low: 1, likely: 5, high: 50 };
/** CONCURRENTLY reads the table twice, and keeps up with its writes. */
const concurrently: TimeRange = { low: 1.3, likely: 1.5, high: 2 };

interface Part {
  readonly time: TimeRange;
  readonly wal: number;
  /** Bytes. */
  readonly disk: number;
}

const noPart: Part = { time: nothing, wal: 0, disk: 0 };

/**
 * How long a statement takes, from the sizes of the tables that it works on. Undefined where a table's size is
 * not known, or what Postgres does is not.
 */
export function predict(effects: Effects, figuresOf: FiguresOf): Prediction | undefined {
  if (effects.class === 'unknown' || effects.class === 'batched') return undefined;
  const part = workOf(effects, figuresOf);
  return part && { ...part, class: effects.class, time: add(catalogChange, part.time), basis: 'sizes' };
}

/** What grows with the tables, without what every statement costs. Undefined where the size of one is not known. */
export function workOf(effects: Effects, figuresOf: FiguresOf): Part | undefined {
  const all = withUnshared(effects);
  const parts: (Part | undefined)[] = [
    ...all.rewrites.map((one) => rewriteOf(all, one, figuresOf)),
    ...all.builds.map((one) => buildOf(all, one, figuresOf)),
    ...scansOf(all).map((one) => scanOf(one, all, figuresOf)),
  ];
  const known = parts.filter((part) => part !== undefined);
  if (known.length < parts.length) return undefined;
  return {
    time: add(nothing, ...known.map(({ time }) => time)),
    wal: known.reduce((sum, { wal }) => sum + wal, 0),
    disk: known.reduce((sum, { disk }) => sum + disk, 0),
  };
}

/** Work that keeps nobody waiting takes as long as any other. */
function withUnshared(effects: Effects): Effects {
  if (!effects.unshared) return effects;
  const of = (kind: 'rewrite' | 'scan' | 'build') =>
    effects.unshared?.filter(({ work }) => work === kind) ?? [];
  return {
    ...effects,
    rewrites: [...effects.rewrites, ...of('rewrite')],
    builds: [...effects.builds, ...of('build')],
    scans: [...effects.scans, ...of('scan')],
  };
}

/** The effects as they are where a fact that is not known turns out badly for a table. */
export function atWorst(effects: Effects, relation: string): Effects {
  const feared = (may: 'scan' | 'rewrite') =>
    effects.unknown.filter((fact) => fact.may === may).map(({ fact }) => ({ relation, reason: fact }));
  const [rewrites, scans] = [feared('rewrite'), feared('scan')];
  if (rewrites.length + scans.length === 0) return effects;
  return {
    ...effects,
    class: rewrites.length > 0 || effects.rewrites.length > 0 ? 'rewrite' : 'scan',
    rewrites: [...effects.rewrites, ...rewrites.slice(0, 1)],
    scans: [...effects.scans, ...scans],
  };
}

function extent(relation: string, figuresOf: FiguresOf): Extent | undefined {
  const figures = figuresOf(relation);
  return figures && extentOf(figures);
}

/** A table's new copy; its indexes are told apart, but for a table of which the schema is not known. */
function rewriteOf(
  effects: Effects,
  { relation, indexOf, method }: RelationWork,
  figuresOf: FiguresOf,
): Part | undefined {
  if (indexOf !== undefined) {
    // With a build of its own it is counted there.
    const isBuild = effects.builds.some((build) => build.relation === indexOf);
    return isBuild ? noPart : indexPart(extent(indexOf, figuresOf), once, method);
  }
  const table = extent(relation, figuresOf);
  if (!table) return undefined;
  const own = { time: add(work(table, 'rewrite'), read(table.bytes), write(scale(table.bytes, 2))) };
  const told = effects.rewrites.some((one) => one.indexOf === relation);
  const schemaKnown = figuresOf(relation)?.indexes !== undefined;
  const index = told || schemaKnown ? undefined : indexPart(table, table.indexes);
  return {
    time: add(own.time, index?.time ?? nothing),
    wal: table.bytes.likely + 25 * table.rows.likely + (index?.wal ?? 0),
    // The old copy stays until the transaction ends.
    disk: table.bytes.likely + (index?.disk ?? 0),
  };
}

function indexPart(table: Extent | undefined, times: TimeRange, method?: string): Part | undefined {
  if (!table) return undefined;
  const bytes = scale(indexBytes(table, method), times);
  return {
    time: add(work(table, buildCost(method), times), write(scale(bytes, 2))),
    wal: bytes.likely,
    disk: bytes.likely,
  };
}

function buildCost(method: string | undefined): CostName {
  if (method === undefined) return 'build';
  return method === 'gin' ? 'buildGin' : method === 'brin' ? 'buildBrin' : 'buildOther';
}

function buildOf(
  effects: Effects,
  { relation, method }: RelationWork,
  figuresOf: FiguresOf,
): Part | undefined {
  const table = extent(relation, figuresOf);
  const index = indexPart(table, once, method);
  if (!table || !index) return undefined;
  const mode = effects.locks.find((lock) => lock.relation === relation)?.mode;
  const factor = !effects.transactional && mode === 'ShareUpdateExclusiveLock' ? concurrently : once;
  // A table that is written anew as well is read but once.
  const reading = effects.rewrites.some((one) => one.relation === relation)
    ? nothing
    : add(work(table, 'scan'), read(table.inline));
  return { ...index, time: scale(add(reading, index.time), factor) };
}

/** One pass tests all CHECKs and NOT NULLs of a statement; each foreign key has one of its own. */
function scansOf({ scans, rewrites }: Effects): readonly RelationWork[] {
  const passed = new Set(rewrites.map(({ relation }) => relation));
  return scans.filter(({ relation, each }) => {
    if (each) return true;
    const first = !passed.has(relation);
    passed.add(relation);
    return first;
  });
}

function scanOf(
  { relation, each }: RelationWork,
  { lookups = [] }: Effects,
  figuresOf: FiguresOf,
): Part | undefined {
  const table = extent(relation, figuresOf);
  if (!table) return undefined;
  const reading = add(work(table, 'scan'), read(table.inline));
  switch (each) {
    case undefined:
      return { ...noPart, time: reading };
    case 'lookup':
      return { ...noPart, time: add(reading, lookingUp(table, lookups, figuresOf)) };
    case 'delete':
      return { time: add(reading, work(table, 'delete')), wal: 60 * table.rows.likely, disk: 0 };
    case 'update':
      return { time: add(reading, updating(table)), wal: updateWal(table), disk: updateDisk(table) };
  }
}

/**
 * Finding each row's counterpart: the planner reads all of the other table where that is cheaper than to go by its
 * index.
 */
function lookingUp(table: Extent, others: readonly RelationWork[], figuresOf: FiguresOf): TimeRange {
  const known = others.flatMap(({ relation }) => extent(relation, figuresOf) ?? []);
  if (known.length === 0 || known.length < others.length) return work(table, 'lookupAnywhere');
  const byIndex = work(table, 'lookupByIndex');
  const missing = known.map(({ rows }) => work(table, 'lookup', missed(rows)));
  const byHash = known.map((other) => add(work(other, 'lookupByHash'), { ...read(other.inline), low: 0 }));
  return add(...missing, ...byHash.map((time) => least(time, byIndex)));
}

/** Rows of which the hash table stays in a processor's own cache. */
const cachedRows = 25_000;
/** Rows from which each lookup goes to memory. */
const uncachedRows = 5_000_000;

/**
 * How much longer a lookup takes in a larger table. Measured on PostgreSQL 18, VALIDATE of a foreign key without reading
 * the rows: 50 ns a row for up to 10,000 referenced rows, 135 for 100,000, 345 for 300,000, 595 for 1 million.
 */
function missed(rows: TimeRange): TimeRange {
  return mapped(rows, (count) => Math.max(Math.min(count, uncachedRows) / cachedRows, 1) ** 0.65);
}

/** Writing every row of a table again, in ms: its indexes get an entry for each. */
export function updating(table: Extent): TimeRange {
  return add(work(table, 'update'), work(table, 'updateIndex', table.indexes), write(scale(table.inline, 2)));
}

/** Measured: 200 bytes a row beside the row itself, and an entry in each index. */
export function updateWal({ rows, bytes, indexes }: Extent): number {
  return bytes.likely + rows.likely * (200 + 70 * indexes.likely);
}

/** Bytes of the dead rows and index entries that it leaves until VACUUM has been there. */
export function updateDisk({ rows, bytes, indexes }: Extent): number {
  return bytes.likely + rows.likely * indexEntryBytes * indexes.likely;
}
