import { type CodeLens, CodeLensRefreshRequest, type Connection, RequestType } from 'vscode-languageserver';
import type { Checks } from './check.ts';
import { codeLenses, createLensTitles } from './code-lenses.ts';
import { estimatesResult } from './estimates.ts';
import type { createHandler } from './handler.ts';
import type { Measurements } from './measurements.ts';
import { previewResult } from './preview.ts';
import {
  type EstimatesParams,
  type EstimatesResult,
  estimatesRequest,
  type PreviewParams,
  type PreviewResult,
  previewRequest,
} from './protocol.ts';

export interface TimingDependencies {
  readonly checks: Pick<Checks, 'current' | 'find'>;
  readonly measurements: Pick<Measurements, 'of'>;
  readonly handler: ReturnType<typeof createHandler>;
  /** Whether the client has the commands that lenses run. */
  readonly hasCommands: () => boolean;
  /** Whether it answers `workspace/configuration`. */
  readonly hasSettings: () => boolean;
  /** Why a request failed, in a sentence. */
  readonly failure: string;
}

/** Lenses, and what else tells what a plan costs production. */
export function serveTiming(
  connection: Connection,
  { checks, measurements, handler, hasCommands, hasSettings, failure }: TimingDependencies,
): void {
  const titleOf = createLensTitles({ current: checks.current, timing: measurements.of });
  connection.onCodeLens(
    handler('textDocument/codeLens', [], async ({ textDocument: { uri } }) => {
      const checked = hasCommands() ? await checks.current(uri) : undefined;
      return checked ? codeLenses(checked, !hasSettings() || (await showsTiming(connection, uri))) : [];
    }),
  );
  connection.onCodeLensResolve(async (lens, token) =>
    handler<CodeLens, CodeLens>('codeLens/resolve', lens, titleOf)(lens, token),
  );
  connection.onRequest(
    new RequestType<PreviewParams, PreviewResult, void>(previewRequest),
    handler<PreviewParams, PreviewResult>(previewRequest, { refused: failure }, async ({ uri }) =>
      previewResult(await checks.find(uri), measurements.of(uri)),
    ),
  );
  connection.onRequest(
    new RequestType<EstimatesParams, EstimatesResult, void>(estimatesRequest),
    handler<EstimatesParams, EstimatesResult>(estimatesRequest, { refused: failure }, async ({ uri }) =>
      estimatesResult(await checks.current(uri), measurements.of(uri)),
    ),
  );
}

async function showsTiming(connection: Connection, uri: string): Promise<boolean> {
  const shown: unknown = await connection.workspace.getConfiguration({
    section: 'switchback.codeLens.timing',
    scopeUri: uri,
  });
  return shown !== false;
}

/** Makes the client ask for the lenses again: a setting changed, or a dry run measured what they tell. */
export function refreshLenses(connection: Connection): void {
  connection
    .sendRequest(CodeLensRefreshRequest.type)
    .catch((error) => connection.console.error(`The client did not refresh: ${String(error)}`));
}
