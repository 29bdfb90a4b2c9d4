import { isAbsolute, relative, resolve, sep } from 'node:path';

/** The folders that the editor has open, and where files really are. */
export interface Surroundings {
  /** Absolute paths. */
  readonly folders: readonly string[];
  /** The path with symbolic links followed; undefined where nothing is there. */
  realPath(path: string): string | undefined;
}

const isPlan = /\.migration\.ya?ml$/;

/**
 * The plan that a language model names: in one of the open folders, by its real path as well. A model is told in a
 * sentence why it gets none.
 *
 * @param named relative to a folder, or absolute.
 */
export function workspacePlan(
  named: string,
  { folders, realPath }: Surroundings,
): { readonly path: string } | { readonly refused: string } {
  if (named.includes('\0') || /^[a-z][a-z0-9+.-]+:\/\//i.test(named))
    return { refused: 'Give the path of a file in the workspace, not an address.' };
  if (folders.length === 0) return { refused: 'No folder is open, so there is no file that may be read.' };
  const candidates = isAbsolute(named) ? [resolve(named)] : folders.map((folder) => resolve(folder, named));
  const inside = candidates.filter((path) => folders.some((folder) => isWithin(folder, path)));
  if (inside.length === 0) return { refused: `${named} is outside of the workspace, and is not read.` };
  for (const path of inside) {
    const real = realPath(path);
    if (real === undefined) continue;
    const isReallyInside = folders.some((folder) => isWithin(realPath(folder) ?? folder, real));
    if (!isReallyInside) return { refused: `${named} leads outside of the workspace, and is not read.` };
    if (!isPlan.test(path) || !isPlan.test(real))
      return { refused: `${named} is no migration plan: those are called NAME.migration.yaml.` };
    return { path };
  }
  return { refused: `There is no file ${named} in the workspace.` };
}

function isWithin(folder: string, path: string): boolean {
  const way = relative(folder, path);
  return way === '' || (way !== '..' && !way.startsWith(`..${sep}`) && !isAbsolute(way));
}

/** Up to `most` of the paths as a list in a sentence. */
export function listed(paths: readonly string[], most = 20): string {
  const more = paths.length - most;
  return `${paths.slice(0, most).join(', ')}${more > 0 ? ` and ${more} more` : ''}`;
}
