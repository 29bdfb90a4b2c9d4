import { commands, type Diagnostic, type Hover, MarkdownString, Uri, workspace } from 'vscode';
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
  const target = rulePage(code.target.toString(), docs);
  if (target) diagnostic.code = { value: code.value, target };
}

/** The command that opens a page, in place of a link to its file; undefined for any other link. */
export function rulePage(link: string, docs: Uri): Uri | undefined {
  const base = `${docs.toString()}/`;
  if (!link.startsWith(base)) return undefined;
  const page = encodeURIComponent(JSON.stringify([link.slice(base.length)]));
  return Uri.parse(`command:${openRuleCommand}?${page}`);
}

/** The same for the pages that a hover links to. That is the only command that a link in it may run. */
export function linkHoverToRules(hover: Hover, docs: Uri): void {
  hover.contents = hover.contents.map((content) => {
    if (!(content instanceof MarkdownString)) return content;
    const linked = new MarkdownString(
      content.value.replace(/\]\(([^()\s]+\.md)\)/g, (whole, link: string) => {
        const target = rulePage(link, docs);
        return target ? `](${target.toString()})` : whole;
      }),
    );
    linked.isTrusted = { enabledCommands: [openRuleCommand] };
    return linked;
  });
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
