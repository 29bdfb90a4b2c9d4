import type { Analysis } from './analyze.ts';
import { preview } from './features/preview.ts';
import { withTimeline } from './features/timing.ts';
import { measuredBy } from './rehearsal/measured-by.ts';
import type { Report } from './rehearsal/model.ts';
import type { StepAnalysis } from './rules/model.ts';
import { type BackfillJob, backfillJob, type JobOptions } from './runbook/job.ts';
import { measuredIn } from './runbook/measured.ts';
import { runbook } from './runbook/runbook.ts';
import { renderRunbook } from './view/runbook-page.ts';

export const runbookFormats = ['markdown', 'html'] as const;
export type RunbookFormat = (typeof runbookFormats)[number];

/** A plan as a runbook, with the times that its figures or a dry run's report foretell: for the editor and the terminal. */
export async function exportedRunbook(
  analysis: Analysis,
  format: RunbookFormat,
  report: Report | undefined,
): Promise<string> {
  const told = preview(analysis, { measured: report && measuredBy(report) });
  const markdown = runbook(analysis, { preview: told, measured: report && measuredIn(report) });
  if (format === 'markdown') return markdown;
  const title = analysis.plan.migration?.value ?? 'Runbook';
  return renderRunbook({ title, markdown, timing: await withTimeline(told), nonce: crypto.randomUUID() });
}

/** A backfill as a Kubernetes Job, which may last as long as its figures foretell. */
export function exportedJob(
  analysis: Analysis,
  step: StepAnalysis,
  options: Omit<JobOptions, 'preview'> = {},
): BackfillJob | { readonly refused: string } {
  const told = preview(analysis).phases.flatMap(({ steps }) => steps);
  return backfillJob(analysis, step, { ...options, preview: told.find(({ id }) => id === step.step.id) });
}
