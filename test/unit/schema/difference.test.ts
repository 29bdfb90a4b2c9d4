import assert from 'node:assert/strict';
import type { PGlite } from '@electric-sql/pglite';
import * as fc from 'fast-check';
import { compareFingerprints, takeFingerprint } from '../../../server/src/rehearsal/fingerprint.ts';
import { applyStatement, baselineSchema, emptySchema } from '../../../server/src/schema/apply.ts';
import { inWords, schemaDifferences } from '../../../server/src/schema/difference.ts';
import type { Schema } from '../../../server/src/schema/model.ts';
import { isSameExpression } from '../../../server/src/schema/same-expression.ts';
import type { SqlParser } from '../../../server/src/sql/model.ts';
import { loadSqlParser } from '../../../server/src/sql/parser.ts';
import { embeddedPostgres } from '../support/embedded-postgres.ts';
import { follow, sequences, statementsOf } from './ddl/sequence.ts';

const baseSchema = `
CREATE TABLE users (
  id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
  username varchar(255) NOT NULL UNIQUE,
  email text NOT NULL DEFAULT '' CHECK (email <> 'nobody'),
  age int,
  created_at timestamptz NOT NULL DEFAULT now()
);
CREATE TABLE orders (id serial PRIMARY KEY, user_id bigint REFERENCES users, total numeric(10, 2));
CREATE INDEX orders_user_id ON orders (user_id);
CREATE VIEW active AS SELECT id, username FROM users WHERE age > 1;
CREATE FUNCTION touch() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN RETURN NEW; END';
CREATE TRIGGER touch BEFORE UPDATE ON users FOR EACH ROW EXECUTE FUNCTION touch();
CREATE TYPE mood AS ENUM ('sad', 'ok', 'happy');
`;

/** What the random pairs may take, in ms. */
const enough = 8000;

/** Each statement, and what is not as before after it, in words. */
const told: readonly (readonly [sql: string, ...words: string[]])[] = [
  ['DROP INDEX orders_user_id', 'the index orders_user_id is gone'],
  ['CREATE INDEX users_age ON users (age)', 'the index users_age is still there'],
  ['ALTER TABLE users ADD COLUMN handle text UNIQUE', 'the column users.handle is still there'],
  ['ALTER TABLE users DROP COLUMN email', 'the column users.email is gone'],
  ['DROP TABLE orders', 'the table orders is gone'],
  ['CREATE TABLE n (id serial PRIMARY KEY)', 'the table n is still there'],
  [
    'ALTER TABLE users ALTER email TYPE varchar(20)',
    'the column users.email is character varying(20), not text',
  ],
  ['ALTER TABLE users ALTER email DROP NOT NULL', 'the column users.email accepts NULL now'],
  ['ALTER TABLE users ALTER age SET NOT NULL', 'the column users.age is still NOT NULL'],
  ['ALTER TABLE users ALTER email DROP DEFAULT', 'the column users.email has no default any more'],
  ['ALTER TABLE users ALTER age SET DEFAULT 1', 'the column users.age still has the default 1'],
  ["ALTER TABLE users ALTER email SET DEFAULT 'x'", "the column users.email has the default 'x', not ''"],
  ['ALTER TABLE users ALTER id DROP IDENTITY', 'the column users.id is no identity any more'],
  [
    'ALTER TABLE users ADD CONSTRAINT grown CHECK (age > 17) NOT VALID',
    'the constraint grown of users is still there',
  ],
  [
    'ALTER TABLE users DROP CONSTRAINT users_username_key',
    'the constraint users_username_key of users is gone',
  ],
  [
    'ALTER TABLE users RENAME age TO years',
    'the column users.years is still there',
    'the column users.age is gone',
  ],
  [
    'ALTER TABLE orders RENAME TO purchases',
    'the table orders is gone',
    'the table purchases is still there',
  ],
  ['ALTER TABLE users ENABLE ROW LEVEL SECURITY', 'the table users still has row security'],
  ['ALTER TABLE orders SET UNLOGGED', 'the table orders is unlogged, not permanent'],
  ['DROP TRIGGER touch ON users', 'the trigger touch of users is gone'],
  ["ALTER TYPE mood ADD VALUE 'fine' BEFORE 'happy'", "the type mood still has the label 'fine'"],
  ['CREATE SCHEMA app', 'the schema app is still there'],
  ['CREATE FUNCTION f(int) RETURNS int LANGUAGE sql RETURN 1', 'the function f(integer) is still there'],
  ['DROP VIEW active', 'the view active is gone'],
  [
    'ALTER TABLE users DROP COLUMN age CASCADE, ADD COLUMN age int; CREATE VIEW active AS SELECT id, username FROM users WHERE age > 1',
    'the table users has its columns in another order',
  ],
  ['ALTER TABLE users SET (fillfactor = 70)', 'the table users still has fillfactor=70'],
  ['ALTER TABLE users REPLICA IDENTITY FULL', 'the table users still has the replica identity full'],
  [
    'ALTER TABLE users ALTER email SET STATISTICS 500',
    'the column users.email still has the statistics target 500',
  ],
  ["COMMENT ON COLUMN users.email IS 'x'", 'the column users.email still has a comment'],
  ['GRANT SELECT ON users TO reader', 'the table users still grants SELECT to reader'],
  ['ALTER TABLE users DISABLE TRIGGER touch', 'the trigger touch of users is still disabled'],
  ['CREATE PUBLICATION p FOR TABLE users', 'the publication p is still there'],
  ['CREATE STATISTICS st ON username, email FROM users', 'the statistics st is still there'],
  [
    "CREATE OR REPLACE FUNCTION touch() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN RETURN OLD; END'",
    'the function touch() has another body',
  ],
  ["INSERT INTO users (username) VALUES ('ada'); ANALYZE users"],
];

