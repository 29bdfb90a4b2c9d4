import { type Uri, workspace } from 'vscode';
import { nameOf } from './commands/target.ts';
import type { Dialogs } from './dialogs.ts';

/**
 * Saves a page as a file of its own, to print or to attach to a review, where the user says; `kind` goes into its name.
 * Where it cannot be written, the user is told why.
 */
export async function savePage(dialogs: Dialogs, plan: Uri, kind: string, page: string): Promise<void> {
  const suggested = plan.with({ path: `${plan.path.replace(/(\.migration)?\.ya?ml$/, '')}.${kind}.html` });
  const target = await dialogs.saveAs(suggested);
  if (!target) return;
  try {
    await workspace.fs.writeFile(target, new TextEncoder().encode(page));
  } catch (error) {
    const why = error instanceof Error ? error.message : String(error);
    void dialogs.error(`${nameOf(target)} was not written: ${why}`);
  }
}
