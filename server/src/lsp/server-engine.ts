import { dirname } from 'node:path';
import type { Connection } from 'vscode-languageserver';
import { SettingsError } from '../rehearsal/connect/keywords.ts';
import { nodeSurroundings } from '../rehearsal/connect/node-surroundings.ts';
import { namesServer, resolveTarget } from '../rehearsal/connect/target.ts';
import type { Engine } from '../rehearsal/model.ts';
import { type ConnectError, connectServer, type ServerTarget } from '../rehearsal/server-connection.ts';
import { createCloneEngine, createServerEngine, type ServerIdentity } from '../rehearsal/server-engine.ts';
import { PasswordNeeded, placeOf, serverName } from '../rehearsal/server-errors.ts';
import { scratchSources } from '../rehearsal/server-source.ts';
import type { Settings } from '../rules/settings.ts';
import {
  type ConfirmServerParams,
  confirmServerRequest,
  type OverrideServerParams,
  overrideServerRequest,
  type ServerChoice,
} from './protocol.ts';
import type { SealedBox } from './sealed.ts';

/** What a run on a server asks of the user, and tells. */
export interface ServerQuestions {
  confirm(params: ConfirmServerParams): Promise<boolean>;
  override(params: OverrideServerParams): Promise<boolean>;
  tell(message: string): void;
}

/** Where a choice of a server leads; or why nowhere, as a dry run's answer. */
export type ChosenEngine =
  | { readonly engine: Engine }
  | { readonly refused: string; readonly password?: true };

/**
 * The engine for the server that the user picked. It is connected to once, to learn whether it wants a password:
 * that the user can be asked for.
 *
 * @param settingsPath of the project's settings, in whose folder the clone commands run
 */
export async function chosenEngine(
  choice: ServerChoice,
  settings: Settings,
  settingsPath: string | undefined,
  questions: ServerQuestions,
): Promise<ChosenEngine> {
  const surroundings = nodeSurroundings(process.env);
  const confirm = (identity: ServerIdentity) => questions.confirm(confirmation(identity));
  const onLeftBehind = questions.tell;
  if (choice.kind === 'clone') {
    const commands = settings.server?.clone;
    if (!commands || settingsPath === undefined) return { refused: noClone };
    const folder = dirname(settingsPath);
    return {
      engine: createCloneEngine({ commands: { ...commands, folder }, surroundings, confirm, onLeftBehind }),
    };
  }
  if (choice.connection === '' && !namesServer(process.env)) return { refused: noEnvironment };
  const target = await reachable(choice);
  if ('refused' in target) return target;
  return {
    engine: createServerEngine({
      target,
      confirm,
      sources: scratchSources,
      production: settings.server?.production ?? [],
      override: (signs) =>
        questions.override({ name: serverName(target), signs: signs.map(({ message }) => message) }),
      onLeftBehind,
    }),
  };
}

/** The choice with its password in plain text. */
export function opened(choice: ServerChoice, box: SealedBox): ServerChoice {
  const { password } = choice;
  return password === undefined ? choice : { ...choice, password: box.open(password) };
}

/** The server of a choice, after it has let us in. */
export async function reachable({
  connection,
  password,
}: ServerChoice): Promise<ServerTarget | { readonly refused: string; readonly password?: true }> {
  try {
    const resolved = resolveTarget(connection === '' ? undefined : connection, nodeSurroundings(process.env));
    const target = password === undefined ? resolved : { ...resolved, password };
    await (await connectServer(target)).end();
    return target;
  } catch (error) {
    const wantsPassword =
      error instanceof PasswordNeeded || (error as Partial<ConnectError>).sqlState === '28P01';
    if (wantsPassword) return { refused: (error as Error).message, password: true };
    if (error instanceof SettingsError || error instanceof Error) return { refused: error.message };
    throw error;
  }
}

/** Questions that a client answers; one that does not know them says no. */
export function serverQuestions(connection: Connection): ServerQuestions {
  const ask = async (request: string, params: object) => {
    try {
      return (await connection.sendRequest<unknown>(request, params)) === true;
    } catch {
      return false;
    }
  };
  return {
    confirm: (params) => ask(confirmServerRequest, params),
    override: (params) => ask(overrideServerRequest, params),
    tell: (message) => connection.window.showWarningMessage(message),
  };
}

function confirmation(identity: ServerIdentity): ConfirmServerParams {
  const { database, user, version, isClone } = identity;
  return { name: serverName(identity), place: placeOf(identity), database, user, version, isClone };
}

const noClone =
  'The project names no clone commands: write dry_run: { clone: { create, destroy } } into .switchback.yaml.';
const noEnvironment =
  'The editor’s environment names no server: start it with PGHOST and PGDATABASE or PGSERVICE set, or add the server by its URL.';
