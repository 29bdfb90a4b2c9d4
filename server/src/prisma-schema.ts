import { spawn } from 'node:child_process';
import { existsSync, readdirSync } from 'node:fs';
import { basename, dirname, join, resolve } from 'node:path';
import { maxFileBytes, withFile } from './node-files.ts';
import { decodeText } from './text/decode.ts';

/** How a Prisma schema becomes DDL: by the `prisma` of the project's own node_modules, and by none other. */
export interface PrismaCommand {
  /** Its main file, absolute. */
  readonly program: string;
  readonly version: string;
  readonly args: readonly string[];
  /** The folder in which it runs: that of the nearest package.json, where prisma.config.ts stands. */
  readonly folder: string;
}

/** ms */
const limit = 2 * 60 * 1000;

/** Bytes; a schema of tens of thousands of models. */
const maxOutput = 64 * 1024 * 1024;

/**
 * The command that writes the DDL of a Prisma schema, or why there is none, in a sentence. Runs nothing.
 * `prisma migrate diff` takes `--to-schema` from version 7 on, before that `--to-schema-datamodel`
 * (https://www.prisma.io/docs/cli/v7/migrate/diff).
 *
 * @param path of the schema's file, absolute
 */
export function prismaCommand(path: string): PrismaCommand | { readonly problem: string } {
  const file = readText(path);
  if ('error' in file) return { problem: `The Prisma schema cannot be read: ${file.error}.` };
  const source = /^[ \t]*datasource\s+\w+\s*\{([^}]*)\}/m.exec(file.text)?.[1];
  const provider = source && /^[ \t]*provider\s*=\s*"(\w+)"/m.exec(source)?.[1];
  if (provider === undefined)
    return {
      problem: `${basename(path)} has no datasource with a provider: take the file of the Prisma schema that has.`,
    };
  if (!/^postgres(?:ql)?$/.test(provider))
    return { problem: `${basename(path)} is a schema for ${provider}, and plans are for PostgreSQL.` };
  const found = localPrisma(dirname(path));
  if (!found)
    return {
      problem: `There is no node_modules/prisma beside ${basename(path)} or above it: install the project’s packages first.`,
    };
  const option = Number.parseInt(found.version, 10) >= 7 ? '--to-schema' : '--to-schema-datamodel';
  return {
    ...found,
    args: ['migrate', 'diff', '--from-empty', option, schemaArgument(path), '--script'],
    folder: upward(dirname(path), (folder) => existsSync(join(folder, 'package.json'))) ?? dirname(path),
  };
}

/**
 * Runs it. Resolves with the DDL; rejects with a message for the user, after two minutes too.
 *
 * @throws the signal's reason, once that is aborted
 */
export function runPrisma(command: PrismaCommand, signal?: AbortSignal): Promise<string> {
  signal?.throwIfAborted();
  const { program, args, folder } = command;
  const child = spawn(process.execPath, [program, ...args], {
    cwd: folder,
    // The editor's own program is Node.js when it is told so.
    env: {
      ...process.env,
      ELECTRON_RUN_AS_NODE: '1',
      CI: '1',
      NO_COLOR: '1',
      PRISMA_HIDE_UPDATE_MESSAGE: '1',
    },
    // A group of its own, since prisma starts its engine as a process.
    detached: process.platform !== 'win32',
    stdio: ['ignore', 'pipe', 'pipe'],
    windowsHide: true,
  });
  const kill = () => {
    if (child.pid === undefined) return;
    if (process.platform === 'win32') child.kill();
    else
      try {
        process.kill(-child.pid, 'SIGKILL');
      } catch {
        // It has ended meanwhile.
      }
  };
  const chunks: Buffer[] = [];
  let size = 0;
  let errors = '';
  let late = false;
  child.stdout.on('data', (data: Buffer) => {
    size += data.length;
    if (size > maxOutput) kill();
    else chunks.push(data);
  });
  child.stderr.on('data', (data) => {
    errors = `${errors}${data}`.slice(-4000);
  });
  return new Promise((done, reject) => {
    const timer = setTimeout(() => {
      late = true;
      kill();
    }, limit);
    signal?.addEventListener('abort', kill, { once: true });
    const settle = () => {
      clearTimeout(timer);
      signal?.removeEventListener('abort', kill);
    };
    child.on('error', (error) => {
      settle();
      reject(new Error(`prisma could not be started: ${error.message}`));
    });
    child.on('close', (code) => {
      settle();
      if (signal?.aborted) return reject(signal.reason);
      if (late) return reject(new Error('prisma migrate diff was stopped: it took longer than two minutes.'));
      if (size > maxOutput)
        return reject(new Error('prisma migrate diff wrote more than 64 MB, and was stopped.'));
      const sql = Buffer.concat(chunks).toString('utf8');
      if (code === 0 && sql.trim() !== '') return done(sql);
      reject(
        new Error(
          code === 0 ? 'prisma migrate diff wrote nothing: is the schema empty?' : failure(errors, code),
        ),
      );
    });
  });
}

function failure(errors: string, code: number | null): string {
  const said = withoutPasswords(withoutColours(errors)).replaceAll(/\s+/g, ' ').trim();
  return `prisma migrate diff failed${code === null ? '' : ` (exit code ${code})`}: ${said.slice(0, 600) || 'it said nothing.'}`;
}

function withoutColours(text: string): string {
  return text.replaceAll(new RegExp(`${String.fromCharCode(27)}\\[[\\d;]*m`, 'g'), '');
}

/** URLs keep their user and lose their password. */
function withoutPasswords(text: string): string {
  return text.replaceAll(/(postgres(?:ql)?:\/\/[^:@/\s]*):[^@/\s]*@/g, '$1:***@');
}

/** A schema in several files is its folder; one alone is its file. */
function schemaArgument(path: string): string {
  const beside = readdirSync(dirname(path)).filter((name) => name.endsWith('.prisma'));
  return beside.length > 1 ? dirname(path) : path;
}

function localPrisma(folder: string): Pick<PrismaCommand, 'program' | 'version'> | undefined {
  const packaged = (at: string) => join(at, 'node_modules/prisma/package.json');
  const home = upward(folder, (at) => existsSync(packaged(at)));
  if (home === undefined) return undefined;
  const file = readText(packaged(home));
  if ('error' in file) return undefined;
  try {
    const { version, bin } = JSON.parse(file.text) as { version?: unknown; bin?: unknown };
    const program = typeof bin === 'string' ? bin : (bin as { prisma?: unknown } | undefined)?.prisma;
    if (typeof version !== 'string' || typeof program !== 'string') return undefined;
    return { version, program: resolve(dirname(packaged(home)), program) };
  } catch {
    return undefined;
  }
}

/** The folder, or the nearest above it, for which this is so. */
function upward(folder: string, isIt: (folder: string) => boolean): string | undefined {
  for (let at = folder; ; at = dirname(at)) {
    if (isIt(at)) return at;
    if (at === dirname(at)) return undefined;
  }
}

function readText(path: string): { readonly text: string } | { readonly error: string } {
  return withFile(path, ({ readBytes }) => decodeText(readBytes(), maxFileBytes));
}
