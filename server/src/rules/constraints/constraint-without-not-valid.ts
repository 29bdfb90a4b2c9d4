import { tableOf } from '../../schema/lookup.ts';
import { nameOfRangeVar, quoteIdentifier, writeName } from '../../sql/names.ts';
import type { TextEdit } from '../../text/range.ts';
import {
  type BroughtConstraint,
  broughtConstraints,
  constraintBody,
  constraintName,
  constraintRange,
  subcommandRanges,
  withParts,
} from '../alter-parts.ts';
import { defineRule, type Fault } from '../define-rule.ts';
import { severityFor, waitingRequests, withFigures } from '../figures.ts';
import type { Fix, RuleContext } from '../model.ts';
import { aroundStatement, type SqlStep } from '../new-steps.ts';
import {
  alterCommands,
  alterTable,
  isInWrittenTransaction,
  type PlacedStatement,
  sqlStatements,
  tokenRange,
  wholeTable,
  wordsRange,
} from '../statements.ts';

interface Data {
  readonly placed: PlacedStatement;
  /** Every constraint of the statement that reads the table: one that is left would have it read all the same. */
  readonly checked: readonly BroughtConstraint[];
}

/** A CHECK, FOREIGN KEY or NOT NULL constraint that reads existing rows under the lock it is added with. */
export const constraintWithoutNotValid = defineRule<Data>({
  id: 'constraint-without-not-valid',
  title: 'A constraint is checked against every row while requests wait',
  severity: 'error',
  eachStep: true,
  concerns: ['AlterTableStmt'],
  docs: {
    problem: `Adding a CHECK reads the whole table under ACCESS EXCLUSIVE: every read and write waits. Adding a FOREIGN KEY reads it
under SHARE ROW EXCLUSIVE on both tables: every write to either one waits. In the definition of a new column it is the
same: the column is there at once, but the constraint is tested on every row under the lock of ADD COLUMN.`,
    solution: `Add the constraint with \`NOT VALID\`: that is instant, and new rows are checked from then on. Then
\`VALIDATE CONSTRAINT\` in a step of its own: it reads the table under SHARE UPDATE EXCLUSIVE, which lets reads and writes go on.
In one transaction with the first, it would keep the first one's lock, and nothing would be won.

A constraint in a column's definition cannot be NOT VALID: add the column without it, then the constraint.`,
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
      {
        steps: `- step: Count the logins
  sql: ALTER TABLE users ADD COLUMN logins integer NOT NULL DEFAULT 0 CHECK (logins >= 0);
  rollback: ALTER TABLE users DROP COLUMN logins;
`,
        finds: 'CHECK',
        fixed: `- step: Count the logins
  sql: ALTER TABLE users ADD COLUMN logins integer NOT NULL DEFAULT 0;
  rollback: ALTER TABLE users DROP COLUMN logins;
- step: Add users_logins_check for new rows
  sql: ALTER TABLE users ADD CONSTRAINT users_logins_check CHECK (logins >= 0) NOT VALID;
  rollback: ALTER TABLE users DROP CONSTRAINT users_logins_check;
- step: Validate users_logins_check
  sql: ALTER TABLE users VALIDATE CONSTRAINT users_logins_check;
  rollback:
    not_needed: dropping users_logins_check undoes it
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
      if (s.effects.scans.length === 0 || !alterTable(s)) continue;
      const checked = checkedConstraints(placed);
      yield* enforcedFaults(context, placed);
      const seen = new Set<number>();
      for (const { brought, relation } of checked) {
        if (seen.has(brought.at)) continue;
        seen.add(brought.at);
        yield {
          message: faultMessage(context, placed, relation, brought),
          range: tokenRange(s, brought.node.location),
          step: step.id,
          severity: severityFor(context, relation, 'error'),
          data: { placed, checked: checked.map((one) => one.brought) },
        };
      }
    }
  },
  fix: ({ data }, context) => notValidFix(context, data),
});

interface Checked {
  readonly brought: BroughtConstraint;
  /** The first of the tables that are read for it. */
  readonly relation: string;
}

/** The constraints that the statement reads rows for. */
function checkedConstraints({ s }: PlacedStatement): readonly Checked[] {
  return broughtConstraints(s).flatMap((brought) => {
    const { contype, is_enforced } = brought.node;
    const scans = s.effects.scans.filter(({ command }) => command === brought.at);
    const isKey = contype === 'CONSTR_FOREIGN';
    const isOwn = contype === 'CONSTR_CHECK' || (contype === 'CONSTR_NOTNULL' && !brought.column);
    const [scan] = isKey && brought.column ? scans.filter(({ each }) => each === 'lookup') : scans;
    if (!scan || !(isKey || isOwn) || (contype !== 'CONSTR_NOTNULL' && !is_enforced)) return [];
    return [{ brought, relation: wholeTable(s, scan.relation) }];
  });
}

/** A foreign key made ENFORCED (version 18) is tested as if it were added. */
function* enforcedFaults(context: RuleContext, placed: PlacedStatement): Generator<Fault<Data>> {
  const { s, step } = placed;
  for (const [at, { subtype }] of alterCommands(s).entries()) {
    const scan = s.effects.scans.find(({ command }) => command === at);
    if (subtype !== 'AT_AlterConstraint' || !scan) continue;
    yield {
      message: `Making this foreign key ENFORCED reads all of ${withFigures(context, scan.relation, s)} under ACCESS EXCLUSIVE: ${waitingRequests(context, 'every read and write', s)} until the last row is checked. Add a second one NOT VALID, validate that, and drop this one.`,
      range: wordsRange(s, 'ALTER', 'CONSTRAINT'),
      step: step.id,
      severity: severityFor(context, scan.relation, 'error'),
      data: { placed, checked: [] },
    };
  }
}

function faultMessage(
  context: RuleContext,
  { s }: PlacedStatement,
  relation: string,
  { node, column }: BroughtConstraint,
): string {
  const remedy = `Add ${column ? 'the column without it, then the constraint' : 'it'} NOT VALID and validate it in a later ${context.kind === 'sql' ? 'transaction' : 'step'}.`;
  const table = withFigures(context, relation, s);
  if (node.contype === 'CONSTR_FOREIGN') {
    const [parent, locked] = [tableOf(s.before, node.pktable), alterTable(s)?.relation];
    const own = parent !== undefined && parent === tableOf(s.before, locked);
    const other = node.pktable ? writeName(nameOfRangeVar(node.pktable)) : 'the referenced table';
    const locks = own ? 'locks it' : `locks both it and ${other}`;
    const who = own ? 'every write to it' : 'every write to either';
    return `Adding this FOREIGN KEY reads all of ${table} and ${locks} in SHARE ROW EXCLUSIVE: ${waitingRequests(context, who)} until the last row is checked. ${remedy}`;
  }
  const kind = node.contype === 'CONSTR_CHECK' ? 'CHECK' : 'NOT NULL';
  return `Adding this ${kind} reads all of ${table} under ACCESS EXCLUSIVE: ${waitingRequests(context, 'every read and write', s)} until the last row is checked. ${remedy}`;
}

function notValidFix(context: RuleContext, { placed, checked }: Data): readonly Fix[] {
  const { s } = placed;
  const target = alterTable(s)?.relation;
  if (!target?.relname || placed.part === 'rollback' || checked.length === 0) return [];
  if (context.kind === 'sql' && isInWrittenTransaction(placed)) return [];
  // A partitioned table takes a foreign key that is NOT VALID from version 18 on.
  const partitioned = tableOf(s.before, target)?.partitioned;
  const isKey = checked.some(({ node }) => node.contype === 'CONSTR_FOREIGN');
  if (partitioned && isKey && context.pgVersion < 18) return [];
  const table = writeName(nameOfRangeVar(target));
  const parts = checked.map((brought) => partOf(placed, brought, table));
  if (parts.some((part) => part === undefined)) return [];
  const found = parts.flatMap((part) => part ?? []);
  const edits = aroundStatement(context, placed, {
    before: [],
    replacement: withParts(
      s,
      found.flatMap(({ changes }) => changes),
    ),
    after: found.flatMap(({ after }) => after),
  });
  const place = context.kind === 'sql' ? 'after it' : 'in a step of its own';
  return edits ? [{ title: `Add it NOT VALID, validate ${place}`, edits, safe: true }] : [];
}

interface Part {
  readonly changes: readonly TextEdit[];
  readonly after: readonly SqlStep[];
}

/** What becomes of one constraint in the statement, and what follows it. */
function partOf({ s }: PlacedStatement, brought: BroughtConstraint, table: string): Part | undefined {
  const conname = constraintName(s, brought);
  const range = constraintRange(s, brought);
  const body = constraintBody(s, brought);
  const place = subcommandRanges(s)[brought.at];
  if (conname === undefined || !range || body === undefined || !place) return undefined;
  const name = quoteIdentifier(conname);
  const drop = `ALTER TABLE ${table} DROP CONSTRAINT ${name};`;
  const validate: SqlStep = {
    name: `Validate ${conname}`,
    sql: `ALTER TABLE ${table} VALIDATE CONSTRAINT ${name};`,
    rollback: { not_needed: `dropping ${conname} undoes it` },
  };
  if (!brought.column) {
    const changes = [{ range: { start: place.end, end: place.end }, newText: ' NOT VALID' }];
    const nameless = brought.node.conname === undefined;
    const start = { start: range.start, end: range.start };
    return {
      changes: nameless ? [{ range: start, newText: `CONSTRAINT ${name} ` }, ...changes] : changes,
      after: [validate],
    };
  }
  const key = brought.node.contype === 'CONSTR_FOREIGN';
  const clause = key ? `FOREIGN KEY (${quoteIdentifier(brought.columns[0] ?? '')}) ${body}` : body;
  const add = `ALTER TABLE ${table} ADD CONSTRAINT ${name} ${clause} NOT VALID;`;
  return {
    changes: [{ range, newText: '' }],
    after: [{ name: `Add ${conname} for new rows`, sql: add, rollback: drop }, validate],
  };
}
