import { commands, type Disposable, ProgressLocation, type TextDocument, window, workspace } from 'vscode';
import type { LanguageClient } from 'vscode-languageclient/node';
import {
  type ChecklistReport,
  type ChecklistResult,
  checklistRequest,
} from '../../../server/src/lsp/protocol.ts';
import { checklistSum } from '../../../server/src/view/checklist-words.ts';
import type { ChecklistResults } from '../checklist-results.ts';
import { planLanguage } from '../client.ts';
import type { Dialogs } from '../dialogs.ts';
import { type PickedServer, type Servers, sealedChoice } from '../servers.ts';
import { nameOf } from './target.ts';

export interface ChecklistDependencies {
  readonly ready: Promise<LanguageClient>;
  readonly dialogs: Dialogs;
  readonly servers: Servers;
  readonly results: ChecklistResults;
}

/**
 * `switchback.runChecklist`: asks the server that the user picks and confirms what the active plan's checklist asks,
 * read-only; each entry gets its result beside it.
 */
export function registerChecklist(dependencies: ChecklistDependencies): Disposable {
  return commands.registerCommand('switchback.runChecklist', async () => {
    const { dialogs, ready, servers, results } = dependencies;
    const document = window.activeTextEditor?.document;
    if (document?.languageId !== planLanguage) {
      void dialogs.info('Open a migration plan first: a file called NAME.migration.yaml.');
      return;
    }
    if (!workspace.isTrusted) {
      void dialogs.warn('A checklist sends the plan’s queries to a server, so it needs a trusted workspace.');
      return;
    }
    const client = await ready.catch(() => undefined);
    const hint = 'Any server that you may read, production too';
    const server = client && (await servers.pick('Run the Checklist on a Server', false, hint));
    if (!client || !server) return;
    const result = await ask(dependencies, client, document, server);
    if (!result) return;
    if ('refused' in result) {
      void dialogs.error(`The checklist of ${nameOf(document.uri)} was not run: ${result.refused}`);
      return;
    }
    if (result.version !== document.version) {
      void dialogs.warn(`${nameOf(document.uri)} was edited meanwhile. ${words(result.report)}`);
      return;
    }
    results.show(document, result.report);
    const say = result.report.verdict === 'passed' ? dialogs.info : dialogs.warn;
    void say(words(result.report));
  });
}

/** Undefined where the user did not give a password that the server wants. */
async function ask(
  dependencies: ChecklistDependencies,
  client: LanguageClient,
  document: TextDocument,
  server: PickedServer,
): Promise<ChecklistResult | undefined> {
  const result = await window.withProgress(
    { location: ProgressLocation.Notification, title: 'Switchback: running the checklist' },
    async () =>
      client.sendRequest<ChecklistResult>(checklistRequest, {
        uri: client.code2ProtocolConverter.asUri(document.uri),
        server: await sealedChoice(client, server),
      }),
  );
  if (!('refused' in result && result.password)) return result;
  const again = await dependencies.servers.askPassword(server, result.refused);
  return again && ask(dependencies, client, document, again);
}

function words(report: ChecklistReport): string {
  return `Checklist on ${report.server}: ${checklistSum(report)}.`;
}
