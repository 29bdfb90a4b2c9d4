import { closeSync, constants, fstatSync, openSync, readdirSync, readSync } from 'node:fs';

/**
 * How both doors, the language server and the terminal, read a file that a user or a plan names: bounded, never
 * blocking on a pipe, and with the reason in words where it cannot be had.
 */
export interface OpenFile {
  /** Changes when the file does: size, time and inode. */
  readonly stamp: string;
  readBytes(): Uint8Array;
}

export interface ReadError {
  /** A sentence's end, without the path: `there is no such file`. */
  readonly error: string;
  readonly missing: boolean;
}

/** Plans and schemas are text that people read; more than 64 MiB is a mistake, and would be held in memory whole. */
export const maxFileBytes = 64 * 1024 * 1024;

/** Opens a regular file for as long as `use` takes. Never throws for what is wrong with the file. */
export function withFile<T>(path: string, use: (file: OpenFile) => T): T | ReadError {
  try {
    // Without O_NONBLOCK, opening a named pipe would wait for a writer for ever.
    const descriptor = openSync(path, constants.O_RDONLY | (constants.O_NONBLOCK ?? 0));
    try {
      const stat = fstatSync(descriptor);
      if (stat.isDirectory()) return refuse('it is a folder');
      if (!stat.isFile()) return refuse('it is not a regular file');
      if (stat.size > maxFileBytes) {
        const size = Math.ceil(stat.size / 1024 / 1024);
        return refuse(`it holds ${size} MB; at most ${maxFileBytes / 1024 / 1024} MB are read`);
      }
      return use({
        stamp: `${stat.size} ${stat.mtimeMs} ${stat.ino}`,
        readBytes: () => readAll(descriptor, stat.size),
      });
    } finally {
      closeSync(descriptor);
    }
  } catch (error) {
    return describe(error as NodeJS.ErrnoException);
  }
}

function refuse(error: string): ReadError {
  return { error, missing: false };
}

/** Reads at most `size` bytes: a file that grows meanwhile does not grow us. */
function readAll(descriptor: number, size: number): Uint8Array {
  const bytes = new Uint8Array(size);
  let length = 0;
  while (length < size) {
    const read = readSync(descriptor, bytes, length, size - length, null);
    if (read === 0) break;
    length += read;
  }
  return bytes.subarray(0, length);
}

function describe({ code, message }: NodeJS.ErrnoException): ReadError {
  switch (code) {
    case 'ENOENT':
      return { error: 'there is no such file', missing: true };
    case 'EISDIR':
      return refuse('it is a folder');
    case 'ENOTDIR':
      return refuse('a part of its path is a file, not a folder');
    case 'EACCES':
    case 'EPERM':
      return refuse('you may not read it');
    case 'ELOOP':
      return refuse('its symbolic links lead in a circle');
    case 'ENAMETOOLONG':
      return refuse('its name is too long');
    default:
      return refuse(`it cannot be read (${code ?? message})`);
  }
}

/** Names in a folder, those of folders with `/` behind; none where it cannot be read. */
export function listFolder(folder: string): readonly string[] {
  try {
    return readdirSync(folder, { withFileTypes: true }).map((entry) =>
      entry.isDirectory() ? `${entry.name}/` : entry.name,
    );
  } catch {
    return [];
  }
}
