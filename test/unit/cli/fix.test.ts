import assert from 'node:assert/strict';
import { run } from '../../../server/src/cli/run.ts';
import { memoryIo } from './memory-io.ts';

const schema = 'CREATE TABLE users (id bigint PRIMARY KEY, username text NOT NULL, email text);\n';
const plan = (sql: string, more = '') => `# kept
migration: Test
database: { type: postgresql, version: 16, schema: schema.sql }
tables: { users: { rows: 8M } }
phases:
  - phase: Expand
    steps:
      - step: One # kept
        sql: ${sql}
        rollback: DROP INDEX users_email_idx;
${more}`;
const faulty = plan('CREATE INDEX users_email_idx ON users (email);');

describe('switchback check --fix', () => {
  const check = async (files: Record<string, string>, ...args: string[]) => {
    const io = memoryIo({ files: { 'schema.sql': schema, ...files } });
    const exitCode = await run(['check', '--fix', ...args], io);
    const textOf = (path: string) => {
      const read = io.files.read(`${io.cwd}/${path}`);
      return 'bytes' in read ? new TextDecoder('utf-8', { ignoreBOM: true }).decode(read.bytes) : undefined;
    };
    return { exitCode, out: io.out(), err: io.err(), textOf };
  };

  it('writes the safe fixes, all of them, and reports what then remains', async () => {
    const { exitCode, out, textOf } = await check({ 'a.migration.yaml': faulty }, 'a.migration.yaml');
    assert.match(textOf('a.migration.yaml') ?? '', /CREATE INDEX CONCURRENTLY users_email_idx/);
    assert.match(textOf('a.migration.yaml') ?? '', /^# kept\n[\s\S]*- step: One # kept\n/);
    assert.match(out, /^a\.migration\.yaml fixed\n {2}Build the index CONCURRENTLY/);
    assert.equal(exitCode, 0, out);
    const again = await check({ 'a.migration.yaml': textOf('a.migration.yaml') ?? '' }, 'a.migration.yaml');
    assert.equal(again.out, 'Nothing found in 1 file.\n');
    assert.equal(again.textOf('a.migration.yaml'), textOf('a.migration.yaml'));
  });

  it('keeps CRLF and a byte order mark', async () => {
    const text = `\ufeff${faulty.replaceAll('\n', '\r\n')}`;
    const { textOf } = await check({ 'a.migration.yaml': text }, 'a.migration.yaml');
    const fixed = textOf('a.migration.yaml') ?? '';
    assert.match(fixed, /^\ufeff# kept\r\n/);
    assert.ok(!/[^\r]\n/.test(fixed));
    assert.match(fixed, /CONCURRENTLY/);
  });

  it('mends what can be read of a file with faults, and leaves the faults', async () => {
    const broken = plan(
      'CREATE INDEX users_email_idx ON users (email);',
      '      - step: Two\n        sql: SELEC 1;\n        rollback: SELECT 1;\n',
    );
    const { exitCode, textOf, out } = await check({ 'a.migration.yaml': broken }, 'a.migration.yaml');
    assert.match(
      textOf('a.migration.yaml') ?? '',
      /CONCURRENTLY[\s\S]*sql: SELEC 1;\n {8}rollback: SELECT 1;\n/,
    );
    assert.match(out, /\[sql-syntax\]/);
    assert.equal(exitCode, 1);
  });

  it('does not touch a file that nothing can be made of', async () => {
    for (const text of ['phases: [ {', 'just words', ''])
      assert.equal(
        (await check({ 'a.migration.yaml': text }, 'a.migration.yaml')).textOf('a.migration.yaml'),
        text,
      );
  });

  it('mends .sql files too, and lists what it did as JSON', async () => {
    const sql = "SET lock_timeout = '2s';\nCREATE INDEX i ON users (email);\nVACUUM users;\n";
    const { out, textOf } = await check({ 'a.sql': sql }, 'a.sql', '--format', 'json');
    assert.match(
      textOf('a.sql') ?? '',
      /^SET lock_timeout = '2s';\n[\s\S]*CREATE INDEX CONCURRENTLY i ON users/,
    );
    const [file] = JSON.parse(out).files;
    assert.deepEqual(file.findings, []);
    assert.deepEqual(file.fixed[0], {
      rule: 'index-without-concurrently',
      title: 'Build the index CONCURRENTLY',
      step: 'file',
    });
  });

  it('builds no index CONCURRENTLY in a .sql file that a tool may run in a transaction', async () => {
    const sql = "SET lock_timeout = '2s';\nCREATE INDEX i ON users (email);\n";
    const { out, textOf } = await check({ 'a.sql': sql }, 'a.sql');
    assert.equal(textOf('a.sql'), sql);
    assert.match(out, /fix, yours to judge: Build the index CONCURRENTLY/);
  });

  it('says where a file cannot be written, and exits 2', async () => {
    const io = memoryIo({ files: { 'schema.sql': schema, 'a.migration.yaml': faulty } });
    const exitCode = await run(['check', '--fix', 'a.migration.yaml'], {
      ...io,
      files: { ...io.files, write: () => ({ error: 'you may not write it' }) },
    });
    assert.equal(exitCode, 2);
    assert.equal(io.err(), 'switchback: a.migration.yaml cannot be written: you may not write it.\n');
    assert.match(io.out(), /\[index-without-concurrently\]/);
  });

  it('refuses standard input', async () => {
    const { exitCode, err } = await check({}, '-');
    assert.equal(exitCode, 2);
    assert.match(err, /^switchback: --fix writes files/);
  });
});
