import { execFile } from 'node:child_process';
import { promisify } from 'node:util';
import { libpqEnvironment } from './connect/environment.ts';
import type { ServerTarget } from './server-connection.ts';

const run = promisify(execFile);

/** A schema as `pg_dump --schema-only` writes it, or in a sentence why it cannot be had. */
export type SchemaDump = { readonly sql: string } | { readonly unavailable: string };

/** Bytes; a schema of tens of thousands of objects. */
const maxDump = 256 * 1024 * 1024;

/**
 * Dumps the schema of the target's database with the pg_dump on the PATH, where that is at least as new as the
 * server. It reads only: it holds ACCESS SHARE locks while it does.
 */
export async function dumpSchema(
  target: ServerTarget,
  server: { readonly major: number },
  signal?: AbortSignal,
): Promise<SchemaDump> {
  const version = await dumpVersion(signal);
  signal?.throwIfAborted();
  if (version === undefined)
    return { unavailable: 'There is no pg_dump on the PATH: install the Postgres client programs.' };
  if (version < server.major)
    return {
      unavailable: `The pg_dump on the PATH is of version ${version}, and the server of ${server.major}: it takes one at least as new.`,
    };
  const args = ['--schema-only', '--no-password', '--no-subscriptions', '--lock-wait-timeout=10s'];
  try {
    const { stdout } = await run('pg_dump', args, {
      env: { ...process.env, ...libpqEnvironment(target) },
      maxBuffer: maxDump,
      ...(signal ? { signal } : {}),
      windowsHide: true,
    });
    return { sql: stdout };
  } catch (error) {
    signal?.throwIfAborted();
    const { stderr, message } = error as Error & { readonly stderr?: string };
    const why =
      (stderr ?? '')
        .trim()
        .split('\n')
        .find((line) => line.includes('error:')) ?? message;
    return { unavailable: `pg_dump failed: ${why.replace(/^pg_dump: /, '')}` };
  }
}

/** The major version of the pg_dump on the PATH; undefined where there is none. */
async function dumpVersion(signal: AbortSignal | undefined): Promise<number | undefined> {
  try {
    const { stdout } = await run('pg_dump', ['--version'], {
      ...(signal ? { signal } : {}),
      windowsHide: true,
    });
    const major = Number(/\(PostgreSQL\) (\d+)/.exec(stdout)?.[1]);
    return Number.isInteger(major) ? major : undefined;
  } catch {
    return undefined;
  }
}
