import { createHash, randomUUID } from 'node:crypto';
import { mkdirSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { hostname } from 'node:os';
import { join } from 'node:path';
import type { Surroundings } from './connect/keywords.ts';
import type { CloneCommands } from './server-clone.ts';

/**
 * Which clones there are, in the user's own folder: after `kill -9` the next run with the same settings destroys what
 * they name. No command is kept, only the digest of those that made the clone, so nothing is ever run but what the
 * settings of that next run say; and no password.
 */
export interface CloneRecords {
  /** Notes a clone; returns what takes the note away, once the clone is destroyed. */
  keep(url: string): () => void;
  /** Clones of runs that have ended without destroying theirs. */
  left(): readonly LeftClone[];
}

export interface LeftClone {
  /** Without a password. */
  readonly url: string;
  forget(): void;
}

/** Where they are; as the XDG base directories have it, and the local application data on Windows. */
export function cloneRecordsFolder({ env, home, platform }: Surroundings): string {
  const state =
    platform === 'win32'
      ? (env.LOCALAPPDATA ?? join(home, 'AppData', 'Local'))
      : env.XDG_STATE_HOME || join(home, '.local', 'state');
  return join(state, 'switchback', 'clones');
}

export function createCloneRecords(folder: string, commands: CloneCommands): CloneRecords {
  const { create, destroy, folder: where } = commands;
  const digest = createHash('sha256')
    .update(JSON.stringify([where, create, destroy]))
    .digest('hex');
  return {
    keep(url) {
      const path = join(folder, `${digest}-${randomUUID()}.json`);
      try {
        mkdirSync(folder, { recursive: true, mode: 0o700 });
        const text = JSON.stringify({ url: withoutPassword(url), host: hostname(), pid: process.pid });
        writeFileSync(path, text, { mode: 0o600, flag: 'wx' });
      } catch {
        // Where nothing can be written, clones are as they were: destroyed unless the run is killed.
      }
      return () => rmSync(path, { force: true });
    },
    left() {
      return namesIn(folder)
        .filter((name) => name.startsWith(`${digest}-`) && name.endsWith('.json'))
        .flatMap((name) => {
          const path = join(folder, name);
          const record = read(path);
          if (!record || isRunning(record)) return [];
          return { url: record.url, forget: () => rmSync(path, { force: true }) };
        });
    },
  };
}

function namesIn(folder: string): readonly string[] {
  try {
    return readdirSync(folder);
  } catch {
    return [];
  }
}

interface CloneRecord {
  readonly url: string;
  readonly host: string;
  readonly pid: number;
}

/** Undefined for what this user alone has not written. */
function read(path: string): CloneRecord | undefined {
  try {
    const { uid, mode } = statSync(path);
    const isOwn = process.getuid === undefined || (uid === process.getuid() && (mode & 0o022) === 0);
    const { url, host, pid } = JSON.parse(readFileSync(path, 'utf8')) as Partial<CloneRecord>;
    const isWhole = typeof url === 'string' && /^postgres(ql)?:\/\//.test(url) && Number.isInteger(pid);
    return isOwn && isWhole ? { url, host: String(host), pid: Number(pid) } : undefined;
  } catch {
    return undefined;
  }
}

/** Of another machine, which shares the folder, nothing is known. */
function isRunning({ host, pid }: CloneRecord): boolean {
  if (host !== hostname()) return true;
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === 'EPERM';
  }
}

/** In the authority and among the parameters. */
function withoutPassword(url: string): string {
  return url
    .replace(/^(postgres(?:ql)?:\/\/[^:@/?#]*):[^@/?#]*@/, '$1@')
    .replaceAll(/([?&])(?:ssl)?password=[^&#]*/gi, '$1')
    .replaceAll(/([?&])&+/g, '$1')
    .replace(/[?&]$/, '');
}
