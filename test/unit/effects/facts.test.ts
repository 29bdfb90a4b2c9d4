import assert from 'node:assert/strict';
import { effectsOf } from '../../../server/src/effects/effects.ts';
import type { Effects } from '../../../server/src/effects/model.ts';
import {
  applyStatement,
  baselineSchema,
  emptySchema,
  exposeNewRelations,
} from '../../../server/src/schema/apply.ts';
import type { Schema } from '../../../server/src/schema/model.ts';
import type { SqlParser } from '../../../server/src/sql/model.ts';
import { loadSqlParser } from '../../../server/src/sql/parser.ts';

describe('effects', () => {
  let parser: SqlParser;
  before(async () => {
    parser = await loadSqlParser();
  });

  const baseline = (ddl: string) => baselineSchema(parser.parse(ddl));
  const nothing = emptySchema({ complete: false });
  /** The effects of the last statement, the ones before it applied. */
  const effects = (sql: string, schema: Schema, timeZone?: string): Effects => {
    const { statements, problems } = parser.parse(sql);
    assert.deepEqual(problems, []);
    let now = schema;
    let last: Effects | undefined;
    for (const statement of statements) {
      last = effectsOf(
        statement,
        now,
        timeZone === undefined ? { pgVersion: 16 } : { pgVersion: 16, timeZone },
      );
      now = applyStatement(now, statement, { madeByPlan: true });
    }
    assert.ok(last);
    return last;
  };
  const locks = ({ locks: list }: Effects) => list.map(({ relation, mode }) => `${relation} ${mode}`);

  describe('of statements that Postgres refuses in a transaction', () => {
    const schema = () =>
      baseline(`CREATE TABLE t (id int PRIMARY KEY); CREATE INDEX i ON t (id);
        CREATE TABLE p (id int) PARTITION BY RANGE (id); CREATE TABLE p1 PARTITION OF p FOR VALUES FROM (0) TO (9); CREATE INDEX pi ON p (id);`);
    for (const sql of [
      'CREATE INDEX CONCURRENTLY x ON t (id)',
      'DROP INDEX CONCURRENTLY i',
      'REINDEX INDEX CONCURRENTLY i',
      'REINDEX TABLE CONCURRENTLY t',
      'REINDEX (CONCURRENTLY) TABLE t',
      'REINDEX TABLE p',
      'REINDEX INDEX pi',
      'REINDEX SCHEMA public',
      'REINDEX DATABASE d',
      'VACUUM',
      'VACUUM t',
      'VACUUM (FULL, ANALYZE) t',
      'CLUSTER',
      'CLUSTER p USING pi',
      'CREATE DATABASE d',
      'DROP DATABASE d',
      "CREATE TABLESPACE s LOCATION '/x'",
      'DROP TABLESPACE s',
      'ALTER SYSTEM SET work_mem = 1',
      'ALTER TABLE p DETACH PARTITION p1 CONCURRENTLY',
      "CREATE SUBSCRIPTION s CONNECTION 'x' PUBLICATION p",
      'DROP SUBSCRIPTION s',
    ]) {
      it(sql, () => assert.equal(effects(sql, schema()).transactional, false));
    }
    for (const sql of [
      'REINDEX TABLE t',
      'REINDEX (CONCURRENTLY false) TABLE t',
      'CLUSTER t USING i',
      'ANALYZE t',
      'CREATE INDEX x ON t (id)',
      "ALTER TYPE mood ADD VALUE 'x'",
      'TRUNCATE t',
      "CREATE SUBSCRIPTION s CONNECTION 'x' PUBLICATION p WITH (connect = false)",
    ]) {
      it(`but not ${sql}`, () => assert.equal(effects(sql, schema()).transactional, true));
    }
  });

  describe('of CONCURRENTLY and VACUUM, which one session cannot show', () => {
    const schema = () => baseline('CREATE TABLE t (id int PRIMARY KEY, a int); CREATE INDEX i ON t (a);');
    for (const [sql, expected, kind] of [
      ['CREATE INDEX CONCURRENTLY x ON t (a)', ['t ShareUpdateExclusiveLock'], 'build'],
      ['DROP INDEX CONCURRENTLY i', ['i ShareUpdateExclusiveLock', 't ShareUpdateExclusiveLock'], 'instant'],
      ['REINDEX INDEX CONCURRENTLY i', ['i ShareUpdateExclusiveLock', 't ShareUpdateExclusiveLock'], 'build'],
      ['VACUUM t', ['t ShareUpdateExclusiveLock'], 'scan'],
    ] as const) {
      it(sql, () => {
        const result = effects(sql, schema());
        assert.deepEqual(locks(result), expected);
        assert.equal(result.class, kind);
      });
    }
    it('VACUUM FULL rewrites the table and its indexes', () => {
      const result = effects('VACUUM FULL t', schema());
      assert.equal(result.class, 'rewrite');
      assert.deepEqual(
        result.rewrites.map(({ relation }) => relation),
        ['t', 't_pkey', 'i'],
      );
      assert.ok(result.locks.every(({ mode }) => mode === 'AccessExclusiveLock'));
    });
  });

  describe('without a baseline', () => {
    it('still lock what the statement names', () => {
      assert.deepEqual(locks(effects('ALTER TABLE app.users ADD COLUMN x int', nothing)), [
        'app.users AccessExclusiveLock',
      ]);
      assert.deepEqual(locks(effects('ALTER TABLE public.users ADD COLUMN x int', nothing)), [
        'users AccessExclusiveLock',
      ]);
      assert.equal(effects('ALTER TABLE users ADD COLUMN x int', nothing).class, 'instant');
    });

    it('do not guess a type, and say how to give it', () => {
      const { class: kind, unknown, rewrites } = effects('ALTER TABLE users ALTER id TYPE bigint', nothing);
      assert.equal(kind, 'unknown');
      assert.deepEqual(rewrites, []);
      assert.deepEqual(unknown, [
        {
          fact: 'the type that users.id has now',
          remedy: 'name the baseline DDL under database.schema',
          may: 'rewrite',
          command: 0,
        },
      ]);
    });

    it('do not guess whether a CHECK proves NOT NULL, and remember one that the plan made', () => {
      const set = 'ALTER TABLE users ALTER name SET NOT NULL';
      assert.equal(effects(set, nothing).class, 'unknown');
      const check = 'ALTER TABLE users ADD CONSTRAINT c CHECK (name IS NOT NULL) NOT VALID; ';
      const validate = 'ALTER TABLE users VALIDATE CONSTRAINT c; ';
      assert.equal(effects(check + validate + set, nothing).class, 'instant');
      assert.equal(effects(check + set, nothing).class, 'unknown');
      assert.equal(effects(check + validate, nothing).class, 'scan');
      assert.equal(effects('ALTER TABLE users VALIDATE CONSTRAINT c', nothing).class, 'unknown');
    });

    it('build the index on the table that the statement names', () => {
      const { class: kind, builds } = effects('CREATE INDEX ON users (name)', nothing);
      assert.equal(kind, 'build');
      assert.deepEqual(
        builds.map(({ relation }) => relation),
        ['users'],
      );
    });

    it('remember the type of a column that the plan added', () => {
      const added = 'ALTER TABLE users ADD COLUMN handle varchar(10); ';
      assert.equal(
        effects(`${added}ALTER TABLE users ALTER handle TYPE varchar(20)`, nothing).class,
        'instant',
      );
      assert.equal(
        effects(`${added}ALTER TABLE users ALTER handle TYPE int USING handle::int`, nothing).class,
        'rewrite',
      );
    });
  });

  describe('with a complete baseline', () => {
    it('say that a table is not there', () => {
      const result = effects('ALTER TABLE userz ADD COLUMN x int', baseline('CREATE TABLE users (id int)'));
      assert.equal(result.class, 'unknown');
      assert.match(result.unknown[0]?.fact ?? '', /userz does not exist/);
      assert.deepEqual(result.locks, []);
    });

    it('leave IF EXISTS in peace', () => {
      const result = effects('DROP TABLE IF EXISTS userz; ', baseline('CREATE TABLE users (id int)'));
      assert.deepEqual([result.class, result.locks, result.unknown], ['instant', [], []]);
    });

    it('name relations as regclass does', () => {
      const schema = baseline(
        'CREATE SCHEMA app; CREATE TABLE app.users (id int); CREATE TABLE "Order" (id int); CREATE TABLE users (id int);',
      );
      assert.deepEqual(locks(effects('LOCK app.users, public.users, "Order"', schema)), [
        'app.users AccessExclusiveLock',
        'users AccessExclusiveLock',
        '"Order" AccessExclusiveLock',
      ]);
      assert.deepEqual(locks(effects('SET search_path = app; LOCK users, public.users', schema)), [
        'users AccessExclusiveLock',
        'public.users AccessExclusiveLock',
      ]);
    });
  });

  describe('on what the plan itself made', () => {
    const made = 'CREATE TABLE n (id int PRIMARY KEY, a int); ';
    const schema = () => baseline('CREATE TABLE o (id int PRIMARY KEY)');

    it('lock a new relation and cost nothing while it is empty', () => {
      for (const sql of [
        'CREATE INDEX ON n (a)',
        'ALTER TABLE n ALTER a TYPE text',
        'ALTER TABLE n ALTER a SET NOT NULL',
        'ALTER TABLE n ADD CHECK (a > 0)',
        'ALTER TABLE n ADD FOREIGN KEY (a) REFERENCES o',
      ]) {
        const result = effects(made + sql, schema());
        assert.equal(result.class, 'instant', sql);
        assert.equal(result.locks.find(({ relation }) => relation === 'n')?.isNew, true, sql);
      }
      const reference = effects(`${made}ALTER TABLE n ADD FOREIGN KEY (a) REFERENCES o`, schema());
      assert.deepEqual(
        reference.locks.find(({ relation }) => relation === 'o'),
        {
          relation: 'o',
          mode: 'ShareRowExclusiveLock',
          isNew: false,
        },
      );
    });

    it('cost as any other once rows came in', () => {
      for (const fill of [
        'INSERT INTO n VALUES (1, 2); ',
        'COPY n FROM STDIN; ',
        'INSERT INTO n SELECT id, id FROM o; ',
      ]) {
        assert.equal(effects(`${made}${fill}CREATE INDEX ON n (a)`, schema()).class, 'build', fill);
      }
      assert.equal(
        effects('CREATE TABLE n AS SELECT * FROM o; CREATE INDEX ON n (id)', schema()).class,
        'build',
      );
    });

    it('cost as any other once the application may use them', () => {
      const [create, index] = parser.parse(`${made}CREATE INDEX ON n (a)`).statements;
      assert.ok(create && index);
      const deployed = exposeNewRelations(applyStatement(schema(), create, { madeByPlan: true }));
      assert.equal(effectsOf(index, deployed, { pgVersion: 16 }).class, 'build');
    });
  });

  describe('of defaults', () => {
    const users = () =>
      baseline(
        'CREATE TABLE users (id int); CREATE FUNCTION nice() RETURNS int LANGUAGE plpgsql STABLE AS $$ BEGIN RETURN 1; END $$;',
      );
    for (const [expression, kind] of [
      ["'x'", 'instant'],
      ['now()', 'instant'],
      ['CURRENT_TIMESTAMP', 'instant'],
      ["lower('X')", 'instant'],
      ['nice()', 'instant'],
      ['gen_random_uuid()', 'rewrite'],
      ['random() * 5', 'rewrite'],
      ['clock_timestamp()', 'rewrite'],
      ['my_function()', 'unknown'],
      // Postgres has none that takes an argument: where there is one, it is somebody's own.
      ['now(123)', 'unknown'],
      ['gen_random_uuid(4)', 'unknown'],
    ] as const) {
      it(`${expression}: ${kind}`, () => {
        assert.equal(
          effects(`ALTER TABLE users ADD COLUMN x text DEFAULT (${expression})::text`, users()).class,
          kind,
        );
      });
    }
  });

  it('of a change between timestamps depend on the TimeZone, given or set', () => {
    const schema = baseline('CREATE TABLE t (at timestamptz)');
    const change = 'ALTER TABLE t ALTER at TYPE timestamp';
    assert.equal(effects(change, schema).class, 'unknown');
    assert.equal(effects(change, schema, 'UTC').class, 'instant');
    assert.equal(effects(`SET timezone = 'UTC'; ${change}`, schema).class, 'instant');
    assert.equal(effects(`SET TIME ZONE 'Europe/Berlin'; ${change}`, schema).class, 'rewrite');
    assert.equal(effects(`SET timezone = 'UTC'; RESET timezone; ${change}`, schema).class, 'unknown');
  });

  it('of an ALTER TABLE say which subcommand does the work', () => {
    const schema = baseline('CREATE TABLE t (a int, b int)');
    const { rewrites, scans } = effects(
      'ALTER TABLE t ADD COLUMN c int, ALTER a TYPE bigint, ALTER b SET NOT NULL',
      schema,
    );
    assert.deepEqual(
      rewrites.map(({ command }) => command),
      [1],
    );
    assert.deepEqual(
      scans.map(({ command }) => command),
      [2],
    );
  });

  it('of what code does are unknown', () => {
    for (const sql of ['DO $$ BEGIN EXECUTE some_text; END $$', 'CALL p()'])
      assert.equal(effects(sql, nothing).class, 'unknown');
  });

  it('of settings, roles and functions touch no table', () => {
    for (const sql of [
      "SET lock_timeout = '2s'",
      'CREATE ROLE r',
      'BEGIN',
      'COMMIT',
      "CREATE FUNCTION f() RETURNS int LANGUAGE sql AS 'SELECT 1'",
    ]) {
      const result = effects(sql, nothing);
      assert.deepEqual([result.class, result.locks], ['instant', []], sql);
    }
  });
});
