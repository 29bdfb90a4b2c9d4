import { resolve, sep } from 'node:path';
import type { Files, InterruptSignal, Io } from '../../../server/src/cli/io.ts';
import { nodeFiles } from '../../../server/src/cli/node-io.ts';

export const projectRoot = resolve(import.meta.dirname, '../../..');

export interface MemoryIo extends Io {
  out(): string;
  err(): string;
  interrupt(signal: InterruptSignal): void;
}

export interface MemoryOptions {
  /** Files by path from the current folder; the package's own files are the real ones. */
  readonly files?: Readonly<Record<string, string | Uint8Array>>;
  readonly stdin?: string;
  readonly env?: Io['env'];
  readonly isTty?: boolean;
  /** What the user answers, question by question; nobody is there where absent. */
  readonly answers?: readonly string[];
}

const cwd = resolve(sep, 'project');

/** An `Io` whose files and streams are in memory. */
export function memoryIo({
  files = {},
  stdin = '',
  env = {},
  isTty = false,
  answers = [],
}: MemoryOptions = {}): MemoryIo {
  const out: string[] = [];
  const err: string[] = [];
  const left = [...answers];
  const listeners = new Set<(signal: InterruptSignal) => void>();
  const stream = (to: string[]) => ({
    isTty,
    columns: isTty ? 100 : undefined,
    write: (text: string) => void to.push(text),
  });
  return {
    cwd,
    env,
    packageRoot: projectRoot,
    stdout: stream(out),
    stderr: stream(err),
    files: memoryFiles(files),
    readStdin: async () => new TextEncoder().encode(stdin),
    ask: async (question) => {
      if (left.length > 0) err.push(question);
      return left.shift();
    },
    onInterrupt(listener) {
      listeners.add(listener);
      return () => listeners.delete(listener);
    },
    out: () => out.join(''),
    err: () => err.join(''),
    interrupt: (signal) => {
      for (const listener of listeners) listener(signal);
    },
  };
}

function memoryFiles(files: Readonly<Record<string, string | Uint8Array>>): Files {
  const known = new Map(Object.entries(files).map(([path, content]) => [resolve(cwd, path), content]));
  return {
    exists: (path) => known.has(path),
    list: (folder) => [
      ...new Set(
        [...known.keys()].flatMap((path) => {
          if (!path.startsWith(folder + sep)) return [];
          const [name = '', ...deeper] = path.slice(folder.length + 1).split(sep);
          return deeper.length > 0 ? `${name}/` : name;
        }),
      ),
    ],
    create(path, bytes) {
      if (known.has(path)) return { error: 'it is there already' };
      known.set(path, bytes);
      return undefined;
    },
    write(path, bytes) {
      if (!known.has(path)) return { error: 'it is gone' };
      known.set(path, bytes);
      return undefined;
    },
    read(path) {
      const content = known.get(path);
      if (content !== undefined)
        return { bytes: typeof content === 'string' ? new TextEncoder().encode(content) : content };
      return path.startsWith(projectRoot + sep) ? nodeFiles.read(path) : { error: 'there is no such file' };
    },
  };
}
