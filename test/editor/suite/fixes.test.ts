import assert from 'node:assert/strict';
import * as vscode from 'vscode';
import { applyFix, diagnostics, openNew, placeOf, workspaceUri } from '../editor.ts';
import { switchback } from '../switchback.ts';
import { needsWindow, press, putCursor, screenshots, see, type } from '../window.ts';

const plan = `migration: Index the addresses
database: { type: postgresql, version: 16, schema: as-published/schema.sql }
tables:
  users: { rows: 8M }
session: { lock_timeout: 2s }
phases:
  - phase: Expand
    steps:
      - step: Index the addresses # kept
        sql: CREATE INDEX users_email_idx ON users (email);
        rollback: DROP INDEX users_email_idx;
`;

const rule = 'index-without-concurrently';

describe('fixes', () => {
  before(switchback);

  it('take their finding away and leave the rest alone', async () => {
    const { document } = await openNew('fixed.migration.yaml', plan);
    await diagnostics(document, (found) => found.some((each) => each.rule === rule));
    await applyFix(document, rule, 'Build the index CONCURRENTLY');
    await diagnostics(document, (found) => found.every((each) => each.rule !== rule));
    assert.match(document.getText(), /CREATE INDEX CONCURRENTLY users_email_idx ON users \(email\);/);
    assert.match(document.getText(), /transaction: false/);
    assert.match(document.getText(), /- step: Index the addresses # kept\n/);
  });

  it('are chosen from the keyboard', async function () {
    needsWindow(this);
    const editor = await openNew('chosen.migration.yaml', plan);
    await diagnostics(editor.document, (found) => found.some((each) => each.rule === rule));
    await putCursor(editor, placeOf(editor.document, 'CREATE INDEX').start);
    await press('Control+.');
    await see('.action-widget .monaco-list-row', 'Build the index CONCURRENTLY');
    await screenshots('fix-menu');
    await press('Enter');
    await diagnostics(editor.document, (found) => found.every((each) => each.rule !== rule));
    assert.match(editor.document.getText(), /CONCURRENTLY/);
  });

  it('allow a rule in a step, with the reason that is asked for', async function () {
    needsWindow(this);
    const editor = await openNew('allowed.migration.yaml', plan);
    await diagnostics(editor.document, (found) => found.some((each) => each.rule === rule));
    await putCursor(editor, placeOf(editor.document, 'CREATE INDEX').start);
    await press('Control+.');
    const entry = `Allow ${rule} in this step…`;
    await see('.action-widget .monaco-list-row', entry);
    await press('ArrowDown');
    await screenshots('silence-menu');
    await press('Enter');
    await see('.quick-input-widget', 'Why is it all right here?');
    await type('sign-up is closed: at night');
    await screenshots('silence-reason');
    await press('Enter');
    await diagnostics(editor.document, (found) => found.every((each) => each.rule !== rule));
    assert.match(
      editor.document.getText(),
      /rollback: DROP INDEX users_email_idx;\n {8}allow:\n {10}index-without-concurrently: "sign-up is closed: at night"\n/,
    );
  });

  it('switch a rule off for the project, at once', async () => {
    const { document } = await openNew('off.migration.yaml', plan);
    await diagnostics(document, (found) => found.some((each) => each.rule === rule));
    const settings = workspaceUri('.switchback.yaml');
    try {
      await applyFix(document, rule, `Switch ${rule} off in .switchback.yaml`);
      await diagnostics(document, (found) => found.every((each) => each.rule !== rule));
      const written = await vscode.workspace.fs.readFile(settings);
      assert.equal(Buffer.from(written).toString(), `rules:\n  ${rule}: off\n`);
    } finally {
      await vscode.workspace.fs.delete(settings);
    }
    await diagnostics(document, (found) => found.some((each) => each.rule === rule));
  });

  it('are made all at once where the user asks', async () => {
    const editor = await openNew('all.migration.yaml', plan);
    await diagnostics(editor.document, (found) => found.some((each) => each.rule === rule));
    await vscode.commands.executeCommand('editor.action.sourceAction', {
      kind: 'source.fixAll.switchback',
      apply: 'first',
    });
    await diagnostics(editor.document, (found) => found.every((each) => each.rule !== rule));
    assert.match(editor.document.getText(), /CONCURRENTLY/);
  });
});
