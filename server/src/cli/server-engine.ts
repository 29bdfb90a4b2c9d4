import { dirname, resolve } from 'node:path';
import { SettingsError, type Surroundings } from '../rehearsal/connect/keywords.ts';
import { nodeSurroundings } from '../rehearsal/connect/node-surroundings.ts';
import { namesServer, resolveTarget } from '../rehearsal/connect/target.ts';
import type { Engine } from '../rehearsal/model.ts';
import type { ServerTarget } from '../rehearsal/server-connection.ts';
import { createCloneEngine, createServerEngine, type ServerIdentity } from '../rehearsal/server-engine.ts';
import { placeOf, serverName } from '../rehearsal/server-errors.ts';
import { type Override, overrides } from '../rehearsal/server-production.ts';
import { type ScratchSource, scratchSources } from '../rehearsal/server-source.ts';
import { printable } from '../text/terminal.ts';
import { type Arguments, choice } from './arguments.ts';
import { type Io, UsageError } from './io.ts';
import { didYouMean } from './nearest.ts';
import type { ProjectSettings } from './project-settings.ts';

/** The options of `dry-run` that are about a real server. */
export const serverOptions = {
  server: 'boolean',
  database: 'string',
  from: 'string',
  confirm: 'string',
  override: 'string',
} as const;

/**
 * The real server that the options ask for; undefined where they ask for none.
 *
 * @throws {UsageError}
 */
export function serverEngine(
  given: Arguments,
  { settings, file }: ProjectSettings,
  io: Io,
  command = 'dry-run',
): Engine | undefined {
  const from = choice(command, given, 'from', ['any', ...scratchSources, 'clone']);
  const overridden = overriddenSigns(given);
  const surroundings = nodeSurroundings(io.env);
  const target = chosenTarget(command, given, surroundings);
  const confirm = (identity: ServerIdentity) => confirmed(identity, given.value('confirm'), io);
  const onLeftBehind = (message: string) => io.stderr.write(`switchback: ${printable(message)}\n`);
  if (from === 'clone') {
    const commands = settings.server?.clone;
    if (!commands || !file)
      throw new UsageError(
        '--from clone needs dry_run: { clone: { create, destroy } } in .switchback.yaml: commands that make and destroy a clone.',
        command,
      );
    const folder = dirname(resolve(io.cwd, file.path));
    return createCloneEngine({
      commands: { ...commands, folder },
      surroundings,
      overridden,
      confirm,
      onLeftBehind,
      ...(target ? { target } : {}),
    });
  }
  if (!target) {
    const needing = (['confirm', 'override', 'from'] as const).find(
      (name) => given.value(name) !== undefined,
    );
    if (needing === undefined) return undefined;
    throw new UsageError(
      `--${needing} is for a run on a server: name it with --database URL, or --server.`,
      command,
    );
  }
  const sources: readonly ScratchSource[] = from === 'any' ? scratchSources : [from];
  const production = settings.server?.production ?? [];
  return createServerEngine({ target, confirm, sources, production, overridden, onLeftBehind });
}

/** The server that `--database` or, with `--server`, the environment names. */
export function chosenTarget(
  command: string,
  given: Arguments,
  surroundings: Surroundings,
): ServerTarget | undefined {
  const database = given.value('database');
  if (database === undefined && !given.flag('server')) return undefined;
  if (database === undefined && !namesServer(surroundings.env))
    throw new UsageError(
      '--server takes the server that the environment names, and it names none: set PGHOST and PGDATABASE, or PGSERVICE; or give --database URL.',
      command,
    );
  try {
    return resolveTarget(database, surroundings);
  } catch (error) {
    if (error instanceof SettingsError) throw new UsageError(error.message, command);
    throw error;
  }
}

function overriddenSigns(given: Arguments): Override[] {
  return (given.value('override') ?? '')
    .split(',')
    .filter((word) => word !== '')
    .map((word) => {
      const sign = overrides.find((candidate) => candidate === word);
      if (sign !== undefined) return sign;
      const hint = didYouMean(word, overrides) || ` They are ${overrides.join(', ')}.`;
      throw new UsageError(
        `--override ${word}: there is nothing of that name to override.${hint}`,
        'dry-run',
      );
    });
}

/** What a dry run does there, confirmed by name. */
async function confirmed(identity: ServerIdentity, given: string | undefined, io: Io): Promise<boolean> {
  const { database, user, version } = identity;
  const server = `PostgreSQL ${version} at ${placeOf(identity)}`;
  const what = identity.isClone
    ? `The dry run changes the clone ${database} on ${server}.`
    : `The dry run makes a scratch database beside ${database} on ${server}, as ${user}; ${database} itself is not changed.`;
  return await askedByName(identity, what, given, io);
}

/**
 * Confirms a server by its name: on the command line for a machine, else by whoever sits at the terminal. Rejects with a
 * message for the user where nobody does, or the name that was given is another server's.
 */
export async function askedByName(
  identity: ServerIdentity,
  what: string,
  given: string | undefined,
  io: Io,
): Promise<boolean> {
  const name = identity.isClone ? 'clone' : serverName(identity);
  if (given === name) return true;
  const { database, version } = identity;
  if (given !== undefined)
    throw new Error(
      `--confirm ${given} is for another server: this is PostgreSQL ${version} at ${placeOf(identity)}, database ${database}: ${name}.`,
    );
  // Over the line that shows the progress.
  if (io.stderr.isTty) io.stderr.write('\r\u001b[K');
  const answer = await io.ask(`${printable(what)}\nType the database's name to go on: `);
  if (answer === undefined)
    throw new Error(
      `${what} Nobody has confirmed that: run it on a terminal and type the name, or give --confirm ${name}.`,
    );
  return answer.trim() === database;
}
