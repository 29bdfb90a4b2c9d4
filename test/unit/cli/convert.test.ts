import assert from 'node:assert/strict';
import { run } from '../../../server/src/cli/run.ts';
import { memoryIo } from './memory-io.ts';

const files = {
  'db/V1__users.sql': 'CREATE TABLE users (id bigint PRIMARY KEY, email text);',
  'db/V2__index.sql': 'CREATE INDEX users_email_idx ON users (email);',
  'db/U2__index.sql': 'DROP INDEX users_email_idx;',
  'db/V3__later.sql': 'DROP TABLE users;',
};

describe('switchback convert', () => {
  const convert = async (args: readonly string[], more: Readonly<Record<string, string>> = {}) => {
    const io = memoryIo({ files: { ...files, ...more } });
    const code = await run(['convert', ...args], io);
    const text = (path: string) => {
      const read = io.files.read(`${io.cwd}/${path}`);
      return 'bytes' in read ? new TextDecoder().decode(read.bytes) : undefined;
    };
    return { code, io, text };
  };

  it('writes the plan, and the migrations before it as its baseline', async () => {
    const { code, io, text } = await convert(['db/V2__index.sql', '--pg-version', '17']);
    assert.deepEqual([code, io.out(), io.err()], [0, 'V2__index.migration.yaml\n', '']);
    assert.equal(text('V2__index.schema.sql'), `-- V1__users.sql\n${files['db/V1__users.sql']}\n`);
    const plan = text('V2__index.migration.yaml') ?? '';
    assert.match(plan, /version: 17\n\s+schema: V2__index\.schema\.sql\n/);
    assert.match(plan, /CREATE INDEX CONCURRENTLY users_email_idx/);
    const check = memoryIo({
      files: { 'p.migration.yaml': plan, 'V2__index.schema.sql': text('V2__index.schema.sql') ?? '' },
    });
    assert.equal(await run(['check', 'p.migration.yaml'], check), 0, check.out());
  });

  it('takes a schema that is named, and prints the plan for -', async () => {
    const { code, io } = await convert(['db/V2__index.sql', '--schema', 'db/V1__users.sql', '--output', '-']);
    assert.equal(code, 0);
    assert.match(io.out(), /schema: db\/V1__users\.sql\n/);
    assert.match(io.err(), /taken to run Postgres 16: --pg-version says another/);
  });

  it('replaces nothing without being told to', async () => {
    const there = { 'V2__index.migration.yaml': 'mine' };
    const { code, io, text } = await convert(['db/V2__index.sql'], there);
    assert.equal(code, 2);
    assert.match(io.err(), /is there already, and was left as it is/);
    assert.deepEqual([text('V2__index.migration.yaml'), text('V2__index.schema.sql')], ['mine', undefined]);
    assert.equal((await convert(['db/V2__index.sql', '--force'], there)).code, 0);
  });

  it('says what it cannot read', async () => {
    for (const [args, told] of [
      [['db/none.sql'], /The migration cannot be read: .*no such file/],
      [['db/U2__index.sql'], /is no migration that can be read/],
      [['x.sql'], /Postgres cannot read its SQL: .* near "/],
      [['db/V2__index.sql', '--output', 'x.txt'], /called NAME\.migration\.yaml/],
      [[], /takes one migration file/],
    ] as const) {
      const { code, io } = await convert(args, { 'x.sql': 'CREATE TABL x ();' });
      assert.equal(code, 2, String(args));
      assert.match(io.err(), told);
    }
  });
});
