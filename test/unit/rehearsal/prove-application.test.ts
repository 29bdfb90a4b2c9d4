import assert from 'node:assert/strict';
import type { Engine, EngineSession, Report } from '../../../server/src/rehearsal/model.ts';
import { embeddedEngine, planOf, provePlan, reusedEngine } from './setup.ts';

const schema = `CREATE TYPE mood AS ENUM ('sad', 'happy');
CREATE DOMAIN percentage AS int CHECK (VALUE BETWEEN 0 AND 100);
CREATE TABLE teams (id uuid PRIMARY KEY, name text NOT NULL UNIQUE);
CREATE TABLE people (
  id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
  team_id uuid NOT NULL REFERENCES teams,
  email varchar(40) NOT NULL UNIQUE,
  feels mood NOT NULL,
  done percentage NOT NULL,
  born date,
  tags text[] NOT NULL DEFAULT '{}',
  profile jsonb,
  low int NOT NULL,
  high int NOT NULL,
  CHECK (low < high)
);
CREATE TABLE members (team_id uuid REFERENCES teams, person_id bigint REFERENCES people, PRIMARY KEY (team_id, person_id));
CREATE TABLE cards (person_id bigint PRIMARY KEY REFERENCES people, colour text NOT NULL);
CREATE TABLE visits (team text NOT NULL, at date NOT NULL) PARTITION BY RANGE (at);
CREATE TABLE visits_all PARTITION OF visits DEFAULT;
ALTER TABLE visits_all ADD FOREIGN KEY (team) REFERENCES teams (name);
`;

const steps = `
- step: note
  sql: ALTER TABLE people ADD COLUMN note text;
  rollback: ALTER TABLE people DROP COLUMN note;
- step: again
  sql: ALTER TABLE people ALTER COLUMN note SET DEFAULT '';
  rollback: ALTER TABLE people ALTER COLUMN note DROP DEFAULT;
`;

