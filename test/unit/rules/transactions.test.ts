import assert from 'node:assert/strict';
import { type Analysis, analyze, loadParsers, type Parsers } from '../../../server/src/analyze.ts';
import { defaultSettings } from '../../../server/src/rules/settings.ts';
import { examplePlan } from './example-plan.ts';
import { applyEdits, assertFixLaws } from './fix-laws.ts';

const schema = `CREATE TYPE mood AS ENUM ('sad', 'ok');
CREATE TABLE users (id bigint PRIMARY KEY, email text, a integer, b integer, mood mood, note text);
CREATE TABLE orders (id bigint PRIMARY KEY, user_id bigint, mood mood);
CREATE TABLE events (id bigint, at date NOT NULL) PARTITION BY RANGE (at);
CREATE TABLE events_1 PARTITION OF events FOR VALUES FROM ('2026-01-01') TO ('2026-02-01');
CREATE TABLE events_2 PARTITION OF events FOR VALUES FROM ('2026-02-01') TO ('2026-03-01');
ALTER TABLE orders ADD CONSTRAINT user_set CHECK (user_id IS NOT NULL) NOT VALID;
`;
const tables =
  '{ users: { rows: 8M, size: 2.4GB }, orders: { rows: 40M, size: 9GB }, events: { rows: 10M, size: 2GB } }';

interface Options {
  readonly session?: string;
  readonly transaction?: boolean;
  readonly estimate?: string;
  readonly traffic?: string;
  readonly rollback?: string;
}

