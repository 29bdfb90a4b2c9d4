import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { PassThrough } from 'node:stream';
import { pathToFileURL } from 'node:url';
import {
  type ClientCapabilities,
  type CodeAction,
  CodeActionRequest,
  ConfigurationRequest,
  createConnection,
  createProtocolConnection,
  type Diagnostic,
  DiagnosticRefreshRequest,
  DidChangeTextDocumentNotification,
  DidCloseTextDocumentNotification,
  DidOpenTextDocumentNotification,
  type DocumentDiagnosticReport,
  DocumentDiagnosticRequest,
  DocumentSymbolRequest,
  InitializedNotification,
  InitializeRequest,
  LogMessageNotification,
  type ProtocolConnection,
  PublishDiagnosticsNotification,
  type PublishDiagnosticsParams,
  type Range,
  RegistrationRequest,
  ShutdownRequest,
  StreamMessageReader,
  StreamMessageWriter,
  type TextEdit,
} from 'vscode-languageserver/node';
import { TextDocument } from 'vscode-languageserver-textdocument';
import { analyze, loadParsers } from '../../../server/src/analyze.ts';
import { createNodeFiles } from '../../../server/src/lsp/files.ts';
import {
  type InitializationOptions,
  type StatusParams,
  statusNotification,
} from '../../../server/src/lsp/protocol.ts';
import { type ServerDependencies, startServer } from '../../../server/src/lsp/server.ts';

/** An editor without a screen: it speaks to a server in the same process through two streams. */
export interface ProtocolClient {
  readonly connection: ProtocolConnection;
  /** A temporary folder for plans and the files they name. */
  readonly folder: string;
  /** The client's settings under `switchback`, by section; change them and send didChangeConfiguration. */
  readonly settings: Record<string, unknown>;
  readonly refreshes: number[];
  readonly published: PublishDiagnosticsParams[];
  readonly statuses: StatusParams[];
  readonly logged: string[];
  uriOf(name: string): string;
  write(name: string, text: string): string;
  open(uri: string, text: string, languageId?: string): TextDocument;
  /** Replaces the first occurrence of `find`; the document given is updated too. */
  edit(document: TextDocument, find: string, replacement: string): void;
  close(document: TextDocument): Promise<void>;
  pull(uri: string, previousResultId?: string): Promise<DocumentDiagnosticReport>;
  diagnostics(uri: string): Promise<Diagnostic[]>;
  fixes(uri: string, range: Range, only?: string[]): ReturnType<typeof codeActions>;
  symbols(uri: string): Promise<unknown>;
  stop(): Promise<void>;
}

export interface ProtocolClientOptions extends Partial<ServerDependencies> {
  readonly trusted?: boolean;
  readonly commands?: boolean;
}

const capabilities: ClientCapabilities = {
  workspace: {
    configuration: true,
    didChangeConfiguration: { dynamicRegistration: true },
    didChangeWatchedFiles: { dynamicRegistration: true },
    diagnostics: { refreshSupport: true },
    workspaceEdit: { documentChanges: true, resourceOperations: ['create'] },
  },
  textDocument: {
    diagnostic: { relatedInformation: true, codeDescriptionSupport: true, tagSupport: { valueSet: [1, 2] } },
    codeAction: { codeActionLiteralSupport: { codeActionKind: { valueSet: ['quickfix', 'source'] } } },
    documentSymbol: { hierarchicalDocumentSymbolSupport: true },
  },
  window: { workDoneProgress: true },
};

/** Starts a server with the real library and joins a client to it. Stop it, or the test never ends. */
export async function startProtocolClient(options: ProtocolClientOptions = {}): Promise<ProtocolClient> {
  const { trusted = true, commands = false, ...dependencies } = options;
  const [up, down] = [new PassThrough(), new PassThrough()];
  startServer(createConnection(new StreamMessageReader(up), new StreamMessageWriter(down)), {
    loadParsers,
    analyze,
    files: createNodeFiles(),
    docsPage: (code) => `${code}.md`,
    rehearse: () => () => Promise.reject(new Error('this test runs no dry run')),
    ...dependencies,
  });
  const connection = createProtocolConnection(new StreamMessageReader(down), new StreamMessageWriter(up));
  return joinServer(connection, { distPath: '', docsBase: 'docs:/rules', trusted, commands });
}

/** Joins a client to a server that listens at the other end of `connection`. */
export async function joinServer(
  connection: ProtocolConnection,
  initializationOptions: InitializationOptions,
): Promise<ProtocolClient> {
  const folder = mkdtempSync(join(tmpdir(), 'switchback-lsp-'));
  const client = clientOf(connection, folder);
  connection.listen();
  await connection.sendRequest(InitializeRequest.type, {
    processId: null,
    rootUri: pathToFileURL(folder).href,
    workspaceFolders: null,
    capabilities,
    initializationOptions,
  });
  await connection.sendNotification(InitializedNotification.type, {});
  return client;
}

