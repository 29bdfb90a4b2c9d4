import assert from 'node:assert/strict';
import * as vscode from 'vscode';
import type { SwitchbackApi } from '../../../client/src/extension.ts';
import { canControl } from '../control.ts';
import { codeLensesOf, open, openNew, placeOf, until, workspaceUri } from '../editor.ts';
import { switchback } from '../switchback.ts';
import { palette, screenshots, see } from '../window.ts';

const example = 'rename-username/rename-username.migration.yaml';

const broken = `migration: A way back that does not lead back
database: { type: postgresql, version: 16, schema: as-published/schema.sql }
session: { lock_timeout: 2s }
app:
  runs: v1
  versions:
    v1: [SELECT id FROM users]
    v2: ['SELECT nickname, nosuchcolumn FROM users']
phases:
  - phase: Only
    steps:
      - step: Add a column
        sql: ALTER TABLE users ADD COLUMN nickname text;
        rollback: ALTER TABLE users DROP COLUMN nickname;
      - step: Add another
        sql: ALTER TABLE users ADD COLUMN surname text;
        rollback: ALTER TABLE users ALTER COLUMN surname SET DEFAULT 'x';
      - step: Use it
        deploy: v2
        rollback: { deploy: v1 }
      - step: Still there
        verify: { sql: SELECT count(surname) FROM users, expect: 0 }
`;

type State = 'passed' | 'failed' | 'skipped' | 'errored';

describe('the Test Explorer', () => {
  let api: SwitchbackApi;
  before(async () => {
    api = await switchback();
  });

  it('shows each plan as a suite with its steps, and what of each is proven', async () => {
    const plan = await planItem(api, workspaceUri(example));
    assert.equal(plan.description, 'Rename users.username to users.handle');
    const steps = childrenOf(plan);
    assert.equal(steps[0]?.label, 'Add the new column');
    assert.equal(steps[0]?.description, 'Expand');
    assert.deepEqual(
      childrenOf(steps[0]).map(({ label }) => label),
      ['Apply', 'Rollback', 'Application'],
    );
    assert.equal(steps.at(-1)?.label, 'Rolled back from the end to the start');
    const verify = steps.find(({ label }) => label === 'Nothing was missed');
    assert.deepEqual(verify && childrenOf(verify), []);
  });

  it('runs a plan as a dry run and tells each step apart', async () => {
    const { document } = await openNew('way-back.migration.yaml', broken);
    const plan = await planItem(api, document.uri);
    const { states, messages } = await run(api, [plan]);
    assert.deepEqual(
      childrenOf(plan).map(({ id, label }) => [label, states.get(id)]),
      [
        ['Add a column', 'passed'],
        ['Add another', 'failed'],
        ['Use it', 'failed'],
        ['Still there', 'passed'],
        ['Rolled back from the end to the start', 'failed'],
      ],
    );
    const [, another, use] = childrenOf(plan);
    assert.ok(another && use);
    assert.deepEqual(
      childrenOf(another).map(({ id }) => states.get(id)),
      ['passed', 'failed', 'passed'],
    );
    assert.deepEqual(
      childrenOf(use).map(({ id }) => states.get(id)),
      ['passed', 'passed', 'failed'],
    );
    const rollback = messages.get(childrenOf(another)[1]?.id ?? '');
    assert.match(String(rollback?.message), /surname/);
    assert.ok(rollback?.location);
    assert.match(document.getText(rollback.location.range), /surname SET DEFAULT/);
    const application = messages.get(childrenOf(use)[2]?.id ?? '');
    assert.match(String(application?.message), /v2 .*nosuchcolumn/s);
    if (!canControl()) return;
    await vscode.commands.executeCommand('workbench.view.testing.focus');
    await see('.test-explorer', 'way-back');
    await screenshots('test-explorer');
  });

  it('runs one step alone', async () => {
    const { document } = await openNew('one-step.migration.yaml', broken);
    const plan = await planItem(api, document.uri);
    const [add, another] = childrenOf(plan);
    assert.ok(add && another);
    const { states } = await run(api, [add]);
    assert.equal(states.get(add.id), 'passed');
    assert.equal(states.get(another.id), undefined);
    const report = (await api.reports.last(document.uri))?.report;
    assert.deepEqual(
      report?.steps.map(({ status }) => status),
      ['passed', 'skipped', 'skipped', 'skipped'],
    );
  });

  it('follows what is typed, and forgets a plan that is deleted', async () => {
    const editor = await openNew('typed.migration.yaml', broken);
    const plan = await planItem(api, editor.document.uri);
    const at = editor.document.positionAt(broken.indexOf('Add another'));
    await editor.edit((edit) => edit.insert(at, 'First '));
    await until('the new name', () => childrenOf(plan)[1]?.label === 'First Add another');
    await vscode.workspace.fs.delete(editor.document.uri);
    await until('the plan is gone', () => !api.tests.controller.items.get(editor.document.uri.toString()));
  });
});

