import assert from 'node:assert/strict';
import { type NewPlanWizard, runNewPlan } from '../../../client/src/wizard/flow.ts';
import type { ChoiceScreen, Shown, TextScreen } from '../../../client/src/wizard/model.ts';
import { askQuestion, leftOpen } from '../../../client/src/wizard/questions.ts';
import { type NewPlanResult, newPlanRequest, recipesRequest } from '../../../server/src/lsp/protocol.ts';
import { type ProtocolClient, startProtocolClient } from '../lsp/protocol-client.ts';

type Seen = (ChoiceScreen & { readonly kind: 'choice' }) | (TextScreen & { readonly kind: 'text' });

/** What a person does at a screen: a value or text, the back button, or Escape. */
type Act = string | { readonly back: true } | { readonly close: true };
const back = { back: true } as const;
const close = { close: true } as const;

/** A person who does one thing after the other, and what they saw. */
function person(acts: readonly Act[]) {
  const seen: Seen[] = [];
  const left = [...acts];
  const act = (): Shown => {
    const next = left.shift();
    if (next === undefined) throw new Error(`nothing is left to do at: ${seen.at(-1)?.prompt}`);
    if (typeof next === 'string') return { kind: 'answer', value: next };
    return { kind: 'back' in next ? 'back' : 'closed' };
  };
  return {
    seen,
    left,
    screens: {
      async choose(screen: ChoiceScreen) {
        seen.push({ ...screen, kind: 'choice' });
        return act();
      },
      async type(screen: TextScreen) {
        seen.push({ ...screen, kind: 'text' });
        for (;;) {
          const shown = act();
          if (shown.kind !== 'answer') return shown;
          const problem = await screen.check(shown.value);
          if (problem === undefined) return shown;
          seen.push({ ...screen, kind: 'text', problem });
        }
      },
      close() {},
    },
  };
}

