import type { Report, RollbackReport, StepReport } from '../rehearsal/model.ts';

/** What a dry run's report tells a runbook. */
export interface Measured {
  readonly engine: string;
  readonly verdict: string;
  readonly steps: ReadonlyMap<string, MeasuredStep>;
}

export interface MeasuredStep {
  readonly status: string;
  /** ms on the dry run's tables. */
  readonly ms: number;
  readonly rollback: Pick<RollbackReport, 'verdict' | 'proven' | 'reason'> | undefined;
}

export function measuredIn({
  engine,
  verdict,
  steps,
}: Pick<Report, 'engine' | 'verdict' | 'steps'>): Measured {
  return { engine, verdict, steps: new Map(steps.map((step) => [step.id, measuredStep(step)])) };
}

function measuredStep({ status, ms, rollback }: StepReport): MeasuredStep {
  return { status, ms, rollback };
}

/**
 * A report as `switchback dry-run --format json` writes it; a sentence where the text is none, or is of another plan.
 * Only what a runbook needs is looked at.
 */
export function readReport(
  text: string,
  plan: string,
  ids: readonly string[],
): Measured | { readonly error: string } {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch {
    return { error: 'it is no JSON; `switchback dry-run --format json` writes one.' };
  }
  if (!isReport(value))
    return { error: 'it is no report of a dry run; `switchback dry-run --format json` writes one.' };
  const known = new Set(ids);
  if (value.plan !== plan || !value.steps.some(({ id }) => known.has(id)))
    return { error: `it is of another plan: "${value.plan}".` };
  return measuredIn(value);
}

function isReport(value: unknown): value is Pick<Report, 'plan' | 'engine' | 'verdict' | 'steps'> {
  if (!isRecord(value) || !Array.isArray(value.steps)) return false;
  const texts = [value.plan, value.engine, value.verdict];
  return texts.every((each) => typeof each === 'string') && value.steps.every(isStep);
}

function isStep(value: unknown): boolean {
  if (!isRecord(value) || typeof value.id !== 'string' || typeof value.status !== 'string') return false;
  if (typeof value.ms !== 'number') return false;
  const { rollback } = value;
  if (rollback === undefined || rollback === null) return true;
  return isRecord(rollback) && typeof rollback.verdict === 'string' && typeof rollback.reason === 'string';
}

function isRecord(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
