import { constraintOf, tableOf } from '../../schema/lookup.ts';
import type { Statement } from '../../sql/model.ts';
import { nameOfRangeVar, quoteIdentifier, writeName } from '../../sql/names.ts';
import { documentRange } from '../../text/offset-map.ts';
import type { Range } from '../../text/range.ts';
import {
  type BroughtConstraint,
  broughtConstraints,
  constraintName,
  subcommandRanges,
} from '../alter-parts.ts';
import { defineRule } from '../define-rule.ts';
import { severityFor, withFigures } from '../figures.ts';
import type { Fix, RuleContext, StatementAnalysis, StepAnalysis } from '../model.ts';
import { aroundStatement } from '../new-steps.ts';
import { alterTable, type PlacedStatement, sqlStatements, wordPlaces } from '../statements.ts';
import { isSpentCheck } from './spent-check.ts';

interface Data {
  readonly placed: PlacedStatement;
  readonly relation: string;
  readonly name: string;
}

/** NOT VALID that no step ever makes valid. */
export const constraintNeverValidated = defineRule<Data>({
  id: 'constraint-never-validated',
  title: 'A constraint is added NOT VALID and never validated',
  severity: 'warning',
  docs: {
    problem: `\`NOT VALID\` checks new rows alone. Until \`VALIDATE CONSTRAINT\` has run, nobody knows whether the old ones keep to the
constraint: a row that does not fails at the next UPDATE that touches it, in production and at no known hour. The planner does not
use the constraint, SET NOT NULL cannot rely on it, and a dump of the table may not restore.`,
    solution: `Validate it in a later step, after the backfill that mends the old rows. VALIDATE reads the table under SHARE UPDATE
EXCLUSIVE, so reads and writes go on. Where old rows are meant to stay as they are, say so: \`allow\` takes the reason.`,
    manual: [
      {
        title: 'ALTER TABLE … VALIDATE CONSTRAINT',
        path: 'sql-altertable.html#SQL-ALTERTABLE-DESC-VALIDATE-CONSTRAINT',
      },
    ],
  },
  examples: {
    bad: [
      {
        steps: `- step: Emails hold an at sign
  sql: ALTER TABLE users ADD CONSTRAINT email_form CHECK (email LIKE '%@%') NOT VALID;
  rollback: ALTER TABLE users DROP CONSTRAINT email_form;
`,
        finds: 'NOT VALID',
        fixed: `- step: Emails hold an at sign
  sql: ALTER TABLE users ADD CONSTRAINT email_form CHECK (email LIKE '%@%') NOT VALID;
  rollback: ALTER TABLE users DROP CONSTRAINT email_form;
- step: Validate email_form
  sql: ALTER TABLE users VALIDATE CONSTRAINT email_form;
  rollback:
    not_needed: dropping email_form undoes it
`,
      },
    ],
    good: [
      {
        steps: `- step: Emails hold an at sign
  sql: ALTER TABLE users ADD CONSTRAINT email_form CHECK (email LIKE '%@%') NOT VALID;
  rollback: ALTER TABLE users DROP CONSTRAINT email_form;
- step: The old ones too
  sql: ALTER TABLE users VALIDATE CONSTRAINT email_form;
  rollback: { not_needed: dropping email_form undoes it }
`,
      },
    ],
  },
  *check(context) {
    // What a plain file leaves open, a later one may close.
    if (context.kind === 'sql') return;
    const last = context.steps.at(-1);
    for (const placed of sqlStatements(context)) {
      const { s, step } = placed;
      if (placed.part === 'rollback' || !last || !s.statement.once(leavesOpen)) continue;
      for (const brought of broughtConstraints(s)) {
        const name = brought.node.skip_validation ? constraintName(s, brought) : undefined;
        if (name === undefined || !isOpenAtEnd(s, last, name)) continue;
        const relation = s.effects.locks[0]?.relation ?? '';
        const shown = quoteIdentifier(name);
        yield {
          message: `${shown} is added NOT VALID, and no step validates it: whether the old rows of ${withFigures(context, relation)} keep to it stays unknown, and one that does not fails at its next UPDATE. Add a later step with VALIDATE CONSTRAINT ${shown}: reads and writes go on meanwhile.`,
          range: notValidRange(s, brought),
          step: step.id,
          severity: severityFor(context, relation, 'warning'),
          data: { placed, relation, name },
        };
      }
    }
  },
  fix: ({ data }, context) => validateFix(context, data),
});

function leavesOpen(statement: Statement): boolean {
  return broughtConstraints({ statement }).some(({ node }) => node.skip_validation);
}

/** Whether the plan ends with the constraint in place and not valid, though it could be. */
function isOpenAtEnd(s: StatementAnalysis, { after }: StepAnalysis, name: string): boolean {
  const made = constraintOf(tableOf(s.after, alterTable(s)?.relation), name);
  const table = tableOf(after, alterTable(s)?.relation);
  const left = constraintOf(table, name);
  // A CHECK that NOT NULL has replaced is to be dropped, not validated.
  if (table && left && isSpentCheck(table, left)) return false;
  return made?.validated === false && left?.validated === false && !left.definition.endsWith('NOT ENFORCED');
}

function notValidRange(s: StatementAnalysis, brought: BroughtConstraint): Range {
  const part = subcommandRanges(s)[brought.at];
  const place = [...wordPlaces(s, ['NOT', 'VALID'])].find(
    ({ start, end }) => part !== undefined && start >= part.start && end <= part.end,
  );
  return place ? documentRange(s.sql.map, place) : s.range;
}

/** After the last step that works on the table: a backfill may have to mend old rows first. */
function validateFix(context: RuleContext, { placed, relation, name }: Data): readonly Fix[] {
  const target = alterTable(placed.s)?.relation;
  const at = context.steps.findLast(({ action }) =>
    action?.statements.some(({ effects }) => effects.locks.some((lock) => lock.relation === relation)),
  );
  if (!target || !at) return [];
  const sql = `ALTER TABLE ${writeName(nameOfRangeVar(target))} VALIDATE CONSTRAINT ${quoteIdentifier(name)};`;
  const edits = aroundStatement(
    context,
    { ...placed, at, step: at.step },
    {
      before: [],
      after: [{ name: `Validate ${name}`, sql, rollback: { not_needed: `dropping ${name} undoes it` } }],
    },
  );
  const title =
    at.step === placed.step
      ? 'Validate it in a step of its own'
      : `Validate it after "${at.step.name.value}"`;
  return edits ? [{ title, edits, safe: false }] : [];
}
