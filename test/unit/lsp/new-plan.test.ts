import assert from 'node:assert/strict';
import {
  type NewPlanResult,
  newPlanRequest,
  type RecipesResult,
  recipesRequest,
} from '../../../server/src/lsp/protocol.ts';
import { example } from '../rehearsal/setup.ts';
import { type ProtocolClient, startProtocolClient } from './protocol-client.ts';

describe('new plans over the protocol', () => {
  let client: ProtocolClient;
  let uri: string;
  before(async () => {
    client = await startProtocolClient();
    uri = client.write('schema.sql', example('rename-username/schema.sql'));
  });
  after(() => client.stop());

  const asked = (params: object): Promise<RecipesResult> =>
    client.connection.sendRequest(recipesRequest, params);
  const made = (params: object): Promise<NewPlanResult> =>
    client.connection.sendRequest(newPlanRequest, params);
  const baseline = () => ({ uri, pgVersion: 16 });

  it('tells the types, and a type’s questions with what the baseline has to choose from', async () => {
    const all = await asked({});
    assert.ok('recipes' in all && all.recipes.some(({ type }) => type === 'rename_column'));
    const first = await asked({ baseline: baseline(), type: 'rename_column' });
    assert.ok('questions' in first);
    const ids = first.questions.map(({ id }) => id);
    assert.deepEqual(ids, ['table', 'column', 'to', 'rows', 'size', 'traffic', 'app_orm']);
    assert.deepEqual(
      first.questions[0]?.candidates?.map(({ value }) => value),
      ['users'],
    );
    const second = await asked({
      baseline: baseline(),
      type: 'rename_column',
      answers: { table: 'users', column: 'nme' },
    });
    assert.ok('questions' in second);
    const column = second.questions.find(({ id }) => id === 'column');
    assert.ok(column?.candidates?.some(({ value }) => value === 'username'));
    assert.match(column?.problem ?? '', /no column nme in users/);
  });

  it('writes a plan whose baseline is where the plan will find it', async () => {
    const answers = { table: 'users', column: 'username', to: 'handle' };
    const folderUri = uri.replace(/schema\.sql$/, 'plans');
    const plan = await made({ type: 'rename_column', answers, baseline: baseline(), folderUri });
    assert.ok('text' in plan);
    assert.equal(plan.name, 'rename-users-username-to-users-handle');
    assert.match(plan.text, /schema: \.\.\/schema\.sql$/m);
  });

  it('says which answer is at fault, and what is wrong with a baseline', async () => {
    const answers = { table: 'users', column: 'username', to: 'email' };
    const refused = await made({ type: 'rename_column', answers, baseline: baseline() });
    assert.ok('refused' in refused);
    assert.equal(refused.question, 'to');
    const gone = await asked({ baseline: { uri: `${uri}.gone` }, type: 'rename_column' });
    assert.ok('refused' in gone);
    const broken = client.write('broken.sql', 'CREATE TABEL x ();');
    const unread = await made({ type: 'rename_column', answers, baseline: { uri: broken } });
    assert.match('refused' in unread ? unread.refused : '', /line 1: .*mend it first/);
  });

  it('tells what stands in the way of two tables at the question that it is about, and offers the one that fits', async () => {
    const two = client.write(
      'two.sql',
      `CREATE TABLE users (id bigint PRIMARY KEY, email text NOT NULL, bio text);
       CREATE TABLE profiles (id bigint PRIMARY KEY, user_id bigint NOT NULL UNIQUE REFERENCES users (id), avatar text);
       CREATE TABLE posts (id bigint PRIMARY KEY, user_id bigint NOT NULL REFERENCES users (id));
       CREATE TABLE old_posts (id bigint PRIMARY KEY, user_id bigint NOT NULL REFERENCES users (id));`,
    );
    const question = async (type: string, id: string, answers: object) => {
      const result = await asked({ baseline: { uri: two, pgVersion: 16 }, type, answers });
      return 'questions' in result ? result.questions.find((one) => one.id === id) : undefined;
    };
    const moved = { table: 'users', column: 'bio' };
    assert.match(
      (await question('move_column', 'column', { ...moved, column: 'email' }))?.problem ?? '',
      /users\.email is NOT NULL .*New Plan… › Set a default/,
    );
    assert.equal((await question('move_column', 'to', moved))?.default, 'profiles');
    assert.match(
      (await question('move_column', 'to', { ...moved, to: 'posts' }))?.problem ?? '',
      /New Plan… › Add a foreign key, Add a unique constraint\)/,
    );
    assert.match(
      (await question('move_column', 'rows', { ...moved, to: 'profiles' }))?.prompt ?? '',
      /rows does users have .*users=8M,profiles=8M/,
    );
    const merged = { table: 'old_posts' };
    assert.equal((await question('merge_tables', 'into', { table: 'profiles' }))?.default, 'users');
    assert.equal((await question('merge_tables', 'into', merged))?.default, 'posts');
    assert.match(
      (await question('merge_tables', 'into', { ...merged, into: 'users' }))?.problem ?? '',
      /belongs to.*other columns than users/,
    );
    assert.match(
      (await question('merge_tables', 'moves', { ...merged, into: 'posts', moves: 'columns' }))?.problem ??
        '',
      /no foreign key .*\(answer “What moves\?” with rows\)/,
    );
  });
});
