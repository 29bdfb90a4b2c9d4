import assert from 'node:assert/strict';
import { plan, schema } from './plans.ts';
import { applied, covered, type ProtocolClient, startProtocolClient, until } from './protocol-client.ts';

describe('findings over the protocol', () => {
  let client: ProtocolClient;
  beforeEach(async () => {
    client = await startProtocolClient();
    client.write('schema.sql', schema);
  });
  afterEach(() => client.stop());

  it('reports nothing for a plan without faults', async () => {
    const uri = client.uriOf('a.migration.yaml');
    client.open(uri, plan());
    assert.deepEqual(await client.diagnostics(uri), []);
    assert.deepEqual(client.statuses.at(-1), {
      uri,
      version: 1,
      pgVersion: 16,
      errors: 0,
      warnings: 0,
      infos: 0,
    });
  });

  it('reports a finding at its place, with code, page, source and severity', async () => {
    const uri = client.uriOf('a.migration.yaml');
    const document = client.open(uri, plan({ sql: 'CREATE INDEX users_handle ON users (username);' }));
    const found = await client.diagnostics(uri);
    const finding = found.find(({ code }) => code === 'index-without-concurrently');
    assert.ok(finding, JSON.stringify(found));
    assert.match(covered(document, finding.range), /^CREATE INDEX/);
    assert.equal(finding.source, 'switchback');
    assert.equal(finding.codeDescription?.href, 'docs:/rules/index-without-concurrently.md');
    assert.ok(finding.severity);
  });

  it('mends the plan through a fix, which leaves it clean', async () => {
    const uri = client.uriOf('a.migration.yaml');
    const document = client.open(
      uri,
      plan({
        sql: 'CREATE INDEX users_username ON users (username);',
        rollback:
          '        rollback:\n          transaction: false\n          sql: DROP INDEX CONCURRENTLY users_username;\n',
      }),
    );
    const [finding] = await client.diagnostics(uri);
    assert.ok(finding);
    const [fix] = await client.fixes(uri, finding.range, ['quickfix']);
    assert.ok(fix);
    assert.equal(fix.kind, 'quickfix');
    assert.deepEqual(fix.diagnostics, [finding]);
    assert.equal(fix.isPreferred, true);
    const mended = applied(document, fix);
    client.edit(document, document.getText(), mended);
    assert.deepEqual(await client.diagnostics(uri), []);
    assert.match(mended, /CONCURRENTLY users_username ON/);
  });

  it('applies all safe fixes at once where it is asked to', async () => {
    const uri = client.uriOf('a.migration.yaml');
    const sql =
      '|\n          CREATE INDEX a ON users (username);\n          CREATE INDEX b ON users (email);';
    const document = client.open(uri, plan({ sql, rollback: '' }));
    const whole = { start: { line: 0, character: 0 }, end: { line: 0, character: 0 } };
    assert.deepEqual(await client.fixes(uri, whole), []);
    const has = async () => (await client.diagnostics(uri)).some(({ code }) => code === 'rollback-missing');
    assert.ok(await has());
    const [all, ...others] = await client.fixes(uri, whole, ['source.fixAll']);
    assert.deepEqual(others, []);
    assert.ok(all);
    assert.equal(all.kind, 'source.fixAll.switchback');
    client.edit(document, document.getText(), applied(document, all));
    assert.ok(!(await has()));
    assert.match(document.getText(), /rollback: \|\n/);
  });

  it('inserts the rollback from anywhere in its step, and all that are missing', async () => {
    const uri = client.uriOf('a.migration.yaml');
    const text = `${plan({ rollback: '' })}      - step: Another
        sql: ALTER TABLE users ADD COLUMN nick text;
`;
    const document = client.open(uri, text);
    const place = document.positionAt(text.indexOf('COLUMN nick'));
    const at = { start: place, end: place };
    const [insert, ...more] = await client.fixes(uri, at);
    assert.deepEqual(
      [insert?.kind, more.map(({ title }) => title)],
      ['refactor.rewrite', ['Set the estimate to 1s, from the sizes in the plan alone']],
    );
    assert.ok(insert);
    assert.equal(applied(document, insert), `${text}        rollback: ALTER TABLE users DROP COLUMN nick;\n`);
    const [all] = await client.fixes(uri, at, ['source.insertRollbacks.switchback']);
    assert.ok(all);
    assert.equal(applied(document, all).match(/rollback: ALTER/g)?.length, 2);
    const finding = (await client.diagnostics(uri)).find(({ code }) => code === 'rollback-missing');
    assert.ok(finding);
    const there = await client.fixes(uri, finding.range, ['quickfix']);
    assert.ok(there.some(({ title }) => title === all.title));
  });

  it('answers unchanged while the findings are the same', async () => {
    const uri = client.uriOf('a.migration.yaml');
    const document = client.open(uri, plan({ sql: 'DROP TABL users;' }));
    const first = await client.pull(uri);
    assert.equal(first.kind, 'full');
    client.edit(document, 'Add the new column', 'Add the new colunm');
    const second = await client.pull(uri, first.resultId);
    assert.deepEqual(second, { kind: 'unchanged', resultId: first.resultId });
    client.edit(document, 'migration:', '# note\nmigration:');
    const third = await client.pull(uri, first.resultId);
    assert.equal(third.kind, 'full');
  });

  it('reads the schema from the open editor first, and from the disk once it is closed', async () => {
    const uri = client.uriOf('a.migration.yaml');
    const sql = 'ALTER TABLE users ALTER COLUMN email SET NOT NULL;';
    const rollback = '        rollback: ALTER TABLE users ALTER COLUMN email DROP NOT NULL;\n';
    client.open(uri, plan({ sql, rollback }));
    const before = await client.diagnostics(uri);
    assert.ok(before.some(({ code }) => code === 'set-not-null-scans'));
    const notNull = schema.replace('email text', 'email text NOT NULL');
    const open = client.open(client.uriOf('schema.sql'), notNull, 'sql');
    await until('a refresh', () => client.refreshes.length === 1);
    const meanwhile = await client.diagnostics(uri);
    assert.ok(!meanwhile.some(({ code }) => code === 'set-not-null-scans'));
    assert.deepEqual(await client.diagnostics(open.uri), [], 'an SQL file that nobody asked to check');
    await client.close(open);
    await until('another refresh', () => client.refreshes.length === 2);
    assert.deepEqual(await client.diagnostics(uri), before);
  });

  it('asks for one refresh while a schema is typed, and none for files that no plan names', async () => {
    const uri = client.uriOf('a.migration.yaml');
    client.open(uri, plan());
    await client.diagnostics(uri);
    const open = client.open(client.uriOf('schema.sql'), schema, 'sql');
    client.open(client.uriOf('other.sql'), 'SELECT 1;', 'sql');
    for (const letter of 'abc') client.edit(open, 'username', `username${letter}`);
    await until('a refresh', () => client.refreshes.length === 1);
    await new Promise((resolve) => setTimeout(resolve, 250));
    assert.equal(client.refreshes.length, 1);
  });

  it('says why a file that the plan names cannot be read', async () => {
    const uri = client.uriOf('a.migration.yaml');
    const document = client.open(uri, plan({ schema: 'missing.sql' }));
    const [finding] = await client.diagnostics(uri);
    assert.equal(finding?.code, 'plan-file');
    assert.match(String(finding?.message), /missing\.sql: there is no such file/);
    assert.equal(finding && covered(document, finding.range), 'missing.sql');
  });

  it('checks a plan that was never saved, and says what it misses', async () => {
    const uri = 'untitled:Untitled-1';
    client.open(uri, plan());
    const [finding] = await client.diagnostics(uri);
    assert.match(String(finding?.message), /not saved yet/);
    client.open('untitled:Untitled-2', plan({ schema: '' }));
    assert.deepEqual(await client.diagnostics('untitled:Untitled-2'), []);
  });

  it('leaves documents alone that are no plans', async () => {
    const uri = client.uriOf('a.yaml');
    client.open(uri, 'sql: [', 'yaml');
    assert.deepEqual(await client.diagnostics(uri), []);
    assert.deepEqual(await client.diagnostics(client.uriOf('never-opened.migration.yaml')), []);
  });

  for (const [name, text] of [
    ['empty', ''],
    ['half typed', 'migration: x\nphases:\n  - phase: A\n    steps:\n      - step: B\n        sq'],
    ['not YAML', 'migration: "x\nphases: ['],
    ['a scalar', 'hello'],
    [
      'an alias bomb',
      `a: &a [x]\n${Array.from({ length: 30 }, (_, i) => `b${i}: &b${i} [*a, *a, *a]`).join('\n')}`,
    ],
    ['huge', `migration: ${'x'.repeat(3 * 1024 * 1024)}`],
    ['deep', '['.repeat(20_000)],
    ['with astral characters and CRLF', plan({ sql: "SELEC '💥';" }).replaceAll('\n', '\r\n')],
  ] as const) {
    it(`survives a document that is ${name}`, async () => {
      const uri = client.uriOf('bad.migration.yaml');
      const document = client.open(uri, text);
      const found = await client.diagnostics(uri);
      assert.ok(found.length > 0, 'it says what is wrong');
      for (const { range } of found)
        assert.ok(document.offsetAt(range.end) >= document.offsetAt(range.start));
      await client.symbols(uri);
      await client.fixes(uri, { start: { line: 0, character: 0 }, end: { line: 99999, character: 0 } });
      assert.deepEqual(client.logged, [], 'nothing failed inside');
    });
  }
});
