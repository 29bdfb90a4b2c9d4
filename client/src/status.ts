import {
  type Disposable,
  type LanguageStatusItem,
  LanguageStatusSeverity,
  languages,
  type Uri,
  window,
} from 'vscode';
import type { LanguageClient } from 'vscode-languageclient/node';
import { type StatusParams, statusNotification } from '../../server/src/lsp/protocol.ts';
import type { Verdict } from '../../server/src/rehearsal/model.ts';
import { planLanguage } from './client.ts';

/** Two language status items of the active plan: its findings, and its last dry run. */
export interface Status extends Disposable {
  running(uri: Uri, isRunning: boolean): void;
  ran(uri: Uri, verdict: Verdict): void;
}

type ServerState = 'starting' | 'running' | 'stopped';

export function createStatus(made: Promise<LanguageClient>): Status {
  const checked = new Map<string, StatusParams>();
  const verdicts = new Map<string, Verdict>();
  const runs = new Set<string>();
  let server: ServerState = 'starting';
  const findings = languages.createLanguageStatusItem('switchback.findings', { language: planLanguage });
  findings.name = 'Switchback: findings';
  findings.command = { command: 'switchback.check', title: 'Show' };
  const dryRun = languages.createLanguageStatusItem('switchback.dryRun', { language: planLanguage });
  dryRun.name = 'Switchback: dry run';

  const update = () => {
    const key = window.activeTextEditor?.document.uri.toString() ?? '';
    showFindings(findings, checked.get(key), server);
    showDryRun(dryRun, verdicts.get(key), runs.has(key));
  };
  const subscriptions: Disposable[] = [findings, dryRun, window.onDidChangeActiveTextEditor(update)];
  made.then(
    async (client) => {
      const { State } = await import('vscode-languageclient/node');
      subscriptions.push(
        client.onDidChangeState(({ newState }) => {
          server =
            newState === State.Stopped ? 'stopped' : newState === State.Running ? 'running' : 'starting';
          update();
        }),
        client.onNotification(statusNotification, (status: StatusParams) => {
          checked.set(client.protocol2CodeConverter.asUri(status.uri).toString(), status);
          update();
        }),
      );
    },
    () => {
      server = 'stopped';
      update();
    },
  );
  update();
  return {
    running(uri, isRunning) {
      if (isRunning) runs.add(uri.toString());
      else runs.delete(uri.toString());
      update();
    },
    ran(uri, verdict) {
      verdicts.set(uri.toString(), verdict);
      update();
    },
    dispose() {
      for (const subscription of subscriptions) subscription.dispose();
    },
  };
}

function showFindings(item: LanguageStatusItem, status: StatusParams | undefined, state: ServerState): void {
  item.busy = state === 'starting' || (state === 'running' && !status);
  item.severity = status?.errors
    ? LanguageStatusSeverity.Error
    : status?.warnings
      ? LanguageStatusSeverity.Warning
      : LanguageStatusSeverity.Information;
  if (state === 'stopped') item.severity = LanguageStatusSeverity.Error;
  item.text =
    state === 'stopped' ? 'Switchback is not running' : ((status && findingsText(status)) ?? 'Switchback');
  item.detail = status && `for PostgreSQL ${status.pgVersion}`;
}

function findingsText({ errors, warnings, infos }: StatusParams): string {
  const parts = [
    [errors, 'error'],
    [warnings, 'warning'],
    [infos, 'note'],
  ] as const;
  const text = parts.flatMap(([count, word]) =>
    count > 0 ? `${count} ${word}${count === 1 ? '' : 's'}` : [],
  );
  return text.join(', ') || 'No findings';
}

function showDryRun(item: LanguageStatusItem, verdict: Verdict | undefined, isRunning: boolean): void {
  item.busy = isRunning;
  item.text = isRunning ? 'Dry run…' : verdict ? `Dry run ${verdict}` : 'Not dry-run yet';
  item.severity =
    verdict === 'failed' || verdict === 'refused'
      ? LanguageStatusSeverity.Error
      : LanguageStatusSeverity.Information;
  item.command = isRunning
    ? undefined
    : verdict
      ? { command: 'switchback.showReport', title: 'Show Report' }
      : { command: 'switchback.dryRun', title: 'Dry Run' };
}
