import { randomUUID } from 'node:crypto';
import { resolve } from 'node:path';
import { printable } from '../text/terminal.ts';
import type { Arguments } from './arguments.ts';
import type { Io } from './io.ts';
import type { Surface } from './style.ts';

/** Where a command's result goes: the file of `--output`, else standard output. */
export function resultSurface(given: Arguments, { stdout }: Io): Surface {
  return outputFile(given) === undefined ? stdout : { isTty: false, columns: undefined };
}

/**
 * Writes a command's result where it goes; a file that is there is replaced whole. False where that cannot be: it was
 * said, and the result, which may have taken its time, is on standard output.
 */
export function writeResult(given: Arguments, text: string, io: Io): boolean {
  const path = outputFile(given);
  const failed = path === undefined ? undefined : writeFile(resolve(io.cwd, path), text, io);
  if (path === undefined || failed) io.stdout.write(text);
  if (path !== undefined && failed)
    io.stderr.write(
      `switchback: ${printable(path)} cannot be written: ${failed.error}. Its content went to standard output.\n`,
    );
  return failed === undefined;
}

function writeFile(path: string, text: string, { files }: Io): { readonly error: string } | undefined {
  const bytes = new TextEncoder().encode(text);
  return files.exists(path) ? files.write(path, bytes) : files.create(path, bytes);
}

/** `-` is standard output, as other programs take it. */
function outputFile(given: Arguments): string | undefined {
  const path = given.value('output');
  return path === '-' ? undefined : path;
}

/** A page as a file of its own, opened from a disk: without any script, its style allowed by name. */
export function ownPage(): { readonly plan: undefined; readonly nonce: string } {
  return { plan: undefined, nonce: randomUUID().replaceAll('-', '') };
}
