import assert from 'node:assert/strict';
import { run } from '../../../server/src/cli/run.ts';
import { type MemoryOptions, memoryIo } from './memory-io.ts';

const schema = 'CREATE TABLE users (id bigint PRIMARY KEY, username text NOT NULL, email text);\n';

/** A plan of one step, clean but for what its SQL does. */
function plan(sql: string, keys = ''): string {
  return `migration: Test
database: { type: postgresql, version: 16, schema: schema.sql }
tables:
  users: { rows: 8M, size: 2.4GB }
session: { lock_timeout: 2s, statement_timeout: 15min }
phases:
  - phase: Expand
    steps:
      - step: One
        ${keys}sql: ${sql}
        rollback: ${/INDEX/.test(sql) ? '{ transaction: false, sql: DROP INDEX CONCURRENTLY users_email_idx }' : 'ALTER TABLE users DROP COLUMN handle;'}
`;
}

const clean = plan('ALTER TABLE users ADD COLUMN handle text;');
const faulty = plan('CREATE INDEX users_email_idx ON users (email);');

async function check(args: string[], options: MemoryOptions = {}) {
  const io = memoryIo({ ...options, files: { 'schema.sql': schema, ...options.files } });
  const exitCode = await run(['check', ...args], io);
  return { exitCode, out: io.out(), err: io.err() };
}

interface JsonFile {
  path: string;
  usable: boolean;
  findings: {
    rule: string;
    severity: string;
    message: string;
    range: { start: { line: number; character: number } };
  }[];
}

async function checkJson(args: string[], options: MemoryOptions = {}) {
  const result = await check([...args, '--format', 'json'], options);
  return { ...result, files: (JSON.parse(result.out) as { files: JsonFile[] }).files };
}

describe('switchback check', () => {
  it('exits 0 for a clean plan', async () => {
    const { exitCode, out, err } = await check(['a.migration.yaml'], {
      files: { 'a.migration.yaml': clean },
    });
    assert.equal(out, 'Nothing found in 1 file.\n');
    assert.deepEqual([exitCode, err], [0, '']);
  });

  it('exits 1 for an error and shows it in its line', async () => {
    const { exitCode, out } = await check(['a.migration.yaml'], { files: { 'a.migration.yaml': faulty } });
    assert.equal(exitCode, 1);
    assert.match(out, /^a\.migration\.yaml:10:14 error \[index-without-concurrently\]$/m);
    assert.match(out, /^ +10 \| +sql: CREATE INDEX users_email_idx ON users \(email\);$/m);
  });

  it('exits 0 for warnings alone', async () => {
    const { exitCode, files } = await checkJson(['a.migration.yaml'], {
      files: {
        'a.migration.yaml': faulty,
        '.switchback.yaml': 'rules: { index-without-concurrently: warning }\n',
      },
    });
    assert.deepEqual(
      files[0]?.findings.map(({ rule, severity }) => [rule, severity]),
      [['index-without-concurrently', 'warning']],
    );
    assert.equal(exitCode, 0);
  });

  it('gives zero-based ranges in JSON', async () => {
    const { files } = await checkJson(['a.migration.yaml'], { files: { 'a.migration.yaml': faulty } });
    assert.deepEqual(files[0]?.findings[0]?.range.start, { line: 9, character: 13 });
  });

  it('checks a plain .sql file without asking for a rollback', async () => {
    const { files, exitCode } = await checkJson(['a.sql'], {
      files: { 'a.sql': "SET lock_timeout = '2s';\nCREATE TABLE t (id int PRIMARY KEY);\n" },
    });
    assert.deepEqual(files[0]?.findings, []);
    assert.equal(exitCode, 0);
  });

  it('reads standard input as what it is called', async () => {
    const asPlan = await checkJson(['-'], { stdin: faulty });
    assert.equal(asPlan.files[0]?.findings[0]?.rule, 'index-without-concurrently');
    const asSql = await checkJson(['-', '--stdin-filename', 'x.sql'], { stdin: 'SELEC 1;' });
    assert.equal(asSql.files[0]?.path, 'x.sql');
    assert.equal(asSql.files[0]?.findings[0]?.rule, 'sql-syntax');
    assert.equal(asSql.exitCode, 1);
  });

  it('checks a file once that is named twice', async () => {
    const { files } = await checkJson(['a.sql', './a.sql'], { files: { 'a.sql': '' } });
    assert.equal(files.length, 1);
  });
});

