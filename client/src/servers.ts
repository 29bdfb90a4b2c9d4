import type { ExtensionContext, QuickPickItem } from 'vscode';
import type { LanguageClient } from 'vscode-languageclient/node';
import {
  type ConfirmServerParams,
  confirmServerRequest,
  type OverrideServerParams,
  overrideServerRequest,
  passwordKeyRequest,
  type ServerChoice,
} from '../../server/src/lsp/protocol.ts';
import { splitPassword } from './connection-name.ts';
import type { Dialogs } from './dialogs.ts';
import { seal } from './seal.ts';

/** A server that the user picked for a run. */
export interface PickedServer {
  readonly choice: Omit<ServerChoice, 'password'>;
  /** In plain text: sealed before it is sent. */
  readonly password?: string;
  /** Undefined where nothing of it is kept. */
  readonly id: string | undefined;
}

/** The servers that the user knows: where they are in the editor's own data, their passwords in its secrets. */
export interface Servers {
  /** Lets the user pick or add one; undefined when that was closed. */
  pick(title: string, withClone: boolean, hint?: string): Promise<PickedServer | undefined>;
  /** Asks for the password of a server that wants one; undefined when that was closed. */
  askPassword(server: PickedServer, why: string): Promise<PickedServer | undefined>;
  /** Lets the user pick one that is forgotten, its password too. */
  forget(): Promise<void>;
}

interface Kept {
  readonly id: string;
  /** Without a password. */
  readonly connection: string;
}

/** What the user confirmed in this session: the same name at the same place with the same version needs no second answer. */
export type Confirmed = Pick<Set<string>, 'add' | 'clear' | 'has'>;

const stateKey = 'switchback.servers';
const secretKey = (id: string) => `switchback.server.${id}`;

interface ServerItem extends QuickPickItem {
  readonly act: () => Promise<PickedServer | undefined>;
}

export function createServers(
  { globalState, secrets }: Pick<ExtensionContext, 'globalState' | 'secrets'>,
  dialogs: Dialogs,
  confirmed: Confirmed,
): Servers {
  const kept = () => globalState.get<readonly Kept[]>(stateKey, []);
  const keptItem = ({ id, connection }: Kept): ServerItem => ({
    label: connection,
    act: async () => {
      return picked(id, connection, await secrets.get(secretKey(id)));
    },
  });
  const add = async (): Promise<PickedServer | undefined> => {
    const text = await dialogs.input({
      title: 'Add a Server',
      prompt:
        'The development server and database. A password goes into the editor’s secret storage, and into no setting.',
      placeHolder: 'postgres://user@localhost:5432/database',
      ignoreFocusOut: true,
    });
    if (!text?.trim()) return undefined;
    const { connection, password } = splitPassword(text);
    const known = kept().find((each) => each.connection === connection);
    const id = known?.id ?? crypto.randomUUID();
    if (!known) await globalState.update(stateKey, [...kept(), { id, connection }]);
    if (password !== undefined) await secrets.store(secretKey(id), password);
    return picked(id, connection, password ?? (await secrets.get(secretKey(id))));
  };
  return {
    async pick(title, withClone, hint = 'A development server, never production') {
      const items: ServerItem[] = [
        ...kept().map(keptItem),
        {
          label: 'Server of the Environment',
          description: 'PGHOST, PGDATABASE, PGSERVICE, …',
          act: async () => picked(undefined, '', undefined),
        },
        ...(withClone ? [cloneItem] : []),
        { label: '$(add) Add a Server…', alwaysShow: true, act: add },
      ];
      const item = await dialogs.pick(items, {
        title,
        placeHolder: hint,
      });
      return await item?.act();
    },
    async askPassword({ id, choice }, why) {
      const password = await dialogs.input({
        title: 'Password',
        prompt: why,
        password: true,
        ignoreFocusOut: true,
      });
      if (password === undefined) return undefined;
      if (id !== undefined) await secrets.store(secretKey(id), password);
      return { id, choice, password };
    },
    async forget() {
      const items = kept().map(({ id, connection }) => ({ label: connection, id }));
      if (items.length === 0) {
        void dialogs.info('Switchback remembers no server.');
        return;
      }
      const chosen = await dialogs.pick(items, { title: 'Forget a Server' });
      if (!chosen) return;
      await globalState.update(
        stateKey,
        kept().filter(({ id }) => id !== chosen.id),
      );
      await secrets.delete(secretKey(chosen.id));
      // Whoever forgets a server wants to be asked again.
      confirmed.clear();
    },
  };
}

const cloneItem: ServerItem = {
  label: 'Clone',
  description: 'dry_run.clone of .switchback.yaml',
  act: async () => ({ id: undefined, choice: { kind: 'clone', connection: '' } }),
};

function picked(id: string | undefined, connection: string, password: string | undefined): PickedServer {
  return { id, choice: { kind: 'server', connection }, ...(password === undefined ? {} : { password }) };
}

/** Answers what the language server asks of the user before it works on a server. */
export function answerServerQuestions(client: LanguageClient, dialogs: Dialogs, confirmed: Confirmed): void {
  client.onRequest<boolean, void>(confirmServerRequest, async (params: ConfirmServerParams) => {
    const key = JSON.stringify(params);
    if (!confirmed.has(key) && (await confirms(params, dialogs))) confirmed.add(key);
    return confirmed.has(key);
  });
  client.onRequest<boolean, void>(overrideServerRequest, async ({ name, signs }: OverrideServerParams) => {
    const anyway = 'Run Anyway';
    const message = `${signs.join(' ')} A dry run belongs on a development server.`;
    return (await dialogs.warn(`${name}: ${message}`, anyway)) === anyway;
  });
}

async function confirms(
  { place, database, user, version, isClone, purpose, signs = [] }: ConfirmServerParams,
  dialogs: Dialogs,
): Promise<boolean> {
  const [title, what] =
    purpose === 'checklist'
      ? [
          'Ask This Server?',
          [...signs, `The checklist’s queries are asked of ${database}, in read-only transactions,`].join(
            ' ',
          ),
        ]
      : purpose === 'capture'
        ? ['Read This Server’s Schema?', `pg_dump reads the schema of ${database}, changing nothing,`]
        : [
            'Run on This Server?',
            isClone
              ? `The dry run changes the clone ${database}`
              : `Dry runs make scratch databases beside ${database}, and do not change it,`,
          ];
  const typed = await dialogs.input({
    title,
    prompt: `${what} on PostgreSQL ${version} at ${place}, as ${user}. Type the database’s name to allow it for this session.`,
    placeHolder: database,
    ignoreFocusOut: true,
    validateInput: (text) => (text === '' || text === database ? undefined : `The name is ${database}.`),
  });
  return typed === database;
}

/** The choice as it is sent: a password only sealed, since the protocol's messages may be traced into a log. */
export async function sealedChoice(
  client: LanguageClient,
  { choice, password }: PickedServer,
): Promise<ServerChoice> {
  if (password === undefined) return choice;
  const key = await client.sendRequest<string>(passwordKeyRequest);
  return { ...choice, password: seal(password, key) };
}
