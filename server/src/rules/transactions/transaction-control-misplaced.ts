import { defineRule, type Fault } from '../define-rule.ts';
import type { ActionAnalysis, Fix, RuleContext, StatementAnalysis } from '../model.ts';
import { isWrapped, removeStatements, sqlActions, transactionCommand } from './commands.ts';

interface Data {
  readonly action: ActionAnalysis;
  /** What may go without a change of meaning; none where only the author knows. */
  readonly idle: readonly StatementAnalysis[];
}

/** BEGIN inside a transaction, COMMIT outside of one, and both where the step has its own. */
export const transactionControlMisplaced = defineRule<Data>({
  id: 'transaction-control-misplaced',
  title: 'BEGIN, COMMIT or ROLLBACK does not do what it seems to',
  severity: 'warning',
  eachStep: true,
  docs: {
    problem: `A step's SQL runs in a transaction of its own. A \`BEGIN\` in it only gets a warning from Postgres, since transactions
do not nest; a \`COMMIT\` ends the step's transaction, so that what follows runs without one and is not undone when the step fails; a
\`ROLLBACK\` undoes all that the step has done so far. Outside of any transaction \`COMMIT\` and \`ROLLBACK\` do nothing but warn.`,
    solution: `Leave \`BEGIN\` and \`COMMIT\` out: a step commits when all of it went well. For several transactions write several
steps, each with its rollback; for a transaction inside SQL that must run without one, set \`transaction: false\`.`,
    manual: [
      { title: 'BEGIN, Notes', path: 'sql-begin.html' },
      { title: 'COMMIT', path: 'sql-commit.html' },
    ],
  },
  examples: {
    bad: [
      {
        steps: `- step: Add the handle
  sql: |
    BEGIN;
    ALTER TABLE users ADD COLUMN handle varchar(255);
    COMMIT;
  rollback: ALTER TABLE users DROP COLUMN handle;
`,
        finds: 'COMMIT',
        fixed: `- step: Add the handle
  sql: |
    ALTER TABLE users ADD COLUMN handle varchar(255);
  rollback: ALTER TABLE users DROP COLUMN handle;
`,
      },
      {
        steps: `- step: Two columns
  sql: |
    ALTER TABLE users ADD COLUMN handle varchar(255);
    COMMIT;
    ALTER TABLE users ADD COLUMN nickname varchar(255);
  rollback: |
    ALTER TABLE users DROP COLUMN handle;
    ALTER TABLE users DROP COLUMN nickname;
`,
        finds: 'COMMIT',
      },
    ],
    good: [
      {
        steps: `- step: Add the handle
  sql: ALTER TABLE users ADD COLUMN handle varchar(255);
  rollback: ALTER TABLE users DROP COLUMN handle;
`,
      },
      {
        steps: `- step: Two transactions
  transaction: false
  sql: |
    BEGIN;
    ALTER TABLE users ADD COLUMN handle varchar(255);
    COMMIT;
    VACUUM users;
  rollback: ALTER TABLE users DROP COLUMN handle;
`,
      },
    ],
  },
  *check(context) {
    for (const { at, part, action } of sqlActions(context)) {
      // Few have any: nothing else is looked at.
      const commands = action.statements.filter((s) => transactionCommand(s) !== undefined);
      if (commands.length === 0) continue;
      const fault = isWrapped(context, action)
        ? inStep(context, action, commands, part)
        : apart(context, action, commands);
      if (fault) yield { ...fault, step: at.step.id };
    }
  },
  fix({ data: { action, idle } }, context): readonly Fix[] {
    const edits = removeStatements(context, action, idle);
    if (!edits || idle.length === 0) return [];
    const words = idle.map((s) => firstWord(s)).join(' and ');
    return [{ title: `Remove ${words}`, edits, safe: true }];
  },
});

