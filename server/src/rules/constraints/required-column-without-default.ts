import type { ColumnDef } from '@pgsql/types';
import { typeOf } from '../../schema/draft.ts';
import { tableOf } from '../../schema/lookup.ts';
import { nameOfRangeVar, quoteIdentifier, writeName } from '../../sql/names.ts';
import { documentRange } from '../../text/offset-map.ts';
import type { Range } from '../../text/range.ts';
import { type BroughtConstraint, broughtConstraints, constraintRange, withParts } from '../alter-parts.ts';
import { backfillKey } from '../backfill-key.ts';
import { defineRule } from '../define-rule.ts';
import { tableSize, withFigures } from '../figures.ts';
import { notNullSteps } from '../locks/not-null.ts';
import type { Fix, RuleContext, StatementAnalysis } from '../model.ts';
import { aroundStatement, type BackfillSource, type NewStep } from '../new-steps.ts';
import { alterTable, type PlacedStatement, sqlStatements, tokenRange, wholeTable } from '../statements.ts';

interface Data {
  readonly placed: PlacedStatement;
  readonly brought: BroughtConstraint;
}

/** ADD COLUMN … NOT NULL that gives old rows no value. */
export const requiredColumnWithoutDefault = defineRule<Data>({
  id: 'required-column-without-default',
  title: 'A required column is added without a value for the rows that exist',
  severity: 'error',
  eachStep: true,
  concerns: ['AlterTableStmt'],
  docs: {
    problem: `\`ADD COLUMN … NOT NULL\` without a DEFAULT leaves every existing row with a null in the column: Postgres refuses it
as soon as the table holds one row (\`column contains null values\`). On an empty table it succeeds, and the next INSERT of an
application that does not know the column yet fails.`,
    solution: `Where one constant is right for all old rows, give it as DEFAULT: since version 11 that is instant, and the old
application's INSERTs get it too. Otherwise add the column without NOT NULL, let the application write it, backfill the old
rows, and make it NOT NULL the safe way at last: a CHECK that is validated in a step of its own, then SET NOT NULL.`,
    manual: [
      { title: 'ALTER TABLE … ADD COLUMN', path: 'sql-altertable.html#SQL-ALTERTABLE-DESC-ADD-COLUMN' },
    ],
  },
  examples: {
    bad: [
      {
        steps: `- step: Count the logins
  sql: ALTER TABLE users ADD COLUMN logins integer NOT NULL;
  rollback: ALTER TABLE users DROP COLUMN logins;
`,
        finds: 'NOT NULL',
        fixed: `- step: Count the logins
  sql: ALTER TABLE users ADD COLUMN logins integer NOT NULL DEFAULT 0;
  rollback: ALTER TABLE users DROP COLUMN logins;
`,
      },
      {
        steps: `- step: Remember the last visit
  sql: ALTER TABLE users ADD COLUMN seen_at timestamptz NOT NULL;
  rollback: ALTER TABLE users DROP COLUMN seen_at;
`,
        finds: 'NOT NULL',
      },
    ],
    good: [
      {
        steps: `- step: Count the logins
  sql: ALTER TABLE users ADD COLUMN logins integer NOT NULL DEFAULT 0;
  rollback: ALTER TABLE users DROP COLUMN logins;
`,
      },
    ],
  },
  *check(context) {
    for (const placed of sqlStatements(context)) {
      const { s, step } = placed;
      const { refusals = [] } = s.effects;
      if (refusals.length === 0 || !alterTable(s)) continue;
      const seen = new Set<number>();
      for (const brought of broughtConstraints(s)) {
        const refusal = refusals.find(({ command }) => command === brought.at);
        if (!refusal || !brought.column || !requires(brought) || seen.has(brought.at)) continue;
        seen.add(brought.at);
        const column = quoteIdentifier(brought.column.colname ?? '');
        const empty = tableSize(context, wholeTable(s, refusal.relation))?.rows?.value === 0;
        const domain = s.effects.unknown.some(({ command }) => command === brought.at);
        yield {
          message: `ADD COLUMN ${column} ${kindOf(brought)} gives the rows of ${withFigures(context, wholeTable(s, refusal.relation))} no value: Postgres refuses it as soon as the table holds one row${domain ? ', unless the type is a domain with a default' : ''}. Give it a DEFAULT that is right for old rows, or add it without NOT NULL, backfill it and require it then.`,
          range: requiredRange(s, brought),
          step: step.id,
          severity: empty || domain ? 'warning' : 'error',
          data: { placed, brought },
        };
      }
    }
  },
  fix: ({ data }, context) => fixesOf(context, data),
});

