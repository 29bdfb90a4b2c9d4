import assert from 'node:assert/strict';
import * as fc from 'fast-check';
import { applyStatement, emptySchema } from '../../../server/src/schema/apply.ts';
import { columnOf, tableByKey } from '../../../server/src/schema/lookup.ts';
import type { Schema } from '../../../server/src/schema/model.ts';
import type { SqlParser } from '../../../server/src/sql/model.ts';
import { loadSqlParser } from '../../../server/src/sql/parser.ts';
import { sequences, statementsOf } from './ddl/sequence.ts';
import { simulated } from './simulated.ts';

describe('schema, without a baseline', () => {
  let parser: SqlParser;

  before(async () => {
    parser = await loadSqlParser();
  });

  function schemaAfter(sql: string, complete = false): Schema {
    let schema = emptySchema({ complete });
    for (const statement of parser.parse(sql).statements)
      schema = applyStatement(schema, statement, { madeByPlan: true });
    return schema;
  }

  it('a statement tells that its table is there, and no more of it than it says', () => {
    const table = tableByKey(schemaAfter('ALTER TABLE users ALTER email SET NOT NULL'), 'public.users');
    assert.equal(table?.columnsComplete, false);
    assert.equal(table?.madeByPlan, false);
    const column = columnOf(table, 'email');
    assert.equal(column?.notNull, true);
    assert.equal(column?.type, undefined);
    assert.equal(column?.default, undefined);
  });

  it('what a query gives is known by its names, as far as they tell', () => {
    const schema = schemaAfter(
      'CREATE TABLE t (a int, b text); CREATE TABLE u AS SELECT x.*, a + 1 AS c, b::varchar(9) AS d FROM t AS x',
    );
    const table = tableByKey(schema, 'public.u');
    assert.equal(table?.columnsComplete, true);
    assert.deepEqual(
      table?.columns.map(({ name, type }) => [name, type]),
      [
        ['a', 'integer'],
        ['b', 'text'],
        ['c', undefined],
        ['d', 'character varying(9)'],
      ],
    );
  });

  it('a query on an unknown table gives a table that is not known in full', () => {
    assert.equal(
      tableByKey(schemaAfter('CREATE TABLE u AS SELECT * FROM t'), 'public.u')?.columnsComplete,
      false,
    );
  });

  it('what a dropped table took along without being known is no hindrance', () => {
    assert.deepEqual(
      [...schemaAfter('DROP TABLE a; CREATE TABLE a (id int); DROP TABLE a').relations.keys()],
      [],
    );
  });

  it('a statement that Postgres would refuse leaves the very same schema', () => {
    const schema = schemaAfter('CREATE TABLE t (a int PRIMARY KEY); CREATE VIEW v AS SELECT a FROM t', true);
    for (const sql of [
      'CREATE TABLE t (b int)',
      'CREATE TABLE u (b int REFERENCES missing)',
      'CREATE TABLE missing.u ()',
      'DROP TABLE t',
      'DROP TABLE missing',
      'ALTER TABLE t DROP COLUMN a',
      'ALTER TABLE t ADD COLUMN a int',
      'ALTER TABLE t ALTER a DROP NOT NULL',
      'CREATE INDEX ON t (missing)',
      'DROP INDEX t_pkey',
      'ALTER TABLE t RENAME TO v',
    ]) {
      const [statement] = parser.parse(sql).statements;
      assert.ok(statement);
      assert.equal(applyStatement(schema, statement, { madeByPlan: true }), schema, sql);
    }
  });

  it('whatever is written, the simulation neither fails nor changes the schema that it was given', () => {
    fc.assert(
      fc.property(sequences, fc.array(fc.boolean(), { minLength: 50, maxLength: 50 }), (sequence, known) => {
        let guide = emptySchema({ complete: true });
        let partial = emptySchema({ complete: false });
        for (const [at, make] of statementsOf(sequence).entries()) {
          const sql = make(guide);
          const [statement] = sql === undefined ? [] : parser.parse(sql).statements;
          if (!statement) continue;
          guide = applyStatement(guide, statement, { madeByPlan: true });
          if (!known[at]) continue;
          const before = partial;
          const facts = simulated(before);
          partial = applyStatement(before, statement, { madeByPlan: true });
          assert.deepEqual(simulated(before), facts, sql);
        }
      }),
      { numRuns: 100 },
    );
  });
});
