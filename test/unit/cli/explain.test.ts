import assert from 'node:assert/strict';
import { run } from '../../../server/src/cli/run.ts';
import { type MemoryOptions, memoryIo } from './memory-io.ts';

const schema = 'CREATE TABLE users (id integer PRIMARY KEY, email text);\n';

async function explain(args: string[], files: MemoryOptions['files']) {
  const io = memoryIo({ files: { 'schema.sql': schema, ...files } });
  const exitCode = await run(['explain', ...args], io);
  return { exitCode, out: io.out(), err: io.err() };
}

async function explainJson(args: string[], files: MemoryOptions['files']) {
  const result = await explain([...args, '--format', 'json'], files);
  return { ...result, statements: JSON.parse(result.out).statements };
}

const plan = `migration: Test
database: { type: postgresql, version: 16, schema: schema.sql }
session: { lock_timeout: 2s }
phases:
  - phase: Only
    steps:
      - step: Widen the key
        id: widen
        sql: |
          ALTER TABLE users
            ALTER COLUMN id TYPE bigint;
        rollback: ALTER TABLE users ALTER COLUMN id TYPE integer;
`;

describe('switchback explain', () => {
  it('gives for each statement of a .sql file what Postgres does', async () => {
    const { exitCode, statements, err } = await explainJson(['a.sql', '--schema', 'schema.sql'], {
      'a.sql':
        '-- first\nALTER TABLE users ALTER COLUMN id TYPE bigint;\n\nCREATE INDEX CONCURRENTLY i ON users (email);\n',
    });
    assert.deepEqual([exitCode, err], [0, '']);
    const [widen, index] = statements;
    assert.equal(statements.length, 2);
    assert.equal(widen.sql, 'ALTER TABLE users ALTER COLUMN id TYPE bigint');
    assert.equal(widen.line, 2);
    assert.equal(widen.class, 'rewrite');
    assert.equal(widen.transactional, true);
    assert.deepEqual(
      widen.locks.filter(({ relation }: { relation: string }) => relation === 'users'),
      [{ relation: 'users', mode: 'AccessExclusiveLock', new: false }],
    );
    assert.ok(widen.rewrites.includes('users'));
    assert.deepEqual(widen.unknown, []);
    assert.equal(widen.step, null);
    assert.equal(index.line, 4);
    assert.equal(index.class, 'build');
    assert.equal(index.transactional, false);
    assert.deepEqual(index.locks[0], { relation: 'users', mode: 'ShareUpdateExclusiveLock', new: false });
  });

  it('says what is not known without a baseline, and how to give it', async () => {
    const { statements } = await explainJson(['a.sql'], {
      'a.sql': 'ALTER TABLE users ALTER COLUMN id TYPE bigint;',
    });
    assert.equal(statements[0].class, 'unknown');
    assert.ok(statements[0].unknown.length >= 1);
    assert.match(
      statements[0].unknown[0],
      /^Not known: the type that .*id has now\. To settle it, .* with --schema\.$/,
    );
    assert.deepEqual(statements[0].rewrites, []);
  });

  it('explains the steps of a plan at their lines, and rollbacks where asked', async () => {
    const forward = await explainJson(['a.migration.yaml'], { 'a.migration.yaml': plan });
    assert.deepEqual(
      forward.statements.map(({ line, step, rollback }: Record<string, unknown>) => [line, step, rollback]),
      [[10, 'widen', false]],
    );
    const both = await explainJson(['a.migration.yaml', '--rollbacks'], { 'a.migration.yaml': plan });
    assert.deepEqual(
      both.statements.map(({ line, step, rollback }: Record<string, unknown>) => [line, step, rollback]),
      [
        [10, 'widen', false],
        [12, 'widen', true],
      ],
    );
  });

  it('prints a table for people', async () => {
    const { out, exitCode } = await explain(['a.migration.yaml'], { 'a.migration.yaml': plan });
    assert.equal(exitCode, 0);
    assert.match(out, /^1 statement on Postgres 16$/m);
    assert.match(out, /^widen$/m);
    assert.match(out, /^ +10 {2}ALTER TABLE users ALTER COLUMN id TYPE bigint$/m);
    assert.match(out, /^ +class +rewrite$/m);
    assert.match(out, /^ +lock +AccessExclusiveLock on users$/m);
  });

  it('says what undoes each statement', async () => {
    const { statements } = await explainJson(['a.sql', '--schema', 'schema.sql'], {
      'a.sql': `CREATE INDEX CONCURRENTLY users_email_idx ON users (email);
UPDATE users SET email = '';
SELECT 1;`,
    });
    const [index, update, select] = statements.map(({ inverse }: { inverse: unknown }) => inverse);
    assert.deepEqual(index, {
      verdict: 'restores',
      sql: ['DROP INDEX CONCURRENTLY users_email_idx'],
      transactional: false,
      reason: index.reason,
    });
    assert.ok(index.reason.length > 10);
    assert.equal(update.verdict, 'loses_data');
    assert.deepEqual([select.verdict, select.sql], ['restores', []]);
    const { out } = await explain(['a.sql', '--schema', 'schema.sql'], {
      'a.sql': 'ALTER TABLE users ADD COLUMN age int;\nSELECT 1;\n',
    });
    assert.match(out, /^ +undo +ALTER TABLE users DROP COLUMN age;\n +undo +restores schema and data: /m);
    assert.equal(out.match(/undo/g)?.length, 2);
  });

  it('explains what it can and exits 1 where a part does not parse', async () => {
    const { exitCode, statements, err } = await explainJson(['a.sql'], {
      'a.sql': 'SELEC 1;\nDROP TABLE IF EXISTS gone;\n',
    });
    assert.equal(exitCode, 1);
    assert.deepEqual(
      statements.map(({ line }: { line: number }) => line),
      [2],
    );
    assert.match(err, /^a\.sql:1:1 error \[sql-syntax\]$/m);
  });

  it('exits 2 for a file or schema that cannot be read', async () => {
    const missing = await explain(['b.sql'], {});
    assert.deepEqual(missing, {
      exitCode: 2,
      out: '',
      err: 'switchback: b.sql: The file cannot be read: there is no such file.\n',
    });
    const noSchema = await explain(['a.sql', '--schema', 'b.sql'], { 'a.sql': 'SELECT 1;' });
    assert.equal(noSchema.exitCode, 2);
    assert.match(noSchema.err, /--schema b\.sql: there is no such file\./);
    assert.equal((await explain(['a.sql', 'b.sql'], {})).exitCode, 2);
  });
});