describe('a lens', () => {
  let api: SwitchbackApi;
  before(async () => {
    api = await switchback();
  });

  it('above a step proves that step', async () => {
    const { document } = await openNew('lens.migration.yaml', broken);
    const lenses = await codeLensesOf(document);
    const titles = (id: string) =>
      lenses.flatMap(({ command }) => (command?.command === id ? command.title : []));
    assert.deepEqual(titles('switchback.proveStep'), [
      ...['Dry run', 'Prove this step', 'Prove this step', 'Prove this step', 'Run up to here'],
    ]);
    const instant = 'instant · everybody waits for under a second';
    assert.deepEqual(titles('switchback.previewTiming'), [
      ...['under a second · 1 step not told · 2 steps lock for under a second', instant, instant],
    ]);
    const line = placeOf(document, 'Add another').start.line;
    const { command } = lenses.find(({ range }) => range.start.line === line) ?? {};
    assert.ok(command);
    await vscode.commands.executeCommand(command.command, ...(command.arguments ?? []));
    const report = (await api.reports.last(document.uri))?.report;
    assert.deepEqual(
      report?.steps.map(({ status, rollback }) => [status, rollback?.verdict]),
      [
        ['passed', undefined],
        ['failed', 'drifts'],
        ['skipped', undefined],
        ['skipped', undefined],
      ],
    );
    if (canControl()) await screenshots('lenses');
  });

  it('is a command too: it proves the step at the cursor', async function () {
    if (!canControl()) return this.skip();
    const editor = await open(example);
    const earlier = (await api.reports.last(editor.document.uri))?.report;
    const at = editor.document.positionAt(editor.document.getText().indexOf('id: add_handle'));
    editor.selection = new vscode.Selection(at, at);
    await palette('Switchback: Prove Step');
    const report = await until(
      'another report',
      async () => {
        const last = (await api.reports.last(editor.document.uri))?.report;
        return last !== earlier && last;
      },
      20_000,
    );
    assert.equal(report.steps[0]?.rollback?.verdict, 'restores');
    assert.equal(report.steps[1]?.status, 'skipped');
  });
});

/** The plan's item with its steps below it. */
async function planItem(api: SwitchbackApi, uri: vscode.Uri): Promise<vscode.TestItem> {
  const { controller } = api.tests;
  await controller.resolveHandler?.(undefined);
  const item = await until('the plan in the Test Explorer', () => controller.items.get(uri.toString()));
  await controller.resolveHandler?.(item);
  return item;
}

function childrenOf(item: vscode.TestItem): vscode.TestItem[] {
  return [...item.children].map(([, child]) => child);
}

/** Runs items as the button does, and notes what the run says of each. */
async function run(api: SwitchbackApi, include: readonly vscode.TestItem[]) {
  const { controller } = api.tests;
  const states = new Map<string, State>();
  const messages = new Map<string, vscode.TestMessage>();
  const { createTestRun } = controller;
  controller.createTestRun = (...parameters) => {
    const testRun = createTestRun.apply(controller, parameters);
    const note = (state: State) => {
      const tell = testRun[state].bind(testRun) as (...words: unknown[]) => void;
      return (item: vscode.TestItem, ...more: unknown[]) => {
        states.set(item.id, state);
        const [first] = Array.isArray(more[0]) ? (more[0] as unknown[]) : more;
        if (first instanceof vscode.TestMessage) messages.set(item.id, first);
        tell(item, ...more);
      };
    };
    return new Proxy(testRun, {
      get: (target, key) => {
        if (key === 'passed' || key === 'failed' || key === 'skipped' || key === 'errored') return note(key);
        const value = Reflect.get(target, key) as unknown;
        return typeof value === 'function' ? value.bind(target) : value;
      },
    });
  };
  try {
    const token = new vscode.CancellationTokenSource().token;
    await api.tests.run(new vscode.TestRunRequest([...include]), token);
  } finally {
    controller.createTestRun = createTestRun;
  }
  return { states, messages };
}