function requires({ node }: BroughtConstraint): boolean {
  return node.contype === 'CONSTR_NOTNULL' || node.contype === 'CONSTR_PRIMARY';
}

function kindOf({ node }: BroughtConstraint): string {
  return node.contype === 'CONSTR_PRIMARY' ? 'PRIMARY KEY' : 'NOT NULL';
}

function requiredRange(s: StatementAnalysis, brought: BroughtConstraint): Range {
  const range = brought.node.conname ? undefined : constraintRange(s, brought);
  return range ? documentRange(s.sql.map, range) : tokenRange(s, brought.node.location);
}

function fixesOf(context: RuleContext, { placed, brought }: Data): readonly Fix[] {
  const { s } = placed;
  const range = constraintRange(s, brought);
  const { column } = brought;
  if (!range || !column || placed.part === 'rollback' || brought.node.contype !== 'CONSTR_NOTNULL') return [];
  const value = neutralValue(s, column);
  const nullable = withParts(s, [{ range, newText: '' }]);
  const after = { start: range.end, end: range.end };
  // A second DEFAULT is an error.
  const hasDefault = (column.constraints ?? []).some(
    (node) => 'Constraint' in node && node.Constraint.contype === 'CONSTR_DEFAULT',
  );
  const fix = (title: string, replacement: string, steps: readonly NewStep[] = []): readonly Fix[] => {
    const edits = aroundStatement(context, placed, { before: [], replacement, after: steps });
    return edits ? [{ title, edits, safe: false }] : [];
  };
  const withDefault =
    value === undefined || hasDefault
      ? []
      : fix(
          `Give old rows a DEFAULT: ${value}`,
          withParts(s, [{ range: after, newText: ` DEFAULT ${value}` }]),
        );
  const key = backfillKey(s.before, tableOf(s.before, alterTable(s)?.relation));
  const inSteps =
    value === undefined || !key
      ? []
      : fix(
          `Add it without NOT NULL, fill it with ${value} in batches, then require it`,
          nullable,
          fillSteps(context, placed, column, value, key),
        );
  return [...withDefault, ...inSteps, ...fix('Add it without NOT NULL', nullable)];
}

function fillSteps(
  context: RuleContext,
  { s }: PlacedStatement,
  { colname = '' }: ColumnDef,
  value: string,
  key: Pick<BackfillSource, 'key'>,
): readonly NewStep[] {
  const target = alterTable(s)?.relation;
  if (!target) return [];
  const column = quoteIdentifier(colname);
  const table = writeName(nameOfRangeVar(target));
  const fill: NewStep = {
    name: `${colname}: fill the old rows`,
    backfill: { table, set: `${column} = ${value}`, where: `${column} IS NULL`, ...key },
    rollback: { not_needed: `dropping ${colname} undoes it` },
  };
  return [fill, ...notNullSteps(context, tableOf(s.before, target), target, colname)];
}

/** The value of a type that stands for "none so far", as a constant; undefined for types that have none. */
function neutralValue(s: StatementAnalysis, { typeName }: ColumnDef): string | undefined {
  const type = typeOf(s.before, typeName) ?? '';
  if (/^(?:smallint|integer|bigint|real|double precision|numeric(?:\(.*\))?)$/.test(type)) return '0';
  if (/^(?:text|character varying(?:\(.*\))?)$/.test(type)) return "''";
  if (type === 'boolean') return 'false';
  if (type.endsWith('[]') || type === 'jsonb') return "'{}'";
  return undefined;
}
