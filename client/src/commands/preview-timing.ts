import { commands, type Disposable, workspace } from 'vscode';
import type { LanguageClient } from 'vscode-languageclient/node';
import { type PreviewResult, previewRequest } from '../../../server/src/lsp/protocol.ts';
import { planLanguage } from '../client.ts';
import type { Dialogs } from '../dialogs.ts';
import type { PreviewPanel } from '../preview-view/panel.ts';
import { nameOf, targetUri } from './target.ts';

export interface PreviewTimingDependencies {
  readonly ready: Promise<LanguageClient>;
  readonly dialogs: Dialogs;
  readonly preview: PreviewPanel;
}

/** `switchback.previewTiming`: how long the active plan's steps take in production, and who waits. Runs nothing. */
export function registerPreviewTiming({ ready, dialogs, preview }: PreviewTimingDependencies): Disposable {
  return commands.registerCommand('switchback.previewTiming', async (argument: unknown) => {
    const uri = targetUri(argument);
    const open = workspace.textDocuments.find((document) => document.uri.toString() === uri?.toString());
    if (!uri || (open && open.languageId !== planLanguage)) {
      void dialogs.info('Open a migration plan first: a file called NAME.migration.yaml.');
      return;
    }
    const client = await ready.catch(() => undefined);
    if (!client) {
      void dialogs.error(
        'Nothing can be told: Switchback’s background process did not start. The Switchback output channel says more.',
      );
      return;
    }
    const result = await client.sendRequest<PreviewResult>(previewRequest, {
      uri: client.code2ProtocolConverter.asUri(uri),
    });
    if ('refused' in result) void dialogs.info(`${nameOf(uri)}: ${result.refused}`);
    else preview.show(uri, result);
  });
}
