import type { Measured, MeasuredStatement } from '../timing/model.ts';
import type { BatchReport, Report, StatementReport } from './model.ts';

/** There and back that a batch takes: for its bound, whether that is behind the end, its UPDATE and its COMMIT. */
const tripsOfBatch = 4;

/**
 * What a dry run measured, for `preview`; undefined where it ran on an engine whose times tell of nothing, or worked on
 * no table.
 */
export function measuredBy({ engine, measured, steps }: Report): Measured | undefined {
  if (!measured) return undefined;
  const { round_trip, wal_level, shared_buffers, tables } = measured;
  return {
    server: engine,
    logsLess: wal_level === 'minimal',
    buffers: shared_buffers,
    tables: Object.fromEntries(
      Object.entries(tables).map(([name, { rows, bytes, count_ms }]) => [
        name,
        { rows, bytes, count: count_ms },
      ]),
    ),
    steps: Object.fromEntries(
      steps.map(({ id, statements }) => [id, statements.map((one) => statementOf(one, round_trip))]),
    ),
  };
}

function statementOf(report: StatementReport, trip: number): MeasuredStatement | undefined {
  const { sql, status, wal_bytes, disk_bytes = 0, tables = [], rewrites, scans, runs, rows } = report;
  if (status !== 'passed') return undefined;
  const { batches, repeats } = report;
  return {
    sql,
    // What else the server does only ever adds to it.
    ms: Math.max(Math.min(...(repeats ?? [report.ms])) - (batches ? runs : 1) * trip, 0),
    wal: wal_bytes,
    disk: disk_bytes,
    rows: Object.fromEntries(tables.map(({ table, rows: count }) => [table, count])),
    rewrites,
    scans,
    runs,
    ...(batches && { batches: batches.map((batch) => withoutTrips(batch, trip)) }),
    written: rows,
  };
}

function withoutTrips({ rows, ms }: BatchReport, trip: number): BatchReport {
  return { rows, ms: Math.max(ms - tripsOfBatch * trip, 0) };
}
