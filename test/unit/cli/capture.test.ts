import assert from 'node:assert/strict';
import { chmodSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { delimiter, join } from 'node:path';
import { run } from '../../../server/src/cli/run.ts';
import { major, type RealServer, startServer } from '../rehearsal/real-server.ts';
import { type MemoryOptions, memoryIo } from './memory-io.ts';

const plan = `migration: Test
database: { type: postgresql, version: 18 }
phases:
  - phase: Only
    steps:
      - step: Add a column
        sql: ALTER TABLE users ADD COLUMN a int;
        rollback: ALTER TABLE users DROP COLUMN a;
`;

describe('switchback capture', function () {
  this.timeout(60_000);
  let server: RealServer;
  let programs: string;
  const path = process.env.PATH;
  before(async function () {
    if (process.platform === 'win32') this.skip();
    server = await startServer();
    await server.run('CREATE DATABASE app');
    await server.run(
      `CREATE TABLE users (id int PRIMARY KEY) PARTITION BY RANGE (id);
       CREATE TABLE users_1 PARTITION OF users FOR VALUES FROM (0) TO (500);
       CREATE TABLE users_2 PARTITION OF users FOR VALUES FROM (500) TO (2000);
       INSERT INTO users SELECT generate_series(0, 999); ANALYZE users_1`,
      'app',
    );
    programs = mkdtempSync(join(tmpdir(), 'switchback-bin-'));
    process.env.PATH = `${programs}${delimiter}${path}`;
  });
  after(async () => {
    process.env.PATH = path;
    rmSync(programs, { recursive: true, force: true });
    await server?.stop();
  });

  /** What is on the PATH as pg_dump: the test's server has none of its own. It shows what it was given. */
  function pgDump(version: number): void {
    const program = join(programs, 'pg_dump');
    const script = `#!/bin/sh
if [ "$1" = --version ]; then echo 'pg_dump (PostgreSQL) ${version}.1'; exit; fi
printf '%s\\n' '\\restrict abc' "-- $PGUSER $PGDATABASE $*" 'CREATE TABLE users (id int PRIMARY KEY);' '\\unrestrict abc'
`;
    writeFileSync(program, script);
    chmodSync(program, 0o755);
  }
  async function attempt(files: MemoryOptions['files']) {
    const io = memoryIo({ files: { 'a.migration.yaml': plan, ...files } });
    const database = `host=${server.target().host} dbname=app user=postgres`;
    const exitCode = await run(['capture', 'a.migration.yaml', '--database', database], io);
    const textOf = (name: string) => {
      const read = io.files.read(join(io.cwd, name));
      return 'bytes' in read ? new TextDecoder().decode(read.bytes) : undefined;
    };
    return { exitCode, out: io.out(), err: io.err(), textOf };
  }

  it('writes the schema and the figures of what the plan touches', async () => {
    pgDump(major);
    const { exitCode, out, err, textOf } = await attempt({});
    assert.deepEqual([exitCode, err], [0, '']);
    assert.match(
      out,
      /^local\/app, PostgreSQL \d+\.\d+: the schema is in schema\.sql, the figures of 1 table in a\.migration\.yaml\.\n$/,
    );
    assert.match(textOf('schema.sql') ?? '', /^-- postgres app --schema-only .*\nCREATE TABLE users/);
    assert.match(textOf('schema.sql') ?? '', /;\n$/);
    // One partition is analysed, the other is counted.
    assert.match(
      textOf('a.migration.yaml') ?? '',
      /schema: schema\.sql \}\ntables:\n {2}users:\n {4}rows: 1000\n {4}size: \d+kB\n/,
    );
  });

  it('replaces the file that the plan names, and no other', async () => {
    pgDump(major);
    const other = await attempt({ 'schema.sql': '-- mine' });
    assert.deepEqual(
      [other.exitCode, other.textOf('schema.sql'), other.textOf('a.migration.yaml')],
      [2, '-- mine', plan],
    );
    assert.match(other.err, /schema\.sql is there already, and the plan does not name it/);
    const named = plan.replace('version: 18', 'version: 18, schema: db.sql');
    const { exitCode, textOf } = await attempt({ 'a.migration.yaml': named, 'db.sql': '-- old' });
    assert.deepEqual([exitCode, /CREATE TABLE/.test(textOf('db.sql') ?? '')], [0, true]);
  });

  it('says what to do where pg_dump is too old', async () => {
    pgDump(major - 1);
    const { exitCode, err, textOf } = await attempt({});
    assert.deepEqual([exitCode, textOf('schema.sql'), textOf('a.migration.yaml')], [2, undefined, plan]);
    assert.match(err, /pg_dump on the PATH is of version \d+, and the server of \d+.*Or write it yourself/);
  });
});
