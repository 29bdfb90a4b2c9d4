import assert from 'node:assert/strict';
import { parseAllDocuments } from 'yaml';
import { run } from '../../../server/src/cli/run.ts';
import { memoryIo } from './memory-io.ts';

const head = `migration: Fill the handles
database: { type: postgresql, version: 16, schema: schema.sql }
tables: { users: { rows: 8M, size: 2.4GB } }
session: { lock_timeout: 2s, retries: 3 }
`;
const plan = `${head}phases:
  - phase: Only
    steps:
      - step: Fill
        backfill: { table: users, set: handle = username, where: handle IS NULL, batch: 1000, pause: 50ms }
        rollback: { not_needed: nobody reads it }
monitoring:
  alerts:
    - { metric: replication_lag, warning: "> 1s", action: Pause }
    - { metric: <script>, warning: "> 1" }
  queries:
    - { name: Progress, sql: SELECT count(*) FROM users }
`;
const files = {
  'schema.sql': 'CREATE TABLE users (id bigint PRIMARY KEY, username text, handle text);',
  'a.migration.yaml': plan,
  'broken.migration.yaml': `${plan}colour: red\n`,
  'failing.migration.yaml': `${head}phases: [{ phase: P, steps: [{ step: "<b>\`x\`", sql: "ALTER TABLE users ADD COLUMN a int NOT NULL", rollback: ALTER TABLE users DROP COLUMN a }] }]\n`,
  'bare.migration.yaml': `${head}phases: [{ phase: P, steps: [{ step: Wait, wait: 1h }] }]\n`,
  'a.sql': 'SELECT 1',
  'bad.json': '{}',
  'half.json': JSON.stringify({
    plan: 'Fill the handles',
    engine: 'PostgreSQL 16',
    verdict: 'passed',
    measured: {},
    steps: [{ id: 'fill', status: 'passed', statements: [] }],
  }),
};

async function switchback(...args: string[]) {
  const io = memoryIo({ files });
  const code = await run(args, io);
  return { code, out: io.out(), err: io.err(), io };
}

describe('switchback runbook', () => {
  it('writes Markdown to standard output, or to a file', async () => {
    const { code, out, err } = await switchback('runbook', 'a.migration.yaml');
    assert.deepEqual([code, err], [0, '']);
    assert.match(out, /^# Fill the handles\n/);
    const written = await switchback('runbook', 'a.migration.yaml', '--output', 'out.md');
    assert.deepEqual([written.code, written.out, written.err], [0, '', '']);
    const read = written.io.files.read('/project/out.md');
    assert.equal('bytes' in read && new TextDecoder().decode(read.bytes), out);
  });

  it('writes one HTML file that runs nothing, in which a plan’s text is text', async () => {
    const { code, out, err } = await switchback('runbook', 'failing.migration.yaml', '--format', 'html');
    assert.equal(code, 0);
    assert.match(err, /1 finding at error level/);
    assert.match(out, /default-src 'none'/);
    assert.doesNotMatch(out, /<script|<b>/);
    assert.match(out, /&lt;b&gt;`x`/);
    assert.match(out, /<svg/);
    assert.match(out, /<input type="checkbox" aria-label="done"> ?Done/);
    assert.match(out, /The plan has 1 error/);
  });

  it('refuses a plan whose file has faults, and says which', async () => {
    const { code, out, err } = await switchback('runbook', 'broken.migration.yaml');
    assert.deepEqual([code, out], [2, '']);
    assert.match(err, /colour/);
    assert.match(err, /broken\.migration\.yaml: mend this first/);
  });

  it('says what it cannot use', async () => {
    for (const [args, said] of [
      [[], /takes one plan/],
      [['a.sql'], /this is SQL/],
      [['none.migration.yaml'], /none\.migration\.yaml/],
      [['a.migration.yaml', '--format', 'pdf'], /markdown, html/],
      [
        ['a.migration.yaml', '--report', 'bad.json'],
        /bad\.json says nothing of a\.migration\.yaml: it is no report/,
      ],
      [['a.migration.yaml', '--report', 'half.json'], /no report of a dry run as a whole/],
      [['a.migration.yaml', '--report', 'none.json'], /cannot be read/],
    ] as const) {
      const { code, out, err } = await switchback('runbook', ...args);
      assert.deepEqual([code, out], [2, ''], args.join(' '));
      assert.match(err, said);
    }
  });
});

describe('switchback monitoring', () => {
  it('writes the alerts that it can, and tells of the others', async () => {
    const { code, out, err } = await switchback('monitoring', 'a.migration.yaml', '--labels', 'release=mon');
    assert.equal(code, 1);
    assert.match(err, /not exported: <script>, warning "> 1": no series is known/);
    const resource = parseAllDocuments(out)[0]?.toJS();
    assert.equal(resource.kind, 'PrometheusRule');
    assert.equal(resource.metadata.labels.release, 'mon');
    assert.equal(resource.spec.groups[0].rules.length, 1);
  });

  it('writes the queries for psql', async () => {
    const { code, out, err } = await switchback('monitoring', 'a.migration.yaml', '--format', 'sql');
    assert.deepEqual([code, err], [0, '']);
    assert.match(out, /SELECT count\(\*\) FROM users;\n/);
  });

  it('says what it cannot use', async () => {
    for (const [args, said] of [
      [['bare.migration.yaml'], /no alerts under monitoring\.alerts/],
      [['bare.migration.yaml', '--format', 'sql'], /no queries/],
      [['a.migration.yaml', '--labels', 'a b'], /Kubernetes labels/],
      [['a.migration.yaml', '--app-matchers', 'job=api'], /label matchers/],
    ] as const) {
      const { code, out, err } = await switchback('monitoring', ...args);
      assert.deepEqual([code, out], [2, ''], args.join(' '));
      assert.match(err, said);
    }
  });
});

describe('switchback job', () => {
  it('writes a backfill as a Job', async () => {
    const { code, out, err } = await switchback(
      'job',
      'a.migration.yaml',
      '--max-lag',
      '16MB',
      '--namespace',
      'shop',
    );
    assert.deepEqual([code, err], [0, '']);
    const kinds = parseAllDocuments(out).map((document) => document.toJS().kind);
    assert.deepEqual(kinds, ['ConfigMap', 'Job']);
    assert.match(out, /lag <= 16777216/);
    assert.match(out, /activeDeadlineSeconds: \d+/);
  });

  it('says what it cannot use', async () => {
    for (const [args, said] of [
      [['bare.migration.yaml'], /no backfill/],
      [['a.migration.yaml', '--step', 'fil'], /did you mean fill/i],
      [['a.migration.yaml', '--secret', 'My_Secret'], /lower case/],
      [['a.migration.yaml', '--max-lag', 'much'], /give a size/],
      [['a.migration.yaml', '--image', 'a b'], /holds psql/],
    ] as const) {
      const { code, out, err } = await switchback('job', ...args);
      assert.deepEqual([code, out], [2, ''], args.join(' '));
      assert.match(err, said);
    }
  });
});
