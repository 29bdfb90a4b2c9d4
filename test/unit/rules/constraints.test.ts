import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { type Analysis, analyze, loadParsers, type Parsers } from '../../../server/src/analyze.ts';
import type { Engine } from '../../../server/src/rehearsal/model.ts';
import { rehearse } from '../../../server/src/rehearsal/rehearse.ts';
import { embeddedEngine, reusedEngine } from '../rehearsal/setup.ts';
import { examplePlan } from './example-plan.ts';
import { assertFixLaws } from './fix-laws.ts';

const schema = `CREATE TABLE teams (id bigint PRIMARY KEY);
CREATE TABLE plans (id bigint PRIMARY KEY);
CREATE TABLE users (id bigint PRIMARY KEY, email text, team_id bigint, n integer);
CREATE INDEX users_team_id_idx ON users (team_id);
CREATE TABLE loose (id bigint, other bigint, a integer, b integer);
CREATE TABLE public."Odd Ones" (id bigint PRIMARY KEY, "Name" text);
CREATE FUNCTION noted() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN RETURN NEW; END $$;
CREATE TRIGGER noted AFTER UPDATE ON users FOR EACH ROW EXECUTE FUNCTION noted();
`;

describe('rules on constraints, case by case', () => {
  let parsers: Parsers;
  let reused: { engine: Engine; close(): Promise<void> };
  before(async function () {
    this.timeout(60_000);
    parsers = await loadParsers();
    reused = await reusedEngine(await embeddedEngine());
  });
  after(() => reused?.close());

  const check = (text: string, baseline = schema): Analysis =>
    analyze(text, { parsers, kind: 'plan', readFile: () => ({ text: baseline }) });
  const checkFile = (text: string, baseline?: string): Analysis =>
    analyze(text, {
      parsers,
      kind: 'sql',
      readFile: () => ({ error: 'there is none' }),
      ...(baseline === undefined ? {} : { baselineSql: baseline }),
    });
  const planOf = (...steps: string[]) =>
    examplePlan({
      plan: { tables: '{ users: { rows: 8M }, loose: { rows: 8M } }' },
      steps: steps
        .map(
          (sql, i) =>
            `- step: step ${i + 1}\n  sql: |\n${sql.replace(/^/gm, '    ')}\n  rollback: { impossible: for the example }\n`,
        )
        .join(''),
    });
  const own =
    /^(?:constraint|validated|not-enforced|primary-key|exclusion|foreign-keys|domain|trigger|replacement|temporary|required-column|set-not-null)/;
  const found = ({ text, findings }: Analysis) =>
    findings
      .filter(({ rule }) => own.test(rule))
      .map(({ rule, range }) => [rule, text.slice(range.start, range.end)]);

  it('a foreign key to the table itself locks one table', () => {
    const { findings } = check(planOf('ALTER TABLE users ADD FOREIGN KEY (team_id) REFERENCES users;'));
    const message = findings.find(({ rule }) => rule === 'constraint-without-not-valid')?.message ?? '';
    assert.match(
      message,
      /reads all of users \(8M rows.*\) and locks it in SHARE ROW EXCLUSIVE: every write to it waits/,
    );
  });

  it('a partitioned table is told once, with its own figures', () => {
    const baseline = `CREATE TABLE users (id bigint, n integer) PARTITION BY RANGE (id);
CREATE TABLE users_1 PARTITION OF users FOR VALUES FROM (0) TO (10);
CREATE TABLE users_2 PARTITION OF users FOR VALUES FROM (10) TO (20);`;
    const messages = check(
      planOf('ALTER TABLE users ALTER n SET NOT NULL;', 'ALTER TABLE users ADD UNIQUE (id, n);'),
      baseline,
    ).findings.filter(({ severity }) => severity === 'error');
    assert.deepEqual(
      messages.map(
        ({ message }) => /(?:reads all of|builds its index on) (\S+ \(8M rows)/.exec(message)?.[1],
      ),
      ['users (8M rows', 'users (8M rows'],
    );
  });

  describe('find', () => {
    for (const [sql, ...expected] of [
      ['ALTER TABLE users ADD CHECK (n > 0);', ['constraint-without-not-valid', 'CHECK']],
      ['ALTER TABLE users ADD UNIQUE (email);', ['constraint-builds-index', 'UNIQUE']],
      [
        'ALTER TABLE users ADD COLUMN x int DEFAULT 1 CHECK (x > 0) REFERENCES teams UNIQUE;',
        ['constraint-without-not-valid', 'CHECK'],
        ['constraint-builds-index', 'UNIQUE'],
      ],
      [
        'ALTER TABLE users ALTER n SET NOT NULL, ADD CONSTRAINT a CHECK (n > 0), ADD CONSTRAINT b CHECK (n < 9);',
        ['set-not-null-scans', 'SET NOT NULL'],
        ['constraint-without-not-valid', 'CONSTRAINT'],
        ['constraint-without-not-valid', 'CONSTRAINT'],
      ],
      [
        'ALTER TABLE users ADD COLUMN x int PRIMARY KEY;',
        ['required-column-without-default', 'PRIMARY KEY'],
        ['constraint-builds-index', 'PRIMARY'],
      ],
      [
        'ALTER TABLE users ADD CONSTRAINT c CHECK (n > 0) NOT VALID, VALIDATE CONSTRAINT c;',
        ['validated-in-one-transaction', 'VALIDATE CONSTRAINT'],
      ],
      ['ALTER TABLE users DISABLE TRIGGER USER;', ['trigger-disabled', 'DISABLE TRIGGER USER']],
      ['ALTER TABLE users DISABLE TRIGGER noted;', ['trigger-disabled', 'DISABLE TRIGGER noted']],
      [
        'ALTER TABLE users ENABLE REPLICA TRIGGER noted;',
        ['trigger-disabled', 'ENABLE REPLICA TRIGGER noted'],
      ],
      [
        "SET LOCAL session_replication_role = 'replica';",
        ['trigger-disabled', "SET LOCAL session_replication_role = 'replica'"],
      ],
    ] as const) {
      it(sql, () => assert.deepEqual(found(check(planOf(sql))).sort(), [...expected].sort()));
    }
  });

  describe('are silent on', () => {
    for (const sql of [
      'ALTER TABLE users ADD COLUMN x int REFERENCES teams (id);',
      'ALTER TABLE users ADD COLUMN x int NOT NULL DEFAULT 0;',
      'CREATE TABLE fresh (id int); ALTER TABLE fresh ADD COLUMN x int NOT NULL, ADD CHECK (x > 0), ADD UNIQUE (x);',
      'CREATE TABLE fresh (id int REFERENCES teams, p int REFERENCES plans);',
      'ALTER TABLE users ENABLE TRIGGER noted;',
      'SET LOCAL session_replication_role = DEFAULT;',
      'CREATE DOMAIN d AS int; ALTER DOMAIN d ADD CHECK (VALUE > 0);',
      'ALTER TABLE loose ADD CONSTRAINT c FOREIGN KEY (other) REFERENCES teams (id) NOT VALID; ALTER TABLE loose DROP CONSTRAINT c;',
    ])
      it(sql, () => assert.deepEqual(found(check(planOf(sql))), []));

    it('a disabled trigger that is enabled in the same transaction, but for a note', () => {
      const sql =
        'ALTER TABLE users DISABLE TRIGGER noted;\nUPDATE users SET n = 1 WHERE id = 1;\nALTER TABLE users ENABLE TRIGGER noted;';
      const [finding, ...more] = check(planOf(sql)).findings.filter(({ rule }) => own.test(rule));
      assert.deepEqual([finding?.severity, finding?.related.length, more], ['info', 1, []]);
    });

    it('NOT VALID in a plain file, which a later one may validate', () => {
      const sql = "SET lock_timeout = '2s';\nALTER TABLE users ADD CONSTRAINT c CHECK (n > 0) NOT VALID;\n";
      assert.deepEqual(found(checkFile(sql)), []);
    });

    it('SET NOT NULL where a file validates before it what another file added', () => {
      const file = 'ALTER TABLE t VALIDATE CONSTRAINT t_a_set;\nALTER TABLE t ALTER a SET NOT NULL;\n';
      assert.deepEqual(found(checkFile(file)), []);
      assert.deepEqual(found(checkFile(file.replace('TABLE t V', 'TABLE u V'))), [
        ['set-not-null-scans', 'SET NOT NULL'],
      ]);
    });
  });

  describe('severity follows the figures', () => {
    const severities = (rows: string, sql: string) =>
      check(
        examplePlan({
          plan: { tables: `{ users: { rows: ${rows} } }` },
          steps: `- step: one\n  sql: ${sql}\n  rollback: { impossible: for the example }\n`,
        }),
      )
        .findings.filter(({ rule }) => own.test(rule))
        .map(({ severity }) => severity);
    for (const sql of [
      'ALTER TABLE users ADD CONSTRAINT c CHECK (n > 0);',
      'ALTER TABLE users ADD CONSTRAINT c UNIQUE (n);',
      'ALTER TABLE users ADD CONSTRAINT c EXCLUDE (n WITH =);',
    ])
      it(sql, () => {
        assert.deepEqual(severities('200', sql), ['info']);
        assert.deepEqual(severities('8M', sql), ['error']);
      });
    it('but what Postgres refuses on one row is an error on a small table too', () => {
      const sql = 'ALTER TABLE users ADD COLUMN x int NOT NULL;';
      assert.deepEqual([severities('1', sql), severities('0', sql)], [['error'], ['warning']]);
    });
  });

  /** Applies the first fix of a rule's first finding lawfully, and runs what comes out. */
  const fixed = async (text: string, rule: string, baseline = schema) => {
    const analysis = check(text, baseline);
    const finding = analysis.findings.find((one) => one.rule === rule);
    const [fix] = finding?.fixes ?? [];
    assert.ok(finding && fix, JSON.stringify(found(analysis)));
    const result = assertFixLaws(analysis, finding, fix, (again) => check(again, baseline));
    const report = await rehearse(check(result, baseline), reused.engine, {
      rows: 0,
      stepTimeout: 20_000,
      proofs: false,
    });
    assert.equal(report.verdict, 'passed', `${report.error?.message}\n${result}`);
    return result;
  };

  describe('fixes of statements that do more run on Postgres', () => {
    it('a nameless CHECK and FOREIGN KEY among other subcommands', async () => {
      const result = await fixed(
        planOf(
          'ALTER TABLE users ADD COLUMN x int, ADD CHECK (n > 0 AND n < 9), ADD FOREIGN KEY (team_id) REFERENCES teams;',
        ),
        'constraint-without-not-valid',
      );
      assert.match(
        result,
        /ADD CONSTRAINT users_n_check CHECK \(n > 0 AND n < 9\) NOT VALID, ADD CONSTRAINT users_team_id_fkey FOREIGN KEY/,
      );
      assert.match(
        result,
        /VALIDATE CONSTRAINT users_n_check;[\s\S]*VALIDATE CONSTRAINT users_team_id_fkey;/,
      );
      assert.deepEqual(found(check(result)), []);
    });

    it('several constraints in one column definition', async () => {
      const result = await fixed(
        planOf(
          'ALTER TABLE public."Odd Ones" ADD COLUMN "X" int DEFAULT 1 CONSTRAINT positive CHECK ("X" > 0) NOT NULL REFERENCES teams (id) ON DELETE CASCADE;',
        ),
        'constraint-without-not-valid',
      );
      assert.match(result, /ADD COLUMN "X" int DEFAULT 1 NOT NULL;/);
      assert.match(result, /ADD CONSTRAINT positive CHECK \("X" > 0\) NOT VALID;/);
      assert.match(result, /FOREIGN KEY \("X"\) REFERENCES teams \(id\) ON DELETE CASCADE NOT VALID;/);
      assert.deepEqual(found(check(result)), []);
    });

    it('a primary key over columns that may hold nulls', async () => {
      const result = await fixed(
        planOf('ALTER TABLE loose ADD PRIMARY KEY (id, other);'),
        'constraint-builds-index',
      );
      assert.match(
        result,
        /loose_id_is_not_null CHECK[\s\S]*loose_other_is_not_null CHECK[\s\S]*CREATE UNIQUE INDEX CONCURRENTLY loose_pkey/,
      );
      assert.match(
        result,
        /DROP CONSTRAINT loose_pkey, ALTER COLUMN id DROP NOT NULL, ALTER COLUMN other DROP NOT NULL;/,
      );
      assert.deepEqual(found(check(result)), []);
    });

    it('a unique constraint with all that it can have', async () => {
      const result = await fixed(
        planOf(
          'ALTER TABLE loose ADD CONSTRAINT u UNIQUE NULLS NOT DISTINCT (a, b) INCLUDE (other) DEFERRABLE INITIALLY DEFERRED, ALTER a SET DEFAULT 1;',
        ),
        'constraint-builds-index',
      );
      assert.match(result, /INDEX CONCURRENTLY u ON loose \(a, b\) INCLUDE \(other\) NULLS NOT DISTINCT;/);
      assert.match(
        result,
        /ADD CONSTRAINT u UNIQUE USING INDEX u DEFERRABLE INITIALLY DEFERRED, ALTER a SET DEFAULT 1;/,
      );
      assert.match(result, /DROP INDEX CONCURRENTLY IF EXISTS u;/);
    });

    it('no fix where the statement, or its step, adds the columns itself', () => {
      for (const [rule, sql] of [
        ['constraint-builds-index', 'ALTER TABLE users ADD COLUMN x int, ADD CONSTRAINT u UNIQUE (x);'],
        [
          'constraint-builds-index',
          'ALTER TABLE users ADD COLUMN x int;\nALTER TABLE users ADD CONSTRAINT u UNIQUE (x);',
        ],
        [
          'set-not-null-scans',
          'ALTER TABLE users ADD COLUMN x int;\nALTER TABLE users ALTER x SET NOT NULL;',
        ],
      ] as const) {
        const finding = check(planOf(sql)).findings.find((one) => one.rule === rule);
        assert.deepEqual(finding?.fixes, [], sql);
      }
    });

    it('a primary key that takes the place and the name of another', async () => {
      const baseline = 'CREATE TABLE loose (id int PRIMARY KEY, wide bigint NOT NULL);';
      const result = await fixed(
        planOf('ALTER TABLE loose DROP CONSTRAINT loose_pkey, ADD CONSTRAINT loose_pkey PRIMARY KEY (wide);'),
        'constraint-builds-index',
        baseline,
      );
      assert.match(result, /CREATE UNIQUE INDEX CONCURRENTLY loose_pkey_new ON loose \(wide\);/);
      assert.match(result, /ADD CONSTRAINT loose_pkey PRIMARY KEY USING INDEX loose_pkey_new;/);
    });

    it('VALIDATE moves with what follows it, comments too', async () => {
      const result = await fixed(
        planOf(`ALTER TABLE users ADD CONSTRAINT c CHECK (n IS NOT NULL) NOT VALID; -- instant
-- reads the table
ALTER TABLE users VALIDATE CONSTRAINT c;
ALTER TABLE users ALTER n SET NOT NULL;
ALTER TABLE users DROP CONSTRAINT c;`),
        'validated-in-one-transaction',
      );
      assert.match(result, /NOT VALID; -- instant\n {8}rollback/);
      assert.match(
        result,
        /-- reads the table\n +ALTER TABLE users VALIDATE CONSTRAINT c;\n +ALTER TABLE users ALTER n SET NOT NULL;/,
      );
      assert.deepEqual(found(check(result)), []);
    });

    it('in a file the transaction ends before VALIDATE', () => {
      const text =
        "SET lock_timeout = '2s';\nSET statement_timeout = '1h';\nBEGIN;\nALTER TABLE t ADD CONSTRAINT c CHECK (n > 0) NOT VALID;\nALTER TABLE t VALIDATE CONSTRAINT c;\nCOMMIT;\n";
      const analysis = checkFile(text);
      const finding = analysis.findings.find(({ rule }) => rule === 'validated-in-one-transaction');
      const [fix] = finding?.fixes ?? [];
      assert.ok(finding && fix);
      const result = assertFixLaws(analysis, finding, fix, (again) => checkFile(again));
      assert.match(result, /NOT VALID;\nCOMMIT;\nBEGIN;\nALTER TABLE t VALIDATE/);
    });

    it('a required column is filled in batches and then required', async () => {
      const text = planOf(
        "ALTER TABLE users ADD COLUMN x text NOT NULL CHECK (x <> 'y') NOT ENFORCED;",
      ).replace('version: 16', 'version: 18');
      const { findings } = check(text);
      const titles = findings
        .find(({ rule }) => rule === 'required-column-without-default')
        ?.fixes.map(({ title }) => title);
      assert.deepEqual(titles, [
        "Give old rows a DEFAULT: ''",
        "Add it without NOT NULL, fill it with '' in batches, then require it",
        'Add it without NOT NULL',
      ]);
    });
  });

  describe('a column that replaces another', () => {
    const steps = (last: string) => [
      'ALTER TABLE users ADD COLUMN handle text;',
      'UPDATE users SET handle = username WHERE handle IS NULL AND id < 1000;',
      last,
    ];
    const baseline = `CREATE TABLE users (id bigint PRIMARY KEY, username text NOT NULL DEFAULT 'nobody' UNIQUE, CHECK (length(username) > 2));
CREATE TABLE posts (id bigint PRIMARY KEY, author text CONSTRAINT posts_author REFERENCES users (username));`;
    const lost = (text: string) =>
      check(text, baseline).findings.filter(({ rule }) => rule === 'replacement-lacks-constraint');

    it('is told what it lacks, with its places', () => {
      const [finding, ...more] = lost(planOf(...steps('ALTER TABLE users DROP COLUMN username CASCADE;')));
      assert.deepEqual(more, []);
      assert.match(
        finding?.message ?? '',
        /lacks what username had: NOT NULL, uniqueness, the DEFAULT 'nobody', the CHECK users_username_check, the foreign key posts_author of posts/,
      );
      assert.deepEqual(
        finding?.related.map(({ message }) => message),
        ['The values of username are copied here.', 'username is dropped here.'],
      );
      assert.deepEqual(finding?.fixes, [], 'a CHECK and a foreign key to it are the author’s to write');
    });

    it('is told by a swap of names too, and the old one that stays is noted', () => {
      const swap =
        'ALTER TABLE users RENAME COLUMN username TO username_old;\nALTER TABLE users RENAME COLUMN handle TO username;';
      const text = planOf(...steps(swap));
      assert.equal(lost(text).length, 1);
      const left = check(text, baseline).findings.filter(({ rule }) => rule === 'temporary-object-left');
      assert.deepEqual(
        left.map(({ severity }) => severity),
        ['info'],
      );
      assert.match(left[0]?.message ?? '', /username lives on as username_old/);
    });

    it('is no replacement while the old one stays, or where the value is worked out', () => {
      assert.deepEqual(lost(planOf(...steps('SELECT 1;'))), []);
      const [add, , drop] = steps('ALTER TABLE users DROP COLUMN username CASCADE;');
      assert.deepEqual(
        lost(planOf(add ?? '', 'UPDATE users SET handle = lower(username) WHERE id < 9;', drop ?? '')),
        [],
      );
    });

    it('is found in the published plan, and its fix gives the column all of it', async () => {
      const folder = join(__dirname, '../../../examples/as-published');
      const text = readFileSync(join(folder, 'as-published.migration.yaml'), 'utf8');
      const published = readFileSync(join(folder, 'schema.sql'), 'utf8');
      const analysis = check(text, published);
      const finding = analysis.findings.find(({ rule }) => rule === 'replacement-lacks-constraint');
      const [fix] = finding?.fixes ?? [];
      assert.ok(finding && fix);
      assert.equal(text.slice(finding.range.start, finding.range.end), 'handle');
      assert.match(finding.message, /NOT NULL, uniqueness \(idx_users_handle_unique is a partial index/);
      const result = assertFixLaws(analysis, finding, fix, (again) => check(again, published));
      assert.match(
        result,
        /SET NOT NULL;[\s\S]*UNIQUE USING INDEX users_handle_key;[\s\S]*DROP COLUMN username;/,
      );
    });
  });

  it('a table that gave its name to a new one, and is never dropped, is noted', () => {
    const steps = [
      'CREATE TABLE loose_new (id bigint PRIMARY KEY);',
      'ALTER TABLE loose RENAME TO loose_old;\nALTER TABLE loose_new RENAME TO loose;',
    ];
    assert.deepEqual(found(check(planOf(...steps))), [
      ['temporary-object-left', 'ALTER TABLE loose RENAME TO loose_old'],
    ]);
    assert.deepEqual(found(check(planOf(...steps, 'DROP TABLE loose_old;'))), []);
  });

  it('a table that becomes a partition of the one that took its name is in use', () => {
    const steps = [
      'CREATE TABLE loose_new (LIKE loose) PARTITION BY RANGE (id);',
      'ALTER TABLE loose RENAME TO loose_old;\nALTER TABLE loose_new RENAME TO loose;',
      'ALTER TABLE loose ATTACH PARTITION loose_old FOR VALUES FROM (MINVALUE) TO (9);',
    ];
    const { findings } = check(planOf(...steps));
    assert.deepEqual(
      findings.filter(({ rule }) => rule === 'temporary-object-left'),
      [],
    );
  });

  describe('a new column that is required', () => {
    const require = 'ALTER TABLE users ALTER x SET NOT NULL;';
    const never = (...steps: string[]) =>
      check(planOf('ALTER TABLE users ADD COLUMN x int;', ...steps)).findings.filter(
        ({ rule }) => rule === 'required-column-never-filled',
      );
    for (const [filled, step] of [
      [false, 'SELECT 1;'],
      [false, 'ALTER TABLE users ALTER x SET DEFAULT 1;'],
      [false, 'UPDATE teams SET id = id WHERE id = 0;'],
      [true, 'UPDATE users SET x = 1 WHERE id = 0;'],
      [true, 'DO $$ BEGIN UPDATE users SET x = 1 WHERE id = 0; END $$;'],
      [true, "DO $$ BEGIN EXECUTE 'UPDATE users SET x = 1'; END $$;"],
      [true, 'SELECT fill_x();'],
      [true, 'CALL fill_x();'],
      [true, 'TRUNCATE users;'],
    ] as const)
      it(`${filled ? 'may be filled' : 'is not filled'} by ${step}`, () =>
        assert.equal(never(step, require).length, filled ? 0 : 1));

    it('is null by NOT NULL … NOT VALID of version 18 as well', () => {
      const text = planOf(
        'ALTER TABLE users ADD COLUMN x int;',
        'ALTER TABLE users ADD CONSTRAINT x_set NOT NULL x NOT VALID;',
        'ALTER TABLE users VALIDATE CONSTRAINT x_set;',
      ).replace('version: 16', 'version: 18');
      assert.deepEqual(found(check(text)), [['required-column-never-filled', 'VALIDATE CONSTRAINT']]);
    });
  });

  it('a foreign key made ENFORCED reads the table as a new one does', () => {
    const text = planOf(
      'ALTER TABLE users ADD CONSTRAINT f FOREIGN KEY (team_id) REFERENCES teams NOT ENFORCED;',
      'ALTER TABLE users ALTER CONSTRAINT f ENFORCED;',
    ).replace('version: 16', 'version: 18');
    assert.deepEqual(found(check(text)), [['constraint-without-not-valid', 'ALTER CONSTRAINT']]);
  });

  it('a trigger that outlives a renamed column is found, one that is dropped in the same step is not', () => {
    const make = `CREATE FUNCTION sync() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN NEW.n := length(NEW."email"); RETURN NEW; END $$;
CREATE TRIGGER sync BEFORE INSERT ON users FOR EACH ROW EXECUTE FUNCTION sync();`;
    const rename = 'ALTER TABLE users RENAME COLUMN email TO mail;';
    assert.deepEqual(found(check(planOf(make, rename))), [
      ['trigger-names-dropped-column', rename.slice(0, -1)],
    ]);
    assert.deepEqual(
      found(check(planOf(make, `${rename}\nDROP TRIGGER sync ON users;\nDROP FUNCTION sync();`))),
      [],
    );
  });
});
