import {
  type ExtensionContext,
  extensions,
  type LogOutputChannel,
  type TextDocument,
  Uri,
  workspace,
} from 'vscode';
import type { LanguageClient, LanguageClientOptions } from 'vscode-languageclient/node';
import { type InitializationOptions, trustedNotification } from '../../server/src/lsp/protocol.ts';
import { linkHoverToRules, linkToRule, rulePage } from './commands/open-rule.ts';

/** The language id of plans. */
export const planLanguage = 'migration-plan';

/** Where plans are looked for in a workspace. */
export const planGlob = '**/*.migration.{yaml,yml}';

/** The client of the language server. */
export interface SwitchbackClient {
  /** Made and about to start. Rejects where it cannot be. */
  readonly made: Promise<LanguageClient>;
  /** Settles when the server answers, or fails to start. */
  readonly ready: Promise<LanguageClient>;
}

/** The editor waits for activate() to return, so the protocol's library is loaded and the server started after it. */
export function createSwitchbackClient(
  context: ExtensionContext,
  output: LogOutputChannel,
): SwitchbackClient {
  const made = new Promise((resolve) => setImmediate(resolve)).then(() => makeClient(context, output));
  const ready = made.then(async (client) => {
    await client.start();
    return client;
  });
  ready.catch((error) => output.error(`The language server did not start: ${String(error)}`));
  context.subscriptions.push(
    workspace.onDidGrantWorkspaceTrust(async () => {
      const client = await ready;
      await client.sendNotification(trustedNotification);
    }),
  );
  return { made, ready };
}

async function makeClient(context: ExtensionContext, output: LogOutputChannel): Promise<LanguageClient> {
  const { LanguageClient, TransportKind } = await import('vscode-languageclient/node');
  const module = context.asAbsolutePath('dist/server.js');
  const docs = Uri.joinPath(context.extensionUri, 'server/docs/rules');
  // Asked again at every start: after a crash, trust may have been granted meanwhile.
  const initializationOptions = (): InitializationOptions => ({
    distPath: context.asAbsolutePath('dist'),
    docsBase: docs.toString(),
    trusted: workspace.isTrusted,
    commands: true,
  });
  return new LanguageClient(
    'switchback',
    'Switchback',
    {
      run: { module, transport: TransportKind.ipc },
      debug: { module, transport: TransportKind.ipc, options: { execArgv: ['--nolazy', '--inspect=6019'] } },
    },
    { ...clientOptions(docs), initializationOptions, outputChannel: output },
  );
}

function clientOptions(docs: Uri): LanguageClientOptions {
  return {
    // The old side of a diff (git:) is not a plan that anyone edits. SQL is followed since plans name SQL files
    // whose unsaved text counts; what is in them is reported only where the user asks for it.
    documentSelector: [
      ...['file', 'untitled', 'vscode-vfs'].flatMap((scheme) => [
        { language: planLanguage, scheme },
        { language: 'sql', scheme },
      ]),
      // Its unsaved text counts as well.
      { scheme: 'file', pattern: '**/.switchback.yaml' },
    ],
    diagnosticPullOptions: { onChange: true, onSave: false },
    middleware: {
      async provideDiagnostics(document, previousResultId, token, next) {
        const report = await next(document, previousResultId, token);
        if (report?.kind === 'full') for (const diagnostic of report.items) linkToRule(diagnostic, docs);
        return report;
      },
      async provideHover(document, position, token, next) {
        if (isServedElsewhere(document)) return undefined;
        const hover = await next(document, position, token);
        if (hover) linkHoverToRules(hover, docs);
        return hover;
      },
      provideCompletionItem(document, position, context, token, next) {
        return isServedElsewhere(document) ? undefined : next(document, position, context, token);
      },
      async provideDocumentLinks(document, token, next) {
        const links = await next(document, token);
        for (const link of links ?? []) {
          const page = link.target && rulePage(link.target.toString(), docs);
          if (page) Object.assign(link, { target: page, tooltip: 'Open the rule’s page' });
        }
        return links;
      },
    },
  };
}

/** A YAML extension has the settings file's schema from the manifest: what it says need not be said twice. */
function isServedElsewhere({ languageId }: TextDocument): boolean {
  return languageId === 'yaml' && extensions.getExtension('redhat.vscode-yaml') !== undefined;
}
