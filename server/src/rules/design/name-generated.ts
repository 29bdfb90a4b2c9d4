import type { Constraint } from '@pgsql/types';
import { replaceStatement } from '../../plan/edit.ts';
import { indexesOf, keyOf, relationKey, tableOf } from '../../schema/lookup.ts';
import { nameOfRangeVar, quoteIdentifier, writeName } from '../../sql/names.ts';
import { defineRule } from '../define-rule.ts';
import type { Fix, RuleContext } from '../model.ts';
import {
  alterCommands,
  alterTable,
  type PlacedStatement,
  sqlStatements,
  tokenRange,
  wordPlaces,
  wordsRange,
} from '../statements.ts';

interface Data {
  readonly placed: PlacedStatement;
  /** What Postgres will call it, as far as the schema tells; none for a constraint. */
  readonly name: string | undefined;
}

/** An index or a constraint whose name is left to Postgres. */
export const nameGenerated = defineRule<Data>({
  id: 'name-generated',
  title: 'The name of an index or a constraint is left to Postgres',
  severity: 'warning',
  off: true,
  eachStep: true,
  docs: {
    problem: `Postgres makes a name of the table and the columns, and adds a number where that is taken. The rollback, the
VALIDATE and the DROP of a later plan have to guess it, and databases whose history differs have different names for the
same thing.`,
    solution: 'Name it, by a pattern that the whole project keeps: `users_email_idx`, `users_email_check`.',
    manual: [
      { title: 'CREATE INDEX', path: 'sql-createindex.html' },
      { title: 'ALTER TABLE', path: 'sql-altertable.html' },
    ],
  },
  examples: {
    bad: [
      {
        steps: `- step: Index the email
  transaction: false
  sql: |
    SET lock_timeout = 0;
    CREATE INDEX CONCURRENTLY ON users (email);
  rollback: { transaction: false, sql: DROP INDEX CONCURRENTLY users_email_idx }
`,
        finds: 'CREATE INDEX',
        fixed: `- step: Index the email
  transaction: false
  sql: |
    SET lock_timeout = 0;
    CREATE INDEX CONCURRENTLY users_email_idx ON users (email);
  rollback: { transaction: false, sql: DROP INDEX CONCURRENTLY users_email_idx }
`,
      },
      {
        steps: `- step: Emails have a sign
  sql: ALTER TABLE users ADD CHECK (position('@' in email) > 0) NOT VALID;
  rollback: ALTER TABLE users DROP CONSTRAINT users_email_check;
- step: Check the rows that are there
  sql: ALTER TABLE users VALIDATE CONSTRAINT users_email_check;
  rollback: { not_needed: the rollback of the first step drops the constraint }
`,
        finds: 'CHECK',
      },
    ],
    good: [
      {
        steps: `- step: Index the email
  transaction: false
  sql: |
    SET lock_timeout = 0;
    CREATE INDEX CONCURRENTLY users_email_idx ON users (email);
  rollback: { transaction: false, sql: DROP INDEX CONCURRENTLY users_email_idx }
`,
      },
    ],
  },
  *check(context) {
    for (const placed of sqlStatements(context)) {
      const { node } = placed.s.statement;
      if (placed.part !== 'step') continue;
      if ('IndexStmt' in node && !node.IndexStmt.idxname) {
        const name = generatedName(placed);
        yield {
          message: `Postgres names this index${name ? ` (here ${name}, elsewhere perhaps with a number behind it)` : ''}, and whatever drops or rebuilds it has to guess the name. Name it.`,
          range: wordsRange(placed.s, 'CREATE', ...(node.IndexStmt.unique ? ['UNIQUE'] : []), 'INDEX'),
          step: placed.step.id,
          data: { placed, name },
        };
      }
      for (const constraint of unnamedConstraints(placed)) {
        const table = writeName(nameOfRangeVar(alterTable(placed.s)?.relation ?? {}));
        yield {
          message: `Postgres names this constraint of ${table}, and whatever validates or drops it has to guess the name. Write CONSTRAINT and a name before it.`,
          range: tokenRange(placed.s, constraint.location),
          step: placed.step.id,
          data: { placed, name: undefined },
        };
      }
    }
  },
  fix: ({ data }, context) => nameFix(context, data),
});

function generatedName({ s }: PlacedStatement): string | undefined {
  const relation = 'IndexStmt' in s.statement.node ? s.statement.node.IndexStmt.relation : undefined;
  if (!relation || !tableOf(s.before, relation)?.columnsComplete) return undefined;
  for (const index of indexesOf(s.after, keyOf(s.after, nameOfRangeVar(relation))))
    if (!s.before.relations.has(relationKey(index.name))) return quoteIdentifier(index.name.name);
  return undefined;
}

function unnamedConstraints({ s }: PlacedStatement): readonly Constraint[] {
  return alterCommands(s).flatMap(({ subtype, def }) =>
    subtype === 'AT_AddConstraint' && def && 'Constraint' in def && !def.Constraint.conname
      ? [def.Constraint]
      : [],
  );
}

function nameFix(context: RuleContext, { placed: { s }, name }: Data): readonly Fix[] {
  const [on] = wordPlaces(s, ['ON']);
  if (!name || !on) return [];
  const at = { start: on.start, end: on.start };
  const edits = replaceStatement(context.text, s.sql, at, `${name} `);
  return edits ? [{ title: `Name it ${name}`, edits, safe: false }] : [];
}
