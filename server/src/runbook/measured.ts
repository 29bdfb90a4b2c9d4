import type { Report, RollbackReport, StepReport } from '../rehearsal/model.ts';

/** What a dry run's report tells a runbook. */
export interface Measured {
  readonly engine: string;
  readonly verdict: string;
  /** Whether its times tell of a server: those of the embedded Postgres do not. */
  readonly isTimed: boolean;
  readonly steps: ReadonlyMap<string, MeasuredStep>;
}

export interface MeasuredStep {
  readonly status: string;
  /** ms of its statements on the dry run's tables, without what it took to prove the step. */
  readonly ms: number;
  readonly rollback: Pick<RollbackReport, 'verdict' | 'proven' | 'reason'> | undefined;
}

/** What a report holds for a runbook. */
export function measuredIn({ engine, verdict, steps, measured }: TimedReport): Measured {
  return {
    engine,
    verdict,
    isTimed: measured !== undefined,
    steps: new Map(steps.map((step) => [step.id, measuredStep(step)])),
  };
}

type TimedReport = Pick<Report, 'engine' | 'verdict' | 'steps' | 'measured'>;

function measuredStep({ status, statements, rollback }: StepReport): MeasuredStep {
  return { status, ms: statements.reduce((sum, { ms }) => sum + ms, 0), rollback };
}

/**
 * A report as `switchback dry-run --format json` writes it; a sentence where the text is none, or is of another plan.
 * Only what a runbook needs of it is looked at.
 */
export function readReport(
  text: string,
  plan: string,
  ids: readonly string[],
): (TimedReport & Pick<Report, 'plan'>) | { readonly refused: string } {
  let value: unknown;
  try {
    // What is unknown is null there, and absent in a report.
    value = JSON.parse(text, (_, each) => each ?? undefined);
  } catch {
    return { refused: 'it is no JSON; `switchback dry-run --format json` writes one.' };
  }
  if (!isReport(value))
    return { refused: 'it is no report of a dry run; `switchback dry-run --format json` writes one.' };
  if (value.steps.length === 0) return { refused: 'the run it tells of did not get to any step.' };
  return isReportOf(value, plan, ids) ? value : { refused: `it is of another plan: "${value.plan}".` };
}

/** Whether the report is of that plan, as far as title and steps tell. */
export function isReportOf(
  report: Pick<Report, 'plan' | 'steps'>,
  plan: string,
  ids: readonly string[],
): boolean {
  return report.plan === plan && report.steps.some(({ id }) => ids.includes(id));
}

function isReport(value: unknown): value is TimedReport & Pick<Report, 'plan'> {
  if (!isRecord(value) || !Array.isArray(value.steps)) return false;
  const texts = [value.plan, value.engine, value.verdict];
  return texts.every((each) => typeof each === 'string') && value.steps.every(isStep);
}

function isStep(value: unknown): boolean {
  if (!isRecord(value) || typeof value.id !== 'string' || typeof value.status !== 'string') return false;
  if (!Array.isArray(value.statements) || !value.statements.every(isTimed)) return false;
  const { rollback } = value;
  if (rollback === undefined || rollback === null) return true;
  return isRecord(rollback) && typeof rollback.verdict === 'string' && typeof rollback.reason === 'string';
}

function isTimed(statement: unknown): boolean {
  return isRecord(statement) && typeof statement.ms === 'number';
}

function isRecord(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