describe('the application in a dry run', function () {
  this.timeout(60_000);
  let engine: Engine;
  let reused: Awaited<ReturnType<typeof reusedEngine>>;
  let last: EngineSession;
  /** Keeps the session of the last run, to ask it what is there. */
  const kept: Engine = {
    async open(...args) {
      last = await reused.engine.open(...args);
      return last;
    },
  };
  before(async () => {
    engine = await embeddedEngine();
    reused = await reusedEngine(engine);
  });
  after(() => reused?.close());

  const app = (statements: readonly string[], more = '') =>
    `app:\n  runs: v1\n  versions:\n    v1:\n${statements.map((sql) => `      - ${JSON.stringify(sql)}\n`).join('')}${more}`;

  const prove = (statements: readonly string[], plan = steps, more = '') =>
    provePlan(kept, planOf(plan, app(statements, more)), schema, { rows: 20 });

  const failures = ({ start, steps: reports }: Report) =>
    [...start.app, ...reports.flatMap((step) => step.app)].flatMap(({ error }) => error?.message ?? []);

  const fine: readonly (readonly [string, string])[] = [
    [
      'values of every type',
      'INSERT INTO people (team_id, email, feels, done, born, tags, profile, low, high) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9)',
    ],
    ['a key of foreign keys', 'INSERT INTO members (team_id, person_id) VALUES ($1, $2)'],
    ['a row for another one that has none', 'INSERT INTO cards (person_id, colour) VALUES ($1, $2)'],
    ['a foreign key that partitions alone have', 'INSERT INTO visits (team, at) VALUES ($1, $2)'],
    ['a row that is there', 'UPDATE people SET email = $1, feels = $2 WHERE id = $3'],
    ['a list', 'SELECT email FROM people WHERE id = ANY ($1) AND feels IN ($2, $3)'],
    ['a limit and a pattern', 'SELECT email FROM people WHERE email LIKE $1 ORDER BY id LIMIT $2 OFFSET $3'],
    ['an interval and a cast', "SELECT $1::interval + now(), lower($2), coalesce($3, 'x'), $4::jsonb -> 'a'"],
    [
      'two tables',
      'SELECT p.id FROM people p JOIN teams t ON t.id = p.team_id WHERE t.name = $1 AND p.born > $2',
    ],
    ['a statement without a column list', 'INSERT INTO teams VALUES ($1, $2)'],
    ['an upsert', 'INSERT INTO teams (id, name) VALUES ($1, $2) ON CONFLICT (name) DO UPDATE SET name = $2'],
    [
      'a constant that another row has',
      'INSERT INTO teams (id, name) SELECT gen_random_uuid(), name FROM teams LIMIT 0',
    ],
    [
      'a parent that is not there',
      "INSERT INTO people (team_id, email, feels, done, low, high) VALUES ('7b4b5b54-6e5b-4a57-8f3e-2d1e6b7f0a11', 'ada@example.org', 'sad', 1, 1, 2)",
    ],
    ['a deletion', 'DELETE FROM members WHERE team_id = $1 AND person_id = $2'],
  ];
  for (const [name, sql] of fine)
    it(`finds ${name}`, async () => {
      const report = await prove([sql]);
      assert.deepEqual(failures(report), []);
      assert.equal(report.verdict, 'passed', report.error?.message);
      assert.equal(report.start.app.length, 1);
    });

  it('writes rows that stay, each with values of its own', async () => {
    const report = await prove([
      "INSERT INTO people (team_id, email, feels, done, low, high) VALUES ('7b4b5b54-6e5b-4a57-8f3e-2d1e6b7f0a11', 'ada@example.org', 'happy', 7, 1, 2)",
      "INSERT INTO teams (id, name) VALUES ($1, 'core')",
      "DELETE FROM teams WHERE name = 'core'",
    ]);
    assert.equal(report.verdict, 'passed', report.error?.message);
    const { rows } = await last.query(
      `SELECT count(*) AS n, count(DISTINCT email) AS emails, count(*) FILTER (WHERE done = 7 AND feels = 'happy') AS kept FROM people`,
    );
    const { n, emails, kept: constants } = rows[0] ?? {};
    assert.ok(Number(n) >= 23, `${n} rows`);
    assert.equal(emails, n);
    assert.ok(Number(constants) >= Number(n) - 20, 'what need not differ is as the application writes it');
    const fabricated = await last.query(`SELECT count(*) AS n FROM people WHERE email = 'ada@example.org'`);
    assert.equal(fabricated.rows[0]?.n, 0, 'the checks are undone');
  });

  it('writes one value where a version writes the same to two columns', async () => {
    const plan = `
- step: nick
  sql: ALTER TABLE people ADD COLUMN nick varchar(40);
  rollback: ALTER TABLE people DROP COLUMN nick;
- step: both
  deploy: v2
  rollback: { deploy: v1 }
- step: fill
  sql: UPDATE people SET nick = email;
  rollback: { not_needed: the column goes }
- step: equal
  verify: { sql: SELECT count(*) FROM people WHERE nick IS DISTINCT FROM email, expect: 0 }
- step: unique
  sql: CREATE UNIQUE INDEX people_nick ON people (nick);
  rollback: DROP INDEX people_nick;
`;
    const insert = (columns: string, values: string) =>
      `INSERT INTO people (${columns}, team_id, feels, done, low, high) SELECT ${values}, id, 'sad', 1, 1, 2 FROM teams LIMIT 1`;
    const v2 = `    v2:\n      - ${JSON.stringify(insert('email, nick', "'ada@x', 'ada@x'"))}\n      - ${JSON.stringify("UPDATE people SET email = $1, nick = $1 WHERE email = 'ada@x'")}\n`;
    const report = await prove([insert('email', "'ada@x'")], plan, v2);
    assert.equal(report.verdict, 'passed', report.error?.message);
  });

  const broken: readonly (readonly [string, string, RegExp])[] = [
    [
      'INSERT INTO people (email, feels, done, low, high) VALUES ($1, $2, $3, $4, $5)',
      'the missing column',
      /^v1 cannot insert before step one: null value in column "team_id"/,
    ],
    [
      "UPDATE people SET done = 101 WHERE email = 'x'",
      'a constant that no row may have',
      /^v1 cannot update before step one: value for domain percentage/,
    ],
    [
      'SELECT nope FROM people',
      'a column',
      /^v1 cannot select before step one: column "nope" does not exist/,
    ],
    [
      'INSERT INTO people (team_id, email, feels, done, low, high) VALUES ($1, $2, $3, $4, 9, 8)',
      'a check',
      /^v1 cannot insert before step one: new row .* violates check constraint/,
    ],
  ];
  for (const [sql, name, message] of broken)
    it(`tells ${name} at its place`, async () => {
      const text = planOf(steps, app([sql]));
      const report = await provePlan(kept, text, schema, { rows: 20 });
      assert.equal(report.verdict, 'failed');
      assert.match(failures(report)[0] ?? '', message);
      assert.equal(failures(report).length, 1, 'once');
      assert.deepEqual(
        report.steps.map(({ status }) => status),
        ['passed', 'passed'],
      );
      const range = report.error?.range ?? { start: 0, end: 0 };
      assert.ok(range.start > text.indexOf('v1:') && range.end < text.indexOf('phases:'));
    });

  it('tells a step that breaks a version, once, and its rollback that does', async () => {
    const insert = 'INSERT INTO teams (id, name) VALUES ($1, $2)';
    const report = await prove(
      [insert, 'SELECT name FROM teams'],
      `
- step: require
  sql: ALTER TABLE teams ADD COLUMN code text NOT NULL DEFAULT 'x'; ALTER TABLE teams ALTER COLUMN code DROP DEFAULT;
  rollback: ALTER TABLE teams DROP COLUMN code;
- step: more
  sql: ALTER TABLE teams ADD COLUMN more text;
  rollback: ALTER TABLE teams DROP COLUMN more;
`,
    );
    assert.deepEqual(
      report.steps.map(({ status }) => status),
      ['failed', 'passed'],
    );
    assert.deepEqual(failures(report), [
      `v1 cannot insert after 'require': null value in column "code" of relation "teams" violates not-null constraint`,
    ]);
    assert.equal(report.steps[0]?.rollback?.verdict, 'restores');
  });
});
