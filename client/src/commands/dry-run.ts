import { commands, Disposable, type QuickPickItem, type TextDocument, Uri, window, workspace } from 'vscode';
import type { LanguageClient } from 'vscode-languageclient/node';
import {
  proveStepCommand,
  type StepItem,
  type StepsResult,
  stepsRequest,
} from '../../../server/src/lsp/protocol.ts';
import { planLanguage } from '../client.ts';
import type { Dialogs } from '../dialogs.ts';
import type { DryRunOptions, DryRuns } from '../dry-runs.ts';
import type { ReportPanel } from '../report-view/panel.ts';
import type { Servers } from '../servers.ts';
import { nameOf, targetUri } from './target.ts';

export interface DryRunDependencies {
  readonly ready: Promise<LanguageClient>;
  readonly dialogs: Dialogs;
  readonly runs: DryRuns;
  readonly panel: ReportPanel;
  readonly servers: Servers;
}

/**
 * `switchback.dryRun`: runs the active plan on the embedded Postgres, then shows the report. `switchback.proveStep`:
 * the same for one step, of a lens or under the cursor. `switchback.dryRunOnServer`: the plan on a server that the
 * user picks. `switchback.forgetServer`: forgets one.
 */
export function registerDryRun(dependencies: DryRunDependencies): Disposable {
  return Disposable.from(
    commands.registerCommand('switchback.dryRun', async (argument: unknown) => {
      const document = await planToRun(dependencies, argument);
      if (document) await runAndShow(dependencies, document, {});
    }),
    commands.registerCommand('switchback.dryRunOnServer', async (argument: unknown) => {
      const document = await planToRun(dependencies, argument);
      const server = document && (await dependencies.servers.pick('Dry Run on a Server', true));
      const way = server && (await pickWay(dependencies.dialogs));
      if (way) await runAndShow(dependencies, document, { server, ...way.options });
    }),
    commands.registerCommand('switchback.forgetServer', () => dependencies.servers.forget()),
    commands.registerCommand(proveStepCommand, async (uri: unknown, step: unknown) => {
      const document = await planToRun(dependencies, typeof uri === 'string' ? Uri.parse(uri) : uri);
      if (!document) return;
      // The lens above the plan's title names no step: it runs all of them.
      if (typeof uri === 'string')
        return runAndShow(dependencies, document, typeof step === 'string' ? { only: step } : {});
      const here = await stepAtCursor(dependencies, document);
      if (here) await runAndShow(dependencies, document, { only: here.id });
    }),
  );
}

async function runAndShow(
  { runs, panel }: DryRunDependencies,
  document: TextDocument,
  options: DryRunOptions,
): Promise<void> {
  const ran = await runs.run(document, options);
  if (ran) panel.show({ plan: document.uri, report: ran.report, timing: ran.preview });
}

interface Way extends QuickPickItem {
  readonly options: Pick<DryRunOptions, 'load'>;
}

/** What a run on a server can show beside the steps themselves: one of the two, since each is in the other's way. */
function pickWay(dialogs: Dialogs): Thenable<Way | undefined> {
  const ways: Way[] = [
    {
      label: 'Prove Rollbacks and Application',
      detail: 'Rolls each step back, and tries what the live versions run before and after it.',
      options: {},
    },
    {
      label: 'Rehearse Under Load',
      detail:
        'While the steps run, sends what the live versions run at the plan’s traffic, and tells how long requests wait.',
      options: { load: {} },
    },
  ];
  return dialogs.pick(ways, { title: 'Dry Run on a Server', placeHolder: 'What is to be shown?' });
}

/** The plan that the command is about; says what is in the way where there is none that may be run. */
async function planToRun(
  { dialogs, panel }: DryRunDependencies,
  argument: unknown,
): Promise<TextDocument | undefined> {
  const uri = targetUri(argument) ?? panel.activePlan();
  const document = uri && (await openDocument(uri, dialogs));
  if (uri && !document) return undefined;
  if (document?.languageId === planLanguage) return document;
  void dialogs.info('Open a migration plan first: a file called NAME.migration.yaml.');
  return undefined;
}

async function openDocument(uri: Uri, dialogs: Dialogs): Promise<TextDocument | undefined> {
  try {
    return await workspace.openTextDocument(uri);
  } catch {
    void dialogs.error(`${nameOf(uri)} cannot be opened any more.`);
    return undefined;
  }
}

/** The step that the cursor is in, or behind the name of; says so where it is in none. */
async function stepAtCursor(
  { ready, dialogs }: DryRunDependencies,
  document: TextDocument,
): Promise<StepItem | undefined> {
  const client = await ready.catch(() => undefined);
  const result = await client?.sendRequest<StepsResult>(stepsRequest, {
    uri: client.code2ProtocolConverter.asUri(document.uri),
  });
  const line =
    window.activeTextEditor?.document === document ? window.activeTextEditor.selection.active.line : -1;
  const step = result && 'steps' in result && result.steps.findLast(({ range }) => range.start.line <= line);
  if (step) return step;
  void dialogs.info(`Put the cursor into a step of ${nameOf(document.uri)} first.`);
  return undefined;
}