/** Statements after which nothing is otherwise, though it has been. */
const restored: readonly string[] = [
  'ALTER TABLE users ALTER age SET NOT NULL; ALTER TABLE users ALTER age DROP NOT NULL',
  'DROP INDEX orders_user_id; CREATE INDEX CONCURRENTLY orders_user_id ON public.orders USING btree (user_id)',
  "ALTER TABLE users DROP CONSTRAINT users_email_check; ALTER TABLE users ADD CHECK (((email <> 'nobody'::text)))",
  'ALTER TABLE users DROP CONSTRAINT users_username_key; ALTER TABLE users ADD UNIQUE (username)',
  'ALTER TABLE orders DROP CONSTRAINT orders_user_id_fkey; ALTER TABLE orders ADD CONSTRAINT orders_user_id_fkey FOREIGN KEY (user_id) REFERENCES public.users (id)',
  "ALTER TABLE users ALTER email DROP DEFAULT; ALTER TABLE users ALTER email SET DEFAULT ''::text",
  'ALTER TABLE users ALTER created_at SET DEFAULT CURRENT_TIMESTAMP; ALTER TABLE users ALTER created_at SET DEFAULT now()',
  'ALTER TABLE orders RENAME TO o; ALTER TABLE o RENAME TO orders',
  'CREATE TABLE n (id serial PRIMARY KEY, u bigint REFERENCES users); DROP TABLE n',
  "CREATE OR REPLACE FUNCTION touch() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN RETURN OLD; END'; CREATE OR REPLACE FUNCTION touch() RETURNS trigger LANGUAGE plpgsql AS $$BEGIN RETURN NEW; END$$",
  'GRANT SELECT ON users TO reader; REVOKE SELECT ON users FROM reader',
  "COMMENT ON TABLE users IS 'x'; COMMENT ON TABLE users IS NULL",
  'DROP TRIGGER touch ON users; CREATE TRIGGER touch BEFORE UPDATE ON users FOR EACH ROW EXECUTE FUNCTION touch()',
];

