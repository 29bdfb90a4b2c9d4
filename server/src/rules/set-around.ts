import { replaceStatement } from '../plan/edit.ts';
import type { TextEdit } from '../text/range.ts';
import type { RuleContext, StatementAnalysis } from './model.ts';
import type { PlacedStatement } from './statements.ts';
import type { TimeoutName } from './timeouts.ts';

/**
 * Sets a timeout before a statement, and sets it back after it where others follow in the same SQL. Undefined where
 * that cannot be done without touching something else.
 */
export function timeoutAround(
  context: RuleContext,
  { s, action }: PlacedStatement,
  name: TimeoutName,
  value: string,
  back: number | undefined,
): readonly TextEdit[] | undefined {
  const local = s.inTransaction ? 'LOCAL ' : '';
  const following = action.statements.at(-1) !== s;
  const before = `SET ${local}${name} = ${value};\n`;
  const after = following ? `;\nSET ${local}${name} = ${timeoutText(back ?? 0)}` : '';
  return replaceWithLines(context, s, `${before}${s.statement.text}${after}`);
}

/** Rewrites a statement as several lines; SQL that stood on one line becomes a block that ends in a line break. */
export function replaceWithLines(
  context: RuleContext,
  { sql, statement: { range } }: StatementAnalysis,
  newSql: string,
): readonly TextEdit[] | undefined {
  if (context.kind === 'sql' || sql.text.includes('\n') || !newSql.includes('\n'))
    return replaceStatement(context.text, sql, range, newSql);
  const whole = { start: range.start, end: sql.text.length };
  return replaceStatement(context.text, sql, whole, `${newSql}${sql.text.slice(range.end).trimEnd()}\n`);
}

/** As SET takes it: `'2s'`, `0`. */
export function timeoutText(ms: number): string {
  if (ms === 0) return '0';
  const [divisor, unit] =
    ms % 3_600_000 === 0
      ? [3_600_000, 'h']
      : ms % 60_000 === 0
        ? [60_000, 'min']
        : ms % 1000 === 0
          ? [1000, 's']
          : [1, 'ms'];
  return `'${ms / Number(divisor)}${unit}'`;
}
