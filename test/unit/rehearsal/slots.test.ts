import assert from 'node:assert/strict';
import { loadParsers } from '../../../server/src/analyze.ts';
import { slotsOf } from '../../../server/src/rehearsal/app/slots.ts';

describe('slots of a statement of the application', () => {
  it('places what an INSERT inside of a WITH writes in that one table', async () => {
    const { sql } = await loadParsers();
    const [statement] = sql.parse(
      'WITH made AS (INSERT INTO users (name) VALUES ($2) RETURNING id) INSERT INTO profiles (user_id, bio) SELECT id, $1 FROM made',
    ).statements;
    assert.ok(statement);
    assert.deepEqual(
      slotsOf(statement).map(({ parameter, role, column, relations }) => [
        parameter,
        role,
        relations.map(({ name }) => name).join(),
        column,
      ]),
      [
        [2, 'insert', 'users', 'name'],
        [1, 'insert', 'profiles', 'bio'],
      ],
    );
  });
});
