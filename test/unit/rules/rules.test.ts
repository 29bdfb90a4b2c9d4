import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { type Analysis, analyze, loadParsers, type Parsers } from '../../../server/src/analyze.ts';
import { rules } from '../../../server/src/rules/registry.ts';
import type { Settings } from '../../../server/src/rules/settings.ts';
import { examplePlan, exampleSchema } from './example-plan.ts';
import { applyEdits, assertFixLaws } from './fix-laws.ts';

describe('rules', () => {
  let parsers: Parsers;
  before(async () => {
    parsers = await loadParsers();
  });

  const readSchema = (schema: string) => (path: string) =>
    path === 'schema.sql' ? { text: schema } : { error: `there is no ${path}.` };
  const check = (
    text: string,
    { schema = exampleSchema, settings }: { schema?: string; settings?: Settings } = {},
  ) =>
    analyze(text, { parsers, kind: 'plan', readFile: readSchema(schema), ...(settings ? { settings } : {}) });
  const checkSteps = (steps: string, options: { schema?: string; plan?: Record<string, string> } = {}) =>
    check(examplePlan({ steps, ...options }), options);
  const checkSql = (text: string): Analysis =>
    analyze(text, { parsers, kind: 'sql', readFile: readSchema('') });
  const found = (analysis: Analysis) => analysis.findings.map(({ rule }) => rule);
  const marked = ({ text, findings }: Analysis) =>
    findings.map(({ range }) => text.slice(range.start, range.end));

  it('finds nothing in the rename made right', () => {
    const folder = join(__dirname, '../../../examples/rename-username');
    const text = readFileSync(join(folder, 'rename-username.migration.yaml'), 'utf8');
    const schema = readFileSync(join(folder, 'schema.sql'), 'utf8');
    assert.deepEqual(check(text, { schema }).findings, []);
  });

  it('finds the faults of the published plan at their places', () => {
    const folder = join(__dirname, '../../../examples/as-published');
    const text = readFileSync(join(folder, 'as-published.migration.yaml'), 'utf8');
    const schema = readFileSync(join(folder, 'schema.sql'), 'utf8');
    const analysis = check(text, { schema });
    assert.deepEqual(
      analysis.findings.map(({ rule, range }) => [rule, text.slice(range.start, range.end)]),
      [
        ['lock-timeout-missing', 'ALTER TABLE users ADD COLUMN handle VARCHAR(255)'],
        ['replacement-lacks-constraint', 'handle'],
        ['rollback-discards-writes', 'handle'],
        ['concurrently-in-transaction', 'CONCURRENTLY'],
        ['backfill-before-dual-write', 'UPDATE'],
        ['batch-loop-skips-locked', 'SKIP LOCKED'],
        ['concurrently-in-transaction', 'COMMIT'],
        ['null-blind-comparison', '!='],
        ['change-unbatched', 'UPDATE'],
        ['backfill-before-dual-write', 'UPDATE'],
        ['null-blind-comparison', '!='],
        ['deploy-misses-schema', 'v4'],
        ['rollback-other-version', 'v2'],
        ['rollback-missing', 'Drop the old column'],
      ],
    );
  });

  describe('knowing the plan', () => {
    it('is silent on a table that the plan itself made', () => {
      const analysis = checkSteps(`- step: Make it
  sql: CREATE TABLE notes (id bigint PRIMARY KEY, body text);
  rollback: DROP TABLE notes;
- step: Change it while it is empty
  sql: |
    CREATE INDEX ON notes (body);
    ALTER TABLE notes ALTER COLUMN body SET NOT NULL, ALTER COLUMN body TYPE varchar(10);
    ALTER TABLE notes ADD CONSTRAINT long_enough CHECK (length(body) > 1);
  rollback: { not_needed: dropping notes undoes it }
`);
      assert.deepEqual(found(analysis), []);
    });

    it('speaks up once a deployed version may have filled it', () => {
      const analysis = checkSteps(
        `- step: Make it
  sql: CREATE TABLE notes (id bigint PRIMARY KEY, body text);
  rollback: DROP TABLE notes;
- step: Use it
  deploy: v2
  rollback: { deploy: v1 }
- step: Index it
  sql: CREATE INDEX notes_body_idx ON notes (body);
  rollback: { transaction: false, sql: DROP INDEX CONCURRENTLY notes_body_idx }
`,
        { plan: { app: '{ runs: v1, versions: { v1: [], v2: [] } }' } },
      );
      assert.deepEqual(found(analysis), ['index-without-concurrently']);
    });

    it('says a small table is only a note', () => {
      const index = `- step: Index
  sql: CREATE INDEX users_email_idx ON users (email);
  rollback: { transaction: false, sql: DROP INDEX CONCURRENTLY users_email_idx }
`;
      const severities = (rows: string) =>
        checkSteps(index, { plan: { tables: `{ users: { rows: ${rows} } }` } }).findings.map(
          (f) => f.severity,
        );
      assert.deepEqual(severities('200'), ['info']);
      assert.deepEqual(severities('8M'), ['error']);
    });

    it('warns of a type change where no baseline tells the old type, and says what would tell', () => {
      const steps = `- step: Change it
  sql: ALTER TABLE users ALTER COLUMN username TYPE text;
  rollback: { impossible: for the example }
`;
      const [warning, ...more] = checkSteps(steps, { plan: { database: '{ version: 16 }' } }).findings;
      assert.deepEqual(
        [warning?.rule, warning?.severity, more.length],
        ['type-change-rewrites', 'warning', 0],
      );
      assert.match(
        warning?.message ?? '',
        /the type that users.username has now, which is not known.*database\.schema/,
      );
      assert.deepEqual(found(checkSteps(steps)), [], 'varchar to text does not rewrite');
      const integer = checkSteps(steps, { schema: 'CREATE TABLE users (username integer);' });
      assert.deepEqual(found(integer), ['type-change-rewrites']);
    });

    it('names the table with its figures, and the rate of requests', () => {
      const [finding] = checkSteps(`- step: Require
  sql: ALTER TABLE users ALTER COLUMN email SET NOT NULL;
  rollback: ALTER TABLE users ALTER COLUMN email DROP NOT NULL;
`).findings;
      assert.match(finding?.message ?? '', /users \(8M rows, 2\.4 GB, about 0\.8-20 s\)/);
      assert.match(finding?.message ?? '', /2,000 requests\/s/);
    });

    it('takes a rollback as seriously as its step', () => {
      const analysis = checkSteps(`- step: Relax
  sql: ALTER TABLE users ALTER COLUMN username DROP NOT NULL;
  rollback: ALTER TABLE users ALTER COLUMN username SET NOT NULL;
`);
      assert.ok(found(analysis).includes('set-not-null-scans'));
    });
  });

  describe('fixes', () => {
    const fixLawfully = (text: string, again: (text: string) => Analysis) => {
      const analysis = again(text);
      for (const finding of analysis.findings) {
        for (const fix of finding.fixes) assertFixLaws(analysis, finding, fix, again);
      }
      return analysis;
    };

    for (const rule of rules) {
      for (const [index, example] of rule.examples.bad.entries()) {
        for (const [style, write] of [
          ['CRLF', (text: string) => text.replaceAll('\n', '\r\n')],
          ['comments', (text: string) => text.replace(/^( +- step: .*)$/gm, '$1 # why it is here')],
          [
            'a wide indent',
            (text: string) =>
              text.replace(/^ +/gm, (blanks) => blanks.repeat(2)).replace(/^( *)- /gm, '$1-   '),
          ],
          ['a file without last line break', (text: string) => text.trimEnd()],
        ] as const) {
          it(`${rule.id}: keep the laws with ${style} (bad example ${index + 1})`, () => {
            const on = { rules: { [rule.id]: rule.severity }, session: {}, dryRun: {} };
            const options = {
              ...(example.schema ? { schema: example.schema } : {}),
              ...(rule.off ? { settings: on } : {}),
            };
            const analysis = fixLawfully(write(examplePlan(example)), (text) => check(text, options));
            assert.ok(found(analysis).includes(rule.id));
          });
        }
      }
    }

    it('move CONCURRENTLY out of a step that does more', () => {
      const text = examplePlan({
        steps: `- step: Two things
  sql: |
    ALTER TABLE users ADD COLUMN handle text;
    CREATE INDEX CONCURRENTLY users_handle_idx ON users (handle);
  rollback: ALTER TABLE users DROP COLUMN handle;
`,
      });
      const analysis = check(text);
      assert.deepEqual(found(analysis), ['concurrently-in-transaction']);
      const [finding] = analysis.findings;
      const [fix] = finding?.fixes ?? [];
      assert.ok(finding && fix);
      assert.equal(fix.safe, false, 'what ran together no longer does: the author decides');
      const fixed = assertFixLaws(analysis, finding, fix, check);
      assert.deepEqual(found(check(fixed)), []);
      assert.match(fixed, /ALTER TABLE users ADD COLUMN handle text;\n {8}rollback/);
    });

    it('build a unique constraint from an index built concurrently', () => {
      const text = examplePlan({
        steps: `- step: Unique emails
  sql: ALTER TABLE users ADD CONSTRAINT users_email_key UNIQUE (email);
  rollback: ALTER TABLE users DROP CONSTRAINT users_email_key;
`,
      });
      const finding = check(text).findings.find(({ rule }) => rule === 'constraint-builds-index');
      const fixed = applyEdits(text, finding?.fixes[0]?.edits ?? []);
      assert.deepEqual(found(check(fixed)), ['unique-may-have-duplicates']);
      assert.match(fixed, /CREATE UNIQUE INDEX CONCURRENTLY users_email_key ON users \(email\);/);
      assert.match(fixed, /ADD CONSTRAINT users_email_key UNIQUE USING INDEX users_email_key;/);
    });

    it('undo a deploy with the version before it', () => {
      const text = examplePlan({
        plan: { app: '{ runs: v1, versions: { v1: [], v2: [], v3: [] } }' },
        steps: `- step: Two
  deploy: v2
  rollback: { deploy: v1 }
- step: Three
  deploy: v3
`,
      });
      const [finding] = check(text).findings;
      assert.match(applyEdits(text, finding?.fixes[0]?.edits ?? []), /rollback:\s+deploy: v2/);
    });

    it('propose a point of no return where nothing brings the old state back', () => {
      const text = examplePlan({
        schema: "CREATE TYPE mood AS ENUM ('ok');",
        steps: `- step: Another mood
  sql: ALTER TYPE mood ADD VALUE 'great';
`,
      });
      const [finding] = check(text, { schema: "CREATE TYPE mood AS ENUM ('ok');" }).findings;
      assert.equal(finding?.rule, 'rollback-missing');
      assert.match(applyEdits(text, finding.fixes[0]?.edits ?? []), /impossible: /);
    });
  });

  describe('allow and settings', () => {
    const steps = (allow: string) => `- step: Index
  sql: CREATE INDEX users_email_idx ON users (email);
  rollback: { transaction: false, sql: DROP INDEX CONCURRENTLY users_email_idx }
${allow}`;
    const entry = 'index-without-concurrently: sign-up is closed meanwhile';

    it('silence a rule on a step, a phase or the plan, with a reason', () => {
      const onStep = examplePlan({ steps: steps(`  allow: { ${entry} }\n`) });
      const onPhase = examplePlan({ steps: steps('') }).replace(
        '    steps:',
        `    allow: { ${entry} }\n    steps:`,
      );
      const onPlan = examplePlan({ steps: steps(''), plan: { allow: `{ ${entry} }` } });
      for (const text of [onStep, onPhase, onPlan]) assert.deepEqual(found(check(text)), [], text);
    });

    it('report an allow without a reason, and do not obey it', () => {
      const text = examplePlan({ steps: steps('  allow: { index-without-concurrently: "" }\n') });
      assert.deepEqual(found(check(text)).sort(), ['index-without-concurrently', 'plan-value']);
    });

    it('report an allow that names no rule', () => {
      const analysis = check(examplePlan({ steps: steps(`  allow: { ${entry}, no-such-rule: why not }\n`) }));
      assert.deepEqual(found(analysis), ['allow-unused']);
      assert.deepEqual(marked(analysis), ['no-such-rule']);
      assert.deepEqual(analysis.findings[0]?.tags, ['unnecessary']);
    });

    it('do not call an allow unused because the rule is switched off', () => {
      const settings: Settings = { rules: { 'index-without-concurrently': 'off' }, session: {}, dryRun: {} };
      const text = examplePlan({ steps: steps(`  allow: { ${entry} }\n`) });
      assert.deepEqual(found(check(text, { settings })), []);
    });

    it('change a severity', () => {
      const settings: Settings = {
        rules: { 'index-without-concurrently': 'warning' },
        session: {},
        dryRun: {},
      };
      const text = examplePlan({ steps: steps('') });
      assert.deepEqual(
        check(text, { settings }).findings.map(({ severity }) => severity),
        ['warning'],
      );
    });

    it('take lock_timeout from the project', () => {
      const settings: Settings = { rules: {}, session: { lockTimeout: 2000 }, dryRun: {} };
      const text = examplePlan({
        plan: { session: '{ retries: 3 }' },
        steps:
          '- step: Add\n  sql: ALTER TABLE users ADD COLUMN a int;\n  rollback: ALTER TABLE users DROP COLUMN a;\n',
      });
      assert.deepEqual(found(check(text)), ['lock-timeout-missing']);
      assert.deepEqual(found(check(text, { settings })), []);
    });
  });

  describe('a plain .sql file', () => {
    it('is one step without the rollback demand', () => {
      const text = "SET lock_timeout = '2s';\nCREATE INDEX users_email_idx ON users (email);\n";
      const analysis = checkSql(text);
      assert.deepEqual(found(analysis), ['index-without-concurrently']);
      const [finding] = analysis.findings;
      const [fix] = finding?.fixes ?? [];
      assert.ok(finding && fix);
      const fixed = assertFixLaws(analysis, finding, fix, checkSql);
      assert.equal(fixed, text.replace('INDEX', 'INDEX CONCURRENTLY'));
    });

    it('knows the transactions that it writes out', () => {
      const text =
        "SET lock_timeout = '2s';\nBEGIN;\nCREATE INDEX CONCURRENTLY i ON t (a);\nCOMMIT;\nDROP INDEX CONCURRENTLY i;\n";
      assert.deepEqual(found(checkSql(text)), ['concurrently-in-transaction']);
    });

    it('has its fixes written around the statement', () => {
      const text = "SET lock_timeout = '2s';\nALTER TABLE t ALTER COLUMN a SET NOT NULL;\n";
      const analysis = checkSql(text);
      const [finding] = analysis.findings;
      const fixed = applyEdits(text, finding?.fixes[0]?.edits ?? []);
      assert.deepEqual(found(checkSql(fixed)), []);
      assert.match(
        fixed,
        /NOT VALID;\nALTER TABLE t VALIDATE CONSTRAINT \w+;\nALTER TABLE t ALTER COLUMN a SET NOT NULL;\nALTER TABLE t DROP CONSTRAINT/,
      );
    });

    it('has syntax errors at their token, and the rest still checked', () => {
      const analysis = checkSql("SET lock_timeout = '2s';\nSELEC 1;\nCREATE INDEX i ON t (a);\n");
      assert.deepEqual(found(analysis), ['sql-syntax', 'index-without-concurrently']);
      assert.deepEqual(marked(analysis), ['SELEC', 'CREATE INDEX']);
    });
  });

  describe('SQL that does not parse', () => {
    it('is marked at its token in whatever scalar it stands', () => {
      const text = examplePlan({
        plan: {
          app: '{ runs: v1, versions: { v1: ["SELECT \\u00e9 FORM x y"] } }',
          checklist: '[{ check: c, sql: "SELECT 1 FORM t u", expect: 0 }]',
        },
        steps: `- step: Broken
  sql: |
    SELECT 'é😀';
    ALTER TABEL users ADD a int;
  rollback: "DROP \\x54ABEL x"
- step: Fill
  backfill: { table: users, set: email == 1, where: id > }
  rollback: { not_needed: for the example }
`,
      });
      const analysis = check(text);
      assert.deepEqual(marked(analysis), ['x', 't', 'TABEL', '\\x54ABEL', '==', '>']);
      assert.deepEqual([...new Set(found(analysis))], ['sql-syntax']);
    });

    it('in the baseline is said at its path, with the line', () => {
      const analysis = checkSteps('- step: s\n  wait: 1s\n', {
        schema: 'CREATE TABLE a (b int);\nCREAT TABLE c;\n',
      });
      assert.deepEqual(found(analysis), ['sql-baseline']);
      assert.deepEqual(marked(analysis), ['schema.sql']);
      assert.match(analysis.findings[0]?.message ?? '', /schema\.sql, line 2/);
    });
  });

  it('never throws, whatever the document', () => {
    for (const text of [
      '',
      '\0',
      'a',
      '- a',
      'phases: 1',
      'phases:\n  - steps:\n      - sql: |\n',
      'phases: [{steps: [{sql: {}}]}]',
    ]) {
      assert.ok(Array.isArray(check(text).findings));
      assert.ok(Array.isArray(checkSql(text).findings));
    }
  });
});
