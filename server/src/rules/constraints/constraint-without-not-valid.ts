import type { AlterTableCmd, Constraint } from '@pgsql/types';
import { tableOf } from '../../schema/lookup.ts';
import { nameOfRangeVar, quoteIdentifier, writeName } from '../../sql/names.ts';
import { defineRule } from '../define-rule.ts';
import { severityFor, waitingRequests, withFigures } from '../figures.ts';
import type { Fix, RuleContext, StatementAnalysis } from '../model.ts';
import { aroundStatement } from '../new-steps.ts';
import {
  alterCommands,
  alterTable,
  isInWrittenTransaction,
  type PlacedStatement,
  sqlStatements,
  tokenRange,
} from '../statements.ts';

interface Data {
  readonly placed: PlacedStatement;
  readonly command: AlterTableCmd;
  readonly constraint: Constraint;
}

/** A CHECK or FOREIGN KEY that reads existing rows under the lock it is added with. */
export const constraintWithoutNotValid = defineRule<Data>({
  id: 'constraint-without-not-valid',
  title: 'A constraint is checked against every row while requests wait',
  severity: 'error',
  docs: {
    problem: `Adding a CHECK reads the whole table under ACCESS EXCLUSIVE: every read and write waits. Adding a FOREIGN KEY reads it
under SHARE ROW EXCLUSIVE on both tables: every write to either one waits.`,
    solution: `Add the constraint with \`NOT VALID\`: that is instant, and new rows are checked from then on. Then
\`VALIDATE CONSTRAINT\` in a step of its own: it reads the table under SHARE UPDATE EXCLUSIVE, which lets reads and writes go on.
In one transaction with the first, it would keep the first one's lock, and nothing would be won.`,
    manual: [
      {
        title: 'ALTER TABLE … ADD table_constraint',
        path: 'sql-altertable.html#SQL-ALTERTABLE-DESC-ADD-TABLE-CONSTRAINT',
      },
    ],
  },
  examples: {
    bad: [
      {
        steps: `- step: Emails hold an at sign
  sql: ALTER TABLE users ADD CONSTRAINT email_form CHECK (email LIKE '%@%');
  rollback: ALTER TABLE users DROP CONSTRAINT email_form;
`,
        finds: 'CONSTRAINT',
        fixed: `- step: Emails hold an at sign
  sql: ALTER TABLE users ADD CONSTRAINT email_form CHECK (email LIKE '%@%') NOT VALID;
  rollback: ALTER TABLE users DROP CONSTRAINT email_form;
- step: Validate email_form
  sql: ALTER TABLE users VALIDATE CONSTRAINT email_form;
  rollback:
    not_needed: dropping email_form undoes it
`,
      },
      {
        schema: `CREATE TABLE teams (id bigint PRIMARY KEY);
CREATE TABLE users (id bigint PRIMARY KEY, team_id bigint);`,
        steps: `- step: Every user's team exists
  sql: ALTER TABLE users ADD CONSTRAINT users_team_id_fkey FOREIGN KEY (team_id) REFERENCES teams (id);
  rollback: ALTER TABLE users DROP CONSTRAINT users_team_id_fkey;
`,
        finds: 'CONSTRAINT',
        fixed: `- step: Every user's team exists
  sql: ALTER TABLE users ADD CONSTRAINT users_team_id_fkey FOREIGN KEY (team_id) REFERENCES teams (id) NOT VALID;
  rollback: ALTER TABLE users DROP CONSTRAINT users_team_id_fkey;
- step: Validate users_team_id_fkey
  sql: ALTER TABLE users VALIDATE CONSTRAINT users_team_id_fkey;
  rollback:
    not_needed: dropping users_team_id_fkey undoes it
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
    for (const placed of sqlStatements(context)) {
      const { s, step } = placed;
      const commands = alterCommands(s);
      const seen = new Set<number>();
      for (const scan of s.effects.scans) {
        const command = scan.command === undefined ? undefined : commands[scan.command];
        const constraint = addedConstraint(command);
        if (!command || !constraint || scan.command === undefined || seen.has(scan.command)) continue;
        seen.add(scan.command);
        yield {
          message: faultMessage(context, s, scan.relation, constraint, command.subtype === 'AT_AddColumn'),
          range: tokenRange(s, constraint.location),
          step: step.id,
          severity: severityFor(context, scan.relation, 'error'),
          data: { placed, command, constraint },
        };
      }
    }
  },
  fix: ({ data }, context) => notValidFix(context, data),
});

/** The CHECK or FOREIGN KEY of ADD CONSTRAINT, or of a column that ADD COLUMN brings. */
function addedConstraint(command: AlterTableCmd | undefined): Constraint | undefined {
  if (!command?.def) return undefined;
  if (command.subtype === 'AT_AddConstraint' && 'Constraint' in command.def)
    return scanned(command.def.Constraint);
  if (command.subtype !== 'AT_AddColumn' || !('ColumnDef' in command.def)) return undefined;
  return (command.def.ColumnDef.constraints ?? [])
    .map((node) => ('Constraint' in node ? scanned(node.Constraint) : undefined))
    .find((constraint) => constraint !== undefined);
}

function scanned(constraint: Constraint): Constraint | undefined {
  return constraint.contype === 'CONSTR_CHECK' || constraint.contype === 'CONSTR_FOREIGN'
    ? constraint
    : undefined;
}

function faultMessage(
  context: RuleContext,
  s: StatementAnalysis,
  relation: string,
  constraint: Constraint,
  inColumn: boolean,
): string {
  const remedy = `Add ${inColumn ? 'the column without it, then the constraint' : 'it'} NOT VALID and validate it in a later ${context.kind === 'sql' ? 'transaction' : 'step'}.`;
  const table = withFigures(context, relation, s);
  if (constraint.contype === 'CONSTR_CHECK') {
    return `Adding this CHECK reads all of ${table} under ACCESS EXCLUSIVE: ${waitingRequests(context, 'every read and write', s)} until the last row is checked. ${remedy}`;
  }
  const parent = constraint.pktable?.relname ?? 'the referenced table';
  return `Adding this FOREIGN KEY reads all of ${table} and locks both it and ${parent} in SHARE ROW EXCLUSIVE: ${waitingRequests(context, 'every write to either')} until the last row is checked. ${remedy}`;
}

function notValidFix(context: RuleContext, { placed, command, constraint }: Data): readonly Fix[] {
  const target = alterTable(placed.s)?.relation;
  const alone = alterCommands(placed.s).length === 1 && command.subtype === 'AT_AddConstraint';
  if (!target?.relname || !alone || !constraint.conname || placed.part === 'rollback') return [];
  if (context.kind === 'sql' && isInWrittenTransaction(placed)) return [];
  // A partitioned table takes a foreign key that is NOT VALID from version 18 on.
  const partitioned = tableOf(placed.s.before, target)?.partitioned;
  if (partitioned && constraint.contype === 'CONSTR_FOREIGN' && context.pgVersion < 18) return [];
  const table = writeName(nameOfRangeVar(target));
  const name = quoteIdentifier(constraint.conname);
  const edits = aroundStatement(context, placed, {
    before: [],
    replacement: `${placed.s.statement.text.trimEnd()} NOT VALID`,
    after: [
      {
        name: `Validate ${constraint.conname}`,
        sql: `ALTER TABLE ${table} VALIDATE CONSTRAINT ${name};`,
        rollback: { not_needed: `dropping ${constraint.conname} undoes it` },
      },
    ],
  });
  return edits
    ? [
        {
          title: 'Add it NOT VALID, validate in a step of its own',
          edits,
          safe: true,
        },
      ]
    : [];
}
