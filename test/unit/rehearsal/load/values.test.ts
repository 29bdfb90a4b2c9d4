import assert from 'node:assert/strict';
import { loadParsers } from '../../../../server/src/analyze.ts';
import { comingConstraints } from '../../../../server/src/rehearsal/app/coming.ts';
import { uniqueColumns } from '../../../../server/src/rehearsal/app/unique-columns.ts';
import { createFreshValues } from '../../../../server/src/rehearsal/load/fresh.ts';
import { eachOnce } from '../../../../server/src/rehearsal/load/supply.ts';
import { type VariedRequest, varyStatements } from '../../../../server/src/rehearsal/load/varied.ts';
import type { EngineSession } from '../../../../server/src/rehearsal/model.ts';
import { analysisOf, embeddedEngine, planOf } from '../setup.ts';

const step = (sql: string) =>
  `\n- step: ${JSON.stringify(sql)}\n  sql: ${JSON.stringify(sql)}\n  rollback: { not_needed: a test }`;

/** A plan of these steps, through which v1 runs these statements; a deploy leads to v2, which runs the same. */
function planFor(steps: readonly string[], statements: readonly string[]) {
  const listed = statements.map((sql) => `      - ${JSON.stringify(sql)}\n`).join('');
  const all = steps.map((one) =>
    one === 'deploy' ? '\n- step: Deploy v2\n  deploy: v2\n  rollback: { deploy: v1 }' : step(one),
  );
  return planOf(
    all.join(''),
    `app:\n  framework: other\n  orm: none\n  runs: v1\n  versions:\n    v1:\n${listed}    v2:\n${listed}`,
  );
}

