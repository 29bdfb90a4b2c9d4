import {
  type ClientCapabilities,
  type Connection,
  DidChangeConfigurationNotification,
  DidChangeWatchedFilesNotification,
  type DocumentDiagnosticParams,
  type DocumentDiagnosticReport,
  DocumentDiagnosticReportKind,
  type InitializeParams,
  type InitializeResult,
  RequestType,
  TextDocumentSyncKind,
  TextDocuments,
} from 'vscode-languageserver';
import { TextDocument } from 'vscode-languageserver-textdocument';
import type { Analysis, AnalyzeOptions, Parsers } from '../analyze.ts';
import { createAnalyses } from './analyses.ts';
import { serveAuthoring } from './authoring.ts';
import { projectCalibration } from './calibration.ts';
import { captureFor } from './capture.ts';
import { createChecks } from './check.ts';
import { codeActions, fixAllKind, insertRollbacksKind, writeEstimatesKind } from './code-actions.ts';
import { diagnosticReport } from './diagnostics.ts';
import { documentSymbols } from './document-symbols.ts';
import { createDryRuns, type Rehearse } from './dry-run.ts';
import { editingCapabilities, serveEditing } from './editing.ts';
import { type Files, pathOf } from './files.ts';
import { createHandler } from './handler.ts';
import { inlayHints } from './inlay-hints.ts';
import { createMeasurements } from './measurements.ts';
import { createProjectSettings } from './project-settings.ts';
import {
  type AllowParams,
  type AllowResult,
  allowRequest,
  type CaptureParams,
  type CaptureResult,
  type ChecklistParams,
  type ChecklistResult,
  type CheckParams,
  type CheckResult,
  captureRequest,
  checklistRequest,
  checkRequest,
  type DryRunParams,
  type DryRunResult,
  dryRunRequest,
  type ExportParams,
  type ExportResult,
  exportRequest,
  type InitializationOptions,
  passwordKeyRequest,
  type StepsParams,
  type StepsResult,
  statusNotification,
  stepsRequest,
  trustedNotification,
} from './protocol.ts';
import { createRefresh } from './refresh.ts';
import { createSealedBox } from './sealed.ts';
import { chosenEngine, opened, serverQuestions } from './server-engine.ts';
import { createEditorSettings, settingsFileName, settingsFileOf } from './settings.ts';
import { allow, type SilenceContext } from './silence.ts';
import { createSources } from './sources.ts';
import { stepItems } from './steps.ts';
import { refreshLenses, serveTiming } from './timing.ts';

/** What the server works with; tests give their own. */
export interface ServerDependencies {
  /** Called once. */
  readonly loadParsers: () => Promise<Parsers>;
  readonly analyze: (text: string, options: AnalyzeOptions) => Analysis;
  readonly files: Files;
  /** Page and anchor (`plan-file.md#plan-yaml`) that explain a rule or a problem; undefined where nothing does. */
  readonly docsPage: (code: string) => string | undefined;
  /** Makes the runner, once the client has said where the built files are. */
  readonly rehearse: (distPath: string) => Rehearse;
}

/** What the client told about itself and its user. */
interface Session {
  options: InitializationOptions;
  capabilities: ClientCapabilities;
  trusted: boolean;
  /** Paths of the client's folders. */
  folders: readonly string[];
}

/** Serves one client on `connection` until it shuts down. */
export function startServer(connection: Connection, dependencies: ServerDependencies): void {
  // A client that says nothing is trusted with nothing.
  const session: Session = {
    options: { distPath: '', docsBase: '', trusted: false },
    capabilities: {},
    trusted: false,
    folders: [],
  };
  const services = createServices(connection, dependencies, session);
  serveLifecycle(connection, session, services);
  serveChanges(connection, services);
  serveRequests(connection, session, services);
  serveEditing(connection, {
    ...services,
    links: () => ({ files: dependencies.files, folders: session.folders }),
    hasCommands: () => session.options.commands === true,
  });
  services.documents.listen(connection);
  connection.listen();
}

type Services = ReturnType<typeof createServices>;

