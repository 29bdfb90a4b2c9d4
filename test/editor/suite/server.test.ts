import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import * as vscode from 'vscode';
import type { SwitchbackApi } from '../../../client/src/extension.ts';
import { type Major, majors } from '../../prove/postgres/binaries.ts';
import { type RealServer, startServer } from '../../unit/rehearsal/real-server.ts';
import { openNew, until, workspaceUri } from '../editor.ts';
import { firstReport, switchback } from '../switchback.ts';
import { needsWindow, palette, press, screenshots, see, texts, type } from '../window.ts';

const plan = `migration: Add a nickname
database: { type: postgresql, version: 16, schema: captured.sql }
session: { lock_timeout: 2s }
traffic: 50/s
app: { runs: v1, versions: { v1: ['SELECT username FROM users WHERE id = 1'] } }
checklist:
  - Someone is on call
  - check: Nobody is nameless
    sql: SELECT count(*) FROM users WHERE username = ''
    expect: 0
  - check: The table is small
    sql: SELECT count(*) FROM users
    expect: < 1000
  - check: Nothing is written
    sql: SELECT nextval('users_id_seq')
    expect: 0
phases:
  - phase: Only
    steps:
      - step: Add the nickname
        sql: ALTER TABLE users ADD COLUMN nickname text;
        rollback: ALTER TABLE users DROP COLUMN nickname;
`;

/** The newest that the pg_dump on the PATH can dump; 18 where there is none, of which nothing is captured then. */
function version(): { readonly major: Major; readonly dumps: boolean } {
  const { stdout } = spawnSync('pg_dump', ['--version'], { encoding: 'utf8' });
  const dump = Number(/\) (\d+)/.exec(stdout ?? '')?.[1] ?? 0);
  const major = majors.findLast((each) => each <= dump);
  return { major: major ?? 18, dumps: major !== undefined };
}

