import assert from 'node:assert/strict';
import { applyFix, diagnostics, openNew, placeOf } from '../editor.ts';
import { switchback } from '../switchback.ts';
import { needsWindow, press, putCursor, screenshots, see } from '../window.ts';

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
});
