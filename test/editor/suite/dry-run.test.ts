import assert from 'node:assert/strict';
import * as vscode from 'vscode';
import type { SwitchbackApi } from '../../../client/src/extension.ts';
import { canControl } from '../control.ts';
import { open, openNew, until } from '../editor.ts';
import { firstReport, switchback } from '../switchback.ts';
import { click, needsWindow, palette, screenshots, see, texts } from '../window.ts';

const example = 'rename-username/rename-username.migration.yaml';

/** `users` has a duplicate in the second step; the third is never reached. */
const failing = `migration: A step that fails
database: { type: postgresql, version: 16, schema: as-published/schema.sql }
session: { lock_timeout: 2s }
phases:
  - phase: Only
    steps:
      - step: Add a column
        sql: ALTER TABLE users ADD COLUMN nickname text DEFAULT 'same';
        rollback: ALTER TABLE users DROP COLUMN nickname;
      - step: Claim that it is unique
        sql: ALTER TABLE users ADD CONSTRAINT nickname_key UNIQUE (nickname);
        rollback: ALTER TABLE users DROP CONSTRAINT nickname_key;
      - step: Never reached
        verify: { sql: SELECT 1, expect: 1 }
`;

const endless = `migration: A step without an end
database: { type: postgresql, version: 16 }
session: { lock_timeout: 2s }
phases:
  - phase: Only
    steps:
      - step: Wait for ever
        sql: SELECT pg_sleep(3600);
        rollback: { not_needed: it changes nothing }
`;

describe('dry run', () => {
  let api: SwitchbackApi;
  before(async () => {
    api = await switchback();
  });

  it('of the example shows each step and what Postgres did', async () => {
    const { document } = await open(example);
    await dryRun();
    const report = await firstReport(api, document.uri);
    assert.equal(report.verdict, 'passed', JSON.stringify(report.error));
    assert.deepEqual(dryRunProblems(document.uri), []);
    await until('the report view', () => api.reportHtml()?.includes(report.plan));
    if (!canControl()) return;
    await see('h1', report.plan);
    await see('.verdict', 'Passed');
    assert.deepEqual(
      await texts('.step h3'),
      report.steps.map(({ step }) => step),
    );
    assert.ok((await texts('.lock')).includes('ACCESS EXCLUSIVE'));
    await screenshots('report');
    // What the plan will cost production is further down.
    await click('.facts a[href="#production"]');
    await see('figcaption', 'How long each step takes');
    await screenshots('report-production');
    await click('.steps [data-step="2"]');
    await until('the step', () => {
      const { document: shown, selection } = vscode.window.activeTextEditor ?? {};
      return selection && shown?.lineAt(selection.active).text.includes('step: Copy the old values');
    });
    await click('button[data-command=expand]');
    await see('.statement pre', 'ALTER TABLE');
  });

  it('that fails puts the error into Problems, at its statement, and into the report', async () => {
    const { document } = await openNew('failing.migration.yaml', failing);
    await dryRun();
    const report = await firstReport(api, document.uri);
    assert.equal(report.verdict, 'failed');
    assert.deepEqual(
      report.steps.map(({ status }) => status),
      ['passed', 'failed', 'skipped'],
    );
    const [problem, ...more] = dryRunProblems(document.uri);
    assert.deepEqual(more, []);
    assert.ok(problem);
    assert.match(problem.message, /nickname_key/);
    assert.match(document.getText(problem.range), /nickname_key/);
    assert.equal(problem.code, '23505');
    if (!canControl()) return;
    await see('.verdict', 'Failed');
    await see('.step.failed .error', 'nickname_key');
    await vscode.commands.executeCommand('workbench.actions.view.problems');
    await see('.markers-panel .monaco-list-row', 'Switchback dry run');
    await screenshots('report-failed');
    await vscode.commands.executeCommand('workbench.action.closePanel');
  });

  it('of a rollback that does not restore puts each difference at the rollback, and the step into the report', async () => {
    const text = failing
      .replace('nickname text DEFAULT', 'surname text DEFAULT')
      .replace('ADD CONSTRAINT nickname_key UNIQUE (nickname)', 'ADD COLUMN nickname text')
      .replace('DROP CONSTRAINT nickname_key', 'ALTER COLUMN nickname SET NOT NULL')
      .replace('DROP COLUMN nickname', 'DROP COLUMN surname');
    const { document } = await openNew('drifting.migration.yaml', text);
    await dryRun();
    const report = await firstReport(api, document.uri);
    assert.deepEqual(
      report.steps.map(({ status, rollback }) => [status, rollback?.verdict]),
      [
        ['passed', 'restores'],
        ['failed', 'fails'],
        ['passed', undefined],
      ],
    );
    const problems = dryRunProblems(document.uri);
    assert.match(document.getText(problems[0]?.range), /nickname/);
    assert.equal(problems[0]?.relatedInformation?.length, 1);
    assert.match(document.getText(problems[1]?.range), /Claim that it is unique/);
    if (!canControl()) return;
    await see('.proof.bad', 'fails');
    await screenshots('report-rollback');
  });

  it('is cancelled within a second, also in the midst of a statement', async function () {
    needsWindow(this);
    const { document } = await openNew('endless.migration.yaml', endless);
    const ended = vscode.commands.executeCommand('switchback.dryRun');
    await see('.notification-toast', 'Wait for ever', 30_000);
    await click('.notification-toast .monaco-button:has-text("Cancel")');
    // The browser waits for the notification to have slid in before it clicks.
    const cancelled = Date.now();
    await ended;
    assert.ok(Date.now() - cancelled < 1_000, `it took ${Date.now() - cancelled} ms`);
    assert.equal((await firstReport(api, document.uri)).verdict, 'cancelled');
  });

  it('starts clean after one that was cancelled', async () => {
    const { document } = await openNew(
      'endless-no-more.migration.yaml',
      endless.replace('pg_sleep(3600)', '1'),
    );
    await vscode.commands.executeCommand('switchback.dryRun');
    assert.equal((await firstReport(api, document.uri)).verdict, 'passed');
  });
});

/** As a person starts it, where there is a window to do so. */
async function dryRun(): Promise<void> {
  if (canControl()) await palette('Switchback: Dry Run');
  else await vscode.commands.executeCommand('switchback.dryRun');
}

function dryRunProblems(uri: vscode.Uri): readonly vscode.Diagnostic[] {
  return vscode.languages.getDiagnostics(uri).filter(({ source }) => source === 'Switchback dry run');
}
