import assert from 'node:assert/strict';
import { run } from '../../../server/src/cli/run.ts';
import { type RealServer, startServer } from '../rehearsal/real-server.ts';
import { memoryIo } from './memory-io.ts';

const plan = `migration: Widen
database: { type: postgresql, version: 18, schema: schema.sql }
traffic: 2000/s
tables: { users: { rows: 8M } }
phases:
  - phase: Only
    steps:
      - step: Index it
        id: index_it
        sql: CREATE INDEX users_name ON users (name);
        estimate: 10ms
        rollback: DROP INDEX users_name;
      - step: Widen it
        id: widen_it
        sql: ALTER TABLE users ALTER amount TYPE bigint;
        rollback: ALTER TABLE users ALTER amount TYPE int;
`;
const schema = 'CREATE TABLE users (id bigint PRIMARY KEY, name text NOT NULL, amount int)';
const settings = 'dry_run: { amplify: { rows: 12000 } }';

describe('switchback preview with a server', function () {
  this.timeout(60_000);
  let server: RealServer;
  before(async () => {
    server = await startServer();
    await server.run('CREATE DATABASE app');
    await server.run(
      `${schema}; INSERT INTO users SELECT i, md5(i::text), i FROM generate_series(1, 12000) i`,
      'app',
    );
  });
  after(() => server?.stop());
  afterEach(async () => assert.deepEqual(await server.scratch(), []));

  const onServer = () => [
    '--database',
    `host=${server.target().host} dbname=app user=postgres`,
    '--confirm',
    'local/app',
  ];
  async function attempt(
    command: string,
    args: readonly string[],
    files: Readonly<Record<string, string>> = {},
  ) {
    const given = { 'a.migration.yaml': plan, 'schema.sql': `${schema};`, '.switchback.yaml': settings };
    const io = memoryIo({ files: { ...given, ...files } });
    const exitCode = await run([command, 'a.migration.yaml', ...args], io);
    return { exitCode, out: io.out(), err: io.err() };
  }
  let kept: string | undefined;
  /** The report of one dry run, for all. */
  const reportOf = async () => {
    if (kept !== undefined) return kept;
    const { exitCode, out, err } = await attempt('dry-run', [
      ...onServer(),
      '--no-proofs',
      '--format',
      'json',
    ]);
    assert.equal(exitCode, 0, err);
    kept = out;
    return out;
  };
  const flat = (text: string) => text.replaceAll(/\s+/g, ' ');

  it('runs the plan there and tells production from what it took', async () => {
    const amplified = { '.switchback.yaml': 'dry_run: { amplify: { rows: 12500 } }' };
    const { exitCode, out, err } = await attempt(
      'preview',
      [...onServer(), '--calibrate', 'same'],
      amplified,
    );
    assert.equal(exitCode, 0, err);
    assert.match(
      flat(out),
      /From what a dry run took on PostgreSQL 18\.\d+ at .*, for the rows of production\./,
    );
    assert.match(flat(out), /Production is taken to have the same hardware and settings\./);
    assert.match(
      flat(err),
      /Filled up with fabricated rows, to be measured: users from 12,000 to 12,500 rows/,
    );
    assert.match(flat(out), /the estimate of 10 ms is too short/);
    assert.match(flat(out), /everybody waits for/);
  });

  it('says which step fails there, and tells the others from sizes', async () => {
    const failing = plan.replace('ALTER amount TYPE bigint', 'ALTER name TYPE bigint USING name::bigint');
    const { exitCode, out, err } = await attempt('preview', [...onServer()], { 'a.migration.yaml': failing });
    assert.equal(exitCode, 1, out);
    assert.match(
      flat(err),
      /A step failed, and those after it are not measured: invalid input syntax for type bigint/,
    );
    assert.match(flat(out), /Steps that it could not measure are from the sizes in the plan\./);
    const none = plan.replace('(name)', '(nobody)');
    const unmeasured = await attempt('preview', [...onServer()], { 'a.migration.yaml': none });
    assert.match(
      flat(unmeasured.out),
      /the dry run on PostgreSQL 18\.\d+ at .* measured none of these steps/,
    );
  });

  it('takes the report of an earlier dry run, and what a step took in production', async () => {
    const text = await reportOf();
    const report = JSON.parse(text);
    assert.deepEqual([report.preview.basis, report.preview.calibrated_by], ['measured', null]);
    const files = { 'report.json': text };
    const args = ['--report', 'report.json', '--format', 'json'];
    const plain = JSON.parse((await attempt('preview', args, files)).out);
    assert.equal(plain.basis, 'measured');
    const [before] = plain.phases[0].steps;
    const calibrated = await attempt('preview', [...args, '--calibrate', 'index_it=1h'], files);
    const found = JSON.parse(calibrated.out);
    const [index, widen] = found.phases[0].steps;
    assert.equal(found.calibrated_by, 'step');
    assert.ok(Math.abs(index.time.likely / 3_600_000 - 1) < 0.05, `${index.time.likely}`);
    assert.ok(widen.time.likely > 10 * before.time.likely);
    assert.ok(index.time.high / index.time.low < before.time.high / before.time.low);
  });

  it('refuses the report of another plan', async () => {
    const other = plan.replaceAll('index_it', 'build_it').replaceAll('widen_it', 'grow_it');
    const files = { 'report.json': await reportOf(), 'a.migration.yaml': other };
    const { exitCode, err } = await attempt('preview', ['--report', 'report.json'], files);
    assert.equal(exitCode, 2);
    assert.match(err, /this dry run was of another plan, "Widen": none of its steps is in this one/);
  });

  it('takes a count in production', async () => {
    const text = await reportOf();
    const { count_ms: ms, rows } = JSON.parse(text).measured.tables.users;
    const count = ` Aggregate (actual time=1..1 rows=1 loops=1)
   ->  Seq Scan on users  (cost=0.00..1 rows=1 width=0) (actual time=0.01..74.3 rows=8000000 loops=1)
 Execution Time: ${(3 * ms * 8_000_000) / rows} ms`;
    const files = { 'report.json': text, 'count.txt': count };
    const args = ['--report', 'report.json', '--format', 'json'];
    const [plain, counted] = await Promise.all(
      [args, [...args, '--calibrate', 'count.txt']].map(async (all) =>
        JSON.parse((await attempt('preview', all, files)).out),
      ),
    );
    assert.equal(counted.calibrated_by, 'count');
    const settled = { ...files, '.switchback.yaml': 'dry_run: { calibrate: count.txt }' };
    const byProject = JSON.parse((await attempt('preview', args, settled)).out);
    assert.deepEqual(byProject.phases[0].steps[1].time, counted.phases[0].steps[1].time);
    const ratio = counted.phases[0].steps[1].time.likely / plain.phases[0].steps[1].time.likely;
    assert.ok(Math.abs(ratio - 3) < 0.1, `${ratio}`);
  });

  it('says what is wrong with what it is given', async () => {
    const embedded = JSON.stringify({ engine: 'PostgreSQL 18 (embedded)', steps: [] });
    const files = {
      'r.json': embedded,
      'x.txt': 'x',
      'list.json': '[]',
      'half.json': '{"steps":[{}],"measured":{}}',
    };
    for (const [args, said] of [
      [
        ['--calibrate', 'same'],
        /compares production with a server that was measured: name it with --database/,
      ],
      [['--report', 'none.json'], /--report none\.json: the file cannot be read/],
      [['--report', 'x.txt'], /this is no JSON. Keep one with/],
      [['--report', 'list.json'], /no report of a dry run/],
      [['--report', 'half.json'], /no report of a dry run as a whole/],
      [['--report', 'r.json'], /measured nothing, since it ran on the embedded Postgres/],
      [['--report', 'r.json', '--database', 'postgres://x/y'], /give one of the two/],
      [['--report', 'r.json', '--calibrate', 'x.txt'], /no EXPLAIN \(ANALYZE\) of a count/],
      [
        ['--report', 'r.json', '--calibrate', 'index_its=3s'],
        /has no step index_its. Did you mean index_it/i,
      ],
      [['--report', 'r.json', '--calibrate', 'index_it=soon'], /give the time that the step took/],
    ] as const) {
      const { exitCode, err } = await attempt('preview', args, files);
      assert.deepEqual([exitCode, said.test(flat(err))], [2, true], err);
    }
  });
});