describe('rules: transactions', () => {
  let parsers: Parsers;
  before(async () => {
    parsers = await loadParsers();
  });

  const check = (text: string, rules: Readonly<Record<string, 'warning'>> = {}): Analysis =>
    analyze(text, {
      parsers,
      kind: 'plan',
      settings: { ...defaultSettings, rules },
      readFile: () => ({ text: schema }),
    });
  const checkFile = (text: string): Analysis =>
    analyze(text, { parsers, kind: 'sql', readFile: () => ({ error: 'no file' }) });
  const step = (sql: string, { transaction = true, estimate, rollback }: Options = {}) =>
    `- step: One
${transaction ? '' : '  transaction: false\n'}  sql: |
${sql.replace(/^/gm, '    ')}
${estimate ? `  estimate: ${estimate}\n` : ''}  rollback: ${rollback ?? '{ impossible: for the example }'}
`;
  const planOf = (sql: string, options: Options = {}) =>
    examplePlan({
      steps: step(sql, options),
      plan: {
        tables,
        session: options.session ?? '{ lock_timeout: 2s }',
        ...(options.traffic ? { traffic: options.traffic } : {}),
      },
    });
  /** What a rule found, as text of the document. */
  const found = (analysis: Analysis, rule: string) =>
    analysis.findings
      .filter((finding) => finding.rule === rule)
      .map(({ range }) => analysis.text.slice(range.start, range.end));
  const one = (analysis: Analysis, rule: string) => {
    const own = analysis.findings.filter((finding) => finding.rule === rule);
    assert.equal(own.length, 1, `${rule}: ${analysis.findings.map((finding) => finding.rule)}`);
    return own[0] as (typeof own)[number];
  };

  describe('lock-timeout-on-concurrently', () => {
    const rule = 'lock-timeout-on-concurrently';
    const build = 'CREATE INDEX CONCURRENTLY i ON users (email);';

    it('is silent without a limit, and where the step switches it off', () => {
      for (const [sql, session] of [
        [build, '{}'],
        [`SET lock_timeout = 0;\n${build}`, undefined],
        [`RESET lock_timeout;\n${build}`, undefined],
        [`SET lock_timeout TO DEFAULT;\n${build}`, undefined],
      ] as const)
        assert.deepEqual(
          found(check(planOf(sql, { transaction: false, ...(session ? { session } : {}) })), rule),
          [],
          sql,
        );
    });

    it('speaks of REINDEX and DETACH too, not of DROP INDEX, which can be tried again', () => {
      const sql = (text: string) => found(check(planOf(text, { transaction: false })), rule);
      assert.equal(sql('REINDEX TABLE CONCURRENTLY users;').length, 1);
      assert.equal(sql('ALTER TABLE events DETACH PARTITION events_1 CONCURRENTLY;').length, 1);
      assert.deepEqual(sql('DROP INDEX CONCURRENTLY users_pkey;'), []);
      assert.deepEqual(sql('VACUUM users;'), []);
    });

    it('leaves to its own rule what Postgres refuses in a transaction', () => {
      assert.deepEqual(found(check(planOf(build)), rule), []);
    });

    it('sets the limit back where statements follow', () => {
      const analysis = check(
        planOf(`${build}\nALTER TABLE users ADD COLUMN c text;`, { transaction: false }),
      );
      const finding = one(analysis, rule);
      const [fix] = finding.fixes;
      assert.ok(fix);
      const fixed = assertFixLaws(analysis, finding, fix, check);
      assert.match(fixed, /SET lock_timeout = 0;\n *CREATE INDEX[^;]*;\n *SET lock_timeout = '2s';\n *ALTER/);
      assert.deepEqual(found(check(fixed), 'lock-timeout-missing'), []);
    });

    it('reads a plain file, and a rollback', () => {
      assert.equal(found(checkFile(`SET lock_timeout = '2s';\n${build}`), rule).length, 1);
      assert.deepEqual(found(checkFile(build), rule), []);
      const rollback = `\n    transaction: false\n    sql: ${build}`;
      assert.equal(found(check(planOf('DROP INDEX users_pkey;', { rollback })), rule).length, 1);
    });
  });

  describe('lock-timeout-missing', () => {
    it('takes a short statement_timeout for a limit, and names a long one', () => {
      const sql = 'ALTER TABLE users ADD COLUMN c text;';
      assert.deepEqual(
        found(check(planOf(sql, { session: '{ statement_timeout: 5s }' })), 'lock-timeout-missing'),
        [],
      );
      const finding = one(
        check(planOf(sql, { session: '{ statement_timeout: 15min }' })),
        'lock-timeout-missing',
      );
      assert.match(finding.message, /or until statement_timeout cancels it after 15 min/);
    });
  });

  describe('lock-timeout-too-long', () => {
    const rule = 'lock-timeout-too-long';
    const sql = 'ALTER TABLE users ADD COLUMN c text;';

    it('counts the requests in the queue, and grows with them', () => {
      const busy = one(check(planOf(sql, { session: '{ lock_timeout: 30s, retries: 5 }' })), rule);
      assert.equal(busy.severity, 'warning');
      assert.match(busy.message, /up to 60k of them at 2,000 requests\/s, 6 times with the retries/);
      const quiet = one(check(planOf(sql, { session: '{ lock_timeout: 10s }', traffic: '5/s' })), rule);
      assert.equal(quiet.severity, 'info');
    });

    it('is silent where nobody would wait behind it', () => {
      for (const other of [
        'ALTER TABLE orders VALIDATE CONSTRAINT user_set;',
        'SELECT 1;',
        'CREATE TABLE n (id int);',
      ])
        assert.deepEqual(found(check(planOf(other, { session: '{ lock_timeout: 30s }' })), rule), [], other);
    });

    it('is one finding for the session, one for each SET', () => {
      const set = "SET LOCAL lock_timeout = '1min';";
      assert.deepEqual(
        found(check(planOf(`${sql}\n${set}\n${sql}\n${sql}`, { session: '{ lock_timeout: 30s }' })), rule),
        ['30s', set.slice(0, -1)],
      );
    });
  });

  describe('statement-timeout-too-short', () => {
    const rule = 'statement-timeout-too-short';
    const sql = 'ALTER TABLE orders VALIDATE CONSTRAINT user_set;';
    const severity = (session: string, text = sql, transaction = true) =>
      check(planOf(text, { session, transaction })).findings.find((finding) => finding.rule === rule)
        ?.severity;

    it('is an error where a fast server needs longer, a warning where a usual one does, else silent', () => {
      assert.equal(severity('{ lock_timeout: 2s, statement_timeout: 1s }'), 'error');
      assert.equal(severity('{ lock_timeout: 2s, statement_timeout: 10s }'), 'warning');
      assert.equal(severity('{ lock_timeout: 2s, statement_timeout: 15min }'), undefined);
      assert.equal(severity('{ lock_timeout: 2s }'), undefined);
      assert.equal(
        severity('{ lock_timeout: 2s, statement_timeout: 1s }', 'ALTER TABLE orders ADD COLUMN c text;'),
        undefined,
      );
    });

    it('says nothing of a table without figures', () => {
      const text = planOf(sql, { session: '{ statement_timeout: 1s }' }).replace(
        tables,
        '{ users: { rows: 8M } }',
      );
      assert.deepEqual(found(check(text), rule), []);
    });

    it('gives a statement outside a transaction its time with SET, and sets it back', () => {
      const build = 'SET lock_timeout = 0;\nCREATE INDEX CONCURRENTLY i ON orders (user_id);\nVACUUM orders;';
      const analysis = check(
        planOf(build, { session: '{ lock_timeout: 2s, statement_timeout: 1s }', transaction: false }),
      );
      const [finding] = analysis.findings.filter((one) => one.rule === rule);
      assert.match(finding?.message ?? '', /INVALID index stays behind/);
      const fixed = applyEdits(analysis.text, finding?.fixes[0]?.edits ?? []);
      assert.match(
        fixed,
        /SET statement_timeout = '\d+\w+';\n *CREATE INDEX[^;]*;\n *SET statement_timeout = '1s';\n *VACUUM/,
      );
    });

    it('judges each batch of a backfill', () => {
      const text = (batch: number) =>
        examplePlan({
          plan: { tables, session: '{ lock_timeout: 2s, statement_timeout: 1s }' },
          steps: `- step: Copy
  backfill: { table: users, set: note = email, batch: ${batch} }
  rollback: { not_needed: for the example }
`,
        });
      assert.deepEqual(found(check(text(10_000)), rule), []);
      assert.deepEqual(found(check(text(4_000_000)), rule), ['backfill']);
    });
  });

  describe('estimate-unlikely', () => {
    const rule = 'estimate-unlikely';
    const sql = 'ALTER TABLE users ALTER COLUMN a TYPE bigint;';

    it('warns of one that no server keeps, notes one far too long, and is silent in between', () => {
      const severity = (estimate: string) =>
        check(planOf(sql, { estimate })).findings.find((finding) => finding.rule === rule)?.severity;
      assert.equal(severity('1s'), 'warning');
      assert.equal(severity('10s'), undefined);
      assert.equal(severity('1min-5min'), undefined);
      assert.equal(severity('12h-24h'), 'info');
    });

    it('holds an estimate against what is known of a step, where it is too short for that alone', () => {
      const finding = one(check(planOf(`${sql}\nSELECT count(*) FROM a_view;`, { estimate: '1s' })), rule);
      assert.match(
        finding.message,
        /this step takes \d+ s at the least, far longer than its estimate of 1 s/,
      );
      assert.deepEqual(finding.fixes, []);
    });

    it('does not say that a query cannot take long: reading is the least of it', () => {
      for (const query of [
        'CREATE TABLE c AS SELECT a, count(*) FROM users GROUP BY a;',
        'INSERT INTO orders (id) SELECT id FROM users;',
        'SELECT fill();',
        'CALL fill();',
        'DO $$ BEGIN PERFORM fill(); END $$;',
      ])
        assert.deepEqual(found(check(planOf(query, { estimate: '8h' })), rule), [], query);
    });

    it('leaves a second for what takes milliseconds alone', () => {
      for (const estimate of ['1s', '10ms', '1min'])
        assert.deepEqual(
          found(check(planOf('ALTER TABLE users ADD COLUMN c text;', { estimate })), rule),
          [],
        );
    });

    it('writes the predicted range', () => {
      const analysis = check(planOf(sql, { estimate: '1s' }));
      const finding = one(analysis, rule);
      const [fix] = finding.fixes;
      assert.ok(fix);
      assert.match(assertFixLaws(analysis, finding, fix, check), /estimate: \d+s-\d+min\n/);
    });
  });

  describe('transaction-control-misplaced', () => {
    const rule = 'transaction-control-misplaced';
    const add = 'ALTER TABLE users ADD COLUMN c text;';
    const severity = (sql: string, transaction = true) =>
      check(planOf(sql, { transaction })).findings.find((finding) => finding.rule === rule)?.severity;

    it('takes a COMMIT before what no transaction takes to be meant, in a plain file', () => {
      const index = 'CREATE INDEX CONCURRENTLY i ON users (a);';
      assert.deepEqual(checkFile(`COMMIT;\n${index}\nBEGIN;\nSELECT 1;\n`).findings, []);
      assert.equal(found(checkFile(`SELECT 1;\nCOMMIT;\n`), rule).length, 1);
      assert.equal(found(check(planOf(`COMMIT;\n${index}`, { transaction: false })), rule).length, 1);
    });

    it('is an error where statements follow a COMMIT, or a ROLLBACK undoes the step', () => {
      assert.equal(severity(`${add}\nCOMMIT;\nSELECT 1;`), 'error');
      assert.equal(severity(`${add}\nROLLBACK;`), 'error');
      assert.equal(severity(`BEGIN;\n${add}\nCOMMIT;`), 'warning');
      assert.equal(severity(`BEGIN;\n${add}`), 'warning');
    });

    it('is silent on savepoints, and on a whole transaction in a step without one', () => {
      assert.equal(severity(`SAVEPOINT s;\n${add}\nROLLBACK TO s;\nRELEASE s;`), undefined);
      assert.equal(severity(`BEGIN;\n${add}\nCOMMIT;\nBEGIN;\n${add}\nCOMMIT;`, false), undefined);
      assert.equal(severity(`BEGIN;\n${add}\nCOMMIT AND CHAIN;\n${add}\nCOMMIT;`, false), undefined);
    });

    it('reads plain files', () => {
      assert.deepEqual(found(checkFile('BEGIN;\nSELECT 1;\nCOMMIT;'), rule), []);
      assert.deepEqual(found(checkFile('BEGIN;\nBEGIN;\nSELECT 1;\nCOMMIT;'), rule), ['BEGIN']);
      assert.deepEqual(found(checkFile('SELECT 1;\nCOMMIT;'), rule), ['COMMIT']);
    });

    it('keeps a comment between what it removes and what stays', () => {
      const analysis = check(planOf(`BEGIN;\n-- why\n${add}\n-- done\nCOMMIT;`));
      const finding = one(analysis, rule);
      const [fix] = finding.fixes;
      assert.ok(fix);
      const fixed = assertFixLaws(analysis, finding, fix, check);
      assert.match(fixed, /-- why\n *ALTER TABLE[^;]*;\n *-- done/);
    });
  });

  describe('transaction-not-committed', () => {
    const rule = 'transaction-not-committed';

    it('finds the BEGIN that nothing ends', () => {
      assert.deepEqual(found(checkFile('BEGIN;\nSELECT 1;\nCOMMIT;\nSTART TRANSACTION;\nSELECT 2;'), rule), [
        'START TRANSACTION',
      ]);
      assert.deepEqual(found(checkFile('BEGIN;\nSELECT 1;\nROLLBACK;'), rule), []);
      assert.deepEqual(found(check(planOf('BEGIN;\nSELECT 1;')), rule), [], 'the step commits it');
    });

    it('supposes a tool around a file that commits before it begins', () => {
      assert.deepEqual(
        found(checkFile('COMMIT;\nVACUUM t;\nBEGIN;\nALTER TABLE t ADD COLUMN c int;'), rule),
        [],
      );
    });

    it('closes a file without a last semicolon', () => {
      const analysis = checkFile('BEGIN;\nSELECT 1 -- last');
      const [fix] = one(analysis, rule).fixes;
      assert.deepEqual(applyEdits(analysis.text, fix?.edits ?? []), 'BEGIN;\nSELECT 1;\nCOMMIT; -- last');
    });
  });

  describe('lock-held-during-work', () => {
    const rule = 'lock-held-during-work';
    const alter = 'ALTER TABLE users ADD COLUMN c text;';
    const validate = 'ALTER TABLE orders VALIDATE CONSTRAINT user_set;';
    const of = (sql: string, transaction = true) => found(check(planOf(sql, { transaction })), rule);

    it('finds scans, builds and rewrites after an ACCESS EXCLUSIVE lock', () => {
      assert.equal(of(`${alter}\n${validate}`).length, 1);
      assert.equal(of(`${alter}\nSELECT count(*) FROM orders;`).length, 1);
      assert.equal(of(`${alter}\nCREATE INDEX i ON users (email);`).length, 1);
      assert.equal(of(`${alter}\nALTER TABLE orders ALTER COLUMN user_id TYPE text;`).length, 1);
    });

    it('is one finding for a transaction, since what follows is split off too', () => {
      assert.equal(of(`${alter}\n${validate}\nSELECT count(*) FROM orders;`).length, 1);
    });

    it('is silent where the order, a commit, a new table or the statement itself makes it no worse', () => {
      for (const sql of [
        `${validate}\n${alter}`,
        `CREATE TABLE n (id int);\nALTER TABLE n ADD COLUMN c text;\n${validate}`,
        `${alter}\nALTER TABLE users ALTER COLUMN a TYPE text;`,
        `${alter}\nSELECT email FROM users WHERE id = 1;`,
        `${alter}\nALTER TABLE users ADD COLUMN d text;`,
        `${alter}\nCOMMIT;\n${validate}`,
      ])
        assert.deepEqual(of(sql), [], sql);
      assert.deepEqual(of(`${alter}\n${validate}`, false), []);
    });

    it('leaves NOT VALID and VALIDATE in one transaction to its rule', () => {
      const add = 'ALTER TABLE users ADD CONSTRAINT k CHECK (a > 0) NOT VALID;';
      const analysis = check(planOf(`${add}\nALTER TABLE users VALIDATE CONSTRAINT k;`));
      assert.deepEqual(found(analysis, rule), []);
      assert.equal(found(analysis, 'validated-in-one-transaction').length, 1);
    });

    it('tells how many requests pile up, and is an error when it lasts', () => {
      const finding = one(check(planOf(`${alter}\n${validate}`)), rule);
      assert.equal(finding.severity, 'error');
      assert.match(
        finding.message,
        /every read and write of users waits \(2,000 requests\/s at peak: [\d.,k]+-[\d.,k]+ of them\)/,
      );
    });

    it('splits a plain file with COMMIT and BEGIN', () => {
      const analysis = checkFile(`BEGIN;\n${alter}\nCREATE INDEX i ON other (x);\nCOMMIT;`);
      const [fix] = one(analysis, rule).fixes;
      assert.match(applyEdits(analysis.text, fix?.edits ?? []), /c text;\nCOMMIT;\nBEGIN;\nCREATE INDEX/);
    });
  });

  describe('tables locked one after the other', () => {
    const users = 'ALTER TABLE users ADD COLUMN c text;';
    const orders = 'ALTER TABLE orders ADD COLUMN c text;';

    it('is a note, once a step', () => {
      const finding = one(check(planOf(`${users}\n${orders}\nDROP TABLE events;`)), 'tables-locked-together');
      assert.equal(finding.severity, 'info');
      assert.match(finding.message, /users stays locked .* waits for orders \(up to 2 s\)/);
    });

    it('is silent for one table, new tables, weaker locks and names that change hands', () => {
      for (const sql of [
        `${users}\nALTER TABLE users ADD COLUMN d text;`,
        `CREATE TABLE n (id int);\n${users}`,
        `${users}\nCREATE INDEX i ON orders (user_id);`,
        `ALTER TABLE users RENAME TO users_old;\nALTER TABLE orders RENAME TO users;`,
        `${users}\nALTER TABLE users RENAME TO people;\nALTER TABLE people ADD COLUMN d text;`,
        `${users}\nDROP INDEX users_pkey;`,
      ])
        assert.deepEqual(found(check(planOf(sql)), 'tables-locked-together'), [], sql);
    });

    it('in opposite orders is told once, and in one order not', () => {
      const plan = (second: string) =>
        examplePlan({
          plan: { tables },
          steps: step(`${users}\n${orders}`) + step(second).replace('One', 'Two'),
        });
      const reversed = check(plan(`${orders.replace('c', 'd')}\n${users.replace(' c ', ' d ')}`));
      assert.equal(one(reversed, 'lock-order-reversed').related.length, 2);
      assert.equal(found(reversed, 'tables-locked-together').length, 1, 'of the first step alone');
      assert.deepEqual(found(check(plan(`${users}\n${orders}`)), 'lock-order-reversed'), []);
    });
  });

  describe('alter-tables-combinable', () => {
    const rule = 'alter-tables-combinable';
    const of = (sql: string) => found(check(planOf(sql)), rule).length;

    it('finds two rewrites and two scans of one table', () => {
      assert.equal(
        of('ALTER TABLE users ALTER COLUMN a TYPE text;\nALTER TABLE users ALTER COLUMN b TYPE text;'),
        1,
      );
      assert.equal(
        of('ALTER TABLE users ALTER COLUMN a SET NOT NULL;\nALTER TABLE users ALTER COLUMN b SET NOT NULL;'),
        1,
      );
      assert.equal(
        of('ALTER TABLE users ADD CHECK (a > 0);\nALTER TABLE public.users ADD CHECK (b > 0);'),
        1,
      );
    });

    it('is silent where nothing is done twice, or one would not spare it', () => {
      assert.equal(of('ALTER TABLE users ADD COLUMN c text;\nALTER TABLE users ADD COLUMN d text;'), 0);
      assert.equal(
        of('ALTER TABLE users ALTER COLUMN a TYPE text;\nALTER TABLE orders ALTER COLUMN user_id TYPE text;'),
        0,
      );
      assert.equal(
        of(
          'ALTER TABLE users ALTER COLUMN a TYPE text;\nSELECT 1;\nALTER TABLE users ALTER COLUMN b TYPE text;',
        ),
        0,
      );
      assert.equal(
        of(
          'ALTER TABLE orders ADD FOREIGN KEY (user_id) REFERENCES users;\nALTER TABLE orders ADD FOREIGN KEY (id) REFERENCES users;',
        ),
        0,
      );
    });

    it('offers no fix where the order may be meant', () => {
      const analysis = check(
        planOf(
          'ALTER TABLE users ALTER COLUMN a TYPE text;\nALTER TABLE users ALTER COLUMN a TYPE bigint USING a::bigint;',
        ),
      );
      assert.deepEqual(one(analysis, rule).fixes, []);
    });
  });

  describe('enum-value-used-in-transaction', () => {
    const rule = 'enum-value-used-in-transaction';
    const add = "ALTER TYPE mood ADD VALUE 'happy';";
    const of = (sql: string, transaction = true) => found(check(planOf(sql, { transaction })), rule).length;

    it('finds every use that Postgres refuses', () => {
      for (const use of [
        "INSERT INTO orders (id, mood) VALUES (1, 'happy');",
        "UPDATE users SET mood = 'happy' WHERE id = 1;",
        "ALTER TABLE users ALTER mood SET DEFAULT 'happy';",
        "ALTER TABLE users ADD CHECK (mood <> 'happy') NOT VALID;",
        "CREATE VIEW v AS SELECT 'happy'::mood;",
        "ALTER TABLE users ADD COLUMN other mood DEFAULT 'happy';",
        "CREATE TABLE n (m mood DEFAULT 'happy');",
        "DO $$BEGIN UPDATE users SET mood = 'happy' WHERE id = 1; END$$;",
      ])
        assert.equal(of(`${add}\n${use}`), 1, use);
    });

    it('is silent on what Postgres takes', () => {
      for (const sql of [
        `${add}\nINSERT INTO users (id, mood) VALUES (1, 'sad');`,
        `${add}\nCOMMENT ON COLUMN users.mood IS 'happy';`,
        `${add}\nALTER TYPE mood ADD VALUE 'glad' AFTER 'happy';`,
        `${add}\nCOMMIT;\nUPDATE users SET mood = 'happy' WHERE id = 1;`,
        "ALTER TYPE mood RENAME VALUE 'ok' TO 'happy';\nUPDATE users SET mood = 'happy' WHERE id = 1;",
        "ALTER TYPE mood ADD VALUE IF NOT EXISTS 'sad';\nUPDATE users SET mood = 'sad' WHERE id = 1;",
        "CREATE TYPE fresh AS ENUM ('a');\nALTER TYPE fresh ADD VALUE 'b';\nCREATE TABLE n (f fresh DEFAULT 'b');",
        `CREATE TABLE n (t text);\n${add}\nINSERT INTO n VALUES ('happy');`,
      ])
        assert.equal(of(sql), 0, sql);
      assert.equal(of(`${add}\nUPDATE users SET mood = 'happy' WHERE id = 1;`, false), 0);
    });

    it('is less sure where no one has told the types', () => {
      const analysis = checkFile(
        "BEGIN;\nALTER TYPE mood ADD VALUE 'happy';\nINSERT INTO t VALUES ('happy');\nCOMMIT;",
      );
      assert.equal(one(analysis, rule).severity, 'warning');
    });
  });

  describe('setting-outlives-step', () => {
    const rule = 'setting-outlives-step';
    const of = (sql: string, options: Options = {}) => found(check(planOf(sql, options)), rule);

    it('is silent for SET LOCAL, what is set back, and what the session sets before every step', () => {
      for (const sql of [
        'SET LOCAL search_path = app;\nSELECT 1;',
        'SET search_path = app;\nSELECT 1;\nRESET search_path;',
        'SET search_path = app;\nSELECT 1;\nRESET ALL;',
        "SET lock_timeout = '1s';\nSELECT 1;",
        // These change how fast it goes, and no more.
        "SET maintenance_work_mem = '1GB';\nSET work_mem = '1GB';\nSET max_parallel_maintenance_workers = 4;\nSELECT 1;",
        'SET client_min_messages = warning;\nSET enable_seqscan = off;\nSELECT 1;',
      ])
        assert.deepEqual(of(sql), [], sql);
      assert.equal(of("SET statement_timeout = '1s';\nSELECT 1;").length, 1);
      assert.deepEqual(
        of("SET statement_timeout = '1s';\nSELECT 1;", { session: '{ statement_timeout: 5s }' }),
        [],
      );
    });

    it('warns of a role, and leaves triggers switched off to the rule on them', () => {
      const replica = check(planOf('SET session_replication_role = replica;\nSELECT 1;'));
      assert.deepEqual(
        replica.findings.map((finding) => finding.rule),
        ['trigger-disabled'],
      );
      for (const sql of ['SET ROLE admin;', 'SET row_security = off;'])
        assert.equal(one(check(planOf(`${sql}\nSELECT 1;`)), rule).severity, 'warning', sql);
      assert.equal(one(check(planOf('SET search_path = app;\nSELECT 1;')), rule).severity, 'info');
    });

    it('has nothing to say of a plain file', () => {
      assert.deepEqual(found(checkFile('SET search_path = app;\nSELECT 1;'), rule), []);
    });

    it('writes LOCAL in the place of SESSION', () => {
      const analysis = check(planOf('SET SESSION search_path = app;\nSELECT 1;'));
      const finding = one(analysis, rule);
      const [fix] = finding.fixes;
      assert.ok(fix);
      assert.match(assertFixLaws(analysis, finding, fix, check), /SET LOCAL search_path/);
    });
  });

  describe('limits that some want', () => {
    const sql = 'ALTER TABLE users ADD COLUMN c text;';

    it('are off until a setting turns them on', () => {
      const others = check(planOf(sql)).findings.filter(({ rule }) => rule !== 'rollback-possible');
      assert.deepEqual(others, []);
      for (const rule of ['statement-timeout-missing', 'idle-timeout-missing'])
        assert.equal(
          one(check(planOf(`${sql}\nDROP TABLE orders CASCADE;`), { [rule]: 'warning' }), rule).severity,
          'warning',
        );
    });

    it('say nothing of statements for which nobody waits', () => {
      const text = planOf(
        'CREATE TABLE n (id int);\nSELECT 1;\nALTER TABLE orders VALIDATE CONSTRAINT user_set;',
      );
      for (const rule of ['statement-timeout-missing', 'idle-timeout-missing'])
        assert.deepEqual(found(check(text, { [rule]: 'warning' }), rule), []);
    });
  });
});