describe('a development server in the editor', function () {
  this.timeout(120_000);
  let api: SwitchbackApi;
  let server: RealServer;
  const { major, dumps } = version();
  before(async function () {
    needsWindow(this);
    api = await switchback();
    server = await startServer(major);
    await server.run(`CREATE ROLE ada LOGIN CREATEDB PASSWORD 'secret word'`);
    await server.run('CREATE DATABASE app OWNER ada');
    await server.run(
      `CREATE TABLE users (id bigserial PRIMARY KEY, username varchar(255) NOT NULL UNIQUE);
       INSERT INTO users (username) SELECT 'u' || g FROM generate_series(1, 1234) g; ANALYZE users;
       ALTER TABLE users OWNER TO ada`,
      'app',
    );
    await server.run(
      `COPY (SELECT unnest(ARRAY['local all postgres trust', 'local all all scram-sha-256']))
       TO PROGRAM 'cat > pg_hba.conf'`,
    );
    await server.run('SELECT pg_reload_conf()');
    await vscode.workspace.fs.writeFile(
      workspaceUri('captured.sql'),
      Buffer.from('CREATE TABLE users (id bigserial PRIMARY KEY, username varchar(255) NOT NULL UNIQUE);'),
    );
    await openNew('nickname.migration.yaml', plan);
  });
  after(() => server?.stop());

  /** Answers the box that shows these words. */
  async function answer(words: string, text: string): Promise<void> {
    await see('.quick-input-widget', words, 30_000);
    await type(text);
    await press('Enter');
  }

  const connection = () => `host=${server.target().host} dbname=app user=ada`;

  it('is added, asked for its password and confirmed by name; a second run asks nothing, and is under load as the settings say', async () => {
    const uri = workspaceUri('nickname.migration.yaml');
    await palette('Switchback: Dry Run on Server');
    await answer('Add a Server', 'Add a Server');
    await answer('Add a Server', connection());
    await answer('Prove Rollbacks', 'Prove');
    await see('.quick-input-widget', 'asks for the password of user ada', 30_000);
    await type('secret word');
    assert.doesNotMatch((await texts('.quick-input-widget')).join(), /secret word/);
    await press('Enter');
    await see('.quick-input-widget', 'Type the database’s name', 30_000);
    await screenshots('server-confirm');
    await type('app');
    await press('Enter');
    const report = await firstReport(api, uri, 60_000);
    assert.equal(report.verdict, 'passed', report.error?.message);
    assert.match(report.engine, new RegExp(`^PostgreSQL ${major}\\.`));
    assert.match(report.notes.join(), /Run in a copy of app, with its rows/);
    await until('the report', () => api.reportHtml()?.includes('Add a nickname'));
    await see('h1', 'Add a nickname');
    await screenshots('server-report');

    const settings = vscode.workspace.getConfiguration('switchback.dryRun');
    const set = async (maxWait: string | undefined, pool: number | undefined) => {
      await settings.update('maxWait', maxWait, vscode.ConfigurationTarget.Global);
      await settings.update('pool', pool, vscode.ConfigurationTarget.Global);
    };
    await set('30s', 3);
    try {
      await vscode.window.showTextDocument(uri);
      await palette('Switchback: Dry Run on Server');
      await answer('user=ada', 'ada');
      await answer('Rehearse Under Load', 'Under Load');
      const second = async () => (await api.reports.last(uri))?.report;
      await until('the second report', async () => (await second())?.ms !== report.ms, 60_000);
      const { verdict, error, load } = (await second()) ?? {};
      assert.equal(verdict, 'passed', error?.message);
      assert.deepEqual([load?.max_wait, load?.pool], [30_000, 3]);
      await until('its page', () => api.reportHtml()?.includes('Under load'));
      await screenshots('server-load');
    } finally {
      await set(undefined, undefined);
    }
    assert.deepEqual(await server.scratch(), []);
  });

  it('has its schema and figures captured', async function () {
    if (!dumps) return this.skip();
    const uri = workspaceUri('nickname.migration.yaml');
    await vscode.window.showTextDocument(uri);
    await palette('Switchback: Capture Schema');
    await answer('user=ada', 'ada');
    await until(
      'the figures',
      () =>
        vscode.window.visibleTextEditors.some(({ document }) =>
          /users:\s+rows: 1234/.test(document.getText()),
        ),
      60_000,
    );
    const schema = Buffer.from(await vscode.workspace.fs.readFile(workspaceUri('captured.sql'))).toString();
    assert.match(schema, /CREATE TABLE public\.users \(/);
    assert.match(schema, /PostgreSQL database dump/);
    await screenshots('server-captured');
  });

  it('is asked by the checklist, and not written to', async () => {
    const uri = workspaceUri('nickname.migration.yaml');
    const document = await vscode.workspace.openTextDocument(uri);
    await vscode.window.showTextDocument(document);
    await palette('Switchback: Run Checklist');
    await answer('user=ada', 'ada');
    await answer('Ask This Server?', 'app');
    const problems = () =>
      vscode.languages.getDiagnostics(uri).filter(({ source }) => source === 'Switchback checklist');
    await until('what is not met', () => problems().length > 0, 60_000);
    assert.deepEqual(
      problems().map(({ message, range }) => [
        message.replace(/ \(on .*\)$/, ''),
        document.lineAt(range.start.line).text.trim(),
      ]),
      [
        ['The table is small: Expected < 1000, got 1234.', '- check: The table is small'],
        [
          'Nothing is written: cannot execute nextval() in a read-only transaction',
          '- check: Nothing is written',
        ],
      ],
    );
    await screenshots('server-checklist');
  });

  it('gives a new plan its schema, its figures and its version', async function () {
    if (!dumps) return this.skip();
    const [schema, plan] = [workspaceUri('taken.sql'), workspaceUri('taken.migration.yaml')];
    const { saveAs, savePlan } = api.dialogs;
    Object.assign(api.dialogs, { saveAs: async () => schema, savePlan: async () => plan });
    try {
      await palette('Switchback: New Plan');
      await answer('(1)', 'Rename a column');
      await answer('(2)', 'Capture from a Server');
      await answer('user=ada', 'ada');
      await see('.quick-input-widget', 'pg_dump reads the schema of app', 30_000);
      await screenshots('wizard-server');
      await answer('Read This Server’s Schema?', 'app');
      await answer('(3/10)', 'users');
      await answer('(4/10)', 'username');
      await answer('(5/10)', 'handle');
      for (const step of ['(6/10)', '(7/10)', '(8/10)', '(9/10)', '(10/10)']) await answer(step, '');
      await until(
        'the plan',
        () => vscode.window.activeTextEditor?.document.uri.toString() === plan.toString(),
        30_000,
      );
    } finally {
      Object.assign(api.dialogs, { saveAs, savePlan });
    }
    const text = Buffer.from(await vscode.workspace.fs.readFile(plan)).toString();
    assert.match(text, new RegExp(`version: ${major}\\s+schema: taken\\.sql`));
    assert.match(text, /users: { rows: 1234, size: \d+kB }/);
    for (const uri of [schema, plan]) await vscode.workspace.fs.delete(uri);
  });

  it('asks again once it is forgotten', async () => {
    const uri = workspaceUri('nickname.migration.yaml');
    await vscode.window.showTextDocument(uri);
    await palette('Switchback: Forget Server');
    await answer('user=ada', 'ada');
    await palette('Switchback: Dry Run on Server');
    await see('.quick-input-widget', 'Add a Server');
    assert.ok(!(await texts('.quick-input-list .monaco-list-row')).some((row) => row.includes('user=ada')));
    await type('Add a Server');
    await press('Enter');
    await answer('Add a Server', connection());
    await answer('Prove Rollbacks', 'Prove');
    await answer('asks for the password of user ada', 'secret word');
    await see('.quick-input-widget', 'Type the database’s name', 30_000);
    await press('Escape');
    await until(
      'the refusal',
      async () => (await api.reports.last(uri))?.report.error?.message.includes('was not confirmed for app'),
      30_000,
    );
  });
});
