import { resolve } from 'node:path';
import { preview } from '../features/preview.ts';
import { withTimeline } from '../features/timing.ts';
import { measuredBy } from '../rehearsal/measured-by.ts';
import type { Report } from '../rehearsal/model.ts';
import { measuredIn, readReport } from '../runbook/measured.ts';
import { runbook as runbookOf } from '../runbook/runbook.ts';
import { printable } from '../text/terminal.ts';
import { renderRunbook } from '../view/runbook-page.ts';
import { choice, readArguments } from './arguments.ts';
import { readNamedFile } from './documents.ts';
import { type ExportedPlan, exportOptions, readExportedPlan, writeExport } from './exported.ts';
import { exitCodes, type Io } from './io.ts';

/** `switchback runbook PLAN`: the plan as Markdown or HTML for those who carry it out. Returns the exit code. */
export async function runbook(args: readonly string[], io: Io): Promise<number> {
  const given = readArguments('runbook', args, { ...exportOptions, format: 'string', report: 'string' });
  const format = choice('runbook', given, 'format', ['markdown', 'html']);
  const exported = await readExportedPlan('runbook', given, io);
  if (!exported) return exitCodes.unusable;
  const { analysis } = exported;
  const report = reportFor(exported, given.value('report'), io);
  if (report && 'refused' in report) {
    io.stderr.write(`switchback: ${printable(report.refused)}\n`);
    return exitCodes.unusable;
  }
  const told = preview(analysis, { measured: report && measuredBy(report) });
  const markdown = runbookOf(analysis, { preview: told, measured: report && measuredIn(report) });
  const title = analysis.plan.migration?.value ?? 'Runbook';
  const text =
    format === 'markdown'
      ? markdown
      : renderRunbook({ title, markdown, timing: await withTimeline(told), nonce: crypto.randomUUID() });
  return writeExport(text, given, io) ? exitCodes.clean : exitCodes.unusable;
}

function reportFor(
  { path, analysis }: ExportedPlan,
  file: string | undefined,
  io: Io,
): Report | { readonly refused: string } | undefined {
  if (file === undefined) return undefined;
  const read = readNamedFile(resolve(io.cwd, file), file, io);
  if ('error' in read) return { refused: `The report cannot be read: ${read.error}` };
  const ids = analysis.steps.map(({ step }) => step.id);
  const report = readReport(read.text, analysis.plan.migration?.value ?? '', ids);
  if ('refused' in report) return { refused: `${file} says nothing of ${path}: ${report.refused}` };
  // Only what was looked at is relied on; `measuredBy` tells nothing where the rest is not there.
  return report as Report;
}
