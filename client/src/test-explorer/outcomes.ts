import type { Report, StatementError, StepReport } from '../../../server/src/rehearsal/model.ts';
import type { Span } from '../tracked-range.ts';
import type { Subject } from './items.ts';

/** What a report says of one item of the tree. */
export interface Outcome {
  /** skipped: there was nothing to prove, or the run did not come so far. */
  readonly state: 'passed' | 'failed' | 'skipped';
  /** What is wrong, each with its place in the plan where it has one; for what passed: what is worth knowing. */
  readonly messages: readonly { readonly text: string; readonly place: Span | undefined }[];
  /** ms, where it is known of this item alone. */
  readonly ms: number | undefined;
}

const skipped: Outcome = { state: 'skipped', messages: [], ms: undefined };

/** The outcome for a step, a part of it, or the way back of the whole plan. */
export function outcomeOf(report: Report, subject: Exclude<Subject, { kind: 'plan' }>): Outcome {
  if (subject.kind === 'unwind') return unwindOutcome(report);
  const step = report.steps.find(({ id }) => id === subject.step);
  if (!step) return skipped;
  if (subject.kind === 'step') return stepOutcome(step);
  switch (subject.proof) {
    case 'apply':
      return applyOutcome(step);
    case 'rollback':
      return rollbackOutcome(step);
    case 'application':
      return applicationOutcome(step);
  }
}

function stepOutcome(step: StepReport): Outcome {
  const parts = [applyOutcome(step), rollbackOutcome(step), applicationOutcome(step)];
  const failed = parts.filter(({ state }) => state === 'failed');
  if (failed.length > 0)
    return { state: 'failed', messages: failed.flatMap(({ messages }) => messages), ms: step.ms };
  if (step.status === 'failed') return { state: 'failed', messages: unwindFault(step), ms: step.ms };
  return step.status === 'passed' ? { state: 'passed', messages: [], ms: step.ms } : skipped;
}

/** All parts went well by themselves, and the rollback failed where the plan was unwound. */
function unwindFault({ error, rollback, name_range }: StepReport): Outcome['messages'] {
  const place = rollback?.range ?? name_range;
  return [
    error ? message(error, place) : { text: 'Its rollback fails where the plan is rolled back.', place },
  ];
}

function applyOutcome(step: StepReport): Outcome {
  if (step.status === 'skipped' || step.status === 'cancelled') return skipped;
  const ms = step.statements.reduce((sum, statement) => sum + statement.ms, 0);
  const failed = step.statements.flatMap(({ error }) => error ?? []);
  // Whatever was proven of a step, it was applied before.
  const applied = step.rollback !== undefined || step.app.length > 0;
  const errors = failed.length > 0 ? failed : applied || !step.error ? [] : [step.error];
  return errors.length > 0
    ? { state: 'failed', messages: errors.map((error) => message(error, step.name_range)), ms }
    : { state: 'passed', messages: [], ms };
}

function rollbackOutcome(step: StepReport): Outcome {
  const { rollback } = step;
  if (!rollback) return skipped;
  const { verdict, drift, reason, error, ms } = rollback;
  const lines = drift.filter(({ kind }) => kind !== 'information').map((each) => each.message);
  const isSound = verdict !== 'drifts' && verdict !== 'fails';
  if (isSound && failedInUnwind(step)) return { state: 'failed', messages: unwindFault(step), ms };
  switch (verdict) {
    case 'restores':
      return { state: 'passed', messages: [], ms };
    case 'restores_reordered':
      return { state: 'passed', messages: lines.map((text) => ({ text, place: undefined })), ms };
    case 'impossible':
    case 'not_needed':
      return { state: 'skipped', messages: [{ text: reason, place: undefined }], ms: undefined };
    case 'drifts':
    case 'fails': {
      const first = error ? message(error, rollback.range) : { text: reason, place: rollback.range };
      const text = [first.text, ...lines.filter((line) => !first.text.includes(line))].join('\n');
      return { state: 'failed', messages: [{ ...first, text }], ms };
    }
  }
}

function failedInUnwind({ status, statements, app, rollback }: StepReport): boolean {
  const isApplied = statements.every(({ error }) => !error);
  const isRolledBack = rollback !== undefined && !['drifts', 'fails'].includes(rollback.verdict);
  return status === 'failed' && isApplied && isRolledBack && app.every(({ ok }) => ok);
}

function applicationOutcome(step: StepReport): Outcome {
  const failed = step.app.filter(({ ok }) => !ok);
  if (failed.length > 0) {
    const messages = failed.map(({ error, version, statement, range }) =>
      error ? message(error, range) : { text: `${version} cannot run ${statement}`, place: range },
    );
    return { state: 'failed', messages, ms: undefined };
  }
  return step.app.length > 0 ? { state: 'passed', messages: [], ms: undefined } : skipped;
}

function unwindOutcome({ unwind }: Report): Outcome {
  if (unwind.verdict === 'not_run')
    return { ...skipped, messages: [{ text: unwind.reason, place: undefined }] };
  const lines = unwind.drift.filter(({ kind }) => kind !== 'information').map((each) => each.message);
  if (unwind.verdict === 'restores' || unwind.verdict === 'restores_reordered')
    return { state: 'passed', messages: lines.map((text) => ({ text, place: undefined })), ms: undefined };
  const text = [unwind.error?.message ?? unwind.reason, ...lines].join('\n');
  return { state: 'failed', messages: [{ text, place: unwind.error?.range }], ms: undefined };
}

function message(error: StatementError, fallback: Span): Outcome['messages'][number] {
  const { detail, hint, range } = error;
  const text = [error.message, detail, hint && `Hint: ${hint}`].filter(Boolean).join('\n');
  return { text, place: range ?? fallback };
}