describe('what requests under load write', function () {
  this.timeout(30_000);
  let session: EngineSession;
  before(async () => {
    session = await (await embeddedEngine()).open(undefined, { sql: '' });
  });
  after(() => session?.close());

  /** So many requests of each statement, of a version before step one. */
  async function requests(
    baseline: string,
    rows: string,
    steps: readonly string[],
    statements: readonly string[],
    { version = 'v1', count = 60 } = {},
  ): Promise<VariedRequest[][]> {
    const analysis = await analysisOf(planFor(steps, statements), baseline);
    await session.exec('DROP SCHEMA public CASCADE; CREATE SCHEMA public');
    await session.exec(`${baseline} ${rows}`);
    const listed = analysis.versions
      .find((one) => one.version.name.value === version)
      ?.statements.map(({ statement }) => ({ version, statement }));
    const varied = await varyStatements(session, listed ?? [], {
      parser: (await loadParsers()).sql,
      unique: uniqueColumns(analysis),
      coming: comingConstraints(analysis),
      fresh: createFreshValues(session, 10_000),
      later: session,
    });
    const all: VariedRequest[][] = [];
    for (const one of varied) {
      const own: VariedRequest[] = [];
      for (let at = 0; at < count; at++) own.push(await one.next());
      all.push(own);
    }
    return all;
  }

  const written = (of: readonly VariedRequest[] | undefined) =>
    (of ?? []).map(({ parameters }) => parameters.join(' '));

  it('refers to rows that are there, where a foreign key is to come', async () => {
    const baseline = `CREATE TABLE lines (tenant int, no bigint, PRIMARY KEY (tenant, no));
      CREATE TABLE notes (id bigint PRIMARY KEY, tenant int NOT NULL, no bigint NOT NULL);`;
    const [insert, update, part] = await requests(
      baseline,
      `INSERT INTO lines SELECT i, i * 7 FROM generate_series(1, 40) i;
       INSERT INTO notes SELECT i, i, i * 7 FROM generate_series(1, 40) i`,
      [
        'ALTER TABLE notes ADD CONSTRAINT f FOREIGN KEY (tenant, no) REFERENCES lines (tenant, no) NOT VALID',
        'ALTER TABLE notes VALIDATE CONSTRAINT f',
      ],
      [
        'INSERT INTO notes (tenant, no, id) VALUES ($1, $2, $3)',
        'UPDATE notes SET tenant = $1, no = $2 WHERE id = $3',
        'UPDATE notes SET no = $1 WHERE id = $2',
      ],
    );
    for (const { parameters } of [...(insert ?? []), ...(update ?? [])])
      assert.equal(Number(parameters[1]), Number(parameters[0]) * 7, parameters.join());
    assert.ok(new Set(written(update)).size > 20);
    // The other half of the key stays, so this one does.
    for (const { parameters } of part ?? [])
      assert.equal(Number(parameters[0]), Number(parameters[1]) * 7, parameters.join());
  });

  it('takes what foreign keys that share a column refer to from one row', async () => {
    const [insert = []] = await requests(
      `CREATE TABLE lines (tenant int, no int, ref text, PRIMARY KEY (tenant, no), UNIQUE (tenant, ref));
      CREATE TABLE parcels (id bigint PRIMARY KEY, tenant int NOT NULL, no int NOT NULL, ref text NOT NULL,
        FOREIGN KEY (tenant, no) REFERENCES lines, FOREIGN KEY (tenant, ref) REFERENCES lines (tenant, ref));`,
      `INSERT INTO lines SELECT i % 5, i, 'r' || i FROM generate_series(1, 40) i;
       INSERT INTO parcels SELECT i, i % 5, i, 'r' || i FROM generate_series(1, 40) i`,
      [],
      ['INSERT INTO parcels (tenant, no, ref, id) VALUES ($1, $2, $3, $4)'],
    );
    for (const {
      parameters: [tenant, no, ref],
    } of insert)
      assert.deepEqual([Number(tenant), ref], [Number(no) % 5, `r${no}`]);
    assert.ok(new Set(written(insert)).size > 20);
  });

  it('meets a CHECK that is to come, of one column or of several', async () => {
    const baseline = 'CREATE TABLE spans (id bigint PRIMARY KEY, first int, last int, kind text, level int);';
    const [insert, update] = await requests(
      baseline,
      `INSERT INTO spans SELECT i, i, i + 5, CASE WHEN i % 2 = 0 THEN 'old' ELSE 'new' END FROM generate_series(1, 40) i;
       INSERT INTO spans SELECT i, i, i - 5, 'new' FROM generate_series(41, 50) i`,
      [
        'ALTER TABLE spans ADD CONSTRAINT a CHECK (first < last) NOT VALID',
        `ALTER TABLE spans ADD CONSTRAINT b CHECK (kind <> 'old') NOT VALID`,
        'ALTER TABLE spans ADD CONSTRAINT c CHECK (level BETWEEN 3 AND 5) NOT VALID',
      ],
      [
        'INSERT INTO spans (first, last, kind, level, id) VALUES ($1, $2, $3, $4, $5)',
        'UPDATE spans SET last = $1 WHERE id = $2',
      ],
    );
    for (const { parameters } of insert ?? []) {
      const [first, last, kind, level] = parameters;
      assert.equal(Number(last), Number(first) + 5, parameters.join());
      assert.equal(kind, 'new');
      assert.ok(Number(level) >= 3 && Number(level) <= 5, parameters.join());
    }
    for (const {
      parameters: [last, id],
    } of update ?? [])
      assert.equal(Number(last), Number(id) + (Number(id) > 40 ? -5 : 5));
  });

  it('gives each pair of parents once, where they are to be unique', async () => {
    const baseline = `CREATE TABLE users (id bigint PRIMARY KEY); CREATE TABLE teams (id bigint PRIMARY KEY);
      CREATE TABLE members (user_id bigint NOT NULL REFERENCES users, team_id bigint NOT NULL REFERENCES teams, since date);`;
    const rows = `INSERT INTO users SELECT generate_series(1, 8); INSERT INTO teams SELECT generate_series(1, 8);
      INSERT INTO members SELECT i, i FROM generate_series(1, 8) i`;
    const [insert = []] = await requests(
      baseline,
      rows,
      ['CREATE UNIQUE INDEX once ON members (team_id, user_id)'],
      ['INSERT INTO members (user_id, team_id) VALUES ($1, $2)'],
    );
    const used = insert.filter(({ isSpent }) => !isSpent);
    assert.equal(used.length, 56);
    assert.equal(new Set(written(used)).size, 56);
    assert.ok(used.every(({ parameters: [user, team] }) => user !== team));
    // What is left can only be refused: a parent is there, and no NULL is written.
    assert.ok(insert.every(({ parameters }) => parameters.every((value) => value !== null)));
  });

  it('writes a value that goes until the version which knows of it is gone', async () => {
    const baseline = `CREATE TYPE state AS ENUM ('new', 'paid', 'lost');
      CREATE TABLE orders (id bigint PRIMARY KEY, state state NOT NULL);`;
    const run = (version: string) =>
      requests(
        baseline,
        `INSERT INTO orders SELECT i, (ARRAY['new', 'paid', 'lost'])[1 + i % 3]::state FROM generate_series(1, 60) i`,
        [
          'deploy',
          `UPDATE orders SET state = 'new' WHERE state = 'lost'`,
          `CREATE TYPE state_2 AS ENUM ('new', 'paid')`,
          'ALTER TABLE orders ALTER COLUMN state TYPE state_2 USING state::text::state_2',
        ],
        ['UPDATE orders SET state = $1 WHERE id = $2'],
        { version },
      );
    const values = async (version: string) =>
      [...new Set((await run(version))[0]?.map(({ parameters }) => parameters[0]))].sort();
    assert.deepEqual(await values('v1'), ['lost', 'new', 'paid']);
    assert.deepEqual(await values('v2'), ['new', 'paid']);
  });

  it('goes by what is there where no row can be referred to yet', async () => {
    const [insert = []] = await requests(
      `CREATE TABLE cities (name text PRIMARY KEY); CREATE TABLE users (id bigint PRIMARY KEY, city text NOT NULL);`,
      `INSERT INTO users VALUES (1, 'Rome'), (2, 'Oslo')`,
      ['ALTER TABLE users ADD CONSTRAINT f FOREIGN KEY (city) REFERENCES cities NOT VALID'],
      ['INSERT INTO users (city, id) VALUES ($1, $2)'],
    );
    assert.deepEqual([...new Set(insert.map(({ parameters }) => parameters[0]))].sort(), ['Oslo', 'Rome']);
  });

  it('leaves out a condition on what the schema does not have yet', async () => {
    const [insert = []] = await requests(
      'CREATE TABLE users (id bigint PRIMARY KEY, name text);',
      `INSERT INTO users VALUES (1, 'ada')`,
      [
        `CREATE FUNCTION is_fine(t text) RETURNS boolean LANGUAGE sql IMMUTABLE AS 'SELECT t <> '''''`,
        'ALTER TABLE users ADD CONSTRAINT c CHECK (is_fine(name)) NOT VALID',
      ],
      ['INSERT INTO users (name, id) VALUES ($1, $2)'],
    );
    assert.ok(insert.every(({ parameters }) => parameters[0] === 'ada'));
  });
});

