import type { Contents, KeptStart } from './model.ts';
import type { ServerTarget } from './server-connection.ts';
import { dumpSchema } from './server-dump.ts';
import type { ServerFacts } from './server-facts.ts';
import type { Monitor } from './server-monitor.ts';
import { diskSign, type Override } from './server-production.ts';
import { createScratch, type Scratch } from './server-scratch.ts';

export const scratchSources = ['copy', 'dump', 'baseline'] as const;
/**
 * How a scratch database comes about: as a copy of the named one with its rows, from its schema by pg_dump, or
 * empty, for the plan's baseline. The latter two are filled with fabricated rows.
 */
export type ScratchSource = (typeof scratchSources)[number];

interface Make {
  readonly target: ServerTarget;
  readonly sources?: readonly ScratchSource[];
  readonly overridden?: readonly Override[];
  readonly monitor: Monitor;
  readonly facts: ServerFacts;
  readonly scratch: Scratch;
  readonly signal: AbortSignal | undefined;
  /** A scratch database of the same run to copy, whatever the sources are. */
  readonly start: KeptStart | undefined;
}

interface Made {
  readonly contents: Contents | undefined;
  readonly notes: readonly string[];
}

/** Makes the scratch database by the first source that works; why one did not is in the notes. Rejects where none does. */
export async function makeDatabase(make: Make): Promise<Made> {
  const { sources = ['baseline'], monitor, scratch, target, facts, signal } = make;
  if (make.start?.kind === 'database') {
    await createScratch(monitor.connection, scratch, { template: make.start.name });
    return { contents: make.start.contents, notes: [] };
  }
  const notes: string[] = [];
  for (const source of sources) {
    signal?.throwIfAborted();
    if (source === 'copy') {
      const why = noCopyReason(make) ?? (await copy(make));
      if (why === undefined)
        return { contents: { kind: 'rows' }, notes: [`Run in a copy of ${target.database}, with its rows.`] };
      notes.push(`Not run in a copy of ${target.database}: ${why}`);
    } else if (source === 'dump') {
      const dump = await dumpSchema(target, facts, signal);
      if ('sql' in dump) {
        await createScratch(monitor.connection, scratch, { template: 'template0' });
        const path = `the schema of ${target.database}, by pg_dump`;
        notes.push(`Run with ${path}, and with fabricated rows.`);
        return { contents: { kind: 'schema', path, sql: dump.sql }, notes };
      }
      notes.push(`Not run with the schema of ${target.database}: ${dump.unavailable}`);
    } else {
      await createScratch(monitor.connection, scratch, { template: 'template0' });
      return { contents: undefined, notes };
    }
  }
  throw new Error(notes.join(' '));
}

function noCopyReason({ target, facts, monitor, overridden = [] }: Make): string | undefined {
  const { database, user } = target;
  if (monitor.database === database)
    return 'this user can connect to no other database of the server, and nobody may be connected to what is copied.';
  if (facts.sessionsOnDatabase > 0)
    return `${facts.sessionsOnDatabase === 1 ? 'a session is' : `${facts.sessionsOnDatabase} sessions are`} connected to it. End them for a run on its own rows.`;
  if (!facts.mayCopy) return `user ${user} is not its owner.`;
  const disk = overridden.includes('disk') ? undefined : diskSign(facts);
  return disk && `${disk.message} --override disk copies it all the same.`;
}

/**
 * Copies files, which version 14 always does, in place of writing each page to the WAL: quicker for a large database,
 * less WAL; and where the disk fills up, the latter leaves a page behind that 18 can never write, so that no checkpoint
 * of the server ends any more.
 */
const strategyFrom = { major: 15, strategy: 'FILE_COPY' } as const;

/** Why it could not be copied after all; undefined where it was. */
async function copy({ monitor, scratch, target, facts }: Make): Promise<string | undefined> {
  const strategy = facts.major >= strategyFrom.major ? strategyFrom.strategy : undefined;
  try {
    await createScratch(monitor.connection, scratch, { template: target.database, strategy });
    return undefined;
  } catch (error) {
    // Somebody has just come.
    if ((error as { readonly code?: unknown }).code === '55006') return 'a session has just connected to it.';
    throw error;
  }
}