/** In SQL with a transaction around it: the first command that ends it, else the first that begins another. */
function inStep(
  context: RuleContext,
  action: ActionAnalysis,
  commands: readonly StatementAnalysis[],
  part: 'step' | 'rollback',
): Fault<Data> | undefined {
  const ending = commands.find((s) => transactionCommand(s) !== 'begin');
  const beginning = commands.find((s) => transactionCommand(s) === 'begin');
  const what = part === 'step' ? 'step' : 'rollback';
  const related = relatedTo(commands, ending ?? beginning);
  if (!ending) {
    if (!beginning) return undefined;
    return {
      message: `The ${what} runs in a transaction already: Postgres warns of this ${firstWord(beginning)} and passes over it, since transactions do not nest. Leave it out.`,
      range: beginning.range,
      related,
      data: { action, idle: [beginning] },
    };
  }
  if (transactionCommand(ending) === 'rollback') {
    return {
      message: `${firstWord(ending)} undoes all that the ${what} has done so far and ends its transaction: what follows runs without one. Leave it out; a ${what} that fails is undone anyway.`,
      range: ending.range,
      severity: 'error',
      related,
      data: { action, idle: [] },
    };
  }
  const following = action.statements.slice(action.statements.indexOf(ending) + 1);
  if (following.some((s) => transactionCommand(s) === undefined)) {
    return {
      message: `${firstWord(ending)} ends the ${what}'s transaction here: when a statement after it fails, what was done before stays. Write ${context.kind === 'plan' && part === 'step' ? 'a step of its own' : 'a part of its own'} for each transaction, or set transaction: false and BEGIN … COMMIT where you mean them.`,
      range: ending.range,
      severity: 'error',
      related,
      data: { action, idle: [] },
    };
  }
  return {
    message: `The ${what} has a transaction of its own, which this ${firstWord(ending)} ends before its time. Nothing follows, so Postgres only warns; leave BEGIN and COMMIT out.`,
    range: ending.range,
    related,
    data: { action, idle: commands },
  };
}

/** In SQL without a transaction around it: BEGIN in one that is open, COMMIT or ROLLBACK where none is. */
function apart(
  context: RuleContext,
  action: ActionAnalysis,
  commands: readonly StatementAnalysis[],
): Fault<Data> | undefined {
  const idle = commands.filter(
    (s) =>
      (transactionCommand(s) === 'begin') === s.inTransaction &&
      !(context.kind === 'sql' && leavesOnPurpose(action, s)),
  );
  const [first] = idle;
  if (!first) return undefined;
  const word = firstWord(first);
  const runner =
    context.kind === 'sql'
      ? `, unless a tool runs the file in one: then ${word} ends that, and what follows runs without`
      : '';
  const message =
    transactionCommand(first) === 'begin'
      ? `A transaction is open already: Postgres warns of this ${word} and passes over it, since transactions do not nest, and the first COMMIT ends it all. Leave it out.`
      : `No transaction is open here: Postgres warns of this ${word} and does nothing${runner}. Leave it out, or write the BEGIN that it belongs to.`;
  return {
    message,
    range: first.range,
    related: relatedTo(idle, first),
    data: { action, idle: transactionCommand(first) === 'begin' ? [first] : [] },
  };
}

/** COMMIT right before what Postgres refuses in a transaction: it is there for the one that a tool opens. */
function leavesOnPurpose({ statements }: ActionAnalysis, s: StatementAnalysis): boolean {
  const next = statements[statements.indexOf(s) + 1];
  return transactionCommand(s) === 'commit' && next !== undefined && !next.effects.transactional;
}

function relatedTo(commands: readonly StatementAnalysis[], shown: StatementAnalysis | undefined) {
  return commands
    .filter((s) => s !== shown)
    .slice(0, 5)
    .map(({ range }) => ({ message: 'This one too.', range }));
}

function firstWord({ statement }: StatementAnalysis): string {
  const [first] = statement.tokens();
  return first ? statement.slice(first).toUpperCase() : 'It';
}
