import {
  commands,
  type Diagnostic,
  type DiagnosticCollection,
  DiagnosticSeverity,
  Disposable,
  languages,
  ProgressLocation,
  TabInputText,
  Uri,
  window,
  workspace,
} from 'vscode';
import type { LanguageClient } from 'vscode-languageclient/node';
import { type CheckResult, checkRequest } from '../../../server/src/lsp/protocol.ts';
import { planGlob, planLanguage } from '../client.ts';
import type { Dialogs } from '../dialogs.ts';
import { nameOf } from './target.ts';

/** More plans than a project has; the message says when there are more. */
const maxPlans = 500;

export interface CheckDependencies {
  readonly ready: Promise<LanguageClient>;
  readonly dialogs: Dialogs;
}

/**
 * `switchback.check`: the active plan or SQL file; where there is none, every plan of the workspace. An SQL file
 * is checked from then on until it is closed.
 */
export function registerCheck(dependencies: CheckDependencies): Disposable {
  // For plans that no editor shows; the language client holds the findings of open ones.
  const closedPlans = languages.createDiagnosticCollection('switchback-check');
  // What was found in a plan says nothing of what somebody else made of it.
  const plans = workspace.createFileSystemWatcher(planGlob, true);
  return Disposable.from(
    closedPlans,
    plans,
    plans.onDidChange((uri) => closedPlans.delete(uri)),
    plans.onDidDelete((uri) => closedPlans.delete(uri)),
    window.tabGroups.onDidChangeTabs(({ opened }) => {
      for (const tab of opened) if (tab.input instanceof TabInputText) closedPlans.delete(tab.input.uri);
    }),
    commands.registerCommand('switchback.check', (argument: unknown) =>
      check(dependencies, closedPlans, argument instanceof Uri ? argument : activeFile()),
    ),
  );
}

function activeFile(): Uri | undefined {
  const document = window.activeTextEditor?.document;
  return document && [planLanguage, 'sql'].includes(document.languageId) ? document.uri : undefined;
}

async function check(
  dependencies: CheckDependencies,
  closedPlans: DiagnosticCollection,
  file: Uri | undefined,
): Promise<void> {
  const client = await dependencies.ready.catch(() => undefined);
  if (!client) {
    void dependencies.dialogs.error(
      'Nothing was checked: Switchback’s background process did not start. The Switchback output channel says more.',
    );
    return;
  }
  closedPlans.clear();
  const files = file ? [file] : await workspace.findFiles(planGlob, '**/node_modules/**', maxPlans);
  if (files.length === 0) {
    void dependencies.dialogs.info(
      'There is no migration plan here yet. A plan is a file called NAME.migration.yaml.',
    );
    return;
  }
  const results = await window.withProgress(
    { location: ProgressLocation.Window, title: 'Switchback: checking' },
    () => checkAll(client, files),
  );
  for (const { uri, diagnostics } of results) if (!isShown(uri)) closedPlans.set(uri, diagnostics);
  report(dependencies.dialogs, results);
}

/** Whether a tab shows it: then the language client reports its findings. */
function isShown(uri: Uri): boolean {
  return window.tabGroups.all.some(({ tabs }) =>
    tabs.some(({ input }) => input instanceof TabInputText && input.uri.toString() === uri.toString()),
  );
}

interface Result {
  readonly uri: Uri;
  readonly diagnostics: Diagnostic[];
  readonly refused?: string;
}

async function checkAll(client: LanguageClient, files: readonly Uri[]): Promise<Result[]> {
  const results: Result[] = [];
  for (const uri of files) {
    const result = await client.sendRequest<CheckResult>(checkRequest, {
      uri: client.code2ProtocolConverter.asUri(uri),
    });
    if ('refused' in result) results.push({ uri, diagnostics: [], refused: result.refused });
    else
      results.push({
        uri,
        diagnostics: await client.protocol2CodeConverter.asDiagnostics([...result.diagnostics]),
      });
  }
  return results;
}

function report(dialogs: Dialogs, results: readonly Result[]): void {
  const refusals = results.flatMap(({ refused }) => refused ?? []);
  if (refusals.length > 0) void dialogs.error(refusals.join(' '));
  const checked = results.filter(({ refused }) => refused === undefined);
  const [first] = checked;
  if (!first) return;
  const what = checked.length === 1 ? nameOf(first.uri) : plural(checked.length, 'plan');
  const found = counts(checked.flatMap(({ diagnostics }) => diagnostics));
  const more = results.length === maxPlans ? ` Only the first ${maxPlans} plans were checked.` : '';
  if (found === '') {
    void dialogs.info(`${what}: no findings.${more}`);
    return;
  }
  void commands.executeCommand('workbench.actions.view.problems');
  void dialogs.info(`${what}: ${found}.${more}`);
}

/** E.g. `2 errors, 1 warning`; empty for none. */
function counts(diagnostics: readonly Diagnostic[]): string {
  const count = (severity: DiagnosticSeverity) =>
    diagnostics.filter((diagnostic) => diagnostic.severity === severity).length;
  const parts = [
    [count(DiagnosticSeverity.Error), 'error'],
    [count(DiagnosticSeverity.Warning), 'warning'],
    [count(DiagnosticSeverity.Information), 'note'],
  ] as const;
  return parts.flatMap(([number, word]) => (number > 0 ? plural(number, word) : [])).join(', ');
}

function plural(count: number, word: string): string {
  return `${count} ${word}${count === 1 ? '' : 's'}`;
}
