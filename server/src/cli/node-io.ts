import { closeSync, existsSync, constants as fsConstants, fstatSync, openSync, readSync } from 'node:fs';
import type { WriteStream } from 'node:tty';
import type { Files, InterruptSignal, Io, Output } from './io.ts';

/** Plans and schemas are text that people read; more than this is a mistake, and would be held in memory whole. */
const maxFileBytes = 64 * 1024 * 1024;
const signals: readonly InterruptSignal[] = ['SIGINT', 'SIGTERM', 'SIGHUP'];

/** The real process as an `Io`. */
export function nodeIo(packageRoot: string): Io {
  return {
    cwd: process.cwd(),
    env: process.env,
    packageRoot,
    stdout: nodeOutput(process.stdout),
    stderr: nodeOutput(process.stderr),
    files: nodeFiles,
    readStdin,
    onInterrupt(listener) {
      const registered = signals.map((signal) => [signal, () => listener(signal)] as const);
      for (const [signal, handler] of registered) process.on(signal, handler);
      return () => {
        for (const [signal, handler] of registered) process.off(signal, handler);
      };
    },
  };
}

function nodeOutput(stream: WriteStream): Output {
  let closed = false;
  // A reader that has seen enough (`| head`) is no error of ours.
  stream.on('error', (error: NodeJS.ErrnoException) => {
    if (error.code !== 'EPIPE' && error.code !== 'ERR_STREAM_DESTROYED') throw error;
    closed = true;
  });
  return {
    isTty: stream.isTTY === true,
    columns: stream.isTTY ? stream.columns : undefined,
    write(text) {
      if (!closed) stream.write(text);
    },
  };
}

/** The file system. */
export const nodeFiles: Files = {
  exists: existsSync,
  read(path) {
    try {
      return readRegularFile(path);
    } catch (error) {
      return { error: describeReadError(error) };
    }
  },
};

function readRegularFile(path: string): ReturnType<Files['read']> {
  // Without O_NONBLOCK, opening a named pipe would wait for a writer for ever.
  const file = openSync(path, fsConstants.O_RDONLY | (fsConstants.O_NONBLOCK ?? 0));
  try {
    const stat = fstatSync(file);
    if (stat.isDirectory())
      return {
        error: 'it is a folder: name the files in it, e.g. FOLDER/*.migration.yaml',
      };
    if (!stat.isFile()) return { error: 'it is not a regular file' };
    if (stat.size > maxFileBytes)
      return {
        error: `it holds ${Math.ceil(stat.size / 1024 / 1024)} MB; at most ${maxFileBytes / 1024 / 1024} MB are read`,
      };
    return { bytes: readAll(file, stat.size) };
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

function describeReadError(error: unknown): string {
  const { code, message } = error as NodeJS.ErrnoException;
  switch (code) {
    case 'ENOENT':
      return 'there is no such file';
    case 'EISDIR':
      return 'it is a folder: name the files in it, e.g. FOLDER/*.migration.yaml';
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

async function readStdin(): Promise<Uint8Array> {
  const chunks: Buffer[] = [];
  let length = 0;
  for await (const chunk of process.stdin as AsyncIterable<Buffer>) {
    length += chunk.length;
    chunks.push(chunk);
    // One byte too many is enough for the reader of the text to say that it is too large.
    if (length > maxFileBytes) break;
  }
  return Buffer.concat(chunks);
}