function createServices(connection: Connection, dependencies: ServerDependencies, session: Session) {
  const docsOf = (rule: string) => {
    const { docsBase } = session.options;
    const page = dependencies.docsPage(rule);
    return docsBase !== '' && page !== undefined ? `${docsBase}/${page}` : undefined;
  };
  const documents = new TextDocuments(TextDocument);
  const sources = createSources(documents, dependencies.files);
  const editorSettings = createEditorSettings(
    connection,
    () => session.capabilities.workspace?.configuration === true,
  );
  let loaded: Promise<Parsers> | undefined;
  const parsers = () => {
    loaded ??= dependencies.loadParsers();
    return loaded;
  };
  const analyses = createAnalyses({
    analyze: dependencies.analyze,
    parsers,
    sources,
    editorSettings,
    projectSettings: createProjectSettings(connection, sources, docsOf),
  });
  const refresh = createRefresh(() => {
    if (session.capabilities.workspace?.diagnostics?.refreshSupport)
      connection.languages.diagnostics
        .refresh()
        .catch((error) => connection.console.error(`The client did not refresh: ${String(error)}`));
  });
  const checks = createChecks({ documents, sources, analyses, docsOf, refresh: refresh.now });
  const box = createSealedBox();
  const measurements = createMeasurements();
  const lenses = {
    refresh() {
      if (session.capabilities.workspace?.codeLens?.refreshSupport) refreshLenses(connection);
    },
  };
  const dryRuns = createDryRuns({
    ran(uri, report, calibration) {
      measurements.keep(uri, report, calibration);
      lenses.refresh();
    },
    rehearse: (analysis, request) => dependencies.rehearse(session.options.distPath)(analysis, request),
    calibration: ({ uri, settings }) =>
      projectCalibration(
        settings.server?.calibrate,
        settingsFileOf(uri, dependencies.files),
        dependencies.files,
      ),
    isTrusted: () => session.trusted,
    check: checks.find,
    chosenEngine: (choice, { uri, settings }) =>
      chosenEngine(
        opened(choice, box),
        settings,
        settingsFileOf(uri, dependencies.files),
        serverQuestions(connection),
      ),
    progress: (token) => connection.window.attachWorkDoneProgress(token),
  });
  const silence = (): SilenceContext => ({
    sources,
    folders: session.folders,
    hasCommands: session.options.commands === true,
    canCreate: session.capabilities.workspace?.workspaceEdit?.resourceOperations?.includes('create') === true,
  });
  const library = async () => ({ parsers: await parsers(), sources });
  return {
    documents,
    editorSettings,
    analyses,
    docsOf,
    refresh,
    checks,
    dryRuns,
    measurements,
    box,
    silence,
    lenses,
    library,
  };
}

function serveLifecycle(connection: Connection, session: Session, { refresh, dryRuns }: Services): void {
  connection.onInitialize((params: InitializeParams): InitializeResult => {
    session.capabilities = params.capabilities;
    session.options = { ...session.options, ...params.initializationOptions };
    session.trusted = session.options.trusted;
    session.folders = foldersOf(params);
    return {
      serverInfo: { name: 'switchback' },
      capabilities: {
        textDocumentSync: { openClose: true, change: TextDocumentSyncKind.Incremental },
        diagnosticProvider: { interFileDependencies: true, workspaceDiagnostics: false },
        codeActionProvider: {
          codeActionKinds: [
            'quickfix',
            'refactor.rewrite',
            fixAllKind,
            insertRollbacksKind,
            writeEstimatesKind,
          ],
        },
        ...editingCapabilities,
        inlayHintProvider: true,
        documentSymbolProvider: { label: 'Switchback' },
        ...(session.options.commands === true && { codeLensProvider: { resolveProvider: true } }),
      },
    };
  });
  connection.onInitialized(() => {
    const { didChangeConfiguration, didChangeWatchedFiles } = session.capabilities.workspace ?? {};
    if (didChangeConfiguration?.dynamicRegistration)
      void connection.client.register(DidChangeConfigurationNotification.type, { section: 'switchback' });
    if (didChangeWatchedFiles?.dynamicRegistration)
      void connection.client.register(DidChangeWatchedFilesNotification.type, {
        watchers: [{ globPattern: '**/*.sql' }, { globPattern: `**/${settingsFileName}` }],
      });
  });
  connection.onNotification(trustedNotification, () => {
    session.trusted = true;
  });
  connection.onShutdown(() => {
    refresh.dispose();
    dryRuns.abortAll();
  });
}

function foldersOf({ workspaceFolders, rootUri }: InitializeParams): string[] {
  const uris = workspaceFolders?.map(({ uri }) => uri) ?? (rootUri ? [rootUri] : []);
  return uris.flatMap((uri) => pathOf(uri) ?? []);
}

/** Keeps the analyses true to the documents, the files and settings that they depend on. */
function serveChanges(
  connection: Connection,
  { documents, editorSettings, analyses, refresh, checks, lenses }: Services,
): void {
  const fileChanged = (uri: string) => {
    const path = pathOf(uri);
    if (path !== undefined && analyses.fileChanged(path)) refresh.soon();
  };
  connection.onDidChangeConfiguration(() => {
    editorSettings.reset();
    analyses.reset();
    refresh.now();
    lenses.refresh();
  });
  connection.onDidChangeWatchedFiles(({ changes }) => {
    for (const { uri } of changes) fileChanged(uri);
  });
  documents.onDidChangeContent(({ document }) => fileChanged(document.uri));
  documents.onDidClose(({ document: { uri } }) => {
    analyses.forget(uri);
    checks.closed(uri);
    // Its unsaved text was what others were checked against.
    fileChanged(uri);
  });
}