describe('the wizard for a new plan', () => {
  let client: ProtocolClient;
  let schema: string;
  before(async () => {
    client = await startProtocolClient();
    schema = client.write(
      'schema.sql',
      `-- Dumped from database version 15.4
      CREATE DOMAIN slug AS text CHECK (VALUE <> '');
      CREATE TABLE users (id bigint PRIMARY KEY, username varchar(255) NOT NULL, email text, slug slug);
      CREATE TABLE orders (id bigint PRIMARY KEY, label text);`,
    );
  });
  after(() => client.stop());

  async function run(acts: readonly Act[], more: Partial<NewPlanWizard> = {}) {
    const { seen, left, screens } = person(acts);
    const saved: NewPlanResult[] = [];
    const finished = await runNewPlan({
      screens,
      recipes: (params) => client.connection.sendRequest(recipesRequest, params),
      newPlan: (params) => client.connection.sendRequest(newPlanRequest, params),
      baselines: async () => [{ choices: [{ label: 'schema.sql', value: schema }] }],
      baselineOf: async (uri) => ({ uri }),
      async save(_, planIn) {
        saved.push(await planIn(client.uriOf('plans')));
        return true;
      },
      ...more,
    });
    assert.deepEqual(left, []);
    return { seen, finished, text: saved.map((one) => ('text' in one ? one.text : one.refused)).join() };
  }

  const upTo = () => ['rename_column', schema, 'users', 'username'];
  const rest = ['8M', '', '2000/s', '17', 'none'];

  it('asks one thing after the other, and writes the plan', async () => {
    const { seen, finished, text } = await run([...upTo(), 'handle', ...rest]);
    assert.equal(finished, true);
    assert.deepEqual(
      seen.map(({ step, total, prompt }) => [step, total, prompt.replace(/\?.*/, '?')]),
      [
        [1, undefined, 'What is the plan for?'],
        [2, undefined, 'Where is the schema as it is before the migration?'],
        [3, 10, 'Which table?'],
        [4, 10, 'Which column?'],
        [5, 10, 'What is it to be called?'],
        [6, 10, 'How many rows does the table have in production?'],
        [7, 10, 'How large is it on disk, without its indexes?'],
        [8, 10, 'How many requests a second does the application serve at its peak?'],
        [9, 10, 'Which Postgres does production run?'],
        [10, 10, 'What does the application talk to Postgres with?'],
      ],
    );
    assert.deepEqual(
      seen.map(({ canGoBack }) => canGoBack),
      seen.map((_, at) => at > 0),
    );
    assert.equal(seen[2]?.title, 'New Plan: Rename a column');
    const version = seen[8];
    assert.equal(version?.kind === 'choice' && version.active, '15');
    assert.match(text, /version: 17/);
    assert.match(text, /rows: 8M/);
    assert.match(text, /schema: \.\.\/schema\.sql/);
  });

  it('goes back with the answers as they were, and takes those that follow from what is said now', async () => {
    const { seen, text } = await run([
      ...upTo(),
      back,
      back,
      'orders',
      'label',
      back,
      'label',
      'caption',
      ...rest,
    ]);
    const actives = seen.flatMap((one) => (one.kind === 'choice' ? [one.active] : []));
    assert.deepEqual(actives.slice(4, 7), ['username', 'users', 'username']);
    assert.match(text, /ADD COLUMN caption/);
    const other = await run([
      ...upTo(),
      'handle',
      '8M',
      back,
      back,
      back,
      back,
      'orders',
      'label',
      'caption',
      back,
      'caption',
      close,
    ]);
    const rows = other.seen.filter(({ step }) => step === 6);
    assert.deepEqual(
      rows.map((one) => one.kind === 'text' && one.value),
      ['', '8M', '', ''],
    );
    const to = other.seen.findLast(({ step }) => step === 5);
    assert.equal(to?.kind === 'text' && to.value, 'caption');
  });

  it('says at once what is wrong with an answer', async () => {
    const { seen, finished } = await run([...upTo(), 'email', close]);
    assert.equal(finished, false);
    assert.match(seen.at(-1)?.problem ?? '', /users has a column email already/);
  });

  it('leads back to the answer that the plan cannot be written with', async () => {
    const { seen, text } = await run([
      'rename_column',
      schema,
      'users',
      'slug',
      'number',
      ...rest,
      'username',
      'handle',
      ...rest,
    ]);
    const again = seen[10];
    assert.match(again?.prompt ?? '', /Which column/);
    assert.match(again?.problem ?? '', /users\.slug is of the domain slug/);
    assert.equal(again?.step, 4);
    const to = seen[11];
    assert.equal(to?.kind === 'text' && to.value, 'number');
    assert.match(text, /ADD COLUMN handle/);
  });

  it('shows the schemas again where one cannot be had or read, and where saving was closed', async () => {
    const broken = client.write('broken.sql', 'CREATE TABLE t (;');
    const first = await run(['rename_column', 'nothing:', 'bad:', broken, close], {
      baselineOf: async (choice) =>
        choice === 'nothing:' ? undefined : choice === 'bad:' ? { problem: 'No.' } : { uri: choice },
    });
    assert.deepEqual(
      first.seen.slice(1).map(({ step, problem }) => [step, problem?.slice(0, 18)]),
      [
        [2, undefined],
        [2, undefined],
        [2, 'No.'],
        [2, 'broken.sql, line 1'],
      ],
    );
    const closed = await run([...upTo(), 'handle', ...rest, close], { save: async () => false });
    assert.equal(closed.finished, false);
    assert.match(closed.seen.at(-1)?.prompt ?? '', /talk to Postgres/);
  });

  it('has the figures of a server as defaults, and keeps those of other tables', async () => {
    const figures = { rows: 'public.users=1234,public.orders=77', size: 'public.users=1MB' };
    const { seen, text } = await run([...upTo(), 'handle', '5M', '', '', '16', 'none'], {
      baselineOf: async (uri) => ({ uri, figures, pgVersion: 14 }),
    });
    const [rows, size] = seen.slice(5, 7);
    assert.equal(rows?.kind === 'text' && rows.value, '1234');
    assert.equal(size?.kind === 'text' && size.value, '1MB');
    const version = seen[8];
    assert.equal(version?.kind === 'choice' && version.active, '14');
    assert.match(text, /users: { rows: 5M }/);
  });

  it('asks what is of the recipe under whatever name, and not what an earlier answer rules out', async () => {
    const asked = async (acts: readonly Act[]) => (await run(acts)).seen.map(({ prompt }) => prompt);
    const type = await run(['add_required_column', schema, 'users', 'locale', 'varchar(10', back, close]);
    assert.equal(type.seen.find(({ prompt }) => prompt === 'Of which type?')?.step, 5);
    const key = ['change_primary_key', schema, 'orders'];
    const columns = await asked([...key, 'label', leftOpen, close]);
    const none = await asked([...key, leftOpen, close]);
    assert.notEqual(columns.at(-1), none.at(-1));
  });

  it('takes several columns in the order in which they are chosen', async () => {
    const columns = ['a', 'b', 'c,d'].map((value) => ({ value, label: value }));
    const question = { id: 'columns', prompt: 'Which?', kind: 'columns', optional: false } as const;
    const ask = async (acts: readonly Act[], remembered?: string) => {
      const { screens, seen } = person(acts);
      const shown = await askQuestion(
        { ...question, candidates: columns },
        {
          screens,
          screen: { title: '', step: 1, total: 1, canGoBack: true, problem: undefined },
          remembered,
          check: async (value) => (value === 'a' ? 'Not a alone.' : undefined),
        },
      );
      return { shown, problems: seen.flatMap(({ problem }) => problem ?? []) };
    };
    assert.deepEqual((await ask(['c,d', 'a', back, 'b', leftOpen])).shown, {
      kind: 'answer',
      value: '"c,d",b',
    });
    const again = await ask(['a', leftOpen, 'b', leftOpen]);
    assert.deepEqual(again.shown, { kind: 'answer', value: 'b' });
    assert.deepEqual(again.problems, ['Not a alone.']);
    assert.deepEqual((await ask([back])).shown, { kind: 'back' });
    assert.deepEqual((await ask([back], '"c,d",b')).shown, { kind: 'back' });
    assert.deepEqual((await ask(['a', back, leftOpen], '"c,d",b')).shown, {
      kind: 'answer',
      value: '"c,d",b',
    });
    assert.deepEqual((await ask(['b', leftOpen], 'gone')).shown, { kind: 'answer', value: 'b' });
  });
});
