import {
  commands,
  type Disposable,
  ProgressLocation,
  Range,
  type TextDocument,
  Uri,
  WorkspaceEdit,
  window,
  workspace,
} from 'vscode';
import type { LanguageClient } from 'vscode-languageclient/node';
import { type CaptureResult, captureRequest } from '../../../server/src/lsp/protocol.ts';
import { planLanguage } from '../client.ts';
import type { Dialogs } from '../dialogs.ts';
import { isThere, writeText } from '../files.ts';
import { type PickedServer, type Servers, sealedChoice } from '../servers.ts';
import { nameOf } from './target.ts';

export interface CaptureDependencies {
  readonly ready: Promise<LanguageClient>;
  readonly dialogs: Dialogs;
  readonly servers: Servers;
}

/** `switchback.captureSchema`: a server's schema becomes the active plan's baseline, its figures the plan's. */
export function registerCapture(dependencies: CaptureDependencies): Disposable {
  return commands.registerCommand('switchback.captureSchema', async () => {
    const { dialogs, ready, servers } = dependencies;
    const document = window.activeTextEditor?.document;
    if (document?.languageId !== planLanguage || document.uri.scheme !== 'file') {
      void dialogs.info('Open a migration plan first: a file called NAME.migration.yaml.');
      return;
    }
    if (!workspace.isTrusted) {
      void dialogs.warn('Capturing a schema runs pg_dump, so it needs a trusted workspace.');
      return;
    }
    const client = await ready.catch(() => undefined);
    const server = client && (await servers.pick('Capture the Schema of a Server', false));
    if (!client || !server) return;
    const result = await askServer(dependencies, client, document, server);
    if (!result) return;
    if ('refused' in result) void dialogs.error(`Nothing was captured: ${result.refused}`);
    else await write(document, result, dialogs);
  });
}

/** Undefined where the user did not give a password that the server wants. */
async function askServer(
  dependencies: CaptureDependencies,
  client: LanguageClient,
  document: TextDocument,
  server: PickedServer,
): Promise<CaptureResult | undefined> {
  const result = await window.withProgress(
    { location: ProgressLocation.Notification, title: 'Switchback: capturing the schema' },
    async () =>
      client.sendRequest<CaptureResult>(captureRequest, {
        uri: client.code2ProtocolConverter.asUri(document.uri),
        server: await sealedChoice(client, server),
      }),
  );
  if (!('refused' in result && result.password)) return result;
  const again = await dependencies.servers.askPassword(server, result.refused);
  return again && askServer(dependencies, client, document, again);
}

async function write(
  document: TextDocument,
  { schema, plan, tables, from }: Exclude<CaptureResult, { readonly refused: string }>,
  dialogs: Dialogs,
): Promise<void> {
  if (plan && plan.version !== document.version) {
    void dialogs.warn(`${nameOf(document.uri)} was edited meanwhile: nothing was written. Capture again.`);
    return;
  }
  const file = Uri.parse(schema.uri);
  const replace = 'Replace It';
  if (!schema.isNamed && (await isThere(file))) {
    const message = `${schema.path} is there already, and the plan does not name it.`;
    if ((await dialogs.warn(message, replace)) !== replace) return;
  }
  await writeText(file, schema.text);
  if (plan) {
    const edit = new WorkspaceEdit();
    const end = document.positionAt(document.getText().length);
    edit.replace(document.uri, new Range(document.positionAt(0), end), plan.text);
    await workspace.applyEdit(edit);
  }
  const figures = tables.length === 0 ? '' : ` The figures of ${tables.join(', ')} are in the plan.`;
  void dialogs.info(`The schema of ${from} is in ${schema.path}.${figures}`);
}
