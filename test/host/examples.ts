import { cp, mkdir, mkdtemp, realpath, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';

/** The checkout. */
export const root = resolve(__dirname, '../..');

export interface ExamplesCopy {
  /** A copy of examples/, to be changed at will. */
  readonly workspace: string;
  /** Settings, state and logs of the editor. */
  readonly userData: string;
  readonly extensions: string;
  remove(): Promise<void>;
}

/** Copies the examples into a temporary folder, with room for an editor that knows nothing of any other. */
export async function copyExamples(): Promise<ExamplesCopy> {
  // A symbolic link in the temporary folder's path would give documents two names.
  const temporary = await realpath(await mkdtemp(join(tmpdir(), 'switchback-')));
  const copy = {
    workspace: join(temporary, 'examples'),
    userData: join(temporary, 'user'),
    extensions: join(temporary, 'extensions'),
    remove: () => rm(temporary, { recursive: true, force: true, maxRetries: 5, retryDelay: 200 }),
  };
  await mkdir(copy.extensions);
  await cp(join(root, 'examples'), copy.workspace, { recursive: true });
  return copy;
}
