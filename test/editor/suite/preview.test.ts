import assert from 'node:assert/strict';
import * as vscode from 'vscode';
import type { SwitchbackApi } from '../../../client/src/extension.ts';
import { canControl } from '../control.ts';
import { open, until } from '../editor.ts';
import { messages, switchback } from '../switchback.ts';
import { click, needsWindow, palette, screenshots, see } from '../window.ts';

const example = 'rename-username/rename-username.migration.yaml';

describe('the timing view', () => {
  let api: SwitchbackApi;
  before(async () => {
    api = await switchback();
  });

  it('shows each step on a timeline and in a table, and leads to it', async function () {
    needsWindow(this);
    const editor = await open(example);
    await palette('Switchback: Preview Timing');
    await until('the timing view', () => api.previewHtml()?.includes('Rename users.username'));
    await see('h1', 'Rename users.username');
    assert.match(api.previewHtml() ?? '', /<text [^>]*>Copy the old values</);
    await see('.steps td', 'ACCESS EXCLUSIVE on users');
    await screenshots('timing');
    await click('[data-step="2"]');
    await until('the step', () => {
      const { document, selection } = vscode.window.activeTextEditor ?? {};
      return selection && document?.lineAt(selection.active).text.includes('step: Copy the old values');
    });
    assert.equal(vscode.window.activeTextEditor?.document.uri.toString(), editor.document.uri.toString());
  });

  it('needs nothing to be trusted, and says where it is not possible', async () => {
    await vscode.commands.executeCommand('workbench.action.closeAllEditors');
    const said = await messages(api, async () => {
      await vscode.commands.executeCommand('switchback.previewTiming');
    });
    assert.deepEqual(said, ['Open a migration plan first: a file called NAME.migration.yaml.']);
    if (canControl()) assert.equal(api.previewHtml(), undefined);
  });
});
