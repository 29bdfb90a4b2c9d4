import assert from 'node:assert/strict';
import * as vscode from 'vscode';
import { activated, closeAll, extensionId, open, until } from '../editor.ts';
import { needsWindow, screenshots, see } from '../window.ts';

describe('activation', () => {
  afterEach(closeAll);

  it('opening a plan starts the extension', async () => {
    const editor = await open('rename-username/rename-username.migration.yaml');
    assert.equal(editor.document.languageId, 'migration-plan');
    await until('the extension is active', () => vscode.extensions.getExtension(extensionId)?.isActive);
  });

  it('offers its commands', async () => {
    await activated();
    const commands = await vscode.commands.getCommands(true);
    for (const command of ['switchback.check', 'switchback.dryRun', 'switchback.showReport'])
      assert.ok(commands.includes(command), command);
  });

  it('shows the plan', async function () {
    needsWindow(this);
    await open('as-published/as-published.migration.yaml');
    await see('.view-lines', 'Rename column username');
    await screenshots('plan');
  });
});
