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
import { judge, type Outcome, outcomeHeading, outcomeLine } from './outcome.ts';
import { productionLike } from './server.ts';
import { fill, schema } from './tables.ts';

const devRows = 100_000;

async function bench(connect: Connect, rows: number, passes: number): Promise<readonly Outcome[]> {
  const outcomes: Outcome[] = [];
  await database(connect, 'dev', devRows);
  const sizes = await database(connect, 'whole', rows);
  console.log(outcomeHeading);
  for (let pass = 0; pass < passes; pass++) {
    const report = await measure(connect, sizes);
    const predicted = await predictions(report, sizes);
    await copy(connect, 'whole', 'production');
    const client = await connect({ database: 'production' });
    await client.query('VACUUM (ANALYZE)');
    for (const one of cases) {
      const found = predicted.get(one.id);
      const actual = await actualOf(client, one);
      if (!found?.time || found.basis !== 'measured')
        throw new Error(`${one.id} was not predicted from what was measured: ${found?.untold}`);
      const outcome: Outcome = {
        pass,
        id: one.id,
        form: one.form,
        predicted: found.time,
        wal: found.wal ?? 0,
        actual,
        seen: seenOf(report, one),
      };
      outcomes.push(outcome);
      console.log(outcomeLine(outcome));
    }
    await client.end();
    await drop(connect, 'production');
  }
  return outcomes;
}

/** ms that the dry run measured. */
function seenOf(report: Report, { id }: Case): number {
  return measuredBy(report)?.steps[id]?.[0]?.ms ?? 0;
}

type Sizes = Readonly<Record<string, { rows: number; bytes: number }>>;

async function database(connect: Connect, name: string, rows: number): Promise<Sizes> {
  const admin = await connect({ database: 'template1' });
  await admin.query(`CREATE DATABASE ${name}`);
  await admin.end();
  const client = await connect({ database: name });
  for (const statement of fill(rows)) await client.query(statement);
  const sizes: Record<string, { rows: number; bytes: number }> = {};
  for (const table of ['accounts', 'kinds', 'events', 'links']) {
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

async function analysisOf(sizes: Sizes) {
  const parsers = await loadParsers();
  return analyze(planOf(cases, sizes), {
    parsers,
    kind: 'plan',
    readFile: () => ({ text: schema }),
  });
}

/** As `switchback preview --database` does. */
async function measure(connect: Connect, sizes: Sizes): Promise<Report> {
  const first = await connect();
  const { host, port } = first;
  await first.end();
  const engine = createServerEngine({
    target: { host, port, user: 'postgres', database: 'dev' },
    sources: ['copy'],
    confirm: async () => true,
  });
  const report = await rehearse(await analysisOf(sizes), engine, {
    rows: 0,
    stepTimeout: 300_000,
    proofs: false,
    measure: true,
  });
  if (report.verdict !== 'passed') throw new Error(report.error?.message ?? report.verdict);
  return report;
}

async function predictions(report: Report, sizes: Sizes): Promise<ReadonlyMap<string, StepPreview>> {
  const found = preview(await analysisOf(sizes), {
    measured: measuredBy(report),
    calibration: { kind: 'same' },
  });
  return new Map(found.phases.flatMap(({ steps }) => steps.map((step) => [step.id, step])));
}

function option(name: string, otherwise: number): number {
  const at = process.argv.indexOf(`--${name}`);
  return at < 0 ? otherwise : Number(process.argv[at + 1]);
}

async function main(): Promise<void> {
  const outcomes = await withServer(
    18,
    (connect) => bench(connect, option('rows', 4_000_000), option('passes', 2)),
    productionLike,
  );
  const bars = judge(outcomes);
  for (const { text, met } of bars) console.log(`${met ? 'met    ' : 'NOT MET'}  ${text}`);
  process.exit(bars.every(({ met }) => met) ? 0 : 1);
}

main().catch((error: unknown) => {
  console.error(error);
  process.exit(1);
});
