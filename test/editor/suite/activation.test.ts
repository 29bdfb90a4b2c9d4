import assert from 'node:assert/strict';
import * as vscode from 'vscode';
import { open, until } from '../editor.ts';
import { extensionId, switchback } from '../switchback.ts';

describe('activation', () => {
  it('opening a plan starts the extension and its server', async () => {
    const editor = await open('rename-username/rename-username.migration.yaml');
    assert.equal(editor.document.languageId, 'migration-plan');
    await until('the extension is active', () => vscode.extensions.getExtension(extensionId)?.isActive);
    await switchback();
  });

  it('every command of the manifest is there', async () => {
    await switchback();
    const manifest = vscode.extensions.getExtension(extensionId)?.packageJSON as {
      contributes: { commands: { command: string }[] };
    };
    const registered = await vscode.commands.getCommands(true);
    const named = manifest.contributes.commands.map(({ command }) => command);
    assert.ok(named.includes('switchback.dryRun'));
    assert.deepEqual(
      named.filter((command) => !registered.includes(command)),
      [],
    );
  });
});
