import { randomUUID } from 'node:crypto';
import {
  accessSync,
  constants,
  existsSync,
  realpathSync,
  renameSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs';
import { basename, dirname, join } from 'node:path';
import { createInterface } from 'node:readline';
import type { WriteStream } from 'node:tty';
import { listFolder, maxFileBytes, withFile } from '../node-files.ts';
import type { Files, InterruptSignal, Io, Output } from './io.ts';

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
    ask,
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
  list: listFolder,
  read(path) {
    const read = withFile(path, (file) => ({ bytes: file.readBytes() }));
    if ('bytes' in read) return read;
    const hint =
      read.error === 'it is a folder' ? ': name the files in it, e.g. FOLDER/*.migration.yaml' : '';
    return { error: read.error + hint };
  },
  create(path, bytes) {
    try {
      writeFileSync(path, bytes, { flag: 'wx' });
      return undefined;
    } catch (error) {
      const { code } = error as NodeJS.ErrnoException;
      return {
        error: code === 'ENOENT' ? 'its folder is not there' : writeError(error as NodeJS.ErrnoException),
      };
    }
  },
  write(path, bytes) {
    try {
      replaceFile(realpathSync(path), bytes);
      return undefined;
    } catch (error) {
      return { error: writeError(error as NodeJS.ErrnoException) };
    }
  },
};

/** Writes beside the file and renames, so that whoever reads meanwhile, or a crash, never meets half of it. */
function replaceFile(path: string, bytes: Uint8Array): void {
  // A rename would replace a file that may not be written.
  accessSync(path, constants.W_OK);
  const temporary = join(dirname(path), `.${basename(path)}.${randomUUID()}.tmp`);
  try {
    writeFileSync(temporary, bytes, { flag: 'wx', mode: statSync(path).mode, flush: true });
    renameSync(temporary, path);
  } catch (error) {
    rmSync(temporary, { force: true });
    throw error;
  }
}

function writeError({ code, message }: NodeJS.ErrnoException): string {
  switch (code) {
    case 'EACCES':
    case 'EPERM':
    case 'EROFS':
      return 'you may not write it';
    case 'EEXIST':
      return 'it is there already';
    case 'ENOSPC':
    case 'EDQUOT':
      return 'the disk is full';
    case 'ENOENT':
      return 'it is gone';
    default:
      return code ?? message;
  }
}

/** Asked on stderr, as all that is not the result. */
async function ask(question: string): Promise<string | undefined> {
  if (process.stdin.isTTY !== true || process.stderr.isTTY !== true) return undefined;
  const terminal = createInterface({ input: process.stdin, output: process.stderr });
  try {
    return await new Promise((resolve) => {
      terminal.on('close', () => resolve(undefined));
      // Ctrl-C is for the program, not for the line.
      terminal.on('SIGINT', () => {
        process.kill(process.pid, 'SIGINT');
        resolve(undefined);
      });
      terminal.question(question, resolve);
    });
  } finally {
    terminal.close();
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
