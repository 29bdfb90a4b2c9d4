import { closeSync, constants, existsSync, fstatSync, openSync, readSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { decodeText } from '../text/decode.ts';

/** The largest file that a plan may name, in bytes (64 MiB): a dump without data is far smaller. */
const maxFileBytes = 64 * 1024 * 1024;

/** A file's text, or in a sentence without the path why it cannot be had. */
export type FileText = { readonly text: string } | { readonly error: string; readonly missing?: boolean };

/** The file system as the server needs it: synchronous, since `analyze` is. */
export interface Files {
  read(path: string): FileText;
  exists(path: string): boolean;
}

interface Remembered {
  readonly stamp: string;
  readonly result: FileText;
}

/**
 * The real file system. A file is read again only when its size, time or inode changed, so that a schema that is
 * asked for at every key press costs one `fstat`. At most `capacity` files are remembered.
 */
export function createNodeFiles(capacity = 32): Files {
  const remembered = new Map<string, Remembered>();
  return {
    exists: existsSync,
    read(path) {
      try {
        return readThrough(remembered, path, capacity);
      } catch (error) {
        remembered.delete(path);
        return { error: describe(error), missing: (error as NodeJS.ErrnoException).code === 'ENOENT' };
      }
    },
  };
}

function readThrough(remembered: Map<string, Remembered>, path: string, capacity: number): FileText {
  // Without O_NONBLOCK, opening a named pipe would wait for a writer for ever.
  const file = openSync(path, constants.O_RDONLY | (constants.O_NONBLOCK ?? 0));
  try {
    const stat = fstatSync(file);
    if (stat.isDirectory()) return { error: 'it is a folder' };
    if (!stat.isFile()) return { error: 'it is not a regular file' };
    if (stat.size > maxFileBytes) {
      const megabytes = Math.ceil(stat.size / 1024 / 1024);
      return { error: `it holds ${megabytes} MB; at most ${maxFileBytes / 1024 / 1024} MB are read` };
    }
    const stamp = `${stat.size} ${stat.mtimeMs} ${stat.ino}`;
    const known = remembered.get(path);
    if (known?.stamp === stamp) return known.result;
    const result = decodeText(readAll(file, stat.size), maxFileBytes);
    remembered.delete(path);
    remembered.set(path, { stamp, result });
    for (const oldest of remembered.keys()) {
      if (remembered.size <= capacity) break;
      remembered.delete(oldest);
    }
    return result;
  } finally {
    closeSync(file);
  }
}

/** Reads at most `size` bytes: a file that grows meanwhile does not grow us. */
function readAll(file: number, size: number): Uint8Array {
  const bytes = new Uint8Array(size);
  let length = 0;
  while (length < size) {
    const read = readSync(file, bytes, length, size - length, null);
    if (read === 0) break;
    length += read;
  }
  return bytes.subarray(0, length);
}

function describe(error: unknown): string {
  const { code, message } = error as NodeJS.ErrnoException;
  switch (code) {
    case 'ENOENT':
      return 'there is no such file';
    case 'ENOTDIR':
      return 'a part of its path is a file, not a folder';
    case 'EACCES':
    case 'EPERM':
      return 'you may not read it';
    case 'ELOOP':
      return 'its symbolic links lead in a circle';
    case 'ENAMETOOLONG':
      return 'its name is too long';
    default:
      return `it cannot be read (${code ?? message})`;
  }
}

/** The path of a `file:` URI; undefined for any other scheme and for a URI that is none. */
export function pathOf(uri: string): string | undefined {
  if (!uri.startsWith('file:')) return undefined;
  try {
    // Editors differ in how they write a Windows drive: `c%3A`, `C:`.
    return fileURLToPath(uri).replace(/^[a-z]:/, (drive) => drive.toUpperCase());
  } catch {
    return undefined;
  }
}
