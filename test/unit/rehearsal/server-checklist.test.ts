import assert from 'node:assert/strict';
import { analyze, loadParsers, type Parsers } from '../../../server/src/analyze.ts';
import { run } from '../../../server/src/cli/run.ts';
import type { ChecklistReport } from '../../../server/src/rehearsal/model.ts';
import { runChecklist } from '../../../server/src/rehearsal/server-checklist.ts';
import { memoryIo } from '../cli/memory-io.ts';
import { type RealServer, startServer } from './real-server.ts';

describe('a checklist, asked on a server', () => {
  let server: RealServer;
  let parsers: Parsers;
  before(async function () {
    this.timeout(60_000);
    [server, parsers] = await Promise.all([startServer(), loadParsers()]);
    await server.run(`CREATE TABLE t (id int PRIMARY KEY); INSERT INTO t SELECT generate_series(1, 3000);
      CREATE FUNCTION writes() RETURNS int LANGUAGE sql AS 'INSERT INTO t VALUES (-1) RETURNING id'`);
    await server.run('CREATE DATABASE app_prod');
  });
  after(() => server.stop());

  const analysed = (checklist: readonly unknown[]) =>
    analyze(JSON.stringify({ migration: 'M', database: { version: 18 }, phases: [], checklist }), {
      parsers,
      kind: 'plan',
      readFile: () => ({ error: 'none' }),
    });
  const asked = async (
    checklist: readonly unknown[],
    more: { database?: string; signal?: AbortSignal } = {},
  ) => {
    const signs: string[] = [];
    const report = await runChecklist(analysed(checklist), {
      target: server.target(more.database),
      parser: parsers.sql,
      ...(more.signal ? { signal: more.signal } : {}),
      confirm: async (_, said) => {
        signs.push(...said);
        return true;
      },
    });
    assert.ok(report);
    return { report, signs };
  };
  const results = ({ entries }: ChecklistReport) => entries.map(({ status, message }) => [status, message]);

  it('says of each entry whether it is met, what came instead, and what only a person can tell', async () => {
    const { report } = await asked([
      'Somebody is on call',
      { check: 'Count', sql: 'SELECT count(*) FROM t -- all\n;', expect: 3000 },
      { check: 'Few', sql: 'SELECT count(*) FROM t', expect: '< 10' },
      { check: 'Setting', sql: 'SHOW transaction_read_only', expect: 'on' },
      { check: 'Look', sql: 'SELECT 1 AS a, NULL AS b' },
      { check: 'Many', sql: 'SELECT id FROM t' },
      { check: 'Plan', sql: 'EXPLAIN SELECT 1' },
      { check: 'Wrong', sql: 'SELECT nothing FROM t' },
      { check: 'After that', sql: 'SELECT 1', expect: 1 },
    ]);
    assert.deepEqual(results(report), [
      ['by_hand', ''],
      ['met', '3000'],
      ['unmet', 'Expected < 10, got 3000.'],
      ['met', 'on'],
      ['told', 'a 1, b NULL'],
      ['told', '1000 rows or more'],
      ['told', 'Result  (cost=0.00..0.01 rows=1 width=4)'],
      ['failed', 'column "nothing" does not exist'],
      ['met', '1'],
    ]);
    assert.equal(report.verdict, 'failed');
    assert.match(report.version, /^\d+\.\d+$/);
    assert.equal((await asked([{ check: 'One', sql: 'SELECT 1', expect: 1 }])).report.verdict, 'passed');
  });

  it('changes nothing, whatever an entry says', async () => {
    const bad = [
      'DELETE FROM t',
      'WITH gone AS (DELETE FROM t RETURNING id) SELECT * FROM gone',
      'SELECT * INTO u FROM t',
      'SELECT writes()',
      'SELECT 1; DELETE FROM t',
      'COMMIT',
      'SET default_transaction_read_only = off',
      'EXPLAIN ANALYZE DELETE FROM t',
      "SELECT set_config('transaction_read_only', 'off', false)",
      'DO $$ BEGIN DELETE FROM t; END $$',
      "COPY t TO PROGRAM 'touch /tmp/x'",
      'SELECT pg_terminate_backend(1)',
      "SELECT pg_read_file('/etc/passwd')",
      "SELECT query_to_xml('DELETE FROM t', true, true, '')",
      'SELECT pg_advisory_lock(1)',
      'SELECT pg_switch_wal()',
      'SELECT id FROM t FOR UPDATE',
      'SELEKT',
      '-- nothing',
    ];
    const before = await server.run('SELECT count(*) AS n, max(xmin::text::bigint) AS x FROM t');
    const { report } = await asked(bad.map((sql) => ({ check: sql, sql })));
    for (const { check, status, message } of report.entries) {
      assert.ok(status === 'refused' || status === 'failed', `${check}: ${status} ${message}`);
      assert.doesNotMatch(message, /scratch|dry run/);
      assert.ok(message !== '');
    }
    assert.deepEqual(await server.run('SELECT count(*) AS n, max(xmin::text::bigint) AS x FROM t'), before);
    assert.deepEqual(await server.run(`SELECT relname FROM pg_class WHERE relname = 'u'`), []);
  });

  it('says what looks like production, and asks it all the same', async () => {
    const { report, signs } = await asked([{ check: 'One', sql: 'SELECT 1', expect: 1 }], {
      database: 'app_prod',
    });
    assert.match(signs.join(), /named like production/);
    assert.match(report.notes.join(' '), /named like production.* The checklist only read it\./);
    assert.equal(report.verdict, 'passed');
  });

  it('asks nothing where the name is not confirmed, and stops when it is told to', async () => {
    const report = await runChecklist(analysed([{ check: 'One', sql: 'SELECT 1' }]), {
      target: server.target(),
      parser: parsers.sql,
      confirm: async () => false,
    });
    assert.equal(report, undefined);
    const stopping = new AbortController();
    const slow = asked([{ check: 'Slow', sql: 'SELECT pg_sleep(8)' }], { signal: stopping.signal });
    setTimeout(() => stopping.abort(), 300);
    await assert.rejects(slow);
  });

  describe('in the terminal', () => {
    const files = {
      'a.migration.yaml': JSON.stringify({
        migration: 'M',
        database: { type: 'postgresql', version: 18 },
        checklist: [
          'By hand',
          { check: 'Three thousand', sql: 'SELECT count(*) FROM t', expect: 3000 },
          { check: 'Look', sql: 'SELECT 7' },
        ],
        phases: [{ phase: 'P', steps: [{ step: 'W', wait: '1s' }] }],
      }),
      'none.migration.yaml':
        'migration: M\ndatabase: { type: postgresql, version: 18 }\nphases: [{ phase: P, steps: [{ step: W, wait: 1s }] }]\n',
    };
    const terminal = async (args: readonly string[], answers: readonly string[] = []) => {
      const { host, port } = server.target();
      const env = { PGHOST: host, PGPORT: String(port), PGUSER: 'postgres', PGDATABASE: 'postgres' };
      const io = memoryIo({ files, env, answers });
      const code = await run(['checklist', ...args], io);
      return { code, out: io.out(), err: io.err() };
    };

    it('shows each entry with its result, once the database is named', async () => {
      const { code, out, err } = await terminal(['a.migration.yaml', '--server'], ['postgres']);
      assert.equal(code, 0);
      assert.match(err, /asks postgres on PostgreSQL .* as postgres, in read-only transactions/);
      assert.match(out, /· By hand\n {2}✓ Three thousand\n {4}3000\n {2}\? Look\n {4}7: nothing is expected/);
      assert.match(out, /\n1 met, 1 to judge, 1 to see to by hand\.\n/);
    });

    it('is JSON on demand', async () => {
      const { code, out } = await terminal([
        'a.migration.yaml',
        '--server',
        '--confirm',
        'local/postgres',
        '--format',
        'json',
      ]);
      assert.equal(code, 0);
      const { verdict, entries } = JSON.parse(out);
      assert.deepEqual([verdict, entries[1].status, entries[1].range.start.line], ['passed', 'met', 0]);
    });

    it('says what is in the way', async () => {
      for (const [args, answers, said] of [
        [['a.migration.yaml'], [], /needs a server/],
        [['none.migration.yaml', '--server'], [], /has no checklist/],
        [['a.migration.yaml', '--server'], ['other'], /nothing was asked/],
        [['a.migration.yaml', '--server'], [], /Nobody has confirmed that/],
        [['a.migration.yaml', '--server', '--confirm', 'x/y'], [], /for another server/],
        [['a.migration.yaml', '--database', 'host=/nowhere'], [], /could not be reached|no server|nowhere/],
      ] as const) {
        const { code, out, err } = await terminal(args, answers);
        assert.deepEqual([code, out], [2, ''], args.join(' '));
        assert.match(err, said);
      }
    });
  });
});
