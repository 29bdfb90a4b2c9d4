import { resolve } from 'node:path';
import { exportedRunbook, runbookFormats } from '../exports.ts';
import { measuredBy } from '../rehearsal/measured-by.ts';
import type { Report } from '../rehearsal/model.ts';
import { readReport } from '../runbook/measured.ts';
import { printable } from '../text/terminal.ts';
import { choice, readArguments } from './arguments.ts';
import { readNamedFile } from './documents.ts';
import { type ExportedPlan, exportOptions, readExportedPlan } from './exported.ts';
import { exitCodes, type Io } from './io.ts';
import { writeResult } from './output.ts';

/** `switchback runbook PLAN`: the plan as Markdown or HTML for those who carry it out. Returns the exit code. */
export async function runbook(args: readonly string[], io: Io): Promise<number> {
  const given = readArguments('runbook', args, { ...exportOptions, format: 'string', report: 'string' });
  const format = choice('runbook', given, 'format', runbookFormats);
  const exported = await readExportedPlan('runbook', given, io);
  if (!exported) return exitCodes.unusable;
  const { analysis } = exported;
  const report = reportFor(exported, given.value('report'), io);
  if (report && 'refused' in report) {
    io.stderr.write(`switchback: ${printable(report.refused)}\n`);
    return exitCodes.unusable;
  }
  const text = await exportedRunbook(analysis, format, report);
  return writeResult(given, text, io) ? exitCodes.clean : exitCodes.unusable;
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
  try {
    measuredBy(report as Report);
  } catch {
    return { refused: `${file} is no report of a dry run as a whole.` };
  }
  return report as Report;
}
