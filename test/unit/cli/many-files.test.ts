import assert from 'node:assert/strict';
import { run } from '../../../server/src/cli/run.ts';
import { memoryIo } from './memory-io.ts';

interface JsonFile {
  readonly path: string;
  readonly usable: boolean;
  readonly findings: readonly { readonly rule: string }[];
}

async function check(files: Readonly<Record<string, string | Uint8Array>>, paths = Object.keys(files)) {
  const io = memoryIo({ files });
  const exitCode = await run(['check', '--format', 'json', ...paths], io);
  const checked = (JSON.parse(io.out()) as { files: JsonFile[] }).files;
  return { exitCode, err: io.err(), files: new Map(checked.map((file) => [file.path, file])) };
}

const rulesOf = (file: JsonFile | undefined) => file?.findings.map(({ rule }) => rule);

const building = 'CREATE INDEX users_email ON users (email);\n';
const plan = `migration: Test
database: { type: postgresql, version: 16 }
session: { lock_timeout: 2s }
phases:
  - phase: Only
    steps:
      - step: Index
        sql: CREATE INDEX users_email ON users (email);
        rollback: DROP INDEX CONCURRENTLY users_email;
`;

/** What may lie in a folder, and what is said of it. */
const faulty: Readonly<Record<string, { readonly content: string | Uint8Array; readonly rule: string }>> = {
  'not-sql.sql': { content: 'CREATE INDEX ON ON users (;', rule: 'sql-syntax' },
  'unclosed.sql': { content: "INSERT INTO users VALUES ('ada;", rule: 'sql-syntax' },
  'deep.sql': { content: `SELECT ${'('.repeat(60_000)}1;`, rule: 'sql-syntax' },
  'deep-and-closed.sql': {
    content: `SELECT ${'('.repeat(60_000)}1${')'.repeat(60_000)};`,
    rule: 'sql-syntax',
  },
  'nul.sql': { content: 'SELECT 1;\0', rule: 'plan-unreadable' },
  'latin1.sql': { content: new Uint8Array([0x2d, 0x2d, 0xe9, 0x0a]), rule: 'plan-unreadable' },
  'broken.migration.yaml': { content: `${plan}  - "never closed\n`, rule: 'plan-yaml' },
  'deep.migration.yaml': { content: `migration: ${'['.repeat(5_000)}`, rule: 'plan-yaml' },
  'bomb.migration.yaml': {
    content: `a: &a [x, x, x, x, x, x, x, x, x, x]\n${'bcdefgh'.replace(/./g, (key) => {
      const before = String.fromCharCode(key.charCodeAt(0) - 1);
      return `${key}: &${key} [${Array(10).fill(`*${before}`).join(', ')}]\n`;
    })}`,
    rule: 'plan-yaml',
  },
  'list.migration.yaml': { content: '- a\n- b\n', rule: 'plan-type' },
};

describe('switchback check of many files', () => {
  it('says of each file what it would say of it alone, whatever lies beside it', async () => {
    const files: Record<string, string | Uint8Array> = {};
    for (const [name, { content }] of Object.entries(faulty)) {
      files[`before-${name}.sql`] = building;
      files[name] = content;
      files[`after-${name}.migration.yaml`] = plan;
    }
    const { exitCode, files: checked } = await check(files, [
      ...Object.keys(files),
      'missing.sql',
      'last.sql',
    ]);
    assert.equal(exitCode, 2, 'some files could not be read');
    assert.equal(checked.size, Object.keys(files).length + 2);
    const alone = async (name: string) => {
      const one = await check({ [name]: files[name] ?? '' });
      return rulesOf(one.files.get(name));
    };
    for (const name of Object.keys(files))
      assert.deepEqual(rulesOf(checked.get(name)), await alone(name), name);
    for (const [name, { rule }] of Object.entries(faulty))
      assert.ok(rulesOf(checked.get(name))?.includes(rule), `${name}: ${rulesOf(checked.get(name))}`);
    assert.ok(rulesOf(checked.get('before-deep.sql.sql'))?.includes('index-without-concurrently'));
    assert.equal(checked.get('missing.sql')?.usable, false);
  }).timeout(60_000);

  it('gets through a folder of thousands', async () => {
    const files = Object.fromEntries(
      Array.from({ length: 3_000 }, (_, i) => [
        `${i}.sql`,
        i % 100 === 50
          ? 'CREATE TABLE ('
          : `SET lock_timeout = '2s';\nCREATE INDEX i${i} ON t${i % 50} (c${i});\n`,
      ]),
    );
    const { exitCode, files: checked } = await check(files);
    assert.equal(exitCode, 1);
    assert.equal(checked.size, 3_000);
    const faults = [...checked.values()].filter((file) => rulesOf(file)?.includes('sql-syntax'));
    const builds = [...checked.values()].filter((file) =>
      rulesOf(file)?.includes('index-without-concurrently'),
    );
    assert.deepEqual([faults.length, builds.length], [30, 2_970]);
  }).timeout(60_000);
});
