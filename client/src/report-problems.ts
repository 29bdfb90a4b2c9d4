import type { AppCheck, Report, StatementError, StepReport } from '../../server/src/rehearsal/model.ts';
import { heldFailures, leftBehind } from '../../server/src/rehearsal/proof-words.ts';
import type { Span } from './tracked-range.ts';

/** Something a dry run found wrong, at its place in the plan as it was run. */
export interface ReportProblem {
  readonly span: Span;
  readonly message: string;
  /** `information`: no failure of the run. */
  readonly severity: 'error' | 'information';
  /** SQLSTATE, where Postgres gave one. */
  readonly code: string | undefined;
  /** Other places that have to do with it. */
  readonly related: readonly RelatedPlace[];
}

export interface RelatedPlace {
  readonly span: Span;
  readonly message: string;
}

/**
 * What is wrong in a report, each once: a failed statement is also its step's error. What a proof found stands at the
 * rollback or at the application's statement, and with the step whose doing it is.
 */
export function reportProblems(report: Report): ReportProblem[] {
  const problems: ReportProblem[] = [];
  const add = (problem: ReportProblem) => {
    const known = problems.some(
      ({ message, span }) => message === problem.message && overlap(span, problem.span),
    );
    if (!known) problems.push(problem);
  };
  for (const check of report.start.app) if (check.error) add(ofError(check.error, check.range));
  for (const step of report.steps) {
    for (const statement of step.statements)
      if (statement.error) add(ofError(statement.error, statement.range));
    for (const problem of proofProblems(step)) add(problem);
    if (step.error && !isOfProof(step)) add(ofError(step.error, step.range));
  }
  // A fault of the plan itself, which kept the run from starting, is there as a finding already.
  const isFinding = report.engine === '' && report.error?.range !== undefined;
  const isTold = report.steps.some(({ error }) => error?.message === report.error?.message);
  if (report.error && report.verdict !== 'cancelled' && !isFinding && !isTold)
    add(ofError(report.error, { start: 0, end: 0 }));
  return problems;
}

/** Whether the step itself was done and its proof failed. */
function isOfProof({ rollback, app, error }: StepReport): boolean {
  return (
    rollback?.verdict === 'drifts' ||
    rollback?.verdict === 'fails' ||
    app.some((check) => check.error !== undefined && check.error.message === error?.message)
  );
}

function proofProblems(step: StepReport): ReportProblem[] {
  const failed = step.app.filter(({ ok }) => !ok);
  return [
    ...rollbackProblems(step),
    ...failed.flatMap((check) => checkProblems(step, check)),
    ...heldProblems(step),
  ];
}

/** What a connection that prepared it before the step cannot execute: at the statement, and at the step once. */
function heldProblems({ app, name_range: name, step }: StepReport): ReportProblem[] {
  const failures = heldFailures(app);
  const told = failures.map((check) => ({
    ...ofError(check.prepared, check.range),
    severity: 'information' as const,
    related: [{ span: spanOf(name), message: `The step after which it has to be prepared anew: '${step}'` }],
  }));
  const [first] = told;
  if (!first) return [];
  const related = failures.map(({ range, version }) => ({
    span: spanOf(range),
    message: `What ${version} runs`,
  }));
  return [...told, { ...first, span: spanOf(name), related }];
}

/** One for each difference that is left, or the failure, at the rollback; and one at the step. */
function rollbackProblems({ step, rollback, name_range: name }: StepReport): ReportProblem[] {
  if (rollback?.verdict !== 'drifts' && rollback?.verdict !== 'fails') return [];
  const { range, error, reason } = rollback;
  const place = spanOf(error?.range ?? range);
  const related = [{ span: spanOf(name), message: `The rollback of '${step}'` }];
  const details =
    rollback.verdict === 'fails' && error
      ? [{ ...ofError(error, range), related }]
      : leftBehind(rollback).map((left) => ({
          span: place,
          message: `After the rollback of '${step}': ${left}`,
          severity: 'error' as const,
          code: undefined,
          related,
        }));
  const whole = {
    span: spanOf(name),
    message: rollback.verdict === 'fails' ? `The rollback of '${step}' fails: ${reason}` : reason,
    severity: 'error' as const,
    code: error?.code,
    related: [{ span: place, message: 'Its rollback' }],
  };
  // A step without a rollback has but one place.
  return overlap(place, spanOf(name)) ? details : [...details, whole];
}

function checkProblems({ step, name_range: name }: StepReport, check: AppCheck): ReportProblem[] {
  if (!check.error) return [];
  const own = ofError(check.error, check.range);
  const { version } = check;
  return [
    { ...own, related: [{ span: spanOf(name), message: `The step that breaks it: '${step}'` }] },
    {
      ...own,
      span: spanOf(name),
      related: [{ span: own.span, message: `What ${version} runs` }],
    },
  ];
}

function ofError({ message, detail, hint, code, range }: StatementError, fallback: Span): ReportProblem {
  const lines = [message, detail, hint && `Hint: ${hint}`].filter(Boolean);
  return { span: spanOf(range ?? fallback), message: lines.join('\n'), severity: 'error', code, related: [] };
}

function spanOf({ start, end }: Span): Span {
  return { start, end };
}

function overlap(a: Span, b: Span): boolean {
  return a.start <= b.end && b.start <= a.end;
}
