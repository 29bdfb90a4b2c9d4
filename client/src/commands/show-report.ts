import { commands, type Disposable, Uri, window } from 'vscode';
import type { Dialogs } from '../dialogs.ts';
import type { ReportStore } from '../report-store.ts';
import type { ReportPanel } from '../report-view/panel.ts';
import { nameOf } from './target.ts';

export interface ShowReportDependencies {
  readonly reports: ReportStore;
  readonly panel: ReportPanel;
  readonly dialogs: Dialogs;
}

/** `switchback.showReport`: the last report of the active plan, or of any plan where none is active. */
export function registerShowReport(dependencies: ShowReportDependencies): Disposable {
  return commands.registerCommand('switchback.showReport', (argument: unknown) =>
    showReport(dependencies, argument),
  );
}

async function showReport(
  { reports, panel, dialogs }: ShowReportDependencies,
  argument: unknown,
): Promise<void> {
  const document = window.activeTextEditor?.document;
  const asked =
    argument instanceof Uri ? argument : document?.languageId === 'migration-plan' ? document.uri : undefined;
  const found = await reports.last(asked);
  if (found) {
    panel.show(found);
    return;
  }
  const run = 'Dry Run';
  const message = asked ? `${nameOf(asked)} has not been dry-run yet.` : 'No plan has been dry-run yet.';
  void dialogs
    .info(message, ...(asked ? [run] : []))
    .then((choice) => choice === run && commands.executeCommand('switchback.dryRun', asked));
}
