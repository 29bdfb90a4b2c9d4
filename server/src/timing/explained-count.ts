import type { ProductionCount } from './model.ts';

/** What to run in production, for messages. */
export const countQuery = (table: string) =>
  `SET enable_indexonlyscan = off; EXPLAIN (ANALYZE) SELECT count(*) FROM ${table};`;

type Found = { readonly count: ProductionCount } | { readonly problem: string };

const pageBytes = 8192;

/**
 * Reads the output of EXPLAIN (ANALYZE) of a count of one table, as text or as JSON, as psql or another client prints it.
 * `problem` says in a sentence what to run instead.
 */
export function readExplainedCount(text: string): Found {
  const scan = text.includes('"Node Type"') ? fromJson(text) : fromText(text);
  if (scan === undefined)
    return {
      problem: `It is no EXPLAIN (ANALYZE) of a count of one table. Run this in production and save what it prints: ${countQuery('users')}`,
    };
  const { node, table, rows, ms, processes, isTimed, buffers } = scan;
  if (!/^(?:Parallel )?Seq Scan$/.test(node))
    return {
      problem: `It counts by ${node}, which says little of reading the table. Run in production: ${countQuery(table)}`,
    };
  if (!isTimed)
    return {
      problem: `It was run with TIMING off, and the dry run counts with it on. Run in production: ${countQuery(table)}`,
    };
  if (!(ms > 0 && rows >= 10_000))
    return {
      problem: `It counts ${rows} rows of ${table}, too few to compare. Count a table of 10,000 rows or more.`,
    };
  const bytes = buffers === undefined ? undefined : buffers * pageBytes;
  return { count: { table, rows, ms: ms * processes, bytes } };
}

interface Scan {
  readonly node: string;
  readonly table: string;
  /** Of all processes. */
  readonly rows: number;
  readonly ms: number;
  readonly processes: number;
  readonly isTimed: boolean;
  readonly buffers: number | undefined;
}

function fromText(text: string): Scan | undefined {
  const ms = /Execution Time: ([\d.]+) ms/.exec(text);
  const counts = /Aggregate\b/.test(text);
  const scans = [
    ...text.matchAll(
      /((?:Parallel )?(?:Seq|Index Only|Index|Bitmap Heap|Tid|Sample) Scan)(?: using \S+)? on (\S+)(?: \S+)?\s+(?:\(cost=[^)]*\) )?\(actual (time=[\d.]+ ?\.\. ?[\d.]+ )?rows=([\d.]+) loops=(\d+)\)/g,
    ),
  ];
  const [scan] = scans;
  if (!ms || !counts || !scan || scans.length > 1) return undefined;
  const [, node = '', table = '', time, rows = '', loops = ''] = scan;
  const processes = Number(loops);
  return {
    node,
    table,
    rows: Number(rows) * processes,
    ms: Number(ms[1]),
    processes,
    isTimed: time !== undefined,
    buffers: buffersIn(text.slice(scan.index)),
  };
}

function buffersIn(text: string): number | undefined {
  const line = /Buffers: shared([^\n]*)/.exec(text)?.[1];
  if (line === undefined) return undefined;
  const of = (word: string) => Number(new RegExp(`${word}=(\\d+)`).exec(line)?.[1] ?? 0);
  return of('hit') + of('read');
}

interface Node {
  readonly 'Node Type': string;
  readonly 'Relation Name'?: string;
  readonly 'Parallel Aware'?: boolean;
  readonly 'Actual Rows'?: number;
  readonly 'Actual Loops'?: number;
  readonly 'Actual Total Time'?: number;
  readonly 'Shared Hit Blocks'?: number;
  readonly 'Shared Read Blocks'?: number;
  readonly Plans?: readonly Node[];
}

function fromJson(text: string): Scan | undefined {
  const [from, to] = [text.indexOf('['), text.lastIndexOf(']')];
  let parsed: unknown;
  try {
    // psql marks lines that go on with a plus.
    parsed = JSON.parse(text.slice(from, to + 1).replaceAll(/ *\+$/gm, ''));
  } catch {
    return undefined;
  }
  const [whole] = Array.isArray(parsed) ? parsed : [];
  const { Plan: plan, 'Execution Time': ms } = (whole ?? {}) as { Plan?: Node; 'Execution Time'?: number };
  const scans = plan && isAggregate(plan) ? scansIn(plan) : [];
  const [scan] = scans;
  if (!scan || scans.length > 1 || typeof ms !== 'number') return undefined;
  const processes = scan['Actual Loops'] ?? 1;
  const { 'Shared Hit Blocks': hit, 'Shared Read Blocks': read } = scan;
  return {
    node: scan['Node Type'],
    table: scan['Relation Name'] ?? '',
    rows: (scan['Actual Rows'] ?? 0) * processes,
    ms,
    processes,
    isTimed: scan['Actual Total Time'] !== undefined,
    buffers: hit === undefined && read === undefined ? undefined : (hit ?? 0) + (read ?? 0),
  };
}

function isAggregate(node: Node): boolean {
  return node['Node Type'] === 'Aggregate';
}

function scansIn(node: Node): readonly Node[] {
  const own = / Scan$/.test(node['Node Type']) ? [node] : [];
  return [...own, ...(node.Plans ?? []).flatMap(scansIn)];
}