describe('switchback check with bad input', () => {
  const utf16 = new Uint8Array(Buffer.from(`\ufeff${clean}`, 'utf16le'));
  const unusable: Record<string, string | Uint8Array> = {
    'empty.migration.yaml': '',
    'blank.migration.yaml': '\n\n# nothing\n',
    'binary.migration.yaml': new Uint8Array([1, 0, 2, 0, 255, 7, 9]),
    'utf16.migration.yaml': utf16,
    'latin1.migration.yaml': new Uint8Array([109, 58, 32, 0xe4, 10]),
    'large.migration.yaml': `migration: x\n${'# filler\n'.repeat(1_200_000)}`,
    'broken.migration.yaml': 'phases: [ {',
    'scalar.migration.yaml': 'just words',
    'list.migration.yaml': '- a\n- b\n',
    'mysql.migration.yaml': clean.replace('postgresql', 'mysql'),
    'binary.sql': new Uint8Array([0, 1, 2]),
  };

  for (const [path, content] of Object.entries(unusable)) {
    it(`exits 2 for ${path}, with the reason in its findings and on stderr`, async () => {
      const { exitCode, files, err } = await checkJson([path], { files: { [path]: content } });
      assert.equal(exitCode, 2);
      assert.equal(files[0]?.usable, false);
      const problem = files[0]?.findings.find(({ severity }) => severity === 'error');
      assert.ok(problem);
      assert.ok(err.startsWith(`switchback: ${path}: `), err);
      assert.ok(err.length < 400, err);
    });
  }

  it('still checks the others', async () => {
    const { exitCode, files, err } = await checkJson(
      ['missing.yaml', 'a.migration.yaml', 'b.migration.yaml'],
      {
        files: { 'a.migration.yaml': faulty, 'b.migration.yaml': clean },
      },
    );
    assert.equal(exitCode, 2);
    assert.deepEqual(
      files.map(({ path, findings }) => [path, findings.map(({ rule }) => rule)]),
      [
        ['missing.yaml', ['plan-unreadable']],
        ['a.migration.yaml', ['index-without-concurrently']],
        ['b.migration.yaml', []],
      ],
    );
    assert.equal(err, 'switchback: missing.yaml: The file cannot be read: there is no such file.\n');
  });

  it('reports a missing baseline at its place', async () => {
    const { exitCode, files } = await checkJson(['a.migration.yaml'], {
      files: { 'a.migration.yaml': clean.replace('schema.sql', 'nowhere.sql') },
    });
    assert.equal(exitCode, 1);
    const found = files[0]?.findings.find(({ rule }) => rule === 'plan-file');
    assert.equal(found?.range.start.line, 1);
    assert.match(found?.message ?? '', /nowhere\.sql/);
  });

  it('reports faults of the YAML beside which steps can be read, and goes on', async () => {
    const { exitCode, files } = await checkJson(['a.migration.yaml'], {
      files: { 'a.migration.yaml': `${faulty}colour: red\n` },
    });
    assert.equal(exitCode, 1);
    assert.deepEqual(
      files[0]?.findings.map(({ rule }) => rule),
      ['index-without-concurrently', 'plan-unknown-key'],
    );
  });

  it('refuses to run without files and with a version it does not know', async () => {
    assert.equal((await check([])).exitCode, 2);
    assert.equal((await check(['a.sql', '--pg-version', '9'])).exitCode, 2);
  });
});

describe('project settings', () => {
  const off = 'rules: { index-without-concurrently: off }\n';

  it('are the nearest upward', async () => {
    const { exitCode, files } = await checkJson(['db/plans/a.migration.yaml'], {
      files: {
        'db/plans/a.migration.yaml': faulty.replace('schema.sql', '../../schema.sql'),
        'db/.switchback.yaml': off,
        '.switchback.yaml': 'rules: {}\n',
      },
    });
    assert.deepEqual([exitCode, files[0]?.findings], [0, []]);
  });

  it('are not looked for above the git repository', async () => {
    const { exitCode } = await check(['repo/a.migration.yaml'], {
      files: {
        'repo/a.migration.yaml': faulty.replace('schema.sql', '../schema.sql'),
        'repo/.git': 'gitdir: elsewhere',
        '.switchback.yaml': off,
      },
    });
    assert.equal(exitCode, 1);
  });

  it('report what is wrong in them under their own path, once', async () => {
    const { exitCode, files } = await checkJson(['a.migration.yaml', 'b.migration.yaml'], {
      files: {
        'a.migration.yaml': clean,
        'b.migration.yaml': clean,
        '.switchback.yaml': 'rules:\n  index-without-concurrently: never\n',
      },
    });
    assert.deepEqual(
      files.map(({ path, findings }) => [path, findings.length]),
      [
        ['a.migration.yaml', 0],
        ['b.migration.yaml', 0],
        ['.switchback.yaml', 1],
      ],
    );
    assert.equal(files[2]?.findings[0]?.range.start.line, 1);
    assert.equal(exitCode, 1);
  });
});
