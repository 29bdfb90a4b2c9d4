import assert from 'node:assert/strict';
import { isDeepStrictEqual } from 'node:util';
import * as vscode from 'vscode';
import { diagnostics, open, openNew, placeOf, type Shown, shown, until } from '../editor.ts';
import { switchback } from '../switchback.ts';
import { click, needsWindow, palette, putCursor, screenshots, see } from '../window.ts';

/** What an engineer who knows Postgres marks in examples/as-published. */
const published: readonly Shown[] = [
  {
    rule: 'lock-timeout-missing',
    severity: 'warning',
    text: 'ALTER TABLE users ADD COLUMN handle VARCHAR(255)',
    line: 48,
  },
  { rule: 'replacement-lacks-constraint', severity: 'warning', text: 'handle', line: 48 },
  { rule: 'concurrently-in-transaction', severity: 'error', text: 'CONCURRENTLY', line: 54 },
  { rule: 'backfill-before-dual-write', severity: 'error', text: 'UPDATE', line: 67 },
  { rule: 'batch-loop-skips-locked', severity: 'error', text: 'SKIP LOCKED', line: 69 },
  { rule: 'concurrently-in-transaction', severity: 'error', text: 'COMMIT', line: 75 },
  { rule: 'null-blind-comparison', severity: 'error', text: '!=', line: 112 },
  { rule: 'change-unbatched', severity: 'error', text: 'UPDATE', line: 115 },
  { rule: 'null-blind-comparison', severity: 'error', text: '!=', line: 115 },
  { rule: 'deploy-misses-schema', severity: 'error', text: 'v4', line: 137 },
  { rule: 'rollback-missing', severity: 'error', text: 'Drop the old column', line: 141 },
];

function like(expected: Shown): (found: Shown) => boolean {
  return (found) => isDeepStrictEqual(found, expected);
}

describe('findings', () => {
  before(switchback);

  it('the plan that is made right has none', async () => {
    const { document } = await open('rename-username/rename-username.migration.yaml');
    await settled(document);
    assert.deepEqual(shown(document), []);
  });

  it('stand where the published plan goes wrong', async () => {
    const { document } = await open('as-published/as-published.migration.yaml');
    const found = await diagnostics(document, (all) => all.length >= published.length);
    for (const finding of published) assert.ok(found.some(like(finding)), JSON.stringify({ finding, found }));
  });

  it('follow what is typed', async () => {
    const editor = await openNew('typed.migration.yaml', plan('CREATE INDEX ON users (email);'));
    const rules = (found: readonly { rule: string }[]) => found.map(({ rule }) => rule);
    await diagnostics(editor.document, (found) => rules(found).includes('index-without-concurrently'));
    await editor.edit((edit) =>
      edit.replace(placeOf(editor.document, 'CREATE INDEX ON users (email)'), 'SELECT 1'),
    );
    await diagnostics(editor.document, (found) => !rules(found).includes('index-without-concurrently'));
  });

  it('stand at the offending token of SQL that does not parse', async () => {
    const { document } = await openNew('broken.migration.yaml', plan('ALTER TABEL users ADD COLUMN x int;'));
    const [found] = await diagnostics(document, (all) => all.some(({ rule }) => rule === 'sql-syntax'));
    assert.deepEqual(
      { rule: found?.rule, severity: found?.severity, text: found?.text },
      {
        rule: 'sql-syntax',
        severity: 'error',
        text: 'TABEL',
      },
    );
  });

  it('carry a link to their rule’s page', async () => {
    const { document } = await openNew('linked.migration.yaml', plan('CREATE INDEX ON users (email);'));
    await diagnostics(document);
    for (const { code } of vscode.languages.getDiagnostics(document.uri)) {
      assert.ok(typeof code === 'object', `a finding without a link: ${code}`);
      assert.match(decodeURIComponent(code.target.toString()), /\.md/);
    }
  });

  it('open that page, rendered, inside the editor', async function () {
    needsWindow(this);
    const editor = await openNew('page.migration.yaml', plan('CREATE INDEX ON users (email);'));
    await diagnostics(editor.document);
    await putCursor(editor, placeOf(editor.document, 'CREATE INDEX').start.translate(0, 2));
    await vscode.commands.executeCommand('editor.action.showHover');
    await see('.monaco-hover a.code-link', 'index-without-concurrently');
    await click('.monaco-hover a.code-link');
    await see('.tab.active', 'Preview index-without-concurrently.md');
    await see('h1', 'index-without-concurrently');
    await screenshots('rule-page');
  });

  it('are listed in the Problems panel', async function () {
    needsWindow(this);
    const editor = await open('as-published/as-published.migration.yaml');
    await diagnostics(editor.document);
    const place = placeOf(editor.document, 'CONCURRENTLY idx_users_handle');
    editor.revealRange(place, vscode.TextEditorRevealType.InCenter);
    await palette('Switchback: Check');
    await see('.markers-panel .monaco-list-row', 'concurrently-in-transaction');
    await screenshots('findings');
    await vscode.commands.executeCommand('workbench.action.closePanel');
    await vscode.commands.executeCommand('notifications.clearAll');
  });
});

/** A plan with one step on the examples' table. */
function plan(sql: string): string {
  return `migration: One step
database: { type: postgresql, version: 16, schema: as-published/schema.sql }
session: { lock_timeout: 2s }
phases:
  - phase: Only
    steps:
      - step: The step
        sql: ${sql}
        rollback: SELECT 1;
`;
}

/** Waits until the server has answered for the document as it is. */
async function settled(document: vscode.TextDocument): Promise<void> {
  const symbols = () =>
    vscode.commands.executeCommand<vscode.DocumentSymbol[]>(
      'vscode.executeDocumentSymbolProvider',
      document.uri,
    );
  await until('the outline', async () => ((await symbols())?.length ?? 0) > 0);
}
