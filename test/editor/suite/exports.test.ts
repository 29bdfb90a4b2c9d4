import assert from 'node:assert/strict';
import * as vscode from 'vscode';
import type { SwitchbackApi } from '../../../client/src/extension.ts';
import { canControl } from '../control.ts';
import { closeAll, open, until, workspaceUri } from '../editor.ts';
import { messages, switchback } from '../switchback.ts';
import { needsWindow, palette, screenshots, see } from '../window.ts';

const example = 'rename-username/rename-username.migration.yaml';

describe('exports', () => {
  let api: SwitchbackApi;
  before(async () => {
    api = await switchback();
  });
  afterEach(closeAll);

  /** Runs a command with `name` as the file that the user saves to, whatever is suggested. */
  async function exported(command: string, name?: string) {
    const { saveAs } = api.dialogs;
    let suggested = '';
    let written: vscode.Uri | undefined;
    Object.assign(api.dialogs, {
      saveAs: async (uri: vscode.Uri) => {
        suggested = uri.path;
        written = name === undefined ? uri : vscode.Uri.joinPath(uri, '..', name);
        return written;
      },
    });
    try {
      await vscode.commands.executeCommand(command);
    } finally {
      Object.assign(api.dialogs, { saveAs });
    }
    assert.ok(written);
    const text = new TextDecoder().decode(await vscode.workspace.fs.readFile(written));
    await vscode.workspace.fs.delete(written);
    return { suggested, text };
  }

  it('write the runbook beside the plan, and show it as the editor shows Markdown', async function () {
    this.timeout(90_000);
    needsWindow(this);
    await open(example);
    const target = workspaceUri('rename-username/rename-username.runbook.md');
    const { saveAs } = api.dialogs;
    Object.assign(api.dialogs, { saveAs: async (uri: vscode.Uri) => uri });
    try {
      await palette('Switchback: Export Runbook');
      await see('.tab', 'Preview rename-username.runbook.md', 20_000);
    } finally {
      Object.assign(api.dialogs, { saveAs });
    }
    await see('h1', 'Rename users.username to users.handle', 20_000);
    await screenshots('runbook');
    const text = new TextDecoder().decode(await vscode.workspace.fs.readFile(target));
    assert.match(text, /^## The whole way back$/m);
    await vscode.workspace.fs.delete(target);
  });

  it('write alerts, queries and a Job, each where the user says', async () => {
    await open(example);
    const alerts = await exported('switchback.exportAlerts');
    assert.match(alerts.suggested, /rename-username\.alerts\.yaml$/);
    assert.match(alerts.text, /kind: PrometheusRule/);
    await open(example);
    assert.match((await exported('switchback.exportAlerts', 'watch.sql')).text, /\\echo 'Backfill progress'/);
    await open(example);
    assert.match((await exported('switchback.exportJob')).text, /kind: Job/);
  });

  it('say what is in the way', async () => {
    const said = await messages(api, async () => {
      await vscode.commands.executeCommand('switchback.exportRunbook');
    });
    assert.deepEqual(said, ['Open a migration plan first: a file called NAME.migration.yaml.']);
    const broken = workspaceUri('broken.migration.yaml');
    await vscode.workspace.fs.writeFile(broken, new TextEncoder().encode('migration: x\ncolour: red\n'));
    await vscode.window.showTextDocument(broken);
    const why = await messages(api, async () => vscode.commands.executeCommand('switchback.exportRunbook'));
    assert.match(why[0] ?? '', /was not exported\. Its file has a fault/);
    await closeAll();
    await vscode.workspace.fs.delete(broken);
    await until(
      'the file to be gone',
      async () => (await vscode.workspace.findFiles('broken.*')).length === 0,
    );
  });

  it('show what a checklist found beside its entries, and among the problems what is not met', async function () {
    this.timeout(60_000);
    const { document } = await open(example);
    const text = document.getText();
    const entry = (check: string, status: 'met' | 'unmet' | 'told', message: string) => {
      const start = text.indexOf(`- check: ${check}`) + '- '.length;
      return { check, status, message, ms: 1, range: { start, end: start + 20 } };
    };
    api.checklist.show(document, {
      plan: 'Rename users.username to users.handle',
      server: 'db1/app',
      version: '16.14',
      verdict: 'failed',
      notes: [],
      entries: [
        entry('No transaction', 'unmet', 'Expected 0, got 3.'),
        entry('Replicas keep up', 'met', '1024'),
      ],
    });
    const problems = () =>
      vscode.languages.getDiagnostics(document.uri).filter(({ source }) => source === 'Switchback checklist');
    assert.deepEqual(
      problems().map(({ message, range }) => [message, document.lineAt(range.start.line).text.trim()]),
      [
        [
          'No transaction: Expected 0, got 3. (on db1/app)',
          '- check: No transaction has been open for more than a minute',
        ],
      ],
    );
    const editor = vscode.window.activeTextEditor;
    assert.ok(editor);
    editor.revealRange(
      problems()[0]?.range ?? new vscode.Range(0, 0, 0, 0),
      vscode.TextEditorRevealType.InCenter,
    );
    if (canControl()) await screenshots('checklist');
    await editor.edit((edit) => edit.insert(new vscode.Position(0, 0), '# one\n'));
    assert.match(document.lineAt(problems()[0]?.range.start.line ?? 0).text, /No transaction/);
    const start = problems()[0]?.range.start.translate(0, 8) ?? new vscode.Position(0, 0);
    await editor.edit((edit) => edit.insert(start, 'Never '));
    assert.deepEqual(problems(), []);
  });
});
