import { commands, Disposable, Uri, workspace } from 'vscode';
import type { LanguageClient } from 'vscode-languageclient/node';
import {
  type AllowParams,
  type AllowResult,
  allowCommand,
  allowRequest,
  saveSettingsCommand,
} from '../../../server/src/lsp/protocol.ts';
import type { Dialogs } from '../dialogs.ts';

export interface SilenceDependencies {
  readonly ready: Promise<LanguageClient>;
  readonly dialogs: Dialogs;
}

/** What is behind the fix menu's entries that silence a rule. */
export function registerSilence(dependencies: SilenceDependencies): Disposable {
  return Disposable.from(
    commands.registerCommand(allowCommand, (params: Omit<AllowParams, 'reason'>) =>
      allow(dependencies, params),
    ),
    commands.registerCommand(saveSettingsCommand, saveSettings),
  );
}

/** Asks why, and writes the `allow` with that reason; without one nothing is written. */
async function allow(
  { ready, dialogs }: SilenceDependencies,
  params: Omit<AllowParams, 'reason'>,
): Promise<void> {
  const reason = await dialogs.input({
    title: `Allow ${params.rule}`,
    prompt: 'Why is it all right here? The reason is written into the file for the next reader.',
    validateInput: (text) => (/\S/.test(text) ? undefined : 'An allow needs a reason.'),
  });
  if (reason === undefined) return;
  const client = await ready;
  const result = await client.sendRequest<AllowResult>(allowRequest, { ...params, reason });
  if ('refused' in result) {
    void dialogs.error(result.refused);
    return;
  }
  const edit = await client.protocol2CodeConverter.asWorkspaceEdit(result.edit);
  if (!edit || !(await workspace.applyEdit(edit)))
    void dialogs.error('The file was changed meanwhile. Open the menu at the finding again.');
}

/** @param settings URI of a settings file; anything else is refused, since any link may run this command. */
async function saveSettings(settings: unknown): Promise<void> {
  if (typeof settings !== 'string' || !settings.endsWith('/.switchback.yaml')) return;
  const document = await workspace.openTextDocument(Uri.parse(settings));
  if (document.isDirty) await document.save();
}