describe('what comes to a table', () => {
  const schema = 'CREATE TABLE a (id int PRIMARY KEY, x int, y int);';
  const coming = async (...steps: string[]) =>
    comingConstraints(await analysisOf(planFor(steps, ['UPDATE a SET x = 1 WHERE id = 1']), schema)).map(
      ({ name, always, versions }) => [name, always, [...versions].join()],
    );

  it('binds the versions that are live while it holds', async () => {
    const check = 'ALTER TABLE a ADD CONSTRAINT c CHECK (x > 0) NOT VALID';
    assert.deepEqual(await coming(check, 'deploy'), [['c', true, 'v1,v2']]);
    assert.deepEqual(await coming('deploy', check), [['c', true, 'v2']]);
    assert.deepEqual(await coming(check, 'ALTER TABLE a DROP CONSTRAINT c', 'deploy'), [['c', true, 'v1']]);
  });

  it('binds no version before it where a step puts its columns right', async () => {
    const steps = [
      'deploy',
      'UPDATE a SET x = 1 WHERE x < 1',
      'ALTER TABLE a ADD CONSTRAINT c CHECK (x > 0)',
    ];
    assert.deepEqual(await coming(...steps), [['c', false, 'v2']]);
    const other = [
      'deploy',
      'UPDATE a SET y = 1 WHERE y < 1',
      'ALTER TABLE a ADD CONSTRAINT c CHECK (x > 0)',
    ];
    assert.deepEqual(await coming(...other), [['c', true, 'v2']]);
  });

  it('is nothing that the baseline has', async () => {
    assert.deepEqual(await coming('ALTER TABLE a ADD COLUMN z int', 'CREATE UNIQUE INDEX u ON a (id)'), []);
  });
});

describe('rows that can be used once', () => {
  it('are looked for again when none is left, and used ones tell that they are', async () => {
    let now = 0;
    let left = ['c'];
    const looked: number[] = [];
    const more = async () => {
      looked.push(now);
      const found = left;
      left = [];
      return found.map((id) => ({ id }));
    };
    const supply = eachOnce([{ id: 'a' }], [{ id: 'spare' }], more, () => now);
    const take = async () => {
      const row = supply.row('id');
      const told = supply.isSpent?.();
      await new Promise(setImmediate);
      return [row?.id, told];
    };
    assert.deepEqual(await take(), ['a', false]);
    assert.equal((await take())[1], true);
    assert.deepEqual(await take(), ['c', false]);
    now = 100;
    assert.equal((await take())[1], true);
    now = 400;
    assert.equal((await take())[1], true);
    assert.equal((await take())[1], true);
    assert.deepEqual(looked, [0, 400]);
  });
});
