import {
  commands,
  type Disposable,
  ProgressLocation,
  type TextDocument,
  type Uri,
  window,
  workspace,
} from 'vscode';
import type { LanguageClient } from 'vscode-languageclient/node';
import { type DryRunParams, type DryRunResult, dryRunRequest } from '../../../server/src/lsp/protocol.ts';
import { planLanguage } from '../client.ts';
import type { Dialogs } from '../dialogs.ts';
import type { DryRunProblems } from '../dry-run-problems.ts';
import { parseDuration } from '../duration.ts';
import type { ReportStore } from '../report-store.ts';
import type { ReportPanel } from '../report-view/panel.ts';
import type { Status } from '../status.ts';
import { nameOf, targetUri } from './target.ts';

export interface DryRunDependencies {
  readonly ready: Promise<LanguageClient>;
  readonly dialogs: Dialogs;
  readonly reports: ReportStore;
  readonly problems: DryRunProblems;
  readonly panel: ReportPanel;
  readonly status: Status;
}

/** `switchback.dryRun`: runs the active plan on the embedded Postgres, then shows the report. */
export function registerDryRun(dependencies: DryRunDependencies): Disposable {
  const running = new Set<string>();
  return commands.registerCommand('switchback.dryRun', async (argument: unknown) => {
    const document = await planToRun(dependencies, argument);
    if (!document) return;
    const key = document.uri.toString();
    if (running.has(key)) {
      const message = `A dry run of ${nameOf(document.uri)} is under way. Cancel it, or wait until it is done.`;
      void dependencies.dialogs.info(message);
      return;
    }
    running.add(key);
    try {
      await dryRun(dependencies, document);
    } finally {
      running.delete(key);
    }
  });
}

/** The plan that the command is about; says what is in the way where there is none that may be run. */
async function planToRun(
  { dialogs, panel }: DryRunDependencies,
  argument: unknown,
): Promise<TextDocument | undefined> {
  const uri = targetUri(argument) ?? panel.activePlan();
  const document = uri && (await openDocument(uri, dialogs));
  if (uri && !document) return undefined;
  if (!document || document.languageId !== planLanguage) {
    void dialogs.info('Open a migration plan first: a file called NAME.migration.yaml.');
    return undefined;
  }
  return (await mayRun(document.uri, dialogs)) ? document : undefined;
}

async function openDocument(uri: Uri, dialogs: Dialogs): Promise<TextDocument | undefined> {
  try {
    return await workspace.openTextDocument(uri);
  } catch {
    void dialogs.error(`${nameOf(uri)} cannot be opened any more.`);
    return undefined;
  }
}

async function dryRun(dependencies: DryRunDependencies, document: TextDocument): Promise<void> {
  const { dialogs, panel, problems, ready, reports, status } = dependencies;
  const client = await ready.catch(() => undefined);
  if (!client) {
    void dialogs.error(`${nameOf(document.uri)} was not run: ${serverGone}`);
    return;
  }
  problems.start(document);
  status.running(document.uri, true);
  try {
    const result = await request(client, document.uri);
    if ('refused' in result) {
      problems.clear(document.uri);
      void dialogs.error(`${nameOf(document.uri)} was not run: ${result.refused}`);
      return;
    }
    problems.show(document.uri, result.report);
    await reports.keep(document.uri, result.report);
    status.ran(document.uri, result.report.verdict);
    panel.show(document.uri, result.report);
  } catch (error) {
    problems.clear(document.uri);
    client.error('The dry run failed', error, false);
    void dialogs.error(`The dry run of ${nameOf(document.uri)} broke off: ${serverGone}`);
  } finally {
    status.running(document.uri, false);
  }
}

const serverGone =
  'Switchback’s background process ended or did not start. Run it again; the Switchback output channel says more.';

/** Nothing of a plan is run that the user has not trusted, or that only a remote service holds. */
async function mayRun(uri: Uri, dialogs: Dialogs): Promise<boolean> {
  if (!workspace.isTrusted) {
    const manage = 'Manage Workspace Trust';
    void dialogs
      .warn(
        'A dry run executes the plan’s SQL on an embedded Postgres, so it needs a trusted workspace. Checks go on without.',
        manage,
      )
      .then((choice) => choice === manage && commands.executeCommand('workbench.trust.manage'));
    return false;
  }
  if (uri.scheme !== 'file' && uri.scheme !== 'untitled') {
    void dialogs.warn(
      `${nameOf(uri)} is in a virtual workspace (${uri.scheme}). A dry run needs the plan and its schema on a local disk; checks work here.`,
    );
    return false;
  }
  return true;
}

function request(client: LanguageClient, uri: Uri): Thenable<DryRunResult> {
  return window.withProgress(
    { location: ProgressLocation.Notification, title: `Dry run of ${nameOf(uri)}`, cancellable: true },
    async (progress, token) => {
      const { WorkDoneProgress } = await import('vscode-languageclient/node');
      const workDoneToken = crypto.randomUUID();
      let percentage = 0;
      const listening = client.onProgress(WorkDoneProgress.type, workDoneToken, (value) => {
        if (value.kind !== 'report') return;
        const reached = value.percentage ?? percentage;
        progress.report({ message: value.message, increment: reached - percentage });
        percentage = reached;
      });
      const params: DryRunParams = {
        uri: client.code2ProtocolConverter.asUri(uri),
        workDoneToken,
        ...dryRunSettings(uri),
      };
      try {
        return await client.sendRequest<DryRunResult>(dryRunRequest, params, token);
      } finally {
        listening.dispose();
      }
    },
  );
}

/** Settings that mean nothing give way to their defaults; the settings editor marks them. */
function dryRunSettings(uri: Uri): Pick<DryRunParams, 'rows' | 'stepTimeout'> {
  const settings = workspace.getConfiguration('switchback.dryRun', uri);
  const rows = settings.get<unknown>('rows');
  return {
    rows: typeof rows === 'number' && Number.isInteger(rows) && rows >= 0 ? rows : 1000,
    stepTimeout: parseDuration(settings.get<unknown>('stepTimeout')) ?? 60_000,
  };
}
