import assert from 'node:assert/strict';
import { analyze, loadParsers, type Parsers } from '../../../server/src/analyze.ts';
import {
  applyStatement,
  beginTransaction,
  commitTransaction,
  emptySchema,
} from '../../../server/src/schema/apply.ts';
import type { Schema } from '../../../server/src/schema/model.ts';

describe('schema, transactions', () => {
  let parsers: Parsers;
  const empty = emptySchema({ complete: true });

  before(async () => {
    parsers = await loadParsers();
  });

  function schemaAfter(sql: string, start: Schema = empty): Schema {
    let schema = start;
    for (const statement of parsers.sql.parse(sql).statements)
      schema = applyStatement(schema, statement, { madeByPlan: true });
    return schema;
  }

  const tables = (schema: Schema) => [...schema.relations.keys()];

  it('what is rolled back has never been', () => {
    assert.deepEqual(
      tables(schemaAfter('CREATE TABLE a (); BEGIN; CREATE TABLE b (); DROP TABLE a; ROLLBACK')),
      ['public.a'],
    );
    assert.deepEqual(tables(schemaAfter('BEGIN; CREATE TABLE b (); COMMIT; ROLLBACK')), ['public.b']);
    assert.deepEqual(
      tables(
        schemaAfter(
          'BEGIN; CREATE TABLE a (); SAVEPOINT s; CREATE TABLE b (); ROLLBACK TO s; CREATE TABLE c (); COMMIT',
        ),
      ),
      ['public.a', 'public.c'],
    );
    assert.deepEqual(
      tables(
        schemaAfter(
          'BEGIN; SAVEPOINT s; CREATE TABLE a (); SAVEPOINT s; CREATE TABLE b (); RELEASE s; ROLLBACK TO s; COMMIT',
        ),
      ),
      [],
    );
    assert.deepEqual(
      tables(schemaAfter('BEGIN; CREATE TABLE a (); COMMIT AND CHAIN; CREATE TABLE b (); ROLLBACK')),
      ['public.a'],
    );
  });

  it('a setting goes with the transaction that made it, SET LOCAL at its end', () => {
    const path = (sql: string) => schemaAfter(`CREATE SCHEMA app; ${sql}`).searchPath;
    assert.deepEqual(path('BEGIN; SET LOCAL search_path = app; COMMIT'), ['public']);
    assert.deepEqual(path('BEGIN; SET LOCAL search_path = app'), ['app']);
    assert.deepEqual(path('SET LOCAL search_path = app'), ['public']);
    assert.deepEqual(path('BEGIN; SET search_path = app; COMMIT'), ['app']);
    assert.deepEqual(path('BEGIN; SET search_path = app; ROLLBACK'), ['public']);
    assert.deepEqual(path('BEGIN; SET LOCAL search_path = app; SET search_path = app, public; COMMIT'), [
      'app',
      'public',
    ]);
    assert.deepEqual(path(`BEGIN; SELECT set_config('search_path', 'app', true); COMMIT`), ['public']);
    assert.equal(schemaAfter(`BEGIN; SET LOCAL TimeZone = 'UTC'; COMMIT`).timeZone, undefined);
  });

  it('a step’s own transaction holds its statements', () => {
    const inStep = (sql: string) => commitTransaction(schemaAfter(sql, beginTransaction(empty)));
    assert.deepEqual(tables(inStep('CREATE TABLE a (); ROLLBACK; CREATE TABLE b ()')), ['public.b']);
    assert.deepEqual(inStep('SET LOCAL search_path = app').searchPath, ['public']);
    assert.equal(inStep('CREATE TABLE a ()').transaction, undefined);
  });

  it('a plan’s later steps do not see what a step set for itself or took back', () => {
    const text = `migration: Two steps
database: { type: postgresql, version: 16 }
phases:
  - phase: Expand
    steps:
      - step: One
        sql: |
          SET LOCAL search_path = app;
          CREATE TABLE t (id bigint PRIMARY KEY);
        rollback: DROP TABLE app.t;
      - step: Two
        sql: CREATE TABLE u (id bigint PRIMARY KEY);
        rollback: DROP TABLE u;
`;
    const { steps } = analyze(text, {
      parsers,
      kind: 'plan',
      readFile: () => ({ error: 'There is none.' }),
      baselineSql: 'CREATE SCHEMA app;',
    });
    const last = steps.at(-1)?.after;
    assert.ok(last?.relations.has('app.t'));
    assert.ok(last?.relations.has('public.u'));
    assert.deepEqual(last?.searchPath, ['public']);
  });
});
