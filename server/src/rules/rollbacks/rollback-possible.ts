import { inverseOf } from '../../inverse/inverse.ts';
import { type SchemaDifference, schemaDifferences } from '../../schema/difference.ts';
import { tableByKey } from '../../schema/lookup.ts';
import { defineRule } from '../define-rule.ts';
import type { RuleContext, StatementAnalysis, StepAnalysis } from '../model.ts';
import { mayDoMore } from './left-changes.ts';
import { rollbackFixes } from './proposal.ts';

/** A point of no return that need not be one. */
export const rollbackPossible = defineRule<StepAnalysis>({
  id: 'rollback-possible',
  title: 'A step that can be undone is said to be a point of no return',
  severity: 'warning',
  eachStep: true,
  docs: {
    problem: `\`impossible\` is a point of no return: once the step is done, neither it nor any step before it can be rolled back. This
step only adds something that can be dropped again without losing a row, so the plan gives up its way back for nothing. Of an
added column the rule speaks where no version of the application writes it: what else is written into it goes with it.`,
    solution: `Write the rollback. Where the real reason lies elsewhere, put \`impossible\` on the step that destroys something.`,
    manual: [],
  },
  examples: {
    bad: [
      {
        steps: `- step: Index the address
  transaction: false
  sql: CREATE INDEX CONCURRENTLY users_email_idx ON users (email);
  rollback: { impossible: no way back }
`,
        finds: 'no way back',
        fixed: `- step: Index the address
  transaction: false
  sql: CREATE INDEX CONCURRENTLY users_email_idx ON users (email);
  rollback:
    transaction: false
    sql: DROP INDEX CONCURRENTLY users_email_idx;
`,
      },
    ],
    good: [
      {
        steps: `- step: Forget the addresses
  sql: UPDATE users SET email = NULL WHERE id = 1;
  rollback: { impossible: the address is gone }
`,
      },
    ],
  },
  *check(context) {
    for (const at of context.steps) {
      const { rollback, name, id } = at.step;
      const added = rollback?.kind === 'impossible' ? additions(at, context.pgVersion) : [];
      if (rollback?.kind !== 'impossible' || added.length === 0) continue;
      const columns = addedColumns(at, added);
      if (columns.some(({ table, column }) => mayBeWritten(context, table, column))) continue;
      const loss =
        columns.length === 0
          ? 'loses nothing by it'
          : `no row is lost by it: ${columns.length === 1 ? 'the column' : 'the columns'} can be dropped again, with what was written there meanwhile`;
      yield {
        message: `"${name.value}" can be undone, and ${loss}. Said to be impossible, it is a point of no return, behind which no step before it can be rolled back either. Write its rollback.`,
        range: rollback.reason.range,
        step: id,
        data: at,
      };
    }
  },
  fix: ({ data }, context) => rollbackFixes(context, data, 'Replace').map((fix) => ({ ...fix, safe: false })),
});

/** What a step adds, where it does nothing else; that can be dropped. Tables hold the rows that were written meanwhile. */
function additions({ action, before, after }: StepAnalysis, pgVersion: number): readonly SchemaDifference[] {
  if (action?.action.kind !== 'sql' || action.problems.length > 0 || before === after) return [];
  const isUndone = (s: StatementAnalysis) =>
    !mayDoMore(s) && inverseOf(s.statement, s.before, pgVersion).verdict === 'restores';
  if (!action.statements.filter(({ statement }) => !isSetting(statement.kind)).every(isUndone)) return [];
  const differences = schemaDifferences(before, after);
  const isDroppable = ({ change, object }: SchemaDifference) =>
    change === 'added' && !/^(?:foreign )?(?:table|sequence|schema) /.test(object);
  return differences.every(isDroppable) ? differences : [];
}

function addedColumns({ before, after }: StepAnalysis, differences: readonly SchemaDifference[]) {
  const keys = differences.filter(({ object }) => object.startsWith('column ')).map(({ key }) => key);
  return [...new Set(keys)].flatMap((key) => {
    const old = tableByKey(before, key)?.columns.map(({ name }) => name) ?? [];
    const now = tableByKey(after, key);
    return (now?.columns ?? [])
      .filter(({ name }) => !old.includes(name))
      .map(({ name }) => ({ table: now?.name.name ?? '', column: name }));
  });
}

/** Whether a version that the plan describes writes to the table in words that may mean the column. */
function mayBeWritten({ plan, live }: RuleContext, table: string, column: string): boolean {
  return (plan.app?.versions ?? []).some(({ name }) => {
    const version = live.version(name.value);
    return (
      version !== undefined &&
      live.naming(version, table).some(({ statement }) => {
        const { writes, all, columns } = live.mentions(statement);
        return writes && (all || columns.has(column));
      })
    );
  });
}

function isSetting(kind: string): boolean {
  return kind === 'VariableSetStmt' || kind === 'TransactionStmt';
}
