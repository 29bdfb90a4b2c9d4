import assert from 'node:assert/strict';
import * as vscode from 'vscode';
import type { SwitchbackApi } from '../../../client/src/extension.ts';
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
});
