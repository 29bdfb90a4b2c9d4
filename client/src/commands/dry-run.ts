import { commands, type Disposable, ProgressLocation, type Uri, window, workspace } from 'vscode';
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
  return commands.registerCommand('switchback.dryRun', (argument: unknown) => dryRun(dependencies, argument));
}

async function dryRun(dependencies: DryRunDependencies, argument: unknown): Promise<void> {
  const { dialogs, panel, problems, ready, reports, status } = dependencies;
  const uri = targetUri(argument);
  const document = uri && (await workspace.openTextDocument(uri));
  if (!document || document.languageId !== planLanguage) {
    void dialogs.info('Open a migration plan first: a file called NAME.migration.yaml.');
    return;
  }
  if (!(await mayRun(document.uri, dialogs))) return;
  const client = await ready;
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
  } finally {
    status.running(document.uri, false);
  }
}

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
