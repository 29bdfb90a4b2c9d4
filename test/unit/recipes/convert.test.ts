import assert from 'node:assert/strict';
import { loadParsers, type Parsers } from '../../../server/src/analyze.ts';
import { convertMigration } from '../../../server/src/recipes/convert/convert.ts';

const schema = `
  CREATE TABLE teams (id bigint PRIMARY KEY);
  CREATE TABLE users (id bigint PRIMARY KEY, username text NOT NULL, team_id bigint, email text);`;

describe('A migration as a plan', () => {
  let parsers: Parsers;
  before(async () => {
    parsers = await loadParsers();
  });

  const convert = (up: string, down?: string, sql: string | undefined = schema) =>
    convertMigration({
      migration: { tool: 'sql', title: 'It', path: 'it.sql', up, down, notes: [] },
      parsers,
      baseline: sql === undefined ? undefined : { sql, path: 'schema.sql' },
      pgVersion: 16,
    });
  const written = (up: string, down?: string) => {
    const found = convert(up, down);
    assert.ok('text' in found, 'problem' in found ? found.problem : '');
    return found;
  };
  /** Each step's SQL and rollback, as the plan has them. */
  const steps = (up: string, down?: string) =>
    written(up, down).analysis.steps.map(({ step, action, rollback }) => [
      action?.statements.map(({ statement }) => statement.text).join('; '),
      step.rollback?.kind === 'actions'
        ? rollback.flatMap(({ statements }) => statements.map(({ statement }) => statement.text)).join('; ')
        : step.rollback?.kind,
    ]);

  it('what blocks stands in its safe steps, and nothing is left to find', () => {
    const { text, analysis } = written(
      'BEGIN; ALTER TABLE users ADD CONSTRAINT f FOREIGN KEY (team_id) REFERENCES teams (id); CREATE INDEX users_team ON users (team_id); COMMIT;',
    );
    assert.match(text, /NOT VALID;[\s\S]*VALIDATE CONSTRAINT f;[\s\S]*CREATE INDEX CONCURRENTLY users_team/);
    assert.deepEqual(
      analysis.findings.filter(({ severity }) => severity !== 'info'),
      [],
    );
  });

  it('a way back goes to the steps that it undoes; where it is coarser, the rest is worked out', () => {
    const up =
      'CREATE TABLE logs (id bigint); ALTER TABLE users ADD COLUMN a int; ALTER TABLE users ADD COLUMN b int;';
    assert.deepEqual(steps(up, 'ALTER TABLE users DROP b, DROP a; DROP TABLE logs;').at(0), [
      'CREATE TABLE logs (id bigint)',
      'DROP TABLE logs',
    ]);
    const found = steps(up, 'ALTER TABLE users DROP COLUMN IF EXISTS b; DROP TABLE logs;');
    assert.deepEqual(
      found.map(([, back]) => back),
      ['DROP TABLE logs', 'ALTER TABLE users DROP COLUMN a', 'ALTER TABLE users DROP COLUMN IF EXISTS b'],
    );
  });

  it('a way back that brings back less than was there is kept, told, and found', () => {
    const { analysis, notes } = written(
      'ALTER TABLE users DROP COLUMN username; ALTER TABLE users ADD COLUMN x int;',
      "ALTER TABLE users DROP COLUMN x; ALTER TABLE users ADD COLUMN username text NOT NULL DEFAULT '';",
    );
    assert.match(notes.join(' '), /does not bring back all that was there/);
    assert.ok(analysis.findings.some(({ rule }) => rule === 'rollback-leaves-changes'));
  });

  it('what it does not need is in no step, and told', () => {
    const { notes } = written(
      'ALTER TABLE users ADD COLUMN x int;',
      'ALTER TABLE users DROP COLUMN x; DROP TABLE other;',
    );
    assert.match(notes.join(' '), /"DROP TABLE other" of the way back is in no step/);
  });

  it('an update of all rows becomes a backfill', () => {
    const { text, notes } = written(
      'ALTER TABLE users ADD COLUMN handle text; UPDATE users SET handle = username;',
    );
    assert.match(text, /backfill:\n\s+table: users\n\s+set: handle = username/);
    assert.match(notes.join(' '), /in batches/);
  });

  it('a way back of all rows at once goes where dropping the column covers it', () => {
    const { analysis } = written(
      'ALTER TABLE users ADD COLUMN handle text; UPDATE users SET handle = username;',
      'UPDATE users SET handle = NULL; ALTER TABLE users DROP COLUMN handle;',
    );
    const backfill = analysis.steps.find(({ step }) => step.action?.kind === 'backfill');
    assert.equal(backfill?.step.rollback?.kind, 'not_needed');
    assert.ok(!analysis.findings.some(({ rule }) => rule === 'change-unbatched'));
  });

  it('a new table is one step with what is made of it, and its comment its name', () => {
    const up =
      "-- Keep a log of logins\nCREATE TABLE logs (id bigint PRIMARY KEY);\nCREATE INDEX ON logs (id);\nCOMMENT ON TABLE logs IS 'x';";
    const { analysis } = written(up);
    assert.deepEqual(
      analysis.steps.map(({ step }) => [step.name.value, step.id]),
      [['Keep a log of logins', 'keep_log_logins']],
    );
  });

  it('limits that the script sets for itself are the plan’s', () => {
    assert.match(
      written("SET lock_timeout = '5s'; ALTER TABLE users ADD COLUMN x int;").text,
      /lock_timeout: 5s\n/,
    );
  });

  it('what is filled into a column of its own goes with it, and is no point of no return', () => {
    const found = steps(
      "ALTER TABLE users ADD COLUMN a text, ADD COLUMN b text; UPDATE users SET a = 'x' WHERE email IS NULL; UPDATE users SET b = a; UPDATE users SET email = a;",
    );
    assert.deepEqual(
      found.map(([, back]) => back),
      [
        'ALTER TABLE users DROP COLUMN b; ALTER TABLE users DROP COLUMN a',
        'not_needed',
        'not_needed',
        'impossible',
      ],
    );
  });

  it('what is in no step is told: commands of psql, rows of COPY, savepoints', () => {
    const { notes } = written(
      '\\connect app\nBEGIN;\nALTER TABLE users ADD a int;\nSAVEPOINT x;\nCOPY teams (id) FROM stdin;\n\\N 10:20\n\\.\nROLLBACK TO x;\nCOMMIT;',
    );
    assert.match(
      notes.join('\n'),
      /\\connect app is a command of psql[\s\S]*COPY teams \(id\) FROM stdin; is in no step[\s\S]*savepoints are in no step/,
    );
  });

  it('a setting for the rest of the script is made in each step, one for the transaction in its own', () => {
    const found = steps(
      'SET search_path = app, public; SET LOCAL work_mem = 64; ALTER TABLE public.users ADD a int; ALTER TABLE public.teams ADD a int; RESET search_path; ALTER TABLE users ADD b int;',
    );
    assert.deepEqual(
      found.map(([sql]) => sql),
      [
        'SET search_path = app, public; SET LOCAL work_mem = 64; ALTER TABLE public.users ADD a int',
        'SET search_path = app, public; ALTER TABLE public.teams ADD a int',
        'RESET search_path; ALTER TABLE users ADD b int',
      ],
    );
  });

  it('SQL that Postgres cannot read is a problem with its place; a file without any is one too', () => {
    const broken = convert('ALTER TABLE users ADD COLUM x int;');
    assert.ok('problem' in broken && /it\.sql: Postgres cannot read its SQL: .* near "/.test(broken.problem));
    assert.ok('problem' in convert('-- nothing'));
  });

  it('without a baseline it is still a plan', () => {
    const found = convertMigration({
      migration: {
        tool: 'sql',
        title: 'It',
        path: 'it.sql',
        up: 'CREATE INDEX i ON t (a);',
        down: undefined,
        notes: [],
      },
      parsers,
      baseline: undefined,
      pgVersion: 14,
    });
    assert.ok(
      'text' in found && /CREATE INDEX CONCURRENTLY i/.test(found.text) && !/schema:/.test(found.text),
    );
  });
});
