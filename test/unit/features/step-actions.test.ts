import assert from 'node:assert/strict';
import { type Analysis, analyze, loadParsers, type Parsers } from '../../../server/src/analyze.ts';
import {
  insertMissingRollbacks,
  type StepAction,
  stepActions,
} from '../../../server/src/features/step-actions.ts';
import { examplePlan, exampleSchema } from '../rules/example-plan.ts';
import { applyEdits } from '../rules/fix-laws.ts';

const app = '{ runs: v1, versions: { v1: ["SELECT username FROM users"], v2: ["SELECT id FROM users"] } }';

describe('actions on a step', () => {
  let parsers: Parsers;
  before(async () => {
    parsers = await loadParsers();
  });

  const check = (text: string): Analysis =>
    analyze(text, { parsers, kind: 'plan', readFile: () => ({ text: exampleSchema }) });
  const planOf = (steps: string) => examplePlan({ steps, plan: { app } });

  /** What is offered at `$0`. */
  const offered = (marked: string) => {
    const text = marked.replace('$0', '');
    const at = marked.indexOf('$0');
    const analysis = check(text);
    return { text, analysis, actions: stepActions(analysis, { start: at, end: at }) };
  };

  /** The text after the one action of that title: a plan that reads, with nothing new at fault, and else as it was. */
  const made = (marked: string, title: RegExp): string => {
    const { text, analysis, actions } = offered(marked);
    const [action, ...more] = actions.filter((one) => title.test(one.title));
    assert.ok(action, `${title} is among: ${actions.map((one) => one.title).join(' | ')}`);
    assert.deepEqual(more, []);
    return applied(text, analysis, action);
  };
  const applied = (text: string, analysis: Analysis, action: StepAction): string => {
    const changed = applyEdits(text, action.edits);
    const known = analysis.findings.map(({ rule }) => rule);
    for (const { rule, severity, message } of check(changed).findings) {
      const at = known.indexOf(rule);
      if (at >= 0) known.splice(at, 1);
      else assert.equal(severity, 'info', `${action.title} brings ${rule}: ${message}\n${changed}`);
    }
    return changed;
  };

  it('insert the rollback, wherever in the step the cursor stands', () => {
    const step = `- step: Add the handle
  sql: ALTER TABLE users ADD $0COLUMN handle varchar(255); # instant
  estimate: 1s
`;
    const expected = planOf(`- step: Add the handle
  sql: ALTER TABLE users ADD COLUMN handle varchar(255); # instant
  estimate: 1s
  rollback: ALTER TABLE users DROP COLUMN handle;
`);
    assert.equal(made(planOf(step), /^Insert the rollback/), expected);
    const crlf = (text: string) => text.replaceAll('\n', '\r\n');
    assert.equal(made(crlf(planOf(step)), /^Insert the rollback/), crlf(expected));
    // A rollback that is only a comment is none.
    const comment = step.replace('estimate: 1s', 'rollback: "-- later"');
    assert.match(
      made(planOf(comment), /^Insert the rollback/),
      / {8}rollback: ALTER TABLE users DROP COLUMN handle;\n/,
    );
  });

  it('follow the indent of the file, and the order in which things have to be undone', () => {
    const text = examplePlan({
      steps: `-   step: Add the handle
    sql: |
        ALTER TABLE users ADD COLUMN handle text;
        ALTER TABLE users ALTER COLUMN email SET DEFAULT '';$0
`,
    });
    assert.match(
      made(text, /^Insert the rollback/),
      /\n {10}rollback: \|\n {12,14}ALTER TABLE users ALTER COLUMN email DROP DEFAULT;\n {12,14}ALTER TABLE users DROP COLUMN handle;\n/,
    );
  });

  it('leave the finding to its own fix', () => {
    const { actions } = offered(
      planOf('- step: Add$0 it\n  sql: ALTER TABLE users ADD COLUMN handle text;\n'),
    );
    assert.deepEqual(actions, []);
  });

  it('go back to the version that ran before', () => {
    const text = planOf('- step: Read the key\n  deploy: v$02\n');
    assert.match(made(text, /^Insert the rollback: deploy v1$/), /rollback:\s+(?:\{ )?deploy: v1/);
  });

  it('say of a backfill which rollback covers it', () => {
    const filled = (rollback: string) => `- step: Add the handle
  sql: ALTER TABLE users ADD COLUMN handle text;
  rollback: ${rollback}
- step: Fill it
  backfill: { table: users, set: handle = user$0name, where: handle IS NULL }
`;
    assert.match(
      made(planOf(filled('ALTER TABLE users DROP COLUMN handle;')), /^Say that no rollback is needed/),
      /not_needed: the rollback of "Add the handle" drops handle\n/,
    );
    assert.deepEqual(offered(planOf(filled('{ impossible: it stays }'))).actions, []);
    const old =
      '- step: Fill it\n  backfill: { table: users, set: email = user$0name, where: email IS NULL }\n';
    assert.deepEqual(offered(planOf(old)).actions, []);
  });

  it('say what is lost where data is', () => {
    const { actions } = offered(
      planOf('- step: Forget it\n  sql: ALTER TABLE users DROP$0 COLUMN created_at;\n'),
    );
    assert.ok(actions.length > 0);
    for (const { title } of actions)
      assert.match(title, /nothing can undo it|without its data|^Rename created_at to created_at_dropped/);
    // Nobody has to write it: renamed away it can come back.
    assert.equal(
      made(planOf('- step: Forget it\n  sql: ALTER TABLE users DROP$0 COLUMN email;\n'), /^Rename email/),
      planOf(`- step: Forget it
  sql: ALTER TABLE users RENAME COLUMN email TO email_dropped;
  rollback: ALTER TABLE users RENAME COLUMN email_dropped TO email;
`),
    );
  });

  it('replace a rollback that does not undo the step', () => {
    const text = planOf(`- step: Add the handle
  sql: |
    ALTER TABLE users ADD COLUMN handle text;$0
    ALTER TABLE users ALTER COLUMN email SET DEFAULT '';
  rollback: ALTER TABLE users DROP COLUMN handle;
`);
    assert.match(
      made(text, /^Replace the rollback/),
      /email DROP DEFAULT;\n +ALTER TABLE users DROP COLUMN handle;\n/,
    );
  });

  it('put a step, or its rollback, into its safe form', () => {
    const text = (step: string, rollback: string) =>
      planOf(`- step: Index it
  sql: CREATE INDEX users_email_idx ON users (email);
  rollback: ${rollback}
  ${step}estimate: 1min
`);
    const both = text('$0', 'DROP INDEX users_email_idx;');
    assert.match(
      made(both, /^Convert this step/),
      /transaction: false\n +sql: \|\n.*\n +CREATE INDEX CONCURRENTLY/,
    );
    assert.match(
      made(both, /^Convert the rollback/),
      /rollback:\n +transaction: false\n +sql: DROP INDEX CONCURRENTLY/,
    );
  });

  it('are none for what changes nothing', () => {
    for (const action of ['wait: 2$04h', 'verify: { sql: SELECT count(*) FR$0OM users, expect: 0 }'])
      assert.deepEqual(offered(planOf(`- step: Look\n  ${action}\n`)).actions, []);
  });

  it('insert all missing rollbacks that lose nothing at once', () => {
    const text = planOf(`- step: Add the handle
  sql: ALTER TABLE users ADD COLUMN handle text;
- step: Fill it
  backfill: { table: users, set: handle = username, where: handle IS NULL }
- step: Read the key
  deploy: v2
- step: Forget the address
  sql: ALTER TABLE users DROP COLUMN email;
`);
    const analysis = check(text);
    const action = insertMissingRollbacks(analysis);
    assert.equal(action?.title, 'Insert the 2 missing rollbacks that lose nothing');
    const once = applied(text, analysis, action);
    const again = insertMissingRollbacks(check(once));
    // Once the first rollback is there, the copy needs none.
    assert.equal(again?.title, 'Insert the missing rollback that loses nothing');
    const twice = applied(once, check(once), again);
    assert.equal(insertMissingRollbacks(check(twice)), undefined);
    assert.deepEqual(
      check(twice).steps.map(({ step: { rollback } }) => rollback?.kind),
      ['actions', 'not_needed', 'actions', undefined],
    );
  });
});
