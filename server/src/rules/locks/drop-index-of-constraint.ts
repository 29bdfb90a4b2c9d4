import type { Node } from '@pgsql/types';
import { constraintOf, findIndex, tableByKey } from '../../schema/lookup.ts';
import type { Index } from '../../schema/model.ts';
import { displayKey } from '../../schema/names.ts';
import { nameOfObject, parseName, quoteIdentifier, writeName } from '../../sql/names.ts';
import { defineRule } from '../define-rule.ts';
import type { Fix, RuleContext, StatementAnalysis } from '../model.ts';
import { aroundStatement } from '../new-steps.ts';
import { type PlacedStatement, sqlStatements, wordsRange } from '../statements.ts';

interface Data {
  readonly placed: PlacedStatement;
  readonly index: Index;
  readonly alone: boolean;
}

/** DROP INDEX of an index that is not its own master. */
export const dropIndexOfConstraint = defineRule<Data>({
  id: 'drop-index-of-constraint',
  title: 'An index that belongs to a constraint or to a parent’s index cannot be dropped',
  severity: 'error',
  eachStep: true,
  concerns: ['DropStmt'],
  docs: {
    problem: `The index of a PRIMARY KEY, UNIQUE or EXCLUDE constraint belongs to the constraint, and a partition's part of a
partitioned index belongs to that: Postgres refuses to drop it by itself (SQLSTATE 2BP01), with CASCADE too.`,
    solution: `Drop the constraint with \`ALTER TABLE … DROP CONSTRAINT\`, and its index goes with it; of a partitioned index drop the
one on the parent.`,
    manual: [
      { title: 'DROP INDEX', path: 'sql-dropindex.html' },
      {
        title: 'ALTER TABLE … DROP CONSTRAINT',
        path: 'sql-altertable.html#SQL-ALTERTABLE-DESC-DROP-CONSTRAINT',
      },
    ],
  },
  examples: {
    bad: [
      {
        schema: 'CREATE TABLE users (id bigint PRIMARY KEY, email text CONSTRAINT users_email_key UNIQUE);',
        steps: `- step: Emails need not be unique
  transaction: false
  sql: DROP INDEX CONCURRENTLY users_email_key;
  rollback: { impossible: two users may have the same email since }
`,
        finds: 'DROP INDEX',
        fixed: `- step: Emails need not be unique
  transaction: false
  sql: ALTER TABLE users DROP CONSTRAINT users_email_key;
  rollback: { impossible: two users may have the same email since }
`,
      },
    ],
    good: [
      {
        schema: `CREATE TABLE users (id bigint PRIMARY KEY, email text);
CREATE UNIQUE INDEX users_email_key ON users (email);`,
        steps: `- step: Emails need not be unique
  transaction: false
  sql: DROP INDEX CONCURRENTLY users_email_key;
  rollback: { impossible: two users may have the same email since }
`,
      },
    ],
  },
  *check(context) {
    for (const placed of sqlStatements(context)) {
      const { s, step } = placed;
      const drop = 'DropStmt' in s.statement.node ? s.statement.node.DropStmt : undefined;
      if (drop?.removeType !== 'OBJECT_INDEX') continue;
      for (const object of drop.objects ?? []) {
        const index = indexOf(s, object);
        const why = index && owner(s, index);
        if (!index || why === undefined) continue;
        yield {
          message: `Postgres refuses to drop ${quoteIdentifier(index.name.name)}: ${why}`,
          range: wordsRange(s, 'DROP', 'INDEX'),
          step: step.id,
          data: { placed, index, alone: drop.objects?.length === 1 },
        };
      }
    }
  },
  fix: ({ data }, context) => dropConstraintFix(context, data),
});

function indexOf(s: StatementAnalysis, object: Node): Index | undefined {
  const name = nameOfObject(object);
  return name && findIndex(s.before, name);
}

function owner(s: StatementAnalysis, index: Index): string | undefined {
  const table = displayKey(s.before, index.table);
  if (index.constraint !== undefined) {
    const kind = constraintOf(tableByKey(s.before, index.table), index.constraint)?.kind ?? 'unique';
    return `the ${kind} constraint ${quoteIdentifier(index.constraint)} of ${table} needs it. Drop the constraint, and the index goes with it: ALTER TABLE ${table} DROP CONSTRAINT ${quoteIdentifier(index.constraint)}.`;
  }
  if (index.parent === undefined) return undefined;
  const parent = displayKey(s.before, index.parent);
  return `it is the part of ${parent} on the partition ${table}. Drop ${parent}, and all its parts go with it.`;
}

/** Another lock and another meaning for who reads the plan: theirs to choose. */
function dropConstraintFix(context: RuleContext, { placed, index, alone }: Data): readonly Fix[] {
  const table = parseName(displayKey(placed.s.before, index.table));
  if (!alone || !table || index.constraint === undefined || placed.part === 'rollback') return [];
  const edits = aroundStatement(context, placed, {
    before: [],
    replacement: `ALTER TABLE ${writeName(table)} DROP CONSTRAINT ${quoteIdentifier(index.constraint)}`,
    after: [],
  });
  return edits ? [{ title: `Drop the constraint ${index.constraint}`, edits, safe: false }] : [];
}
