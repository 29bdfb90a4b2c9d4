// How far predictions from 100,000 rows are from what 4,000,000 take. `npm run bench:timing` prints a line a case and
// the bars, and exits 1 where one is not met. --rows N and --passes N change how much is measured.
import { analyze, loadParsers } from '../../../server/src/analyze.ts';
import { preview, type StepPreview } from '../../../server/src/features/preview.ts';
import { measuredBy } from '../../../server/src/rehearsal/measured-by.ts';
import type { Report } from '../../../server/src/rehearsal/model.ts';
import { rehearse } from '../../../server/src/rehearsal/rehearse.ts';
import { createServerEngine } from '../../../server/src/rehearsal/server-engine.ts';
import { type Connect, withServer } from '../../prove/postgres/server.ts';
import { actualOf } from './actual.ts';
import { type Case, cases, planOf } from './cases.ts';
import { judge, type Outcome, outcomeHeading, outcomeLine, residualLines } from './outcome.ts';
import { productionLike } from './server.ts';
import { fill, schema } from './tables.ts';
import { rate, requestsThatWait, stalls, type Waiting } from './waiting.ts';

const devRows = 100_000;

interface Found {
  readonly outcomes: readonly Outcome[];
  readonly waits: readonly Waiting[];
}

async function bench(connect: Connect, rows: number, passes: number): Promise<Found> {
  const outcomes: Outcome[] = [];
  await database(connect, 'dev', devRows);
  const sizes = await database(connect, 'whole', rows);
  const plan = planOf(cases, sizes);
  const growth = rows / devRows;
  console.log(outcomeHeading);
  for (let pass = 0; pass < passes; pass++) {
    const report = await measure(connect, 'dev', plan);
    const predicted = await predictions(report, plan);
    await copy(connect, 'whole', 'production');
    await warm(connect);
    const client = await connect({ database: 'production' });
    for (const one of cases) {
      const found = predicted.get(one.id);
      const actual = await actualOf(client, one);
      if (!found?.time || found.basis !== 'measured')
        throw new Error(`${one.id} was not predicted from what was measured: ${found?.untold}`);
      const line = measuredMs(report, one) * growth;
      const outcome: Outcome = {
        id: one.id,
        form: one.form,
        predicted: found.time,
        wal: found.wal ?? 0,
        actual,
        line,
      };
      outcomes.push(outcome);
      console.log(outcomeLine(outcome));
    }
    await client.end();
    await drop(connect, 'production');
  }
  return { outcomes, waits: await waiting(connect, sizes) };
}

/** ms that the dry run measured. */
function measuredMs(report: Report, { id }: Case): number {
  return measuredBy(report)?.steps[id]?.[0]?.ms ?? 0;
}

const tables = ['accounts', 'kinds', 'events', 'links'];
type Sizes = Readonly<Record<string, { rows: number; bytes: number }>>;

async function database(connect: Connect, name: string, rows: number): Promise<Sizes> {
  const admin = await connect({ database: 'template1' });
  await admin.query(`CREATE DATABASE ${name}`);
  await admin.end();
  const client = await connect({ database: name });
  for (const statement of fill(rows)) await client.query(statement);
  const sizes: Record<string, { rows: number; bytes: number }> = {};
  for (const table of tables) {
    const { rows: found } = await client.query(
      `SELECT count(*)::float8 AS rows, pg_table_size($1::regclass)::float8 AS bytes FROM ${table}`,
      [table],
    );
    sizes[table] = found[0];
  }
  await client.end();
  return sizes;
}

async function copy(connect: Connect, from: string, to: string): Promise<void> {
  const admin = await connect({ database: 'template1' });
  await admin.query(`CREATE DATABASE ${to} TEMPLATE ${from} STRATEGY file_copy`);
  await admin.end();
}

async function drop(connect: Connect, name: string): Promise<void> {
  const admin = await connect({ database: 'template1' });
  await admin.query(`DROP DATABASE ${name}`);
  await admin.end();
}

async function analysisOf(plan: string) {
  const parsers = await loadParsers();
  return analyze(plan, {
    parsers,
    kind: 'plan',
    readFile: () => ({ text: schema }),
  });
}

/** As `switchback preview --database` does, on a copy of a database. */
async function measure(connect: Connect, database: string, plan: string): Promise<Report> {
  const first = await connect();
  const { host, port } = first;
  await first.end();
  const engine = createServerEngine({
    target: { host, port, user: 'postgres', database },
    sources: ['copy'],
    confirm: async () => true,
  });
  const report = await rehearse(await analysisOf(plan), engine, {
    rows: 0,
    stepTimeout: 600_000,
    proofs: false,
    measure: 'alone',
  });
  if (report.verdict !== 'passed') throw new Error(report.error?.message ?? report.verdict);
  return report;
}

/** Where production is the very server that was measured. */
async function predictions(report: Report, plan: string): Promise<ReadonlyMap<string, StepPreview>> {
  const found = preview(await analysisOf(plan), {
    measured: measuredBy(report),
    calibration: { kind: 'same' },
  });
  return new Map(found.phases.flatMap(({ steps }) => steps.map((step) => [step.id, step])));
}

/** Requests that wait, foretold from a dry run on a copy of the large tables, against those of a stream that did. */
async function waiting(connect: Connect, sizes: Sizes): Promise<readonly Waiting[]> {
  const plan = planOf(
    stalls.map(({ id, sql, undo }) => ({ id, form: 'rewrite' as const, sql, undo })),
    sizes,
  );
  const predicted = await predictions(await measure(connect, 'whole', plan), plan);
  const found: Waiting[] = [];
  await copy(connect, 'whole', 'production');
  await warm(connect);
  for (const stall of stalls) {
    const requests = predicted.get(stall.id)?.worst?.requests?.likely ?? Number.NaN;
    const seen = await requestsThatWait(connect, 'production', stall, sizes.links?.rows ?? 1);
    found.push({ id: stall.id, rate, predicted: requests, seen });
    console.log(
      `${stall.id}: ${requests.toFixed(0)} requests foretold to wait at ${rate} a second, ${seen} waited`,
    );
  }
  await drop(connect, 'production');
  return found;
}

/** In memory as far as it fits, as a table in use is. */
async function warm(connect: Connect): Promise<void> {
  const client = await connect({ database: 'production' });
  for (const table of tables) await client.query(`SELECT count(*) FROM ${table}`);
  await client.end();
}

function option(name: string, otherwise: number): number {
  const at = process.argv.indexOf(`--${name}`);
  const value = at < 0 ? otherwise : Number(process.argv[at + 1]);
  if (Number.isInteger(value) && value > 0) return value;
  throw new Error(`--${name} takes a whole number.`);
}

async function main(): Promise<void> {
  const { outcomes, waits } = await withServer(
    18,
    (connect) => bench(connect, option('rows', 4_000_000), option('passes', 2)),
    productionLike,
  );
  for (const line of residualLines(outcomes)) console.log(line);
  const bars = judge(outcomes, waits);
  for (const { text, met } of bars) console.log(`${met ? 'met    ' : 'NOT MET'}  ${text}`);
  process.exit(bars.every(({ met }) => met) ? 0 : 1);
}

main().catch((error: unknown) => {
  console.error(error);
  process.exit(1);
});
