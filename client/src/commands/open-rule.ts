import { commands, type Diagnostic, Uri, workspace } from 'vscode';
import type { Dialogs } from '../dialogs.ts';

/** Opens a rule's page; behind the code of every finding. */
export const openRuleCommand = 'switchback.openRule';

/**
 * Lets the code of a finding open its page as a preview inside the editor: the server's link is the page's file,
 * which a click would open as Markdown source.
 */
export function linkToRule(diagnostic: Diagnostic, docs: Uri): void {
  const { code } = diagnostic;
  if (typeof code !== 'object') return;
  const base = `${docs.toString()}/`;
  const target = code.target.toString();
  if (!target.startsWith(base)) return;
  const page = encodeURIComponent(JSON.stringify([target.slice(base.length)]));
  diagnostic.code = { value: code.value, target: Uri.parse(`command:${openRuleCommand}?${page}`) };
}

/** @param page file name of a rule page, perhaps with an anchor; anything else is refused, since any link may run this command. */
export async function openRule(extension: Uri, page: unknown, dialogs: Dialogs): Promise<void> {
  const [, file, fragment = ''] =
    (typeof page === 'string' && /^([a-z0-9-]+\.md)(?:#([a-z0-9-]+))?$/.exec(page)) || [];
  if (file === undefined) return;
  const uri = Uri.joinPath(extension, 'server/docs/rules', file);
  try {
    await workspace.fs.stat(uri);
  } catch {
    void dialogs.error(`There is no page ${file} in this version of Switchback.`);
    return;
  }
  await commands.executeCommand('markdown.showPreview', uri.with({ fragment }));
}
