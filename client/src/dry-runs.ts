import {
  type CancellationToken,
  CancellationTokenSource,
  commands,
  ProgressLocation,
  type TextDocument,
  type Uri,
  window,
  workspace,
} from 'vscode';
import type { LanguageClient } from 'vscode-languageclient/node';
import { type DryRunParams, type DryRunResult, dryRunRequest } from '../../server/src/lsp/protocol.ts';
import { parseDuration, parsePool, parseWait } from '../../server/src/plan/values.ts';
import type { Report } from '../../server/src/rehearsal/model.ts';
import { nameOf } from './commands/target.ts';
import type { Dialogs } from './dialogs.ts';
import type { DryRunProblems } from './dry-run-problems.ts';
import type { ReportStore } from './report-store.ts';
import { type PickedServer, type Servers, sealedChoice } from './servers.ts';
import type { Status } from './status.ts';

export interface DryRunOptions {
  /** The id of a step: that one alone is proven. */
  readonly only?: string;
  /** The server to run on; the embedded Postgres where absent. */
  readonly server?: PickedServer;
  /** Puts load on while the steps run. */
  readonly load?: DryRunParams['load'];
  /** Cancels the run, besides the button of its notification. */
  readonly token?: CancellationToken;
}

/** Runs plans, whoever asks for it: a command, a lens, the Test Explorer. */
export interface DryRuns {
  /**
   * Runs the plan; its problems and its report are kept. Undefined where it was not run or broke off, which the
   * user was told.
   */
  run(document: TextDocument, options?: DryRunOptions): Promise<Ran | undefined>;
}

/** What came of a run: the report, and the same as a terminal shows it. */
export type Ran = Extract<DryRunResult, { readonly report: Report }>;

export interface DryRunsDependencies {
  readonly ready: Promise<LanguageClient>;
  readonly dialogs: Dialogs;
  readonly reports: ReportStore;
  readonly servers: Servers;
  readonly problems: DryRunProblems;
  readonly status: Status;
}

export function createDryRuns(dependencies: DryRunsDependencies): DryRuns {
  const running = new Set<string>();
  return {
    async run(document, options = {}) {
      if (!(await mayRun(document.uri, dependencies.dialogs))) return undefined;
      const key = document.uri.toString();
      if (running.has(key)) {
        const message = `A dry run of ${nameOf(document.uri)} is under way. Cancel it, or wait until it is done.`;
        void dependencies.dialogs.info(message);
        return undefined;
      }
      running.add(key);
      try {
        return await dryRun(dependencies, document, options);
      } finally {
        running.delete(key);
      }
    },
  };
}

async function dryRun(
  { dialogs, problems, ready, reports, servers, status }: DryRunsDependencies,
  document: TextDocument,
  options: DryRunOptions,
): Promise<Ran | undefined> {
  const client = await ready.catch(() => undefined);
  if (!client) {
    void dialogs.error(`${nameOf(document.uri)} was not run: ${serverGone}`);
    return undefined;
  }
  problems.start(document);
  status.running(document.uri, true);
  try {
    const result = await withPassword(options, servers, (given) => request(client, document.uri, given));
    if (!result) {
      problems.clear(document.uri);
      return undefined;
    }
    if ('refused' in result) {
      problems.clear(document.uri);
      void dialogs.error(`${nameOf(document.uri)} was not run: ${result.refused}`);
      return undefined;
    }
    problems.show(document.uri, result.report);
    await reports.keep({ plan: document.uri, report: result.report, timing: result.preview });
    status.ran(document.uri, result.report.verdict);
    return result;
  } catch (error) {
    problems.clear(document.uri);
    client.error('The dry run failed', error, false);
    void dialogs.error(`The dry run of ${nameOf(document.uri)} broke off: ${serverGone}`);
    return undefined;
  } finally {
    status.running(document.uri, false);
  }
}

/** Asks for the server's password as long as it wants another one; undefined where the user gave up. */
async function withPassword(
  options: DryRunOptions,
  servers: Servers,
  run: (options: DryRunOptions) => Thenable<DryRunResult>,
): Promise<DryRunResult | undefined> {
  const result = await run(options);
  if (!('refused' in result && result.password) || !options.server) return result;
  const server = await servers.askPassword(options.server, result.refused);
  return server && withPassword({ ...options, server }, servers, run);
}

const serverGone =
  'Switchback’s background process ended or did not start. Run it again; the Switchback output channel says more.';

/** Nothing of a plan is run that the user has not trusted, or that only a remote service holds. */
async function mayRun(uri: Uri, dialogs: Dialogs): Promise<boolean> {
  if (!workspace.isTrusted) {
    const manage = 'Manage Workspace Trust';
    void dialogs
      .warn(
        'A dry run executes the plan’s SQL, so it needs a trusted workspace. Checks go on without.',
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

function request(
  client: LanguageClient,
  uri: Uri,
  { only, server, load, token: outer }: DryRunOptions,
): Thenable<DryRunResult> {
  return window.withProgress(
    { location: ProgressLocation.Notification, title: `Dry run of ${nameOf(uri)}`, cancellable: true },
    async (progress, inner) => {
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
        ...(only !== undefined && { only }),
        ...(load && { load: { ...loadSettings(uri), ...load } }),
        ...(server && { server: await sealedChoice(client, server) }),
      };
      const cancel = new CancellationTokenSource();
      const either = [inner, outer].map((token) => token?.onCancellationRequested(() => cancel.cancel()));
      if (outer?.isCancellationRequested) cancel.cancel();
      try {
        return await client.sendRequest<DryRunResult>(dryRunRequest, params, cancel.token);
      } finally {
        listening.dispose();
        for (const subscription of either) subscription?.dispose();
        cancel.dispose();
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

/** As for `dryRunSettings`: where no bar is set, none is. */
function loadSettings(uri: Uri): NonNullable<DryRunParams['load']> {
  const settings = workspace.getConfiguration('switchback.dryRun', uri);
  const maxWait = parseWait(settings.get<unknown>('maxWait'));
  const pool = parsePool(settings.get<unknown>('pool'));
  return { ...(maxWait !== undefined && { maxWait }), ...(pool !== undefined && { pool }) };
}
