import type { Io } from './io.ts';

/** Why not, in a sentence, where the file is there already and may not be replaced, or cannot be written. */
export function savePlan(
  path: string,
  name: string,
  text: string,
  force: boolean,
  io: Io,
): string | undefined {
  const bytes = new TextEncoder().encode(text);
  if (io.files.exists(path)) {
    if (!force)
      return `${name} is there already, and was left as it is: --output NAME writes another file, --force replaces it.`;
    const failed = io.files.write(path, bytes);
    return failed && `${name} cannot be written: ${failed.error}.`;
  }
  const failed = io.files.create(path, bytes);
  return failed && `${name} cannot be written: ${failed.error}.`;
}
