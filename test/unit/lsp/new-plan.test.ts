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
});
