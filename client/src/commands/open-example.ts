import { commands, type Disposable, type ExtensionContext, Uri, window, workspace } from 'vscode';
import type { Dialogs } from '../dialogs.ts';
import { isThere } from '../files.ts';

export interface OpenExampleDependencies {
  readonly context: Pick<ExtensionContext, 'extensionUri' | 'globalStorageUri'>;
  readonly dialogs: Dialogs;
}

const examples = [
  {
    name: 'rename-username',
    label: 'A rename without downtime',
    detail: 'Expand, migrate, contract: four application versions, a way back from every step.',
  },
  {
    name: 'as-published',
    label: 'The same as it is usually published',
    detail: 'See what Switchback finds in it.',
  },
] as const;

/** Any link may run the command with whatever arguments: these are all that it leads to. */
const nextCommands = ['switchback.check', 'switchback.dryRun', 'switchback.previewTiming'] as const;

/**
 * `switchback.openExample`: opens a plan to try things on, in a copy of its own, so that whatever is done to it harms
 * nothing. A copy that is there is kept. Called with an example's name, as the walkthrough does, it does not ask which;
 * a second argument says what to do with it then.
 */
export function registerOpenExample(dependencies: OpenExampleDependencies): Disposable {
  return commands.registerCommand('switchback.openExample', async (argument: unknown, next: unknown) => {
    const name = examples.find((one) => one.name === argument)?.name ?? (await pickExample(dependencies));
    if (name === undefined) return;
    const plan = await copyOf(dependencies, name);
    if (!plan) return;
    await window.showTextDocument(plan, { preview: false });
    const command = nextCommands.find((one) => one === next);
    if (command !== undefined) await commands.executeCommand(command, plan);
  });
}

async function pickExample({ dialogs }: OpenExampleDependencies): Promise<string | undefined> {
  const picked = await dialogs.pick([...examples], { title: 'Open Example' });
  return picked?.name;
}

async function copyOf({ context, dialogs }: OpenExampleDependencies, name: string): Promise<Uri | undefined> {
  const folder = Uri.joinPath(context.globalStorageUri, 'examples', name);
  const plan = `${name}.migration.yaml`;
  try {
    for (const file of [plan, 'schema.sql']) {
      const target = Uri.joinPath(folder, file);
      if (await isThere(target)) continue;
      await workspace.fs.copy(Uri.joinPath(context.extensionUri, 'examples', name, file), target);
    }
    return Uri.joinPath(folder, plan);
  } catch (error) {
    void dialogs.error(
      `The example cannot be opened: ${error instanceof Error ? error.message : String(error)}`,
    );
    return undefined;
  }
}
