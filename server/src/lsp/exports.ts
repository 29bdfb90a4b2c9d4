import type { Analysis } from '../analyze.ts';
import { exportedJob, exportedRunbook } from '../exports.ts';
import type { Report } from '../rehearsal/model.ts';
import { exportFaults, exportWarnings } from '../runbook/exportable.ts';
import { backfillSteps } from '../runbook/job.ts';
import { isReportOf } from '../runbook/measured.ts';
import { prometheusRule } from '../runbook/prometheus.ts';
import { monitoringQueries } from '../runbook/queries.ts';
import type { Checked } from './analyses.ts';
import type { ExportParams, ExportResult } from './protocol.ts';

/** Answers `exportRequest`. */
export async function exportOf(
  checked: Checked | { readonly refused: string },
  params: ExportParams,
): Promise<ExportResult> {
  if ('refused' in checked) return checked;
  const { analysis, lines } = checked;
  if (analysis.kind !== 'plan') return { refused: 'Only a plan (NAME.migration.yaml) can be exported.' };
  const [fault] = exportFaults(analysis);
  if (fault) {
    const { line } = lines.positionAt(fault.range.start);
    return { refused: `Its file has a fault in line ${line + 1}, mend it first: ${fault.message}` };
  }
  const errors = exportWarnings(analysis).length;
  const warning =
    errors > 0 ? [`The plan has ${errors} ${errors === 1 ? 'finding' : 'findings'} at error level.`] : [];
  const made = await textOf(analysis, params);
  return 'text' in made ? { ...made, notes: [...warning, ...made.notes] } : made;
}

async function textOf(analysis: Analysis, { what, step, report }: ExportParams): Promise<ExportResult> {
  const { plan } = analysis;
  switch (what) {
    case 'runbook':
    case 'runbook-html': {
      const format = what === 'runbook' ? 'markdown' : 'html';
      return { text: await exportedRunbook(analysis, format, usable(analysis, report)), notes: [] };
    }
    case 'alerts': {
      if ((plan.monitoring?.alerts ?? []).length === 0)
        return { refused: 'The plan has no alerts under monitoring.alerts.' };
      const { text, left } = prometheusRule(plan);
      return { text, notes: left.map((sentence) => `Not exported: ${sentence}`) };
    }
    case 'queries': {
      const text = monitoringQueries(plan);
      return text === undefined
        ? { refused: 'The plan has no queries under monitoring.queries.' }
        : { text, notes: [] };
    }
    case 'job':
      return jobText(analysis, step);
  }
}

/** A report of another plan, or of none of its steps, tells nothing of it. */
function usable(analysis: Analysis, report: Report | undefined): Report | undefined {
  const ids = analysis.steps.map(({ step }) => step.id);
  return report && isReportOf(report, analysis.plan.migration?.value ?? '', ids) ? report : undefined;
}

function jobText(analysis: Analysis, id: string | undefined): ExportResult {
  const steps = backfillSteps(analysis);
  const [first, ...more] = steps;
  if (!first) return { refused: 'The plan has no backfill: only a backfill can be a Kubernetes Job.' };
  if (id === undefined && more.length > 0)
    return { choose: steps.map(({ step }) => ({ id: step.id, step: step.name.value })) };
  const chosen = id === undefined ? first : steps.find(({ step }) => step.id === id);
  if (!chosen) return { refused: 'The plan has no such backfill any more.' };
  const made = exportedJob(analysis, chosen);
  return 'refused' in made ? made : { text: made.text, notes: [] };
}
