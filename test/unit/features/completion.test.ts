import assert from 'node:assert/strict';
import {
  type Completion,
  completions,
  settingsCompletions,
} from '../../../server/src/features/completion.ts';
import { createPlanParser } from '../../../server/src/plan/parse.ts';
import { type AtCursor, cursorAnalyzer, planOfSteps, planWith } from './cursor.ts';

/** The text after a completion, with its places to fill in filled by their own examples. */
function filled(text: string, { insert, isSnippet, replace }: Completion): string {
  const plain = isSnippet
    ? insert
        .replace(/\$\{\d+\|([^,|]*)[^|]*\|\}/g, '$1')
        .replace(/\$\{\d+:((?:[^}\\]|\\.)*)\}/g, '$1')
        .replace(/\$\d+/g, '')
        .replace(/\\([\\$}])/g, '$1')
    : insert;
  const lineStart = text.lastIndexOf('\n', replace.start - 1) + 1;
  const indent = /^[ \t]*/.exec(text.slice(lineStart, replace.start))?.[0] ?? '';
  return text.slice(0, replace.start) + plain.replaceAll('\n', `\n${indent}`) + text.slice(replace.end);
}

describe('completion', () => {
  let at: (marked: string) => AtCursor;
  before(async () => {
    at = await cursorAnalyzer();
  });
  const offered = (marked: string, trigger?: string) => {
    const { analysis, offset } = at(marked);
    return [...completions(analysis, offset, { trigger })].sort((a, b) => a.order - b.order);
  };
  const labels = (marked: string, kind?: Completion['kind'], trigger?: string) =>
    offered(marked, trigger)
      .filter((one) => kind === undefined || one.kind === kind)
      .map(({ label }) => label);
  const accepted = (marked: string, label: string) => {
    const found = offered(marked).find((one) => one.label === label);
    assert.ok(found, `no ${label} among ${labels(marked).join(', ')}`);
    return filled(marked.replace('$0', ''), found);
  };

  describe('of keys', () => {
    it('offers a whole plan in an empty file, and it is a plan', () => {
      const text = accepted('$0', 'plan');
      const { problems } = createPlanParser().parse(text, { readFile: () => ({ text: '' }) });
      assert.deepEqual(problems, []);
      assert.ok(labels('# a comment\n$0').includes('plan'));
    });

    it('offers those of the root that are not there yet, the required ones first', () => {
      const found = labels('migration: x\n$0', 'key');
      assert.deepEqual(found.slice(0, 2), ['database', 'phases']);
      assert.ok(!found.includes('migration'));
      assert.ok(!labels('migration: x\n$0').includes('plan'));
    });

    it('works in the middle of a file, on a blank line and half typed', () => {
      for (const typed of ['$0', 'es$0', 'estimate$0'])
        assert.ok(
          labels(planOfSteps(`- step: A\n  sql: SELECT 1;\n  ${typed}\n- step: B\n  wait: 1h\n`)).includes(
            'estimate',
          ),
        );
    });

    it('offers one action alone, and what goes with it', () => {
      const keys = (rest: string) => labels(planOfSteps(`- step: A\n${rest}  $0\n`), 'key');
      assert.ok(keys('').includes('backfill'));
      const withSql = keys('  sql: SELECT 1;\n');
      assert.ok(withSql.includes('transaction') && withSql.includes('rollback'));
      assert.ok(!withSql.includes('backfill') && !withSql.includes('code'));
      assert.ok(keys('  deploy: v2\n').includes('code'));
      assert.ok(!keys('  wait: 1h\n').includes('rollback'));
    });

    it('offers those of mappings in braces', () => {
      const backfill = labels(planOfSteps('- step: A\n  backfill: { table: users, $0 }\n'), 'key');
      assert.deepEqual(backfill.slice(0, 1), ['set']);
      assert.ok(!backfill.includes('table'));
      assert.ok(labels(planOfSteps('- step: A\n  backfill: { table: users, $0\n'), 'key').includes('where'));
      assert.deepEqual(labels(planWith('').replace('rows: 8M, size: 2.4GB', 'rows: 8M, $0'), 'key'), [
        'size',
      ]);
    });

    it('puts what a key needs in its place, at the right indent', () => {
      const text = accepted(planOfSteps('- step: A\n  ver$0\n'), 'verify');
      assert.match(text, /\n {8}verify:\n {10}sql: SELECT .*\n {10}expect: 0\n/);
      assert.match(
        accepted(planOfSteps('- $0\n'), 'wait step'),
        /\n {6}- step: Watch it for a day\n {8}wait: 24h\n/,
      );
    });

    it('offers whole steps, each of which the schema takes', () => {
      const parser = createPlanParser();
      for (const label of labels(planOfSteps('$0\n'), 'snippet')) {
        const text = `${accepted(planOfSteps('$0\n'), label)}app: { runs: v1, versions: { v1: [], v2: [] } }\n`;
        const { problems } = parser.parse(text, { readFile: () => ({ text: '' }) });
        assert.deepEqual(problems, [], label);
      }
      assert.ok(labels(planOfSteps('- step: A\n  wait: 1h\n- $0\n'), 'snippet').includes('backfill step'));
    });

    it('offers phases, checks, alerts and queries whole', () => {
      assert.ok(labels(planWith('phases:\n  - $0\n')).includes('phase'));
      assert.ok(labels(planWith('checklist:\n  - $0\n')).includes('check'));
      assert.ok(labels(planWith('monitoring:\n  alerts:\n    $0\n')).includes('alert'));
      assert.ok(labels(planWith('monitoring:\n  queries:\n    - $0\n')).includes('query'));
    });

    it('offers rules, those that found something in the step first', () => {
      const step =
        '- step: A\n  sql: CREATE INDEX i ON users (email);\n  rollback: DROP INDEX i;\n  allow: { $0 }\n';
      const rules = labels(planOfSteps(step), 'rule');
      assert.ok(rules.slice(0, 4).includes('index-without-concurrently'));
      assert.ok(rules.length > 80);
      assert.match(accepted(planOfSteps(step), 'drop-column'), /allow: \{ drop-column: reason \}/);
    });

    it('offers tables that have no figures, and the next version', () => {
      const tables = labels(planWith('').replace('2.4GB }\n', '2.4GB }\n  $0\n'), 'table');
      assert.deepEqual(tables, ['orders', 'app.notes']);
      assert.deepEqual(labels(planWith('app:\n  versions:\n    v1: []\n    $0\n'), 'version'), ['v2']);
    });

    it('changes the key of an entry alone', () => {
      assert.match(accepted(planOfSteps('- step: A\n  waits$0: 1h\n'), 'wait'), /\n {8}wait: 1h\n/);
    });

    it('asks for nothing on typed blanks, in comments and in prose', () => {
      assert.deepEqual(offered('migration: x\n $0', ' '), []);
      assert.deepEqual(offered('migration: x\n# $0'), []);
      assert.deepEqual(offered('migration: Rename $0'), []);
      assert.deepEqual(offered(planOfSteps('- step: Add $0\n  wait: 1h\n'), ' '), []);
    });
  });

  describe('of values', () => {
    const versions = 'app:\n  runs: v1\n  versions:\n    v1: []\n    v2: [SELECT 1]\n';

    it('offers what the schema lists', () => {
      assert.deepEqual(labels('database:\n  version: $0\n', 'value'), ['18', '17', '16', '15', '14']);
      assert.deepEqual(labels('database: { type: p$0 }\n', 'value'), ['postgresql']);
      assert.deepEqual(labels(planOfSteps('- step: A\n  transaction: $0\n'), 'value'), ['true', 'false']);
      assert.ok(labels(planOfSteps('- step: A\n  wait: $0\n')).includes('24h'));
      assert.match(
        accepted(planOfSteps('- step: A\n  expect: { lock: $0 }\n'), '<= SHARE'),
        /lock: "<= SHARE" \}/,
      );
      assert.match(
        accepted(planOfSteps('- step: A\n  expect: { lock: "$0" }\n'), '<= SHARE'),
        /lock: "<= SHARE" \}/,
      );
    });

    it('offers versions of the application', () => {
      assert.deepEqual(labels(versions + planOfSteps('- step: A\n  deploy: $0\n'), 'version', ' '), [
        'v1',
        'v2',
      ]);
      assert.deepEqual(labels(versions.replace('runs: v1', 'runs: $0')), ['v1', 'v2']);
      const rollback = versions + planOfSteps('- step: A\n  deploy: v2\n  rollback: $0\n');
      assert.match(accepted(rollback, '{ deploy: v1 }'), /rollback: \{ deploy: v1 \}/);
      assert.deepEqual(
        labels(versions + planOfSteps('- step: A\n  deploy: v2\n  rollback: { deploy: v$0 }\n'), 'version'),
        ['v1', 'v2'],
      );
    });

    it('offers step ids in reasons, and an id made of the name', () => {
      const steps =
        '- step: Add it\n  id: add_it\n  wait: 1h\n- step: B\n  sql: SELECT 1;\n  rollback: { not_needed: that of $0 }\n';
      assert.deepEqual(labels(planOfSteps(steps), 'step'), ['add_it', 'b']);
      assert.deepEqual(labels(planOfSteps('- step: Add the column\n  id: $0\n  wait: 1h\n')), [
        'add_the_column',
      ]);
    });

    it('offers rules and levels in the settings file', () => {
      const at = (marked: string) =>
        settingsCompletions(marked.replace('$0', ''), marked.indexOf('$0')).map(({ label }) => label);
      assert.ok(at('$0').includes('rules'));
      assert.ok(at('rules:\n  drop$0\n').includes('drop-column'));
      assert.deepEqual(at('rules:\n  drop-column: $0\n'), ['off', 'info', 'warning', 'error']);
      assert.deepEqual(at('dry_run:\n  load:\n    $0\n'), ['max_wait', 'pool']);
      assert.ok(at('dry_run:\n  load:\n    max_wait: $0\n').includes('250ms'));
    });
  });

  describe('in SQL', () => {
    const first = '- step: A\n  sql: ALTER TABLE users ADD COLUMN handle text;\n';
    const sql = (text: string) => planOfSteps(`${first}- step: B\n  sql: ${text}\n`);
    const sqlLabels = (text: string, kind?: Completion['kind'], trigger?: string) =>
      labels(sql(text), kind, trigger);

    it('offers tables where one has to follow', () => {
      for (const text of [
        'ALTER TABLE $0',
        'ALTER TABLE IF EXISTS us$0',
        'SELECT * FROM $0',
        'SELECT * FROM users JOIN $0',
        'UPDATE $0',
        'INSERT INTO $0',
        'CREATE INDEX CONCURRENTLY i ON $0',
        'ALTER TABLE x ADD FOREIGN KEY (a) REFERENCES $0',
        'TRUNCATE $0',
      ]) {
        const found = sqlLabels(text, 'table', ' ');
        assert.ok(found.includes('users') && found.includes('app.notes'), text);
        assert.ok(!found.includes('orders_user_idx'), text);
      }
    });

    it('offers columns as the steps before have left them', () => {
      for (const text of [
        'ALTER TABLE users DROP COLUMN $0',
        'ALTER TABLE users ALTER COLUMN IF EXISTS ha$0',
        'SELECT $0 FROM users',
        'SELECT u.$0 FROM users AS u',
        'UPDATE users SET $0',
        'DELETE FROM users WHERE han$0',
        'INSERT INTO users (id, $0) VALUES (1)',
        'CREATE INDEX i ON users ($0)',
        'SELECT 1; SELECT id FROM users WHERE $0; SELECT 2',
      ]) {
        const found = sqlLabels(text, 'column');
        assert.deepEqual(found, ['id', 'username', 'email', '"Odd Name"', 'handle'], text);
      }
    });

    it('does not offer what a later step makes, and what an earlier one has dropped', () => {
      const before = planOfSteps(`- step: 0\n  sql: SELECT $0 FROM users;\n${first}`);
      assert.ok(!labels(before, 'column').includes('handle'));
      const dropped = planOfSteps(
        '- step: A\n  sql: DROP TABLE orders;\n- step: B\n  sql: SELECT 1 FROM $0\n',
      );
      assert.ok(!labels(dropped, 'table').includes('orders'));
    });

    it('goes by the statements above in the same step, and by the rollback’s own schema', () => {
      const block = planOfSteps(
        '- step: A\n  sql: |\n    CREATE TABLE made (a int);\n    INSERT INTO $0\n  rollback: SELECT 1;\n',
      );
      assert.ok(labels(block, 'table').includes('made'));
      const rollback = planOfSteps(`${first}  rollback: ALTER TABLE users DROP COLUMN $0\n`);
      assert.ok(labels(rollback, 'column').includes('handle'));
    });

    it('offers indexes, constraints, views and types', () => {
      assert.deepEqual(sqlLabels('DROP INDEX CONCURRENTLY $0', 'index'), ['orders_user_idx']);
      assert.deepEqual(sqlLabels('ALTER TABLE users DROP CONSTRAINT $0', 'constraint'), [
        'users_pkey',
        'users_username_key',
      ]);
      assert.deepEqual(sqlLabels('DROP VIEW $0', 'view'), ['names']);
      assert.ok(sqlLabels('ALTER TABLE users ADD COLUMN m $0', 'type').includes('mood'));
      assert.ok(sqlLabels('SELECT 1::$0', 'type').includes('bigint'));
      assert.deepEqual(sqlLabels('SELECT 1 FROM app.$0', 'table'), ['notes']);
    });

    it('works in every style of scalar, closed or not', () => {
      for (const text of [
        '"SELECT em$0 FROM users"',
        "'SELECT em$0 FROM users'",
        '"SELECT 1 FROM users WHERE $0',
        '>-\n    SELECT 1\n    FROM users\n    WHERE $0',
        '|\n    UPDATE users\n    SET $0',
      ])
        assert.ok(sqlLabels(text, 'column').includes('email'), text);
      assert.match(accepted(sql('"SELECT Od$0 FROM users"'), '"Odd Name"'), /SELECT \\"Odd Name\\" FROM/);
      assert.match(accepted(sql('SELECT "Od$0" FROM users'), '"Odd Name"'), /SELECT "Odd Name" FROM/);
      const flow = planOfSteps(`${first}- step: B\n  verify: { sql: SELECT $0 FROM users, expect: 0 }\n`);
      assert.ok(labels(flow, 'column').includes('handle'));
    });

    it('knows a backfill’s table in all of its parts', () => {
      const backfill = (parts: string) =>
        planOfSteps(`${first}- step: B\n  backfill:\n    table: users\n    ${parts}\n`);
      for (const parts of [
        'set: $0',
        'set: email = $0',
        'set: a = b\n    where: $0',
        'key: $0',
        'key: [id, $0]',
      ])
        assert.ok(labels(backfill(parts), 'column').includes('handle'), parts);
      assert.ok(labels(planOfSteps('- step: B\n  backfill: { table: $0 }\n'), 'table').includes('users'));
      const flow = planOfSteps('- step: B\n  backfill: { table: users, set: $0\n');
      assert.ok(labels(flow, 'column').includes('email'));
    });

    it('knows the SQL outside of steps, each with the schema that it meets', () => {
      const steps = planOfSteps(first);
      const version = `app:\n  runs: v1\n  versions:\n    v1: [SELECT a]\n    v2:\n      - SELECT $0 FROM users\n`;
      assert.ok(labels(steps + version, 'column').includes('handle'));
      assert.ok(!labels(steps + version.replace('runs: v1', 'runs: v2'), 'column').includes('handle'));
      assert.ok(
        labels(
          `${steps}monitoring:\n  queries:\n    - name: x\n      sql: SELECT $0 FROM users\n`,
          'column',
        ).includes('handle'),
      );
      assert.ok(
        !labels(`${steps}checklist:\n  - check: x\n    sql: SELECT $0 FROM users\n`, 'column').includes(
          'handle',
        ),
      );
    });

    it('offers statements at the start, few keywords, and none in strings and comments', () => {
      assert.ok(sqlLabels('$0', 'keyword').includes('ALTER TABLE'));
      assert.ok(sqlLabels('alt$0', 'keyword').includes('alter table'));
      assert.ok(sqlLabels('ALTER TABLE users $0', 'keyword').includes('ADD COLUMN'));
      assert.deepEqual(sqlLabels("SELECT 'a $0' FROM users"), []);
      assert.deepEqual(sqlLabels('|\n    SELECT 1 -- $0'), []);
      assert.deepEqual(sqlLabels('ALTER TABLE users ADD COLUMN $0'), []);
    });

    it('offers the other forms of SQL where there is none yet', () => {
      assert.match(accepted(sql('$0'), '|'), /\n {8}sql: \|\n {10}\$?0?\n/);
      assert.match(accepted(sql('$0'), '{ file: PATH }'), /sql: \{ file: migration\.sql \}/);
      assert.deepEqual(sqlLabels('SELECT $0', 'snippet'), []);
    });

    it('is silent on blanks unless a name has to follow', () => {
      assert.deepEqual(sqlLabels('SELECT id, $0 FROM users', undefined, ' '), []);
      assert.ok(sqlLabels('SELECT id FROM $0', 'table', ' ').length > 0);
    });
  });

  it('never throws, wherever in a plan the cursor is', () => {
    const text = planOfSteps(
      '- step: A\n  sql: "SELECT \\"Odd Name\\" FROM users"\n  rollback: { deploy: v1 }\n',
    );
    for (let offset = 0; offset <= text.length; offset += 3) {
      for (const cut of [text, text.slice(0, offset)])
        offered(`${cut.slice(0, offset)}$0${cut.slice(offset)}`);
    }
  });
});
