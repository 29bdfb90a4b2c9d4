import assert from 'node:assert/strict';
import { type Analysis, analyze, loadParsers, type Parsers } from '../../../server/src/analyze.ts';
import { compatibilityRules } from '../../../server/src/rules/compatibility/index.ts';
import { defaultSettings } from '../../../server/src/rules/settings.ts';
import { examplePlan } from './example-plan.ts';
import { applyEdits, assertFixLaws } from './fix-laws.ts';

const ids = new Set(compatibilityRules.map(({ id }) => id));

const baseline = `
CREATE TABLE users (id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY, name text, email text NOT NULL);
CREATE TABLE orders (id bigint PRIMARY KEY, user_id bigint REFERENCES users, note text, shop_id bigint);
CREATE VIEW named AS SELECT id, name FROM users;
`;

describe('rules: the running application', () => {
  let parsers: Parsers;
  before(async () => {
    parsers = await loadParsers();
  });

  const checkPlan = (text: string, schema = baseline): Analysis =>
    analyze(text, {
      parsers,
      kind: 'plan',
      readFile: (path) => (path === 'schema.sql' ? { text: schema } : { error: `there is no ${path}.` }),
    });
  const ours = ({ findings }: Analysis) => findings.filter(({ rule }) => ids.has(rule));
  const found = (analysis: Analysis) => ours(analysis).map(({ rule }) => rule);
  const said = (analysis: Analysis) => ours(analysis).map(({ message }) => message);

  /** Versions by their statements; the first runs before step one. */
  const app = (versions: Readonly<Record<string, readonly string[]>>) =>
    JSON.stringify({ framework: 'nestjs', runs: Object.keys(versions)[0], versions });
  const step = (sql: string, rollback = '{ impossible: for the example }', name = 'Change') =>
    `- step: ${name}\n  sql: |\n${sql.replace(/^/gm, '    ')}\n  rollback: ${rollback}\n`;
  const deploy = (version: string, rollback: string) =>
    `- step: Deploy ${version}\n  deploy: ${version}\n  rollback: ${rollback}\n`;
  const withApp = (versions: Readonly<Record<string, readonly string[]>>, steps: string) =>
    checkPlan(examplePlan({ steps, plan: { app: app(versions) } }));
  const without = (steps: string) => checkPlan(examplePlan({ steps }));

  describe('what a prepared statement gives', () => {
    const findings = (versions: Readonly<Record<string, readonly string[]>>, steps: string, plan = {}) =>
      analyze(examplePlan({ steps, plan: { app: app(versions), ...plan } }), {
        parsers,
        kind: 'plan',
        settings: { ...defaultSettings, rules: { 'live-result-retyped': 'info' } },
        readFile: () => ({ text: baseline }),
      })
        .findings.filter(({ rule }) => rule === 'live-star-changes' || rule === 'live-result-retyped')
        .map(({ rule, severity, message, related }) => [
          rule,
          severity,
          related.length,
          message.slice(0, message.indexOf(':')),
        ]);
    const addNote = step('ALTER TABLE users ADD COLUMN note text;');

    it('is another with a column that * stands for, told once a step', () => {
      const star = { v1: ['SELECT * FROM users WHERE id = $1', 'SELECT name FROM users'] };
      const told = 'With note, the "SELECT * FROM users WHERE id = $1" of v1 gives another result';
      assert.deepEqual(findings(star, addNote), [['live-star-changes', 'info', 1, told]]);
      const two = step('ALTER TABLE users ADD COLUMN note text;\nALTER TABLE users ADD COLUMN more text;');
      assert.deepEqual(
        findings(star, two).map(([rule]) => rule),
        ['live-star-changes'],
      );
      const inserted = { v1: ['INSERT INTO users (email) VALUES ($1) RETURNING *'] };
      assert.equal(findings(inserted, addNote).length, 1);
    });

    it('is the same for other statements, versions that are not live, and TypeORM', () => {
      assert.deepEqual(findings({ v1: ['SELECT id, name FROM users', 'SELECT * FROM orders'] }, addNote), []);
      const later = { v1: ['SELECT * FROM users'], v2: ['SELECT id FROM users'] };
      assert.deepEqual(findings(later, deploy('v2', '{ deploy: v1 }') + addNote), []);
      const typeorm = app({ v1: ['SELECT * FROM users'] }).replace('nestjs"', 'nestjs", "orm": "typeorm"');
      assert.deepEqual(findings({}, addNote, { app: typeorm }), []);
    });

    it('is another where a view gets a column', () => {
      const view = step('CREATE OR REPLACE VIEW named AS SELECT id, name, email FROM users;');
      assert.equal(findings({ v1: ['SELECT * FROM named'] }, view).length, 1);
      assert.deepEqual(findings({ v1: ['SELECT id FROM named'] }, view), []);
    });

    it('has another type behind ALTER TYPE, and where another column takes the name', () => {
      const reads = { v1: ['SELECT id, shop_id FROM orders', 'SELECT id FROM orders WHERE shop_id = $1'] };
      const told = 'orders.shop_id is numeric after this step and bigint before';
      const alter = step('ALTER TABLE orders ALTER COLUMN shop_id TYPE numeric;');
      assert.deepEqual(findings(reads, alter), [['live-result-retyped', 'info', 1, told]]);
      const swap = step(`ALTER TABLE orders RENAME COLUMN shop_id TO shop_old;
ALTER TABLE orders RENAME COLUMN shop_new TO shop_id;`);
      const added = step('ALTER TABLE orders ADD COLUMN shop_new numeric;', undefined, 'Add');
      assert.deepEqual(findings(reads, added + swap), [['live-result-retyped', 'info', 1, told]]);
    });
  });

  describe('what a live version names', () => {
    const uses: readonly (readonly [string, string, string | undefined])[] = [
      ['a column it reads', 'SELECT name FROM users', 'error'],
      ['a column behind an alias', 'SELECT u.id FROM users u WHERE u.name = $1', 'error'],
      [
        'a column in a subquery',
        'SELECT id FROM orders WHERE user_id IN (SELECT id FROM users WHERE name = $1)',
        'error',
      ],
      [
        'a column of the row outside',
        'SELECT id FROM users WHERE EXISTS (SELECT 1 FROM orders WHERE note = name)',
        'error',
      ],
      ['a column it writes', 'UPDATE users SET name = $1 WHERE id = $2', 'error'],
      ['a column of a WITH query', 'WITH u AS (SELECT name FROM users) SELECT count(*) FROM u', 'error'],
      ['a column it returns', 'INSERT INTO users (email) VALUES ($1) RETURNING name', 'error'],
      ['a column by its place', "INSERT INTO users VALUES (DEFAULT, 'a', 'b')", 'error'],
      ['every column', 'SELECT * FROM users', 'warning'],
      ['every column of an alias', 'SELECT u.* FROM users u', 'warning'],
      ['the whole row', 'SELECT u FROM users u', 'warning'],
      ['another column', 'SELECT id, email FROM users', undefined],
      ['another name for another column', 'SELECT email AS name FROM users ORDER BY name', undefined],
      ['a column of another table', 'SELECT name FROM (SELECT note AS name FROM orders) o', undefined],
    ];
    for (const [what, statement, severity] of uses) {
      it(`${what}: ${severity ?? 'silence'}`, () => {
        const analysis = withApp(
          { v1: [statement] },
          step('DROP VIEW named;\nALTER TABLE users DROP COLUMN name;'),
        );
        const severities = ours(analysis)
          .filter(({ rule }) => rule === 'live-name-removed')
          .map((finding) => finding.severity);
        assert.deepEqual(severities, severity ? [severity] : []);
      });
    }

    it('is known without a baseline, where the statement leaves no doubt', () => {
      const plan = {
        database: '{ version: 16 }',
        app: app({ v1: ['SELECT name FROM users', 'SELECT note FROM orders'] }),
      };
      const steps = step('ALTER TABLE users DROP COLUMN name;\nALTER TABLE orders DROP COLUMN price;');
      assert.deepEqual(found(checkPlan(examplePlan({ steps, plan }))), ['live-name-removed']);
    });

    it('goes with a view, a schema or CASCADE too', () => {
      const versions = { v1: ['SELECT name FROM named', 'SELECT 1 FROM orders'] };
      assert.deepEqual(found(withApp(versions, step('DROP VIEW named;'))), ['live-name-removed']);
      const cascade = withApp(versions, step('ALTER TABLE users DROP COLUMN name CASCADE;'));
      assert.deepEqual(found(cascade).sort(), ['drop-cascade', 'live-name-removed']);
      const schema = withApp(versions, step('ALTER SCHEMA public RENAME TO old;'));
      assert.deepEqual(found(schema), ['live-name-removed']);
    });

    it('is still there where a view answers to the old name in the same transaction', () => {
      const swap = 'ALTER TABLE orders RENAME TO purchases;\nCREATE VIEW orders AS SELECT * FROM purchases;';
      const versions = { v1: ['SELECT note FROM orders'] };
      assert.deepEqual(found(withApp(versions, step(swap))), []);
      const apart = withApp(versions, step(swap).replace('  sql:', '  transaction: false\n  sql:'));
      assert.deepEqual(
        found(apart),
        ['live-name-removed'],
        'without a transaction there is a moment between',
      );
    });

    it('may go once a deploy has freed it, and the finding names that deploy', () => {
      const versions = { v1: ['SELECT note FROM orders'], v2: ['SELECT id FROM orders'] };
      const drop = step('ALTER TABLE orders DROP COLUMN note;');
      const late = withApp(versions, deploy('v2', '{ deploy: v1 }') + drop);
      assert.deepEqual(found(late), []);
      const early = withApp(versions, drop + deploy('v2', '{ impossible: v1 is over }'));
      const [finding] = ours(early);
      assert.equal(finding?.rule, 'live-name-removed');
      assert.match(
        finding.message,
        /v1 runs while this step does.*"SELECT note FROM orders".*behind "Deploy v2"/,
      );
      const places = finding.related.map(({ range }) => early.text.slice(range.start, range.end));
      assert.deepEqual(places, ['note', 'v2']);
    });

    it('is asked about, not known, where the plan does not say what runs', () => {
      const drop = step('ALTER TABLE orders DROP COLUMN note;');
      assert.deepEqual(found(without(drop)), ['drop-column']);
      assert.match(said(without(drop))[0] ?? '', /Say under app/);
      const empty = checkPlan(
        examplePlan({ steps: drop, plan: { app: '{ runs: v1, versions: { v1: [] } }' } }),
      );
      assert.deepEqual(found(empty), ['drop-column'], 'versions without any statement tell nothing');
      const unnamed = `{ versions: { v1: ["SELECT note FROM orders"], v2: ["SELECT id FROM orders"] } }`;
      const before = checkPlan(examplePlan({ steps: drop, plan: { app: unnamed } }));
      assert.deepEqual(found(before), ['drop-column']);
      const after = deploy('v2', '{ impossible: no way back }') + drop;
      assert.deepEqual(found(checkPlan(examplePlan({ steps: after, plan: { app: unnamed } }))), []);
    });
  });

  describe('the way back', () => {
    const versions = {
      v1: ['SELECT id FROM orders'],
      v2: ['SELECT id, status FROM orders'],
    };
    const add = step(
      'ALTER TABLE orders ADD COLUMN status text;',
      'ALTER TABLE orders DROP COLUMN status;',
      'Add',
    );

    it('is sound where each rollback meets the version before', () => {
      assert.deepEqual(found(withApp(versions, add + deploy('v2', '{ deploy: v1 }'))), []);
    });

    it('drops a column under a version that no rollback takes back', () => {
      const analysis = withApp(versions, add + deploy('v2', '{ not_needed: it stays }'));
      assert.deepEqual(found(analysis), ['live-name-removed']);
      assert.match(said(analysis)[0] ?? '', /v2 may still run when this is rolled back/);
    });

    it('brings back a version whose column is gone', () => {
      const old = {
        v1: ['SELECT note FROM orders'],
        v2: ['SELECT id FROM orders'],
        v3: ['SELECT 1 FROM orders'],
      };
      const steps =
        deploy('v2', '{ deploy: v1 }') +
        step('ALTER TABLE orders DROP COLUMN note;', '{ impossible: the notes are gone }', 'Drop') +
        deploy('v3', '{ deploy: v1 }');
      const analysis = withApp(old, steps);
      assert.deepEqual(found(analysis), ['deploy-misses-schema']);
      assert.match(said(analysis)[0] ?? '', /brings back v1.*"Drop" has changed before.*note does not exist/);
    });

    it('ends at a point of no return', () => {
      const steps = add + deploy('v2', '{ impossible: v1 is over }');
      assert.deepEqual(found(withApp(versions, steps)), []);
    });
  });

  describe('what a live version writes', () => {
    it('is refused from a new demand on, until a deploy meets it', () => {
      const versions = {
        v1: ["INSERT INTO users (email) VALUES ('a')"],
        v2: ["INSERT INTO users (name, email) VALUES ('a', 'b')"],
      };
      const demand = step(
        'ALTER TABLE users ADD CONSTRAINT c CHECK (name IS NOT NULL) NOT VALID;',
        'ALTER TABLE users DROP CONSTRAINT c;',
      );
      const validate = step(
        'ALTER TABLE users VALIDATE CONSTRAINT c;',
        '{ not_needed: the rollback before }',
        'Validate',
      );
      const early = withApp(versions, demand + validate + deploy('v2', '{ deploy: v1 }'));
      assert.deepEqual(found(early), ['live-write-refused'], 'that v1 cannot come back is the same fault');
      assert.deepEqual(found(withApp(versions, deploy('v2', '{ deploy: v1 }') + demand + validate)), []);
    });

    const trigger = (
      body: string,
    ) => `CREATE FUNCTION fill() RETURNS trigger LANGUAGE plpgsql AS $$ ${body} $$;
CREATE TRIGGER fill BEFORE INSERT ON users FOR EACH ROW EXECUTE FUNCTION fill();`;
    const fills: readonly (readonly [string, string, string | undefined])[] = [
      ['gives the value', "BEGIN NEW.name := ''; RETURN NEW; END", undefined],
      [
        'gives it where there is none',
        "BEGIN IF NEW.name IS NULL THEN NEW.name = 'x'; END IF; RETURN NEW; END",
        undefined,
      ],
      ['selects it', 'BEGIN SELECT email INTO NEW.name FROM users LIMIT 1; RETURN NEW; END', undefined],
      ['gives another value', "BEGIN NEW.email := ''; RETURN NEW; END", 'error'],
      ['gives back another row', "BEGIN RETURN jsonb_populate_record(NEW, '{}'); END", 'warning'],
      ['gives back no row', 'BEGIN RETURN NULL; END', 'warning'],
      ['takes the old row', 'BEGIN NEW := OLD; RETURN NEW; END', 'warning'],
    ];
    for (const [what, body, severity] of fills)
      it(`a trigger that ${what}: ${severity ?? 'silence'}`, () => {
        const text = examplePlan({
          steps: step('ALTER TABLE users ALTER COLUMN name SET NOT NULL;'),
          plan: { app: app({ v1: ["INSERT INTO users (email) VALUES ('a')"] }) },
        });
        const found = ours(checkPlan(text, baseline + trigger(body)));
        assert.deepEqual(
          found.map((one) => [one.rule, one.severity]),
          severity ? [['live-write-refused', severity]] : [],
        );
        if (severity === 'warning') assert.match(found[0]?.message ?? '', /unless the trigger fill/);
      });

    it('is refused by the baseline itself: the statement or the baseline is wrong', () => {
      const analysis = withApp({ v1: ['SELECT nmae FROM users'] }, step('SELECT 1;'));
      const [finding] = ours(analysis);
      assert.deepEqual([finding?.rule, finding?.severity], ['deploy-misses-schema', 'warning']);
      assert.equal(analysis.text.slice(finding?.range.start, finding?.range.end), 'nmae');
    });
  });

  describe('a plain .sql file', () => {
    const checkSql = (text: string): Analysis =>
      analyze(text, {
        parsers,
        kind: 'sql',
        settings: defaultSettings,
        readFile: (path) => ({ error: `there is no ${path}.` }),
      });
    const cases: readonly (readonly [string, readonly string[]])[] = [
      ['ALTER TABLE users DROP COLUMN name;', ['drop-column']],
      ['ALTER TABLE users DROP COLUMN name CASCADE;', ['drop-column', 'drop-cascade']],
      ['DROP TABLE users, orders;', ['drop-table', 'drop-table']],
      ['DROP TABLE users; CREATE TABLE users (id int);', ['table-recreated']],
      ['CREATE TABLE t (id int); DROP TABLE t;', []],
      ['CREATE TABLE n AS SELECT * FROM t; BEGIN; DROP TABLE t; ALTER TABLE n RENAME TO t; COMMIT;', []],
      ['ALTER TABLE users ADD COLUMN tmp int; ALTER TABLE users DROP COLUMN tmp;', []],
      ['ALTER TABLE users RENAME name TO full_name;', ['rename-column']],
      ['ALTER TABLE users RENAME TO people;', ['rename-table']],
      ['BEGIN; ALTER TABLE users RENAME TO people; CREATE VIEW users AS SELECT * FROM people; COMMIT;', []],
      ['ALTER VIEW v RENAME TO w;', ['rename-table']],
      ['ALTER INDEX i RENAME TO j;', []],
      ['ALTER SCHEMA a RENAME TO b;', ['rename-schema']],
      ['ALTER TABLE users SET SCHEMA app;', ['rename-schema']],
      ['DROP SCHEMA app;', ['drop-schema']],
      ['DROP SCHEMA app CASCADE;', ['drop-schema']],
      ['CREATE SCHEMA app; DROP SCHEMA app CASCADE;', []],
      ['TRUNCATE a, b;', ['truncate-table', 'truncate-table']],
      ['TRUNCATE a CASCADE;', ['truncate-cascade']],
      ['ALTER TABLE users DROP CONSTRAINT users_pkey;', ['drop-primary-key']],
      ['ALTER TABLE users DROP CONSTRAINT users_pkey, ADD PRIMARY KEY USING INDEX i;', []],
      ['ALTER TABLE users DROP CONSTRAINT users_email_key;', []],
      ['ALTER TABLE users ALTER name DROP NOT NULL;', ['drop-not-null']],
      ['CREATE TABLE t (a int NOT NULL); ALTER TABLE t ALTER a DROP NOT NULL;', []],
      ['DROP TYPE mood;', ['drop-type']],
      ["CREATE TYPE mood AS ENUM ('a'); DROP TYPE mood;", []],
      ["ALTER TYPE mood RENAME VALUE 'a' TO 'b';", ['rename-enum-value']],
      ["ALTER TYPE mood ADD VALUE 'b';", []],
      ['DROP INDEX i; DROP VIEW v; DROP FUNCTION f();', []],
      ['ALTER TABLE users ALTER name TYPE text;', []],
    ];
    for (const [sql, rules] of cases)
      it(`${sql}: ${rules.join(', ') || 'silence'}`, () => assert.deepEqual(found(checkSql(sql)), rules));

    it('says names as the file does', () => {
      assert.match(said(checkSql('DROP TABLE users;'))[0] ?? '', /DROP TABLE takes users with/);
      assert.match(said(checkSql('DROP TABLE app."Users";'))[0] ?? '', /takes app\."Users" with/);
    });

    it('gets the view that answers to the old name only inside a transaction', () => {
      const open = checkSql('ALTER TABLE app.users RENAME TO people;');
      assert.deepEqual(ours(open)[0]?.fixes, []);
      const analysis = checkSql('BEGIN;\nALTER TABLE app.users RENAME TO people;\nCOMMIT;\n');
      const [finding] = ours(analysis);
      const [fix] = finding?.fixes ?? [];
      assert.ok(finding && fix);
      assert.match(
        assertFixLaws(analysis, finding, fix, checkSql),
        /people;\nCREATE VIEW app\.users AS SELECT \* FROM app\.people;\nCOMMIT/,
      );
      assert.deepEqual(found(checkSql(applyEdits(analysis.text, fix.edits))), []);
    });
  });

  describe('what stands on it', () => {
    it('makes Postgres refuse', () => {
      const versions = { v1: ['SELECT 1'] };
      assert.deepEqual(found(withApp(versions, step('ALTER TABLE users DROP COLUMN name;'))), [
        'depended-on',
      ]);
      assert.deepEqual(found(withApp(versions, step('ALTER TABLE users ALTER name TYPE varchar;'))), [
        'depended-on',
      ]);
      const table = withApp(versions, step('DROP TABLE users;'));
      assert.deepEqual(found(table), ['depended-on']);
      assert.match(
        said(table)[0] ?? '',
        /the view named, the foreign key orders_user_id_fkey of orders stand on it/,
      );
      assert.deepEqual(found(withApp(versions, step('DROP VIEW named;\nDROP TABLE orders, users;'))), []);
    });

    it('is told where CASCADE takes it', () => {
      const [message] = said(withApp({ v1: ['SELECT 1'] }, step('DROP TABLE users CASCADE;')));
      assert.match(
        message ?? '',
        /CASCADE drops the foreign key orders_user_id_fkey of orders and the view named along/,
      );
      const none = withApp({ v1: ['SELECT 1'] }, step('DROP TABLE orders CASCADE;'));
      assert.deepEqual(found(none), [], 'nothing depends on orders');
    });

    it('is told where TRUNCATE … CASCADE reaches it', () => {
      const [message] = said(without(step('TRUNCATE users CASCADE;')));
      assert.match(message ?? '', /CASCADE empties orders too/);
      assert.deepEqual(found(without(step('TRUNCATE orders CASCADE;'))), ['truncate-table']);
    });
  });

  describe('values', () => {
    const schema = `CREATE TYPE mood AS ENUM ('ok', 'great');
CREATE TABLE users (id bigint PRIMARY KEY, age integer, name varchar(40), mood mood, at timestamp);`;
    const withSchema = (statement: string, sql: string) =>
      checkPlan(examplePlan({ steps: step(sql), plan: { app: app({ v1: [statement] }) } }), schema);
    const severities = (analysis: Analysis) =>
      ours(analysis).map(({ rule, severity }) => `${rule} ${severity}`);

    const retypings: readonly (readonly [string, string, readonly string[]])[] = [
      ['bigint', 'SELECT age FROM users WHERE age > 17', []],
      ['numeric', 'SELECT age FROM users', []],
      ['smallint', 'SELECT age FROM users', ['live-column-retyped warning']],
      ['text', 'SELECT age FROM users', ['live-column-retyped warning']],
      ['text', 'SELECT id FROM users WHERE 17 < age', ['live-column-retyped error']],
      ['text', 'SELECT id FROM users WHERE id > 17', []],
    ];
    for (const [type, statement, expected] of retypings)
      it(`integer to ${type} under ${statement}: ${expected.join() || 'silence'}`, () => {
        const analysis = withSchema(statement, `ALTER TABLE users ALTER age TYPE ${type};`);
        assert.deepEqual(severities(analysis), expected);
      });

    it('of another length or time', () => {
      const change = (column: string, type: string) =>
        severities(
          withSchema('SELECT name, at FROM users', `ALTER TABLE users ALTER ${column} TYPE ${type};`),
        );
      assert.deepEqual(change('name', 'varchar(60)'), []);
      assert.deepEqual(change('name', 'text'), []);
      assert.deepEqual(change('name', 'varchar(20)'), ['live-column-retyped warning']);
      assert.deepEqual(change('at', 'timestamptz'), ['live-column-retyped warning']);
    });

    it('of an enum, said or as a parameter', () => {
      const rename = "ALTER TYPE mood RENAME VALUE 'ok' TO 'fine';";
      const under = (statement: string) => severities(withSchema(statement, rename));
      assert.deepEqual(under("UPDATE users SET mood = 'ok'"), ['rename-enum-value error']);
      assert.deepEqual(under('UPDATE users SET mood = $1'), ['rename-enum-value warning']);
      assert.deepEqual(under("UPDATE users SET name = 'ok'"), []);
    });
  });

  describe('the view that answers to the old name', () => {
    const rename = 'ALTER TABLE orders RENAME TO purchases;';
    const fixes = (rollback: string) =>
      ours(without(step(rename, rollback))).flatMap((finding) => finding.fixes.map(({ title }) => title));

    it('is offered where the way back is plain', () => {
      const offered = ['Let a view answer to orders'];
      assert.deepEqual(fixes('ALTER TABLE purchases RENAME TO orders;'), offered);
      assert.deepEqual(fixes('{ impossible: for the example }'), offered);
      assert.deepEqual(fixes('ALTER TABLE purchases RENAME TO orders; SELECT 1;'), []);
    });
  });
});
