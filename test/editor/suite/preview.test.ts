import assert from 'node:assert/strict';
import * as vscode from 'vscode';
import type { SwitchbackApi } from '../../../client/src/extension.ts';
import { canControl } from '../control.ts';
import { codeActions, open, placeOf, until, workspaceUri } from '../editor.ts';
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

  it('opens from the lens above the plan, which sums it up, and is saved as a page of its own', async function () {
    needsWindow(this);
    await vscode.commands.executeCommand('workbench.action.closeAllEditors');
    const editor = await open(example);
    editor.revealRange(new vscode.Range(0, 0, 0, 0), vscode.TextEditorRevealType.AtTop);
    await see('.codelens-decoration a', '10 d of soak');
    await screenshots('timing-lenses');
    await click('.codelens-decoration a:has-text("10 d of soak")');
    await see('h1', 'Rename users.username');
    const target = workspaceUri('timing.html');
    const { saveAs, error } = api.dialogs;
    Object.assign(api.dialogs, { saveAs: () => Promise.resolve(target) });
    try {
      await click('[data-command=save]');
      const saved = await until('the saved page', async () =>
        vscode.workspace.fs.readFile(target).then(
          (bytes) => new TextDecoder().decode(bytes),
          () => undefined,
        ),
      );
      assert.match(saved, /^<!DOCTYPE html>[\s\S]*Copy the old values/);
      assert.doesNotMatch(saved, /<script|<button/);
      const told: string[] = [];
      Object.assign(api.dialogs, {
        saveAs: async () => workspaceUri('timing.html/within.html'),
        error: async (message: string) => told.push(message),
      });
      await click('[data-command=save]');
      const failure = await until('what is wrong', async () => told[0]);
      assert.match(failure, /within\.html was not written: ./);
    } finally {
      Object.assign(api.dialogs, { saveAs, error });
      await vscode.workspace.fs.delete(target);
    }
  });

  it('is written into the plan, of one step by an action, of all by a command, and once', async () => {
    const { document } = await open(example);
    const place = placeOf(document, 'Copy the old values');
    const titles = (await codeActions(document, place)).map(({ title }) => title);
    assert.ok(
      titles.some((title) => /^Set the estimate to \S+, from the sizes in the plan alone$/.test(title)),
      titles.join('\n'),
    );
    const before = document.getText();
    const write = () => vscode.commands.executeCommand('switchback.writeEstimates');
    const said = await messages(api, async () => {
      await write();
      await write();
    });
    assert.match(said[0] ?? '', /^\d+ steps have a new estimate, from the sizes in the plan alone\.$/);
    assert.match(said[1] ?? '', /Nothing to write/);
    assert.match(document.getText(), /estimate: \d+s-\d+min\n/);
    await vscode.commands.executeCommand('undo');
    assert.equal(document.getText(), before);
    await vscode.commands.executeCommand('workbench.action.files.revert');
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
