import type { A_Expr, Node, RangeVar } from '@pgsql/types';
import { replaceStatement } from '../../plan/edit.ts';
import { walk } from '../../schema/expressions.ts';
import { columnOf, tableOf } from '../../schema/lookup.ts';
import { stringsOf } from '../../sql/names.ts';
import type { Range } from '../../text/range.ts';
import { defineRule } from '../define-rule.ts';
import type { StatementAnalysis } from '../model.ts';
import { tokenRange } from '../statements.ts';

interface Data {
  readonly s: StatementAnalysis;
  /** The operator, in the SQL text. */
  readonly operator: Range;
}

/** A verification that compares two columns with an operator that passes over NULL. */
export const nullBlindComparison = defineRule<Data>({
  id: 'null-blind-comparison',
  title: 'A verification does not see the rows whose value is NULL',
  severity: 'error',
  docs: {
    problem: `\`a <> b\` and \`a != b\` are not true where \`a\` or \`b\` is NULL: they are NULL, and WHERE drops the row. A
verification that counts such rows finds none, and reports a copy as complete of which not one row was made.`,
    solution: 'Compare with `IS DISTINCT FROM`, for which NULL is a value like others.',
    manual: [{ title: 'Comparison Functions and Operators', path: 'functions-comparison.html' }],
  },
  examples: {
    bad: [
      {
        steps: `- step: Nothing was missed
  verify:
    sql: SELECT count(*) FROM users WHERE username <> email
    expect: 0
`,
        finds: '<>',
        fixed: `- step: Nothing was missed
  verify:
    sql: SELECT count(*) FROM users WHERE username IS DISTINCT FROM email
    expect: 0
`,
      },
    ],
    good: [
      {
        steps: `- step: Nothing was missed
  verify:
    sql: SELECT count(*) FROM users WHERE username IS DISTINCT FROM email
    expect: 0
`,
      },
      {
        steps: `- step: The NULLs are looked at too
  verify:
    sql: SELECT count(*) FROM users WHERE username <> email OR email IS NULL
    expect: 0
`,
      },
    ],
  },
  *check(context) {
    for (const { step, action } of context.steps) {
      if (action?.action.kind !== 'verify') continue;
      for (const s of action.statements) {
        for (const { comparison, nullable } of blindComparisons(s)) {
          const { location } = comparison;
          if (location === undefined) continue;
          yield {
            message: `This does not see rows where ${nullable} is NULL: the comparison is then NULL, not true, and they are passed over. Write IS DISTINCT FROM.`,
            range: tokenRange(s, location),
            step: step.id,
            data: { s, operator: s.statement.tokenAt(location) },
          };
        }
      }
    }
  },
  fix({ data: { s, operator } }, context) {
    const edits = replaceStatement(context.text, s.sql, operator, 'IS DISTINCT FROM');
    return edits ? [{ title: 'Compare with IS DISTINCT FROM', edits, safe: true }] : [];
  },
});

/** Comparisons of two columns for being unequal, one of which may be NULL and is not looked at for that elsewhere. */
function* blindComparisons(s: StatementAnalysis): Generator<{ comparison: A_Expr; nullable: string }> {
  const nodes = [...walk(s.statement.node)];
  const tables = nodes.flatMap(([kind, fields]) => {
    const table = kind === 'RangeVar' ? tableOf(s.before, fields as RangeVar) : undefined;
    return table ? [table] : [];
  });
  const watched = new Set(nodes.flatMap(([kind, { arg }]) => (kind === 'NullTest' ? columnName(arg) : [])));
  for (const [kind, fields] of nodes) {
    if (kind !== 'A_Expr') continue;
    const comparison = fields as A_Expr;
    if (comparison.kind !== 'AEXPR_OP' || stringsOf(comparison.name)[0] !== '<>') continue;
    const columns = [columnName(comparison.lexpr), columnName(comparison.rexpr)];
    if (columns.some((name) => name.length === 0)) continue;
    const nullable = columns.flat().find((name) => {
      const found = tables.flatMap((table) => columnOf(table, name) ?? []);
      return found.length === 1 && found[0]?.notNull === false && !watched.has(name);
    });
    if (nullable !== undefined) yield { comparison, nullable };
  }
}

/** The name of a plain column reference; none for anything else. */
function columnName(node: unknown): readonly string[] {
  if (typeof node !== 'object' || node === null || !('ColumnRef' in node)) return [];
  return stringsOf((node.ColumnRef as { fields?: Node[] }).fields).slice(-1);
}
