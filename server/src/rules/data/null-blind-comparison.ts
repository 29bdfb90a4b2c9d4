import type { A_Expr, Node, RangeVar } from '@pgsql/types';
import { replaceStatement } from '../../plan/edit.ts';
import type { Action, SqlText } from '../../plan/model.ts';
import { walk } from '../../schema/expressions.ts';
import { columnOf, tableOf } from '../../schema/lookup.ts';
import { tokenize } from '../../sql/lexer.ts';
import type { Token } from '../../sql/model.ts';
import { stringsOf } from '../../sql/names.ts';
import { documentRange } from '../../text/offset-map.ts';
import type { Range } from '../../text/range.ts';
import { defineRule } from '../define-rule.ts';
import type { StatementAnalysis } from '../model.ts';

/** The operator, in the SQL text that holds it. */
interface Data {
  readonly sql: SqlText;
  readonly operator: Range;
}

/** A verification or a copy that compares two columns with an operator that passes over NULL. */
export const nullBlindComparison = defineRule<Data>({
  id: 'null-blind-comparison',
  title: 'A verification or a copy does not see the rows whose value is NULL',
  severity: 'error',
  eachStep: true,
  docs: {
    problem: `\`a <> b\` and \`a != b\` are not true where \`a\` or \`b\` is NULL: they are NULL, and WHERE drops the row. A
verification that counts such rows finds none, and reports a copy as complete of which not one row was made; an UPDATE or a
backfill that is to bring two columns together leaves out just the rows that have nothing yet.`,
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
      {
        schema: 'CREATE TABLE users (id bigint PRIMARY KEY, username text NOT NULL, handle text);',
        steps: `- step: Bring them together
  backfill:
    table: users
    set: handle = username
    where: handle != username
  rollback: { not_needed: nothing reads handle yet }
`,
        finds: '!=',
        fixed: `- step: Bring them together
  backfill:
    table: users
    set: handle = username
    where: handle IS DISTINCT FROM username
  rollback: { not_needed: nothing reads handle yet }
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
      for (const s of action?.statements ?? []) {
        for (const { comparison, nullable } of blindComparisons(s)) {
          const place = action && placeOf(action.action, s, comparison);
          if (!place) continue;
          yield {
            message: `This does not see rows where ${nullable} is NULL: the comparison is then NULL, not true, and they are passed over. Write IS DISTINCT FROM.`,
            range: documentRange(place.sql.map, place.operator),
            step: step.id,
            data: place,
          };
        }
      }
    }
  },
  fix({ data: { sql, operator } }, context) {
    const edits = replaceStatement(context.text, sql, operator, 'IS DISTINCT FROM');
    return edits ? [{ title: 'Compare with IS DISTINCT FROM', edits, safe: true }] : [];
  },
});

/** Where the operator stands, if the comparison is one that this rule is about. */
function placeOf(action: Action, s: StatementAnalysis, comparison: A_Expr): Data | undefined {
  const { location } = comparison;
  if (action.kind === 'backfill') {
    // Its statement is put together from fragments: in its own, the only such operator is the one.
    const { where } = action;
    const operators = where ? [...tokenize(where.text)].filter((token) => isUnequal(where.text, token)) : [];
    const [only, other] = operators;
    return where && only && !other && comparesTarget(s, comparison)
      ? { sql: where, operator: only }
      : undefined;
  }
  if (location === undefined || (action.kind === 'sql' && !comparesTarget(s, comparison))) return undefined;
  return { sql: s.sql, operator: s.statement.tokenAt(location) };
}

function isUnequal(text: string, { kind, start, end }: Token): boolean {
  return kind === 'operator' && ['<>', '!='].includes(text.slice(start, end));
}

/** Whether an UPDATE compares the column that it sets: what it is to bring together with another. */
function comparesTarget({ statement: { node } }: StatementAnalysis, { lexpr, rexpr }: A_Expr): boolean {
  if (!('UpdateStmt' in node)) return false;
  const compared = [...columnName(lexpr), ...columnName(rexpr)];
  return (node.UpdateStmt.targetList ?? []).some(
    (target) => 'ResTarget' in target && compared.includes(target.ResTarget.name ?? ''),
  );
}

/** Comparisons of two columns for being unequal, one of which may be NULL and is not looked at for that elsewhere. */
function* blindComparisons(s: StatementAnalysis): Generator<{ comparison: A_Expr; nullable: string }> {
  if (!/<>|!=/.test(s.statement.text)) return;
  const nodes = [...walk(s.statement.node)];
  const tables = nodes.flatMap(([kind, fields]) => {
    // The target of an UPDATE stands in the tree without its kind.
    const range = kind === 'RangeVar' ? fields : kind === 'UpdateStmt' ? fields.relation : undefined;
    const table = range ? tableOf(s.before, range as RangeVar) : undefined;
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
