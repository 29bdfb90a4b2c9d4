import { commands, Disposable, Uri, workspace } from 'vscode';
import type { LanguageClient } from 'vscode-languageclient/node';
import {
  type EstimatesResult,
  estimatesRequest,
  type PreviewResult,
  previewRequest,
  previewTimingCommand,
} from '../../../server/src/lsp/protocol.ts';
import { planLanguage } from '../client.ts';
import type { Dialogs } from '../dialogs.ts';
import type { PreviewPanel } from '../preview-view/panel.ts';
import { nameOf, targetUri } from './target.ts';

export interface PreviewTimingDependencies {
  readonly ready: Promise<LanguageClient>;
  readonly dialogs: Dialogs;
  readonly preview: PreviewPanel;
}

/**
 * `switchback.previewTiming`, of the palette or a lens: how long the active plan's steps take in production, and who waits.
 * Runs nothing. `switchback.writeEstimates`: writes it into the plan.
 */
export function registerPreviewTiming(dependencies: PreviewTimingDependencies): Disposable {
  const { preview, dialogs } = dependencies;
  return Disposable.from(
    commands.registerCommand(previewTimingCommand, async (argument: unknown) => {
      const asked = await planAndClient(dependencies, argument);
      if (!asked) return;
      const { client, uri } = asked;
      const result = await client.sendRequest<PreviewResult>(previewRequest, {
        uri: client.code2ProtocolConverter.asUri(uri),
      });
      if ('refused' in result) void dialogs.info(`${nameOf(uri)}: ${result.refused}`);
      else preview.show(uri, result);
    }),
    commands.registerCommand('switchback.writeEstimates', async (argument: unknown) => {
      const asked = await planAndClient(dependencies, argument);
      if (asked) await writeEstimates(dependencies, asked);
    }),
  );
}

interface Asked {
  readonly client: LanguageClient;
  readonly uri: Uri;
}

/** Says what is in the way where there is no plan, or no server. */
async function planAndClient(
  { ready, dialogs }: PreviewTimingDependencies,
  argument: unknown,
): Promise<Asked | undefined> {
  const uri = typeof argument === 'string' ? Uri.parse(argument) : targetUri(argument);
  const open = workspace.textDocuments.find((document) => document.uri.toString() === uri?.toString());
  if (!uri || (open && open.languageId !== planLanguage)) {
    void dialogs.info('Open a migration plan first: a file called NAME.migration.yaml.');
    return undefined;
  }
  const client = await ready.catch(() => undefined);
  if (client) return { client, uri };
  void dialogs.error(
    'Nothing can be told: Switchback’s background process did not start. The Switchback output channel says more.',
  );
  return undefined;
}

async function writeEstimates({ dialogs }: PreviewTimingDependencies, { client, uri }: Asked): Promise<void> {
  // The server edits what is open.
  await workspace.openTextDocument(uri);
  const result = await client.sendRequest<EstimatesResult>(estimatesRequest, {
    uri: client.code2ProtocolConverter.asUri(uri),
  });
  if ('refused' in result) {
    void dialogs.info(`${nameOf(uri)}: ${result.refused}`);
    return;
  }
  const edit = await client.protocol2CodeConverter.asWorkspaceEdit(result.edit);
  if (!edit || !(await workspace.applyEdit(edit))) {
    void dialogs.error(`${nameOf(uri)} was changed meanwhile: nothing was written. Do it again.`);
    return;
  }
  const steps = result.written === 1 ? '1 step has' : `${result.written} steps have`;
  const source = result.basis === 'measured' ? 'what the dry run took' : 'the sizes in the plan alone';
  const left =
    result.left.length === 0 ? '' : ` Not that of ${result.left.join(', ')}: an anchor is in the way.`;
  void dialogs.info(`${steps} a new estimate, from ${source}.${left}`);
}
