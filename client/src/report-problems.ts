import type { Report, StatementError } from '../../server/src/rehearsal/model.ts';
import type { Span } from './tracked-range.ts';

/** Something a dry run found wrong, at its place in the plan as it was run. */
export interface ReportProblem {
  readonly span: Span;
  readonly message: string;
  /** SQLSTATE, where Postgres gave one. */
  readonly code: string | undefined;
}

/** What is wrong in a report, each once: a failed statement is also its step's error. */
export function reportProblems(report: Report): ReportProblem[] {
  const problems = new Map<string, ReportProblem>();
  const add = (error: StatementError | undefined, fallback: Span) => {
    if (!error) return;
    const { start, end } = error.range ?? fallback;
    const message = [error.message, error.detail, error.hint && `Hint: ${error.hint}`]
      .filter(Boolean)
      .join('\n');
    const known = [...problems.values()].some(
      (problem) => problem.message === message && overlap(problem.span, { start, end }),
    );
    if (!known) problems.set(`${start} ${message}`, { span: { start, end }, message, code: error.code });
  };
  for (const step of report.steps) {
    for (const statement of step.statements) add(statement.error, statement.range);
    add(step.error, step.range);
  }
  // A fault of the plan itself, which kept the run from starting, is there as a finding already.
  const isFinding = report.engine === '' && report.error?.range !== undefined;
  if (report.verdict !== 'cancelled' && !isFinding) add(report.error, { start: 0, end: 0 });
  return [...problems.values()];
}

function overlap(a: Span, b: Span): boolean {
  return a.start <= b.end && b.start <= a.end;
}
