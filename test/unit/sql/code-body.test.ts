import assert from 'node:assert/strict';
import fc from 'fast-check';
import type { CodeBody, SqlParser } from '../../../server/src/sql/model.ts';
import { loadSqlParser } from '../../../server/src/sql/parser.ts';

describe('code bodies', () => {
  let parser: SqlParser;
  before(async () => {
    parser = await loadSqlParser();
  });

  const bodyOf = (sql: string): CodeBody => {
    const body = parser.parse(sql).statements[0]?.body();
    assert.ok(body, `a body in ${sql}`);
    return body;
  };
  /** The source of each statement inside: `!` where it runs for certain, `?` where it may, `*` in a loop. */
  const shown = (sql: string) =>
    bodyOf(sql).statements.map(
      ({ statement, certain, repeats, pinned }) =>
        `${certain ? '!' : '?'}${repeats ? '*' : ''} ${pinned ? 'PINNED' : sql.slice(statement.range.start, statement.range.end)}`,
    );

  it('know what runs for certain', () => {
    const sql = `DO $$ DECLARE n int := (SELECT 1); r record; BEGIN
      DELETE FROM a;
      IF n > 1 THEN DELETE FROM b; ELSIF EXISTS (SELECT FROM x) THEN DELETE FROM c; ELSE DELETE FROM d; END IF;
      FOR r IN SELECT * FROM e LOOP DELETE FROM f; END LOOP;
      LOOP UPDATE g SET a = 1; EXIT WHEN NOT FOUND; UPDATE h SET a = 1; END LOOP;
      BEGIN DELETE FROM i; EXCEPTION WHEN others THEN DELETE FROM j; END;
      DELETE FROM k;
      IF n = 2 THEN RETURN; END IF;
      DELETE FROM l;
    END $$`;
    assert.deepEqual(shown(sql), [
      '! (SELECT 1)',
      '! DELETE FROM a',
      '? DELETE FROM b',
      '? EXISTS (SELECT FROM x)',
      '? DELETE FROM c',
      '? DELETE FROM d',
      '! SELECT * FROM e',
      '?* DELETE FROM f',
      '!* UPDATE g SET a = 1',
      '?* UPDATE h SET a = 1',
      '! DELETE FROM i',
      '? DELETE FROM j',
      '! DELETE FROM k',
      '? DELETE FROM l',
    ]);
  });

  it('know what is guarded, whose failing is no fault', () => {
    const sql = `DO $$ DECLARE n int; r record; BEGIN
      DELETE FROM a;
      IF n > 1 THEN DELETE FROM b; END IF;
      FOR r IN SELECT * FROM e LOOP DELETE FROM f; END LOOP;
      BEGIN DELETE FROM i; EXCEPTION WHEN others THEN DELETE FROM j; END;
      DELETE FROM k;
      IF n = 2 THEN RETURN; END IF;
      DELETE FROM l;
    END $$`;
    const guarded = bodyOf(sql).statements.flatMap((one) => (one.guarded ? one.statement.text.at(-1) : []));
    assert.deepEqual(guarded, ['b', 'i', 'j', 'l']);
    assert.deepEqual(
      bodyOf(sql).variables.filter((name) => name.length === 1),
      ['n', 'r'],
    );
  });

  it('tell which fields of NEW they give values to', () => {
    const fields = (body: string) =>
      bodyOf(`CREATE FUNCTION f() RETURNS trigger LANGUAGE plpgsql AS $$ ${body} $$`).newFields;
    const all = fields('BEGIN NEW.a := 1; new."B" = 2; SELECT 1 INTO NEW.c; RETURN NEW; END');
    assert.deepEqual(new Set(all), new Set(['a', 'B', 'c']));
    assert.deepEqual(fields('BEGIN IF NEW.a IS NULL THEN NEW.a := 1; END IF; RETURN NEW; END'), ['a']);
    assert.deepEqual(fields('DECLARE new_a int; BEGIN new_a := 1; RETURN NEW; END'), []);
    for (const body of [
      'NEW := OLD; RETURN NEW',
      'RETURN NULL',
      'RETURN OLD',
      'SELECT * INTO NEW FROM t; RETURN NEW',
    ])
      assert.equal(fields(`BEGIN ${body}; END`), undefined, body);
  });

  it('have their statements where the source has them, PERFORM, INTO and assignments too', () => {
    const sql = `DO $x$ DECLARE n int; BEGIN
      -- DELETE FROM a
      PERFORM f(1);
      SELECT count(*) INTO n FROM ä;
      n := (SELECT max(id) FROM b);
      INSERT INTO c VALUES (1)
        RETURNING id INTO STRICT n;
    END $x$`;
    assert.deepEqual(shown(sql), [
      '! PERFORM f(1)',
      '! SELECT count(*) INTO n FROM ä',
      '! (SELECT max(id) FROM b)',
      '! INSERT INTO c VALUES (1)\n        RETURNING id',
    ]);
    const [, select] = bodyOf(sql).statements;
    assert.ok(select);
    const from = select.statement.node as {
      SelectStmt: { fromClause: [{ RangeVar: { location: number } }] };
    };
    const at = select.statement.tokenAt(from.SelectStmt.fromClause[0].RangeVar.location);
    assert.equal(sql.slice(at.start, at.end), 'ä');
  });

  it('hold dynamic SQL where it is a constant, and say how the rest begins', () => {
    const sql = `DO $$ BEGIN
      EXECUTE 'ALTER TABLE a ADD b int';
      EXECUTE format('DROP TABLE %I', 'x');
      EXECUTE 'TRUNCATE ' || quote_ident('y');
      EXECUTE pg_temp.sql();
    END $$`;
    assert.deepEqual(shown(sql), ['! ALTER TABLE a ADD b int']);
    assert.deepEqual(
      bodyOf(sql).unread.map(({ begins }) => begins),
      ['DROP TABLE ', 'TRUNCATE ', undefined],
    );
  });

  it('are read in functions too, in SQL and in PL/pgSQL, old style and ATOMIC', () => {
    assert.deepEqual(shown('CREATE FUNCTION f() RETURNS int LANGUAGE sql AS $$ DELETE FROM a; SELECT 1 $$'), [
      '! DELETE FROM a',
      '! SELECT 1',
    ]);
    assert.deepEqual(
      shown('CREATE FUNCTION f() RETURNS int LANGUAGE sql BEGIN ATOMIC DELETE FROM a; SELECT 1; END'),
      ['! PINNED', '! PINNED'],
    );
    const trigger = `CREATE FUNCTION f() RETURNS trigger LANGUAGE plpgsql AS $$
      BEGIN NEW.handle := NEW.username; UPDATE t SET a = 1; RETURN NEW; END $$`;
    assert.deepEqual(shown(trigger), ['! UPDATE t SET a = 1']);
  });

  it('in quotes that are doubled are read, without a place of their own', () => {
    assert.deepEqual(shown("DO 'BEGIN PERFORM ''x''; DELETE FROM a; END'"), ['! PINNED', '! PINNED']);
    assert.deepEqual(shown("DO 'BEGIN DELETE FROM a; END'"), ['! DELETE FROM a']);
  });

  it('in another language or with a fault are said to be unread', () => {
    assert.deepEqual(
      bodyOf('DO LANGUAGE plpython3u $$ pass $$').unread.map(({ what }) => what),
      ['code in plpython3u'],
    );
    const sql = 'DO $$ BEGIN DELETE FRM x; END $$';
    const { problems, unread } = bodyOf(sql);
    assert.equal(unread.length, 1);
    assert.deepEqual(
      problems.map(({ message, range }) => [message, sql.slice(range.start, range.end)]),
      [['Syntax error at or near "FRM" in the body.', 'FRM']],
    );
  });

  it('never throw', () => {
    const words = [
      'BEGIN',
      'END',
      ';',
      'IF x THEN',
      'END IF',
      'LOOP',
      'END LOOP',
      "'",
      '$$',
      'SELECT 1',
      ':=',
      '\0',
      'é',
    ];
    const noise = fc.array(fc.oneof(fc.constantFrom(...words), fc.string({ maxLength: 4 })), {
      maxLength: 12,
    });
    fc.assert(
      fc.property(noise, (parts) => {
        for (const { statements } of [parser.parse(`DO $q$${parts.join(' ')}$q$`)])
          for (const statement of statements) statement.body();
      }),
      { numRuns: 200 },
    );
  });
});
