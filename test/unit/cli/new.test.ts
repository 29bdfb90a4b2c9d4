import assert from 'node:assert/strict';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { run } from '../../../server/src/cli/run.ts';
import { example } from '../rehearsal/setup.ts';
import { memoryIo } from './memory-io.ts';

const schema = example('rename-username/schema.sql');
const rename = 'rename_column --table users --column username --to handle --rows 8M --traffic 2000/s';
const file = 'rename-users-username-to-users-handle.migration.yaml';

async function fresh(line: string, files: Readonly<Record<string, string>> = { 'schema.sql': schema }) {
  const io = memoryIo({ files });
  const exitCode = await run(['new', ...line.split(' ').filter((word) => word !== '')], io);
  const read = (path: string) => {
    const found = io.files.read(resolve(io.cwd, path));
    return 'bytes' in found ? new TextDecoder().decode(found.bytes) : undefined;
  };
  return { exitCode, out: io.out(), err: io.err(), read };
}

describe('switchback new', () => {
  it('writes the plan and prints its name alone', async () => {
    const { exitCode, out, err, read } = await fresh(`${rename} --pg-version 17`);
    assert.deepEqual([exitCode, out, err], [0, `${file}\n`, '']);
    const text = read(file) ?? assert.fail();
    assert.match(text, /^ {2}version: 17\n {2}schema: schema\.sql$/m);
    assert.match(text, /^ {2}users: \{ rows: 8M \}$/m);
    assert.match(text, /^traffic: 2000\/s$/m);
  });

  it('tells of which other table the rows are missing', async () => {
    const files = {
      'schema.sql': `CREATE TABLE users (id bigint PRIMARY KEY, bio text);
        CREATE TABLE profiles ("user" bigint PRIMARY KEY REFERENCES users);`,
    };
    const move =
      'move_column --table users --column bio --to profiles --pg-version 17 --output a.migration.yaml';
    const { err } = await fresh(`${move} --rows 8M`, files);
    assert.match(err, /steps take on profiles is not told .*: --rows 8M,profiles=N$/m);
    assert.equal((await fresh(`${move} --rows 8M,profiles=5M`, files)).err, '');
  });

  it('has all that the hand-written example has', async () => {
    const { read } = await fresh(`${rename} --size 2.4GB --app-orm prisma`);
    const made = read(file) ?? assert.fail();
    const written = example('rename-username/rename-username.migration.yaml');
    // Without the example's names of ids, and constants in the place of parameters.
    const statements = (text: string) =>
      [...text.matchAll(/(?:ALTER TABLE|CREATE UNIQUE INDEX|DROP INDEX)[^;#]*;/g)]
        .map(([sql]) =>
          sql
            .replace(/\s+/g, ' ')
            .replaceAll('_proof', '_required')
            .replaceAll('character varying', 'varchar'),
        )
        .sort();
    assert.deepEqual([...new Set(statements(made))], [...new Set(statements(written))]);
    const kinds = (text: string) =>
      [...text.matchAll(/^ {8}(deploy: \S+|backfill|verify|wait: \S+):?$/gm)].map(([, kind]) => kind);
    assert.deepEqual(kinds(made), kinds(written));
    const code = (text: string) =>
      [...text.matchAll(/^ {8}code:\n(?:(?: {10}.*)?\n)+/gm)].map(([block]) => block);
    assert.equal(code(made).length, 3);
    assert.deepEqual(code(made), code(written));
    for (const section of ['checklist', 'phases', 'monitoring', 'cleanup'])
      assert.match(made, new RegExp(`^${section}:$`, 'm'));
  });

  it('names the baseline as it is seen from the plan', async () => {
    const { exitCode, read } = await fresh(`${rename} --schema db/now.sql --output plans/a.migration.yaml`, {
      'db/now.sql': schema,
    });
    assert.equal(exitCode, 0);
    assert.match(read('plans/a.migration.yaml') ?? '', /schema: \.\.\/db\/now\.sql$/m);
  });

  it('takes production’s version from a dump, and says so where nothing tells it', async () => {
    const dump = `-- PostgreSQL database dump\n\n-- Dumped from database version 15.4\n\n${schema}`;
    const known = await fresh(rename, { 'schema.sql': dump });
    assert.deepEqual([known.err, /version: 15/.test(known.read(file) ?? '')], ['', true]);
    const unknown = await fresh(rename);
    assert.match(unknown.err, /taken to run Postgres 16: --pg-version says another/);
  });

  it('writes no file over another, unless it is told to', async () => {
    const there = await fresh(rename, { 'schema.sql': schema, [file]: 'mine' });
    assert.equal(there.exitCode, 2);
    assert.match(there.err, /is there already, and was left as it is.*--output NAME.*--force/);
    assert.equal(there.read(file), 'mine');
    const forced = await fresh(`${rename} --force`, { 'schema.sql': schema, [file]: 'mine' });
    assert.equal(forced.exitCode, 0);
    assert.match(forced.read(file) ?? '', /^migration: Rename/m);
  });

  it('prints the plan where it is asked to', async () => {
    const { out, read } = await fresh(`${rename} --output -`);
    assert.match(out, /^migration: Rename users\.username to users\.handle$/m);
    assert.equal(read(file), undefined);
  });

  it('lists the types with what each asks, and tells more of one', async () => {
    const { exitCode, out } = await fresh('');
    assert.equal(exitCode, 0);
    assert.match(out, /rename_column\n.*--table TABLE --column COLUMN --to NAME/);
    const one = await fresh('rename_column --help');
    assert.match(one.out, /--to NAME +What is it to be called\?/);
  });

  for (const [line, message] of [
    ['rename_colum', /Did you mean rename_column\?/],
    ['rename_column', /Which table\? Say it with --table TABLE/],
    ['rename_column --table user', /no table user in the schema\. Did you mean users\?/],
    ['rename_column --table users --column usernme --to x', /Did you mean username\?/],
    ['rename_column --table users --column username --to email', /has a column email already/],
    ['rename_column --table users --column username --to x --rows many', /no.* count such as 8M/],
    ['rename_column --table users --colum username', /--colum is not an option.*Did you mean --column\?/],
    ['--table users', /Say first what the plan is for/],
    [`${rename} --output plan.yaml`, /called NAME\.migration\.yaml/],
    [`${rename} --schema gone.sql`, /gone\.sql/],
    [`${rename} --pg-version 12`, /14 to 18/],
  ] as const)
    it(`says what to do: ${line}`, async () => {
      const { exitCode, out, err } = await fresh(line);
      assert.deepEqual([exitCode, out], [2, '']);
      assert.match(err, message);
    });

  it('wants a schema that can be read in full', async () => {
    const { exitCode, err } = await fresh(rename, { 'schema.sql': `${schema}\nCREATE TABEL x ();` });
    assert.equal(exitCode, 2);
    assert.match(err, /schema\.sql, line 9: .*mend it first/);
  });

  it('starts from a Prisma schema, which the project’s own prisma turns into the baseline', async () => {
    const folder = mkdtempSync(join(tmpdir(), 'switchback-prisma-'));
    try {
      const prisma = join(folder, 'node_modules/prisma');
      mkdirSync(prisma, { recursive: true });
      writeFileSync(join(prisma, 'package.json'), '{ "version": "7.0.0", "bin": "cli.js" }');
      writeFileSync(join(prisma, 'cli.js'), `console.log(${JSON.stringify(schema)})`);
      const model = join(folder, 'schema.prisma');
      writeFileSync(model, 'datasource db {\n  provider = "postgresql"\n}\n');
      const made = await fresh(`${rename} --prisma ${model} --pg-version 17`, {});
      assert.deepEqual([made.exitCode, made.err], [0, '']);
      assert.equal(made.read('schema.sql')?.trim(), schema.trim());
      assert.match(made.read(file) ?? '', /schema: schema\.sql$/m);
      const there = await fresh(`${rename} --prisma ${model}`);
      assert.equal(there.exitCode, 2);
      assert.match(there.err, /schema\.sql is there already/);
      writeFileSync(join(prisma, 'cli.js'), 'setInterval(() => {}, 1000)');
      const io = memoryIo();
      const stopped = run(['new', ...rename.split(' '), '--prisma', model], io);
      const impatient = setInterval(() => io.interrupt('SIGINT'), 100);
      assert.equal(await stopped, 130);
      clearInterval(impatient);
      const none = await fresh(`${rename} --prisma ${join(folder, 'none.prisma')}`, {});
      assert.match(none.err, /The Prisma schema cannot be read: there is no such file/);
    } finally {
      rmSync(folder, { recursive: true });
    }
  });
});
