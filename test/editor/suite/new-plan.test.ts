import assert from 'node:assert/strict';
import * as vscode from 'vscode';
import type { SwitchbackApi } from '../../../client/src/extension.ts';
import { closeAll, open, openNew, until, workspaceUri } from '../editor.ts';
import { switchback } from '../switchback.ts';
import { click, needsWindow, palette, press, screenshots, see, texts, type } from '../window.ts';

const read = async (uri: vscode.Uri) => new TextDecoder().decode(await vscode.workspace.fs.readFile(uri));

describe('new plans', function () {
  this.timeout(120_000);
  let api: SwitchbackApi;
  const files = () => vscode.workspace.getConfiguration('files');
  before(async () => {
    api = await switchback();
    // In a browser the editor saves by itself.
    await files().update('autoSave', 'off', vscode.ConfigurationTarget.Global);
  });
  after(() => files().update('autoSave', undefined, vscode.ConfigurationTarget.Global));
  afterEach(closeAll);

  /** What the user answers while `work` is done; whatever is not said stays as it is. */
  async function answering(answers: Partial<SwitchbackApi['dialogs']>, work: () => Promise<unknown>) {
    const before = { ...api.dialogs };
    Object.assign(api.dialogs, answers);
    try {
      await work();
    } finally {
      Object.assign(api.dialogs, before);
    }
  }

  /** Waits for the wizard's screen, then types (or only presses Enter). */
  async function answer(step: string, text: string): Promise<void> {
    await see('.quick-input-title', step, 20_000);
    if (text !== '') await type(text);
    await press('Enter');
  }

  it('are asked for screen by screen, written, opened, and previewed', async function () {
    needsWindow(this);
    const folder = workspaceUri('rename-username');
    const target = vscode.Uri.joinPath(folder, 'mine.migration.yaml');
    let suggested = '';
    const savePlan = async (uri: vscode.Uri) => {
      suggested = uri.path;
      return target;
    };
    await answering({ savePlan }, async () => {
      await palette('Switchback: New Plan');
      await see('.quick-input-list .monaco-list-row', 'Rename a column', 20_000);
      await screenshots('wizard-type');
      await answer('(1)', 'Rename a column');
      await see('.quick-input-list .monaco-list-row', 'Capture from a Server', 20_000);
      await screenshots('wizard-schema');
      await answer('(2)', 'rename-username');
      await answer('(3/10)', 'users');
      await see('.quick-input-title', '(4/10)', 20_000);
      await answer('(4/10)', 'username');
      await see('.quick-input-title', '(5/10)', 20_000);
      await type('email');
      await see('.quick-input-message', 'has a column email already', 20_000);
      await screenshots('wizard-problem');
      await press('Enter');
      await click('.quick-input-titlebar [aria-label^="Back"]');
      await see('.quick-input-title', '(4/10)', 20_000);
      await see('.quick-input-list .monaco-list-row.focused', 'username');
      await press('Enter');
      await answer('(5/10)', 'nickname');
      await answer('(6/10)', '8M');
      await answer('(7/10)', '');
      await answer('(8/10)', '2000/s');
      await see('.quick-input-list .monaco-list-row.focused', 'PostgreSQL', 20_000);
      await answer('(9/10)', '17');
      await see('.quick-input-title', '(10/10)', 20_000);
      await answer('(10/10)', 'Prisma');
      await until(
        'the plan in the editor',
        () => vscode.window.activeTextEditor?.document.uri.toString() === target.toString(),
        30_000,
      );
    });
    assert.match(suggested, /\/rename-username\/rename-users-username-to-users-nickname\.migration\.yaml$/);
    assert.deepEqual(await texts('.quick-input-widget'), []);
    const text = await read(target);
    assert.match(text, /version: 17[^\n]*\n\s*schema: schema\.sql/);
    assert.match(text, /rows: 8M/);
    await palette('Switchback: Preview Timing');
    await see('h1', 'Rename users.username to users.nickname', 20_000);
    await vscode.commands.executeCommand('workbench.action.closeAllEditors');
    await vscode.workspace.fs.delete(target);
  });

  it('start from a Prisma schema, by the prisma of the workspace, once the user lets it run', async function () {
    needsWindow(this);
    const write = (path: string, text: string) =>
      vscode.workspace.fs.writeFile(workspaceUri(`shop/${path}`), new TextEncoder().encode(text));
    await write('package.json', '{}');
    await write('schema.prisma', 'datasource db {\n  provider = "postgresql"\n}\n');
    await write('node_modules/prisma/package.json', '{ "version": "6.19.0", "bin": "cli.js" }');
    await write(
      'node_modules/prisma/cli.js',
      'console.log(`CREATE TABLE "User" (id bigint PRIMARY KEY, name text);`)',
    );
    const asked: string[] = [];
    const baseline = workspaceUri('shop/schema.sql');
    const answers = {
      saveAs: async () => baseline,
      warn: async (message: string, ...actions: string[]) => {
        asked.push(message);
        return asked.length > 1 ? actions[0] : undefined;
      },
    };
    await answering(answers, async () => {
      await palette('Switchback: New Plan');
      await answer('(1)', 'Rename a column');
      // The first time the user does not want it, and is asked again.
      for (const times of [1, 2]) {
        await see('.quick-input-list .monaco-list-row', 'schema.prisma', 20_000);
        await answer('(2)', 'schema.prisma');
        await until('the question', () => asked.length === times);
      }
      await see('.quick-input-list .monaco-list-row', 'User', 20_000);
      await click('.quick-input-titlebar [aria-label^="Back"]');
      await see('.quick-input-list .monaco-list-row.focused', 'schema.sql', 20_000);
      await write('schema.prisma', 'datasource db {\n  provider = "mysql"\n}\n');
      await answer('(2)', 'schema.prisma');
      await see('.quick-input-list .monaco-list-row', 'is a schema for mysql', 20_000);
      await screenshots('wizard-prisma');
      await press('Escape');
    });
    assert.match(
      asked[0] ?? '',
      /^Run prisma 6\.19\.0 of this workspace \(shop\/node_modules\/prisma\/cli\.js\)\?/,
    );
    assert.match(await read(baseline), /CREATE TABLE "User"/);
    await vscode.workspace.fs.delete(workspaceUri('shop'), { recursive: true });
  });

  it('are not written where the wizard is closed', async function () {
    needsWindow(this);
    const before = await vscode.workspace.findFiles('**/*.migration.yaml');
    await palette('Switchback: New Plan');
    await answer('(1)', 'Rename a column');
    await see('.quick-input-title', '(2)', 20_000);
    await press('Escape');
    await until('the end of the wizard', async () => (await texts('.quick-input-widget')).length === 0);
    assert.equal((await vscode.workspace.findFiles('**/*.migration.yaml')).length, before.length);
  });

  it('come from a migration of another tool, as it is in the editor, and replace nothing unasked', async () => {
    await openNew(
      'flyway/V1__users.sql',
      'CREATE TABLE users (id bigint PRIMARY KEY, email text, city text);\n',
    );
    const editor = await openNew('flyway/V2__index.sql', 'CREATE INDEX users_email ON users (email);\n');
    await editor.edit((edit) =>
      edit.replace(new vscode.Range(0, 0, 0, 42), 'CREATE INDEX city ON users (city);'),
    );
    const plan = workspaceUri('flyway/V2__index.migration.yaml');
    const baseline = workspaceUri('flyway/V2__index.schema.sql');
    const said: string[] = [];
    const convert = async (agrees: boolean) => {
      await open('flyway/V2__index.sql');
      await answering(
        {
          // The first is what is usual.
          pick: async (items) => items[0],
          savePlan: async () => plan,
          warn: async (message, ...actions) => {
            said.push(message);
            return agrees ? actions[0] : undefined;
          },
          info: async () => undefined,
        },
        async () => vscode.commands.executeCommand('switchback.convertSql'),
      );
    };
    await convert(false);
    assert.deepEqual(said, []);
    assert.equal(vscode.window.activeTextEditor?.document.uri.toString(), plan.toString());
    assert.match(await read(plan), /CREATE INDEX CONCURRENTLY city ON users/);
    assert.match(await read(baseline), /CREATE TABLE users/);
    assert.ok(editor.document.isDirty);
    assert.match(await read(editor.document.uri), /users_email/);
    await screenshots('converted');

    const own = (text: string) => vscode.workspace.fs.writeFile(baseline, new TextEncoder().encode(text));
    await own('-- mine');
    await vscode.workspace.fs.delete(plan);
    await convert(false);
    assert.match(said.join(), /V2__index\.schema\.sql, the plan’s baseline, is there already/);
    assert.equal(await read(baseline), '-- mine');
    await assert.rejects(read(plan));
    await convert(true);
    assert.match(await read(baseline), /CREATE TABLE users/);
    assert.match(await read(plan), /CONCURRENTLY city/);
    await closeAll();
    await vscode.workspace.fs.delete(workspaceUri('flyway'), { recursive: true });
  });
});
