import assert from 'node:assert/strict';
import fc from 'fast-check';
import { parseName, quoteIdentifier, quoteLiteral, writeName } from '../../../server/src/sql/names.ts';
import { loadSqlParser } from '../../../server/src/sql/parser.ts';

describe('sql names', () => {
  it('are quoted where they need it', () => {
    const quoted = [
      'users',
      'Users',
      'user',
      'order',
      'with space',
      'a"b',
      '1a',
      'ünï',
      'name',
      'text',
      'a$b',
    ].map(quoteIdentifier);
    assert.deepEqual(quoted, [
      'users',
      '"Users"',
      '"user"',
      '"order"',
      '"with space"',
      '"a""b"',
      '"1a"',
      '"ünï"',
      'name',
      'text',
      '"a$b"',
    ]);
  });

  it('are read as a person writes them', () => {
    assert.deepEqual(parseName('users'), { schema: undefined, name: 'users' });
    assert.deepEqual(parseName('App.Users'), { schema: 'app', name: 'users' });
    assert.deepEqual(parseName('"App"."odd ""name"""'), { schema: 'App', name: 'odd "name"' });
    for (const wrong of ['', '.', 'a.', '.a', 'a b', 'a.b.c', '"a', '1a', 'a-b', 'users;'])
      assert.equal(parseName(wrong), undefined, wrong);
  });

  it('come back from their written form', async () => {
    const parser = await loadSqlParser();
    const name = fc.string({ minLength: 1, maxLength: 15 }).filter((text) => !text.includes('\0'));
    fc.assert(
      fc.property(name, fc.option(name, { nil: undefined }), (own, schema) => {
        const written = writeName({ schema, name: own });
        assert.deepEqual(parseName(written), { schema, name: own });
        const [statement] = parser.parse(`DROP TABLE ${written}`).statements;
        assert.ok(statement, written);
      }),
      { numRuns: 200 },
    );
  });

  it('and strings are quoted so that Postgres reads them back', async () => {
    const parser = await loadSqlParser();
    for (const value of ["it's", 'back\\slash', '', "\\'", '😀']) {
      const [statement] = parser.parse(`SELECT ${quoteLiteral(value)}`).statements;
      assert.ok(JSON.stringify(statement?.node).includes(JSON.stringify(value)), value);
    }
  });
});
