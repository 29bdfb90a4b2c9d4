// What a dry run on a server costs over a plain client that sends the same statements, as `psql -f` does: `npm run
// bench:overhead`. Proofs of rollbacks are off, and the making of the scratch database is left out on both sides.
//   SWITCHBACK_TEST_POSTGRES: the version, 18 where it is not given. Exit code 1 where the bar is missed.
import { Client } from 'pg';
import type { Engine, EngineSession } from '../../server/src/rehearsal/model.ts';
import { rehearse } from '../../server/src/rehearsal/rehearse.ts';
import { createServerEngine } from '../../server/src/rehearsal/server-engine.ts';
import { type RealServer, startServer } from '../unit/rehearsal/real-server.ts';
import { analysisOf, planOf } from '../unit/rehearsal/setup.ts';

/** ms a statement. */
const bar = 2;
const rounds = 5;

interface Scenario {
  readonly name: string;
  /** Beside the one that is changed. */
  readonly tables: number;
  /** Statements of each step. */
  readonly steps: readonly (readonly string[])[];
}

const change = (at: number) => `ALTER TABLE users ALTER COLUMN name SET STATISTICS ${at + 1};`;
const insert = (at: number) => `INSERT INTO users (name) VALUES ('name ${at}');`;
const list = (length: number, make: (at: number) => string) => Array.from({ length }, (_, at) => make(at));

const scenarios: readonly Scenario[] = [1, 60].flatMap((tables) => [
  { name: 'one step of 100 ALTER TABLE', tables, steps: [list(100, change)] },
  { name: 'one step of 100 INSERT', tables, steps: [list(100, insert)] },
  { name: '50 steps of one ALTER TABLE', tables, steps: list(50, change).map((one) => [one]) },
  { name: '50 steps of one INSERT', tables, steps: list(50, insert).map((one) => [one]) },
]);

function schemaOf({ tables }: Scenario): string {
  const table = (name: string) =>
    `CREATE TABLE ${name} (id bigserial PRIMARY KEY, name text, at timestamptz DEFAULT now());\nCREATE INDEX ON ${name} (name);`;
  return ['users', ...list(tables - 1, (at) => `other_${at}`)].map(table).join('\n');
}

function planFor({ steps }: Scenario): string {
  const text = steps.map(
    (statements, at) =>
      `- step: Step ${at}\n  sql: |\n${statements.map((one) => `    ${one}`).join('\n')}\n  rollback: { not_needed: measured alone }`,
  );
  return planOf(text.join('\n'), 'session: { lock_timeout: 2s, statement_timeout: 15min }\n');
}

/** ms of each step, from its start to the next one's. */
async function dryRun(server: RealServer, scenario: Scenario): Promise<number[]> {
  const inner = createServerEngine({ target: server.target('bench'), confirm: async () => true });
  const moments: number[] = [];
  const engine: Engine = {
    async open(signal, options) {
      const session = await inner.open(signal, options);
      const close: EngineSession['close'] = () => {
        if (moments.length === scenario.steps.length) moments.push(performance.now());
        return session.close();
      };
      return { ...session, close };
    },
  };
  const report = await rehearse(await analysisOf(planFor(scenario), schemaOf(scenario)), engine, {
    rows: 0,
    stepTimeout: 60_000,
    proofs: false,
    onProgress: ({ step }) => {
      if (step > moments.length) moments.push(performance.now());
    },
  });
  if (report.verdict !== 'passed') throw new Error(report.error?.message ?? report.verdict);
  return between(moments);
}

function between(moments: readonly number[]): number[] {
  return moments.slice(1).map((moment, at) => moment - (moments[at] ?? moment));
}

/** The same by a client that waits for each statement, its transactions included. */
async function plain(server: RealServer, scenario: Scenario): Promise<number[]> {
  await server.run('DROP DATABASE IF EXISTS plain');
  await server.run('CREATE DATABASE plain');
  await server.run(schemaOf(scenario), 'plain');
  const { host, port, user } = server.target();
  const client = new Client({ host, port, user, database: 'plain' });
  await client.connect();
  const moments = [performance.now()];
  for (const statements of scenario.steps) {
    await client.query("SET lock_timeout = '2s'; SET statement_timeout = '15min'");
    await client.query('BEGIN');
    for (const statement of statements) await client.query(statement);
    await client.query('COMMIT');
    moments.push(performance.now());
  }
  await client.end();
  return between(moments);
}

/** Of each step the least, together. */
function leastOf(runs: readonly (readonly number[])[]): number {
  const [first = []] = runs;
  return first.reduce((sum, _, at) => sum + Math.min(...runs.map((run) => run[at] ?? Number.NaN)), 0);
}

async function run(): Promise<boolean> {
  const server = await startServer();
  let met = true;
  try {
    await server.run('CREATE DATABASE bench');
    console.log(`${'ms a statement, least of 5'.padEnd(46)} dry run   plain   overhead   bar`);
    for (const scenario of scenarios) {
      const count = scenario.steps.flat().length;
      const ours: number[][] = [];
      const theirs: number[][] = [];
      // By turns, so that what else the machine does is in both.
      for (let round = 0; round < rounds; round += 1) {
        ours.push(await dryRun(server, scenario));
        theirs.push(await plain(server, scenario));
      }
      // What else the machine does can only add to either.
      const [our, their] = [leastOf(ours) / count, leastOf(theirs) / count];
      const overhead = our - their;
      met &&= overhead <= bar;
      const name = `${scenario.name}, ${scenario.tables} ${scenario.tables === 1 ? 'table' : 'tables'}`;
      const cells = [our, their, overhead].map((ms, at) => ms.toFixed(2).padStart([8, 8, 11][at] ?? 8));
      console.log(`${name.padEnd(46)}${cells.join('')}   <= ${bar}  ${overhead <= bar ? 'pass' : 'FAIL'}`);
    }
  } finally {
    await server.stop();
  }
  return met;
}

run().then(
  (met) => process.exit(met ? 0 : 1),
  (error: unknown) => {
    console.error(error instanceof Error ? error.message : error);
    process.exit(1);
  },
);
