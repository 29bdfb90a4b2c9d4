import assert from 'node:assert/strict';
import * as vscode from 'vscode';
import type { SwitchbackApi } from '../../../client/src/extension.ts';
import { canControl } from '../control.ts';
import { closeAll, diagnostics, until, workspaceUri } from '../editor.ts';
import { firstReport, switchback } from '../switchback.ts';
import { needsWindow, screenshots, see } from '../window.ts';

describe('the first five minutes', () => {
  before(switchback);

  it('has a walkthrough', async function () {
    needsWindow(this);
    await vscode.commands.executeCommand(
      'workbench.action.openWalkthrough',
      'switchback.switchback#firstPlan',
      false,
    );
    await see('.gettingStartedContainer', 'Open an example');
    await screenshots('walkthrough');
    await closeAll();
  });

  it('opens an example to try things on, and goes on to check it', async () => {
    await vscode.commands.executeCommand('switchback.openExample', 'as-published', 'switchback.check');
    const editor = await until('the example', () => vscode.window.activeTextEditor);
    assert.ok(editor.document.uri.path.endsWith('/examples/as-published/as-published.migration.yaml'));
    assert.notEqual(
      editor.document.uri.toString(),
      workspaceUri('as-published/as-published.migration.yaml').toString(),
    );
    const found = await diagnostics(editor.document);
    assert.ok(!found.some(({ rule }) => rule === 'plan-file'), 'its schema was not copied');
    await vscode.commands.executeCommand('workbench.action.closePanel');
    await vscode.commands.executeCommand('notifications.clearAll');
  });
});

describe('language-model tools', () => {
  let api: SwitchbackApi;
  before(async () => {
    api = await switchback();
  });
  const textOf = ({ content }: vscode.LanguageModelToolResult) =>
    content.map((part) => (part instanceof vscode.LanguageModelTextPart ? part.value : '')).join('');
  const invoke = async (name: string, input: object) =>
    textOf(await vscode.lm.invokeTool(name, { input, toolInvocationToken: undefined }));
  const none = () => new vscode.CancellationTokenSource().token;

  it('check a plan', async () => {
    const text = await invoke('switchback_check_plan', { plan: 'as-published/as-published.migration.yaml' });
    assert.match(
      text,
      /^as-published\/as-published\.migration\.yaml: \d+ errors, .+\. The plan was checked, not run\.\n/,
    );
    assert.match(text, /\n\d+:\d+ error concurrently-in-transaction: /);
    const clean = await invoke('switchback_check_plan', {
      plan: 'rename-username/rename-username.migration.yaml',
    });
    assert.match(clean, /no findings/);
  });

  it('refuse what is outside of the workspace, and what is no plan', async () => {
    for (const plan of ['../secret.migration.yaml', '/etc/passwd', 'file:///etc/passwd'])
      assert.match(
        await invoke('switchback_check_plan', { plan }),
        /(?:outside of the workspace|not an address).*Plans in the workspace: .*as-published/s,
      );
    assert.match(
      await invoke('switchback_check_plan', { plan: 'as-published/schema.sql' }),
      /is no migration plan/,
    );
    const outside = await api.tools.dryRun.invoke(
      { input: { plan: '../x.migration.yaml' }, toolInvocationToken: undefined },
      none(),
    );
    assert.match(textOf(outside as vscode.LanguageModelToolResult), /outside of the workspace/);
  });

  it('ask before a dry run, which runs on the embedded Postgres', async function () {
    this.timeout(120_000);
    const plan = 'rename-username/rename-username.migration.yaml';
    const prepared = await api.tools.dryRun.prepareInvocation?.({ input: { plan } }, none());
    assert.equal(prepared?.confirmationMessages?.title, 'Run the plan on the embedded Postgres?');
    const asked = prepared?.confirmationMessages?.message;
    assert.ok(asked instanceof vscode.MarkdownString);
    assert.match(asked.value, /`rename-username\/.*` runs .* No database of yours is touched/);
    // The desktop program would show that, and wait for somebody; this window says yes to it.
    if (!canControl()) this.skip();
    const text = await invoke('switchback_dry_run_plan', { plan });
    assert.match(
      text,
      /^Dry run of rename-username\/rename-username\.migration\.yaml on the embedded Postgres/,
    );
    assert.match(text, /Copy the old values/);
    assert.ok(!text.includes('\u001b'));
    await firstReport(api, workspaceUri(plan));
  });
});