function serveRequests(connection: Connection, session: Session, services: Services): void {
  const { docsOf, checks, dryRuns, measurements, box, silence, library } = services;
  const handler = createHandler(connection.console);
  connection.languages.diagnostics.on(
    handler<DocumentDiagnosticParams, DocumentDiagnosticReport>(
      'textDocument/diagnostic',
      noDiagnostics,
      async (params) => {
        const checked = await checks.current(params.textDocument.uri);
        if (!checked) return noDiagnostics;
        const { diagnostics, status } = checks.result(checked);
        void connection.sendNotification(statusNotification, status);
        return diagnosticReport(diagnostics, params);
      },
    ),
  );
  connection.onCodeAction(
    handler('textDocument/codeAction', [], async (params) => {
      const checked = await checks.current(params.textDocument.uri);
      return checked
        ? codeActions(checked, params, docsOf, silence(), measurements.of(params.textDocument.uri))
        : [];
    }),
  );
  connection.languages.inlayHint.on(
    handler('textDocument/inlayHint', [], async (params) => {
      const checked = await checks.current(params.textDocument.uri);
      return checked ? inlayHints(checked, params) : [];
    }),
  );
  connection.onDocumentSymbol(
    handler('textDocument/documentSymbol', [], async (params) => {
      const checked = await checks.current(params.textDocument.uri);
      return checked ? documentSymbols(checked) : [];
    }),
  );
  serveTiming(connection, {
    checks,
    measurements,
    handler,
    hasCommands: () => silence().hasCommands,
    hasSettings: () => session.capabilities.workspace?.configuration === true,
    failure,
  });
  connection.onRequest(
    new RequestType<ExportParams, ExportResult, void>(exportRequest),
    handler<ExportParams, ExportResult>(exportRequest, { refused: failure }, async (params) =>
      // Loaded when it is asked for: what writes pages is of no use to who types.
      (await import('./exports.ts')).exportOf(await checks.find(params.uri), params),
    ),
  );
  connection.onRequest(
    new RequestType<StepsParams, StepsResult, void>(stepsRequest),
    handler<StepsParams, StepsResult>(stepsRequest, { refused: failure }, async ({ uri }) =>
      stepItems(await checks.find(uri)),
    ),
  );
  connection.onRequest(
    new RequestType<CheckParams, CheckResult, void>(checkRequest),
    handler<CheckParams, CheckResult>(checkRequest, { refused: failure }, checks.check),
  );
  serveAuthoring(connection, { handler, library, box, failure, isTrusted: () => session.trusted });
  connection.onRequest(passwordKeyRequest, () => box.publicKey);
  connection.onRequest(
    new RequestType<CaptureParams, CaptureResult, void>(captureRequest),
    handler<CaptureParams, CaptureResult>(captureRequest, { refused: failure }, async ({ uri, server }) => {
      const checked = await checks.find(uri);
      return 'refused' in checked ? checked : captureFor(checked, opened(server, box));
    }),
  );
  connection.onRequest(
    new RequestType<ChecklistParams, ChecklistResult, void>(checklistRequest),
    handler<ChecklistParams, ChecklistResult>(
      checklistRequest,
      { refused: failure },
      async ({ uri, server }) =>
        (await import('./checklist.ts')).checklistOn(await checks.find(uri), opened(server, box), {
          parser: (await library()).parsers.sql,
          questions: serverQuestions(connection),
          isTrusted: session.trusted,
        }),
    ),
  );
  connection.onRequest(
    new RequestType<DryRunParams, DryRunResult, void>(dryRunRequest),
    handler<DryRunParams, DryRunResult>(dryRunRequest, { refused: failure }, dryRuns.run),
  );
  connection.onRequest(
    new RequestType<AllowParams, AllowResult, void>(allowRequest),
    handler<AllowParams, AllowResult>(allowRequest, { refused: failure }, async (params) => {
      const checked = await checks.current(params.uri);
      return checked ? allow(checked, params) : { refused: 'The file is not open any more.' };
    }),
  );
}

const noDiagnostics: DocumentDiagnosticReport = { kind: DocumentDiagnosticReportKind.Full, items: [] };

const failure =
  'This failed by a fault of Switchback, not of the file. Its output channel holds the details.';
