import assert from 'node:assert/strict';
import * as vscode from 'vscode';
import { diagnostics, open } from '../editor.ts';
import { messages, switchback } from '../switchback.ts';
import { needsWindow, screenshot, see } from '../window.ts';

const example = 'as-published/as-published.migration.yaml';

describe('restricted mode', () => {
  it('is what this window is in', async function () {
    assert.equal(vscode.workspace.isTrusted, false);
    needsWindow(this);
    await see('.statusbar-item', 'Restricted Mode');
  });

  it('lets plans be checked', async () => {
    await switchback();
    const { document } = await open(example);
    await diagnostics(document);
    await screenshot('restricted');
  });

  it('lets the page of a finding be read', async function () {
    needsWindow(this);
    await switchback();
    const { document } = await open(example);
    await diagnostics(document);
    const [found] = vscode.languages.getDiagnostics(document.uri);
    assert.ok(found && typeof found.code === 'object');
    const [page] = JSON.parse(decodeURIComponent(found.code.target.query));
    await vscode.commands.executeCommand(found.code.target.path, page);
    await see('.tab.active', `Preview ${page}`);
    await see('h1', String(found.code.value));
    await screenshot('restricted-page');
  });

  it('lets nothing be run, and says why', async () => {
    const api = await switchback();
    const { document } = await open(example);
    const said = await messages(api, async () => vscode.commands.executeCommand('switchback.dryRun'));
    assert.equal(said.length, 1);
    assert.match(said[0] ?? '', /needs a trusted workspace/);
    assert.equal(await api.reports.last(document.uri), undefined);
    assert.equal(api.reportHtml(), undefined);
  });

  it('asks no server what a checklist asks', async () => {
    const api = await switchback();
    await open('rename-username/rename-username.migration.yaml');
    const said = await messages(api, async () => vscode.commands.executeCommand('switchback.runChecklist'));
    assert.equal(said.length, 1);
    assert.match(said[0] ?? '', /needs a trusted workspace/);
  });
});