function clientOf(connection: ProtocolConnection, folder: string): ProtocolClient {
  const settings: Record<string, unknown> = {};
  const client = { refreshes: [], published: [], statuses: [], logged: [] } as Pick<
    ProtocolClient,
    'refreshes' | 'published' | 'statuses' | 'logged'
  >;
  connection.onRequest(ConfigurationRequest.type, ({ items }) =>
    items.map(({ section = '' }) => settings[section] ?? null),
  );
  connection.onRequest(RegistrationRequest.type, () => undefined);
  connection.onRequest(DiagnosticRefreshRequest.type, () => {
    client.refreshes.push(performance.now());
  });
  connection.onNotification(
    PublishDiagnosticsNotification.type,
    (params) => void client.published.push(params),
  );
  connection.onNotification(LogMessageNotification.type, ({ message }) => void client.logged.push(message));
  connection.onNotification(statusNotification, (status: StatusParams) => void client.statuses.push(status));
  const uriOf = (name: string) => pathToFileURL(join(folder, name)).href;
  const pull = (uri: string, previousResultId?: string) =>
    connection.sendRequest(DocumentDiagnosticRequest.type, {
      textDocument: { uri },
      ...(previousResultId !== undefined && { previousResultId }),
    });
  return {
    ...client,
    connection,
    folder,
    settings,
    uriOf,
    pull,
    write(name, text) {
      writeFileSync(join(folder, name), text);
      return uriOf(name);
    },
    open(uri, text, languageId = 'migration-plan') {
      void connection.sendNotification(DidOpenTextDocumentNotification.type, {
        textDocument: { uri, languageId, version: 1, text },
      });
      return TextDocument.create(uri, languageId, 1, text);
    },
    edit(document, find, replacement) {
      const start = document.getText().indexOf(find);
      if (start < 0) throw new Error(`the document has no ${JSON.stringify(find)}`);
      const range = { start: document.positionAt(start), end: document.positionAt(start + find.length) };
      const change = { range, text: replacement };
      TextDocument.update(document, [change], document.version + 1);
      void connection.sendNotification(DidChangeTextDocumentNotification.type, {
        textDocument: { uri: document.uri, version: document.version },
        contentChanges: [change],
      });
    },
    close: ({ uri }) =>
      connection.sendNotification(DidCloseTextDocumentNotification.type, { textDocument: { uri } }),
    async diagnostics(uri) {
      const report = await pull(uri);
      if (report.kind !== 'full') throw new Error('the first pull must be a full report');
      return report.items;
    },
    fixes: (uri, range, only) => codeActions(connection, uri, range, only),
    symbols: (uri) => connection.sendRequest(DocumentSymbolRequest.type, { textDocument: { uri } }),
    async stop() {
      await connection.sendRequest(ShutdownRequest.type);
      connection.end();
      connection.dispose();
      rmSync(folder, { recursive: true, force: true });
    },
  };
}

async function codeActions(connection: ProtocolConnection, uri: string, range: Range, only?: string[]) {
  const actions = await connection.sendRequest(CodeActionRequest.type, {
    textDocument: { uri },
    range,
    context: { diagnostics: [], ...(only && { only }) },
  });
  return (actions ?? []).map((action) => {
    if (typeof action.command === 'string') throw new Error('a command where an action was expected');
    return action as CodeAction;
  });
}

/** The document's text after the edits of a code action. */
export function applied(
  document: TextDocument,
  action: { edit?: { documentChanges?: readonly unknown[] } },
): string {
  const [change] = action.edit?.documentChanges ?? [];
  const { textDocument, edits } = change as {
    textDocument: { uri: string; version: number };
    edits: TextEdit[];
  };
  if (textDocument.uri !== document.uri || textDocument.version !== document.version)
    throw new Error('the edit is for another version of the document');
  return TextDocument.applyEdits(document, edits);
}

/** The text that a range covers. */
export function covered(document: TextDocument, range: Range): string {
  return document.getText(range);
}

/** Resolves when `condition` holds; rejects after two seconds. */
export async function until(what: string, condition: () => boolean): Promise<void> {
  const deadline = performance.now() + 2000;
  while (!condition()) {
    if (performance.now() > deadline) throw new Error(`this did not happen: ${what}`);
    await new Promise((resolve) => setTimeout(resolve, 5));
  }
}
