import { columnOf, findIndex, tableOf } from '../../schema/lookup.ts';
import { quoteIdentifier } from '../../sql/names.ts';
import { type BroughtConstraint, broughtConstraints, columnsWereThere } from '../alter-parts.ts';
import { defineRule } from '../define-rule.ts';
import { severityFor, waitingRequests, withFigures } from '../figures.ts';
import type { Fix, RuleContext, StatementAnalysis } from '../model.ts';
import { aroundStatement } from '../new-steps.ts';
import {
  alterTable,
  isInWrittenTransaction,
  type PlacedStatement,
  sqlStatements,
  tokenRange,
  wholeTable,
} from '../statements.ts';
import { checkProofs } from './not-null-steps.ts';

interface Data {
  readonly placed: PlacedStatement;
  readonly columns: readonly string[];
}

/** PRIMARY KEY USING INDEX over columns that may hold nulls. */
export const primaryKeyScans = defineRule<Data>({
  id: 'primary-key-scans',
  title: 'A primary key from an index still reads the whole table for nulls',
  severity: 'error',
  eachStep: true,
  concerns: ['AlterTableStmt'],
  docs: {
    problem: `\`ADD PRIMARY KEY USING INDEX\` takes over an index that is complete, and so seems instant. But a primary key makes
its columns NOT NULL: where they are not so yet, Postgres reads every row under ACCESS EXCLUSIVE to see that none is null.`,
    solution: `Prove the columns NOT NULL before: \`ADD CONSTRAINT … CHECK (column IS NOT NULL) NOT VALID\`, validate it in a step
of its own, then add the primary key, and drop the CHECK at last. With a valid CHECK, or with NOT NULL, Postgres reads nothing.`,
    manual: [
      {
        title: 'ALTER TABLE … ADD table_constraint_using_index',
        path: 'sql-altertable.html#SQL-ALTERTABLE-DESC-ADD-TABLE-CONSTRAINT-USING-INDEX',
      },
    ],
  },
  examples: {
    bad: [
      {
        schema: 'CREATE TABLE users (id bigint);\nCREATE UNIQUE INDEX users_pkey ON users (id);',
        steps: `- step: The id is the primary key
  sql: ALTER TABLE users ADD CONSTRAINT users_pkey PRIMARY KEY USING INDEX users_pkey;
  rollback: { impossible: for the example }
`,
        finds: 'CONSTRAINT',
        fixed: `- step: "id: no new NULL"
  sql: ALTER TABLE users ADD CONSTRAINT users_id_is_not_null CHECK (id IS NOT NULL) NOT VALID;
  rollback: ALTER TABLE users DROP CONSTRAINT users_id_is_not_null;
- step: "id: no old NULL either"
  sql: ALTER TABLE users VALIDATE CONSTRAINT users_id_is_not_null;
  rollback:
    not_needed: dropping users_id_is_not_null undoes it
- step: The id is the primary key
  sql: ALTER TABLE users ADD CONSTRAINT users_pkey PRIMARY KEY USING INDEX users_pkey;
  rollback: { impossible: for the example }
- step: "id: drop the check that NOT NULL replaces"
  sql: ALTER TABLE users DROP CONSTRAINT users_id_is_not_null;
  rollback:
    - sql: ALTER TABLE users ADD CONSTRAINT users_id_is_not_null CHECK (id IS NOT NULL) NOT VALID;
    - sql: ALTER TABLE users VALIDATE CONSTRAINT users_id_is_not_null;
`,
      },
    ],
    good: [
      {
        schema: 'CREATE TABLE users (id bigint NOT NULL);\nCREATE UNIQUE INDEX users_pkey ON users (id);',
        steps: `- step: The id is the primary key
  sql: ALTER TABLE users ADD CONSTRAINT users_pkey PRIMARY KEY USING INDEX users_pkey;
  rollback:
    transaction: false
    sql: |
      ALTER TABLE users DROP CONSTRAINT users_pkey;
      SET lock_timeout = 0;
      CREATE UNIQUE INDEX CONCURRENTLY users_pkey ON users (id);
`,
      },
    ],
  },
  *check(context) {
    for (const placed of sqlStatements(context)) {
      const { s, step } = placed;
      if (s.effects.scans.length === 0 || !alterTable(s)) continue;
      for (const brought of broughtConstraints(s)) {
        const scan = s.effects.scans.find(({ command }) => command === brought.at);
        if (!scan || !brought.node.indexname || brought.node.contype !== 'CONSTR_PRIMARY') continue;
        const columns = nullableColumns(s, brought);
        const shown = columns.map(quoteIdentifier).join(', ');
        yield {
          message: `ADD PRIMARY KEY USING INDEX reads all of ${withFigures(context, wholeTable(s, scan.relation), s)} under ACCESS EXCLUSIVE, since ${shown} may hold nulls: ${waitingRequests(context, 'every read and write', s)} until the last row is seen. Prove ${shown} NOT NULL first with a CHECK that is validated in a ${context.kind === 'sql' ? 'transaction' : 'step'} of its own.`,
          range: tokenRange(s, brought.node.location),
          step: step.id,
          severity: severityFor(context, wholeTable(s, scan.relation), 'error'),
          data: { placed, columns },
        };
      }
    }
  },
  fix: ({ data }, context) => proofFix(context, data),
});

function nullableColumns(s: StatementAnalysis, { node }: BroughtConstraint): readonly string[] {
  const table = tableOf(s.before, alterTable(s)?.relation);
  const index = table && findIndex(s.before, { schema: table.name.schema, name: node.indexname ?? '' });
  return (index?.columns ?? []).flatMap((name) =>
    name !== null && columnOf(table, name)?.notNull !== true ? [name] : [],
  );
}

function proofFix(context: RuleContext, { placed, columns }: Data): readonly Fix[] {
  const target = alterTable(placed.s)?.relation;
  if (!target || columns.length === 0 || placed.part === 'rollback' || isInWrittenTransaction(placed))
    return [];
  if (!columnsWereThere(context, placed, columns)) return [];
  const proofs = checkProofs(tableOf(placed.s.before, target), target, columns);
  const edits = aroundStatement(context, placed, {
    before: proofs.flatMap(({ before }) => before),
    after: proofs.flatMap(({ after }) => after),
  });
  return edits ? [{ title: 'Prove the columns NOT NULL first (safe steps)', edits, safe: true }] : [];
}
