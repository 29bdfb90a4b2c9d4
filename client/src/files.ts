import { type Uri, workspace } from 'vscode';
import type { Dialogs } from './dialogs.ts';

/** Whether there is a file or folder. */
export async function isThere(uri: Uri): Promise<boolean> {
  try {
    await workspace.fs.stat(uri);
    return true;
  } catch {
    return false;
  }
}

export async function writeText(uri: Uri, text: string): Promise<void> {
  await workspace.fs.writeFile(uri, new TextEncoder().encode(text));
}

/** Whether a file may be written there: where one is already, the user is asked. */
export async function mayWrite(uri: Uri, name: string, dialogs: Dialogs): Promise<boolean> {
  if (!(await isThere(uri))) return true;
  const replace = 'Replace It';
  return (await dialogs.warn(`${name} is there already.`, replace)) === replace;
}

/**
 * Asks where a plan is to stand; undefined where the user closed that. A name without a plan's ending gets it, and what
 * is there under that name is asked about, which the save dialog did not.
 */
export async function askForPlan(suggested: Uri, dialogs: Dialogs): Promise<Uri | undefined> {
  const named = await dialogs.savePlan(suggested);
  if (!named || /\.migration\.ya?ml$/.test(named.path)) return named;
  const plan = named.with({ path: `${named.path.replace(/\.ya?ml$/, '')}.migration.yaml` });
  return (await mayWrite(plan, plan.path.replace(/^.*\//, ''), dialogs)) ? plan : undefined;
}
