import { basename, dirname, extname, resolve } from 'node:path';
import type { ReadFile } from '../analyze.ts';
import { decodeText } from '../text/decode.ts';
import type { Io } from './io.ts';

/** A file named on the command line. */
export interface Document {
  /** As the user gave it: what every output calls it. */
  readonly path: string;
  readonly kind: 'plan' | 'sql';
  /** Empty where it cannot be read. */
  readonly text: string;
  /** Why its text cannot be had, in a sentence; undefined where it can. */
  readonly error: string | undefined;
  /** Absolute; what relative paths in the plan start from. */
  readonly folder: string;
  /** Reads a file that the plan names. */
  readonly readFile: ReadFile;
  /** Whether its bytes begin with a byte order mark, which `text` leaves out. */
  readonly marked: boolean;
}

/** A baseline is machine-made and may be far larger than a plan: 32 MiB. */
const maxNamedFileBytes = 32 * 1024 * 1024;

/** Reads the file at `path`, or standard input for `-`, which is then called `stdinName`. Never throws on bad input. */
export async function readDocument(
  path: string,
  io: Io,
  stdinName = 'stdin.migration.yaml',
): Promise<Document> {
  const name = path === '-' ? stdinName : path;
  const absolute = resolve(io.cwd, name);
  const read = path === '-' ? { bytes: await io.readStdin() } : readPath(absolute, name, io);
  const decoded = 'bytes' in read ? decodeText(read.bytes) : read;
  const folder = dirname(absolute);
  return {
    path: name,
    kind: isSql(name) ? 'sql' : 'plan',
    text: 'text' in decoded ? decoded.text : '',
    error: 'error' in decoded ? decoded.error : undefined,
    folder,
    marked: 'bytes' in read && read.bytes[0] === 0xef && read.bytes[1] === 0xbb && read.bytes[2] === 0xbf,
    readFile: (relative) => readNamedFile(resolve(folder, relative), relative, io),
  };
}

/** Writes the document's file with another text, a byte order mark kept. Why not, in a sentence, where that fails. */
export function writeDocument({ path, marked }: Document, text: string, io: Io): string | undefined {
  const bytes = new TextEncoder().encode(marked ? `\ufeff${text}` : text);
  const failed = io.files.write(resolve(io.cwd, path), bytes);
  return failed && `${path} cannot be written: ${failed.error}.`;
}

function readPath(absolute: string, name: string, io: Io): { bytes: Uint8Array } | { error: string } {
  // Node would throw on it, and no file can be called so.
  if (name === '' || name.includes('\0'))
    return { error: 'The file cannot be read: its name is empty or holds a NUL.' };
  const read = io.files.read(absolute);
  return 'bytes' in read ? read : { error: `The file cannot be read: ${read.error}.` };
}

/** Reads a file that a plan or an option names: a baseline, a step's SQL. `name` is how the user wrote it. */
export function readNamedFile(absolute: string, name: string, io: Io): ReturnType<ReadFile> {
  if (name === '' || name.includes('\0')) return { error: 'a file name may not be empty or hold a NUL.' };
  const read = io.files.read(absolute);
  if ('error' in read) return { error: `${name}: ${read.error}.` };
  const decoded = decodeText(read.bytes, maxNamedFileBytes);
  return 'text' in decoded ? decoded : { error: `${name}: ${decoded.error}` };
}

function isSql(name: string): boolean {
  return ['.sql', '.psql', '.pgsql', '.ddl'].includes(extname(name).toLowerCase());
}

/** Whether the file is project settings rather than a plan. */
export function isSettings(path: string): boolean {
  return basename(path) === '.switchback.yaml';
}
