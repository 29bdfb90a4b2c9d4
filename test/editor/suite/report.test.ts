import assert from 'node:assert/strict';
import * as vscode from 'vscode';
import type { SwitchbackApi } from '../../../client/src/extension.ts';
import { open, openNew, placeOf, until } from '../editor.ts';
import { firstReport, messages, switchback } from '../switchback.ts';
import { click, needsWindow, see } from '../window.ts';

/** @param sql of the one step */
const plan = (name: string, sql: string) => `migration: ${name}
database: { type: postgresql, version: 16 }
session: { lock_timeout: 2s }
phases:
  - phase: Only
    steps:
      - step: The one step
        sql: ${sql}
        rollback: { not_needed: it changes nothing }
`;

const run = (): Thenable<unknown> => vscode.commands.executeCommand('switchback.dryRun');

describe('the report', () => {
  let api: SwitchbackApi;
  before(async () => {
    api = await switchback();
  });

  it('is of the text in the editor, and leads to its steps wherever they are by now', async function () {
    needsWindow(this);
    const editor = await openNew('unsaved.migration.yaml', plan('As saved', 'SELECT 1;'));
    const { document } = editor;
    await editor.edit((edit) => edit.replace(placeOf(document, 'As saved'), 'As typed'));
    await run();
    assert.equal((await firstReport(api, document.uri)).plan, 'As typed');
    await see('h1', 'As typed');
    await editor.edit((edit) => edit.insert(new vscode.Position(0, 0), '# one\n# two\n'));
    await click('.step button.link');
    const line = placeOf(document, 'The one step').start.line;
    await until('the cursor at the step', () => editor.selection.active.line === line);
  });

  it('of a plan with a fault of its own repeats no finding', async () => {
    const { document } = await openNew('faulty.migration.yaml', 'migration: Without phases\n');
    await run();
    assert.equal((await firstReport(api, document.uri)).verdict, 'refused');
    const { length } = vscode.languages
      .getDiagnostics(document.uri)
      .filter(({ source }) => source === 'Switchback dry run');
    assert.equal(length, 0);
    assert.ok(!api.reportHtml()?.includes('Ran on'));
  });

  it('is one for two requests at once; the second is told so', async () => {
    const { document } = await openNew('twice.migration.yaml', plan('Twice', 'SELECT pg_sleep(0.3);'));
    const said = await messages(api, () => Promise.all([run(), run()]));
    assert.equal(said.length, 1);
    assert.match(said[0] ?? '', /twice\.migration\.yaml is under way/);
    assert.equal((await firstReport(api, document.uri)).verdict, 'passed');
  });

  it('of another time opens again by command; without one, that is said', async () => {
    const { document } = await openNew('never.migration.yaml', plan('Never run', 'SELECT 1;'));
    const show = () => vscode.commands.executeCommand('switchback.showReport');
    assert.match((await messages(api, async () => show())).join(), /has not been dry-run yet/);
    await open('twice.migration.yaml');
    await show();
    await until('the earlier report', () => api.reportHtml()?.includes('Twice'));
    assert.equal(await api.reports.last(document.uri), undefined);
  });

  it('page of a rule opens as a preview', async () => {
    await vscode.commands.executeCommand('switchback.openRule', 'rollback-missing.md');
    await until('the preview', () =>
      vscode.window.tabGroups.all.some(({ tabs }) =>
        tabs.some(({ label }) => label.includes('rollback-missing')),
      ),
    );
    assert.equal(
      (
        await messages(api, async () =>
          vscode.commands.executeCommand('switchback.openRule', '../../../package.json'),
        )
      ).length,
      0,
    );
  });
});
