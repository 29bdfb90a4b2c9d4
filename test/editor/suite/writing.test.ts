import assert from 'node:assert/strict';
import * as vscode from 'vscode';
import { open, openNew, placeOf, until, workspaceUri } from '../editor.ts';
import { switchback } from '../switchback.ts';
import { click, needsWindow, press, putCursor, screenshots, see, texts, type } from '../window.ts';

const example = 'rename-username/rename-username.migration.yaml';
const plan = `migration: Written by hand
database: { type: postgresql, version: 16, schema: rename-username/schema.sql }
tables:
  users: { rows: 8M, size: 2.4GB }
session: { lock_timeout: 2s }
phases:
  - phase: Expand
    steps:
      - step: Add the column
        id: add_handle
        sql: ALTER TABLE users ADD COLUMN handle text;
        rollback: ALTER TABLE users DROP COLUMN handle;
      - step: Fill it
        `;

describe('writing a plan', () => {
  before(switchback);

  it('completes keys with what they need, then columns as that step finds them', async function () {
    needsWindow(this);
    const editor = await openNew('written.migration.yaml', plan);
    await putCursor(editor, editor.document.positionAt(plan.length));
    const offered = await vscode.commands.executeCommand<vscode.CompletionList>(
      'vscode.executeCompletionItemProvider',
      editor.document.uri,
      editor.selection.active,
    );
    console.log(
      'PROBE',
      offered.items.length,
      offered.items.slice(0, 5).map(({ label }) => label),
    );
    await type('backf');
    await see('.suggest-widget .monaco-list-row.focused', 'backfill');
    await press('Enter');
    await until('the snippet', () => editor.document.getText().includes('\n          batch: 10000\n'));
    await press('Escape');
    await press('Escape');
    const set = placeOf(editor.document, 'handle = username');
    await editor.edit((edit) => edit.replace(set, 'ha'));
    await putCursor(editor, set.start.translate(0, 2));
    await vscode.commands.executeCommand('editor.action.triggerSuggest');
    await see('.suggest-widget .monaco-list-row.focused', 'handle');
    assert.ok((await texts('.suggest-widget .monaco-list-row')).some((text) => text.includes('handle')));
    await screenshots('completion');
    // Another theme may have closed it.
    await vscode.commands.executeCommand('editor.action.triggerSuggest');
    await see('.suggest-widget .monaco-list-row.focused', 'handle');
    await press('Enter');
    await until('the column', () => /\n {10}set: handle\n/.test(editor.document.getText()));
  });

  it('offers a whole plan in an empty file', async function () {
    needsWindow(this);
    const editor = await openNew('empty.migration.yaml', '');
    await putCursor(editor, new vscode.Position(0, 0));
    await type('pl');
    await see('.suggest-widget .monaco-list-row.focused', 'plan');
    await press('Enter');
    await until('the plan', () => editor.document.getText().includes('\ncleanup:\n  - '));
    assert.match(editor.document.getText(), /\n {6}- step: Write both\n {8}deploy: v2\n/);
  });

  it('says at a statement what it locks, who waits, and what undoes it', async function () {
    needsWindow(this);
    const editor = await open(example);
    const place = placeOf(editor.document, 'ALTER TABLE users ADD COLUMN handle');
    editor.revealRange(place, vscode.TextEditorRevealType.InCenter);
    await putCursor(editor, place.start.translate(0, 2));
    const said = await hoverShows('everyone who reads or writes it waits');
    assert.match(said, /Rollback of the step[\s\S]*DROP COLUMN handle[\s\S]*ALTER TABLE in the manual/);
    await screenshots('hover-statement');
    await press('Escape');
    await putCursor(editor, place.start.translate(0, 'ALTER TABLE us'.length));
    await hoverShows('8M rows, 2.4 GB');
    await screenshots('hover-table');
  });

  it('leads from a rule that is allowed to its page', async function () {
    needsWindow(this);
    const allowing = `${plan.slice(0, plan.indexOf('      - step: Fill it'))}allow: { drop-column: why }\n`;
    const editor = await openNew('allowing.migration.yaml', allowing);
    await putCursor(editor, placeOf(editor.document, 'drop-column').start.translate(0, 2));
    await hoverShows('Its page');
    await click('.monaco-hover a:text-is("Its page")');
    await see('.tab.active', 'Preview drop-column.md');
  });

  it('renames a version and a step everywhere', async () => {
    const original = await vscode.workspace.openTextDocument(workspaceUri(example));
    const copy = original.getText().replace('schema: schema.sql', 'schema: rename-username/schema.sql');
    const { document } = await openNew('renamed.migration.yaml', copy);
    const rename = async (text: string, name: string) => {
      const edit = await vscode.commands.executeCommand<vscode.WorkspaceEdit>(
        'vscode.executeDocumentRenameProvider',
        document.uri,
        placeOf(document, text).end,
        name,
      );
      assert.ok(await vscode.workspace.applyEdit(edit));
    };
    await rename('deploy: v3', 'v3-reads-handle');
    await rename('id: add_handle', 'add_the_handle');
    const text = document.getText();
    assert.ok(text.includes('    v3-reads-handle: #') && text.includes('deploy: v3-reads-handle'));
    assert.doesNotMatch(text, /(?:deploy|runs): v3\b(?!-)/);
    assert.match(text, /the rollback of add_the_handle drops it/);
  });

  it('shows where one is in the breadcrumbs, folds steps, and links to files', async function () {
    needsWindow(this);
    const editor = await open(example);
    const place = placeOf(editor.document, 'Copy the old values');
    editor.revealRange(place, vscode.TextEditorRevealType.AtTop);
    await putCursor(editor, place.end);
    await see('.breadcrumbs-control', 'Migrate');
    await see('.breadcrumbs-control', 'Copy the old values');
    const folds = await vscode.commands.executeCommand<vscode.FoldingRange[]>(
      'vscode.executeFoldingRangeProvider',
      editor.document.uri,
    );
    assert.ok(folds.some(({ start }) => start === place.start.line));
    const links = await vscode.commands.executeCommand<vscode.DocumentLink[]>(
      'vscode.executeLinkProvider',
      editor.document.uri,
    );
    assert.ok(links.some(({ target }) => target?.path.endsWith('/rename-username/schema.sql')));
    await screenshots('breadcrumbs');
  });
});

/** Asks for the hover at the cursor; what else the window does just then may close one that was there. */
async function hoverShows(text: string): Promise<string> {
  return await until(`a hover with ${text}`, async () => {
    await vscode.commands.executeCommand('editor.action.showHover');
    return see('.monaco-hover', text, 3_000).catch(() => undefined);
  });
}