describe('differences between schemas', () => {
  let parser: SqlParser;
  let db: PGlite;
  before(async function () {
    this.timeout(60_000);
    parser = await loadSqlParser();
    db = await embeddedPostgres();
  });

  const changedBy = (schema: Schema, sql: string): Schema => {
    const { statements, problems } = parser.parse(sql);
    assert.deepEqual(problems, []);
    return statements.reduce(
      (now, statement) => applyStatement(now, statement, { madeByPlan: true }),
      schema,
    );
  };
  const fingerprint = () =>
    takeFingerprint({
      query: async (sql, parameters) => {
        const { rows } = await db.query<Record<string, unknown>>(sql, [...(parameters ?? [])]);
        return { rows, affectedRows: 0 };
      },
      exec: async (sql) => void (await db.exec(sql)),
    });

  for (const [sql, ...words] of told)
    it(`are told: ${sql}`, () => {
      const schema = baselineSchema(parser.parse(baseSchema));
      assert.deepEqual(
        schemaDifferences(schema, changedBy(schema, sql)).map(inWords).sort(),
        [...words].sort(),
      );
    });

  for (const sql of restored)
    it(`are none: ${sql}`, () => {
      const schema = baselineSchema(parser.parse(baseSchema));
      assert.deepEqual(schemaDifferences(schema, changedBy(schema, sql)).map(inWords), []);
    });

  it('are not guessed where no baseline tells what was there', () => {
    const unknown = emptySchema({ complete: false });
    for (const sql of [
      'ALTER TABLE users ALTER age SET NOT NULL',
      'ALTER TABLE users RENAME age TO years',
      'ALTER TABLE users RENAME TO people',
      'ALTER TABLE users VALIDATE CONSTRAINT c',
      'ALTER TABLE users ALTER age TYPE bigint',
      'DROP INDEX users_age',
    ])
      assert.deepEqual(schemaDifferences(unknown, changedBy(unknown, sql)).map(inWords), [], sql);
    const told =
      'ALTER TABLE users ADD COLUMN a int, ADD CONSTRAINT c CHECK (b > 0); CREATE INDEX i ON users (b)';
    assert.deepEqual(schemaDifferences(unknown, changedBy(unknown, told)).map(inWords).sort(), [
      'the column users.a is still there',
      'the constraint c of users is still there',
      'the index i is still there',
    ]);
    const heard = changedBy(unknown, 'ALTER TABLE users ALTER age SET NOT NULL');
    assert.deepEqual(
      schemaDifferences(heard, changedBy(heard, 'ALTER TABLE users ADD COLUMN a int')).map(inWords),
      ['the column users.a is still there'],
    );
  });

  it('are not told of what a statement that may not run decides', () => {
    const schema = baselineSchema(parser.parse(baseSchema));
    const sql = `DO $$ BEGIN IF random() > 0.5 THEN ALTER TABLE users ADD COLUMN handle text; END IF; END $$`;
    assert.deepEqual(schemaDifferences(schema, changedBy(schema, sql)), []);
  });

  it('are those of Postgres: where it finds none, none are told', async function () {
    this.timeout(20 * enough);
    let unequal = 0;
    const property = fc.asyncProperty(sequences, fc.nat(99), async (sequence, percent) => {
      const { script } = await follow(db, parser, statementsOf(sequence));
      const middle = Math.floor((script.length * percent) / 100);
      const constant = (sql: string) => () => sql;
      const { schema } = await follow(db, parser, script.slice(0, middle).map(constant));
      const start = await fingerprint();
      let now = schema;
      for (const sql of script.slice(middle)) {
        // Cut in two, a script may no longer be one that Postgres takes: a transaction ends at the cut.
        const isTaken = await db.exec(sql).then(
          () => true,
          () => false,
        );
        if (!isTaken) return void (await db.exec('ROLLBACK'));
        now = changedBy(now, sql);
      }
      if (now.transaction) return;
      const seen = compareFingerprints(start, await fingerprint()).filter(
        ({ kind }) => kind !== 'information',
      );
      const found = schemaDifferences(schema, now);
      if (found.length > 0) unequal++;
      const ours = found.map(inWords);
      const shown = () => `${script.join(';\n')};\n-- after ${middle}: ${ours.join('; ')}`;
      if (seen.length === 0) assert.deepEqual(ours, [], shown());
      if (!seen.some(({ kind }) => kind === 'schema'))
        assert.ok(
          found.every(({ kind }) => kind === 'column_order'),
          shown(),
        );
    });
    await fc.assert(property, { seed: 18, numRuns: 200, interruptAfterTimeLimit: enough });
    assert.ok(unequal > 5);
  });

  it('of expressions are those of their constants', () => {
    for (const [one, other, same] of [
      ["'x'", "'x'::character varying(255)", true],
      ['now()', 'NOW( )', true],
      ['(a > 0)', 'a > 0', true],
      ['"a" > 0', 'a > 0', true],
      ['now()', 'CURRENT_TIMESTAMP', undefined],
      [
        "state IN ('a', 'b')",
        "((state)::text = ANY ((ARRAY['a'::character varying, 'b'::text])::text[]))",
        undefined,
      ],
      ['a > 0', 'a > 1', false],
      ["'x'", "'y'", false],
    ] as const)
      assert.equal(isSameExpression(one, other), same, `${one} | ${other}`);
  });
});
