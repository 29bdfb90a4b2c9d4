import assert from 'node:assert/strict';
import type { ExtensionContext, InputBoxOptions, QuickPickItem } from 'vscode';
import type { LanguageClient } from 'vscode-languageclient/node';
import type { Dialogs } from '../../../client/src/dialogs.ts';
import { answerServerQuestions, createServers, sealedChoice } from '../../../client/src/servers.ts';
import { createSealedBox } from '../../../server/src/lsp/sealed.ts';

/** Memory in place of the editor's, and a user who picks by label and types what is next. */
function editor() {
  const state = new Map<string, unknown>();
  const secrets = new Map<string, string>();
  const inputs: (string | undefined)[] = [];
  const picks: string[] = [];
  const offered: string[][] = [];
  const prompts: InputBoxOptions[] = [];
  const warnings: string[] = [];
  const dialogs: Dialogs = {
    info: async () => undefined,
    warn: async (message, ...actions) => {
      warnings.push(message);
      return actions[0];
    },
    error: async () => undefined,
    saveAs: async () => undefined,
    savePlan: async () => undefined,
    open: async () => undefined,
    input: async (options) => {
      prompts.push(options);
      return inputs.shift();
    },
    pick: async <T extends QuickPickItem>(items: readonly T[]) => {
      offered.push(items.map(({ label }) => label));
      const wanted = picks.shift();
      return items.find(({ label }) => wanted !== undefined && label.includes(wanted));
    },
  };
  const context = {
    globalState: {
      get: (key: string, otherwise: unknown) => state.get(key) ?? otherwise,
      update: async (key: string, value: unknown) => void state.set(key, value),
    },
    secrets: {
      get: async (key: string) => secrets.get(key),
      store: async (key: string, value: string) => void secrets.set(key, value),
      delete: async (key: string) => void secrets.delete(key),
    },
  } as unknown as ExtensionContext;
  const confirmed = new Set<string>();
  const servers = createServers(context, dialogs, confirmed);
  return { confirmed, servers, dialogs, state, secrets, inputs, picks, offered, prompts, warnings };
}

describe('servers in the editor', () => {
  it('are added once, with the password among the secrets and nowhere else', async () => {
    const { servers, state, secrets, inputs, picks, offered } = editor();
    picks.push('Add', 'ada@db', 'Add');
    inputs.push('postgres://ada:secret@db/app', 'postgres://ada@db/app');
    const added = await servers.pick('Run', true);
    assert.deepEqual(added?.choice, { kind: 'server', connection: 'postgres://ada@db/app' });
    assert.equal(added?.password, 'secret');
    assert.deepEqual(await servers.pick('Run', true), added);
    assert.deepEqual(await servers.pick('Run', false), added);
    assert.doesNotMatch(JSON.stringify([...state]), /secret/);
    assert.deepEqual([...secrets.values()], ['secret']);
    assert.deepEqual(offered, [
      ['Server of the Environment', 'Clone', '$(add) Add a Server…'],
      ['postgres://ada@db/app', 'Server of the Environment', 'Clone', '$(add) Add a Server…'],
      ['postgres://ada@db/app', 'Server of the Environment', '$(add) Add a Server…'],
    ]);
  });

  it('ask for a password that is wanted, keep it, and are forgotten with it', async () => {
    const { servers, state, secrets, inputs, picks, prompts } = editor();
    picks.push('Add', 'ada@db');
    inputs.push('postgres://ada@db/app', 'new');
    const added = await servers.pick('Run', false);
    assert.ok(added);
    const again = await servers.askPassword(added, 'It asks for the password.');
    assert.deepEqual([again?.password, prompts[1]?.password], ['new', true]);
    assert.equal(await servers.askPassword(added, 'Again.'), undefined);
    assert.deepEqual([...secrets.values()], ['new']);
    await servers.forget();
    assert.deepEqual([[...secrets], [...state.values()]], [[], [[]]]);
  });

  it('are confirmed by the database’s name, once a session', async () => {
    const { dialogs, inputs, prompts, warnings } = editor();
    const handlers = new Map<string, (params: object) => Promise<boolean>>();
    const box = createSealedBox();
    const client = {
      onRequest: (name: string, handler: (params: object) => Promise<boolean>) => handlers.set(name, handler),
      sendRequest: async () => box.publicKey,
    } as unknown as LanguageClient;
    answerServerQuestions(client, dialogs, new Set());
    const confirm = handlers.get('switchback/confirmServer') ?? assert.fail();
    const identity = {
      name: 'db/app',
      place: 'db:5432',
      database: 'app',
      user: 'ada',
      version: '16.4',
      isClone: false,
    };
    inputs.push('yes', undefined, 'app', 'app');
    assert.deepEqual([await confirm(identity), await confirm(identity)], [false, false]);
    assert.deepEqual([await confirm(identity), await confirm(identity)], [true, true]);
    assert.equal(inputs.length, 1);
    assert.equal(await confirm({ ...identity, version: '16.5' }), true);
    assert.match(
      prompts[0]?.prompt ?? '',
      /^Dry runs make scratch databases beside app, and do not change it, on PostgreSQL 16\.4 at db:5432, as ada\./,
    );
    const override = handlers.get('switchback/overrideServer') ?? assert.fail();
    assert.equal(await override({ name: 'db/app', signs: ['A replica streams from db:5432.'] }), true);
    assert.match(warnings[0] ?? '', /^db\/app: A replica streams/);
    const picked = {
      id: 'x',
      choice: { kind: 'server', connection: 'host=db' },
      password: 'secret',
    } as const;
    const sent = await sealedChoice(client, picked);
    assert.doesNotMatch(JSON.stringify(sent), /secret/);
    assert.equal(box.open(sent.password ?? ''), 'secret');
  });
});
