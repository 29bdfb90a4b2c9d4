import { type Analysis, loadParsers } from '../analyze.ts';
import { exportFaults, exportWarnings } from '../runbook/exportable.ts';
import { analyzeDocument } from './analysis.ts';
import type { Arguments } from './arguments.ts';
import { unusableReason } from './check.ts';
import { readDocument } from './documents.ts';
import { textFinding } from './format/text.ts';
import { type Io, UsageError } from './io.ts';
import { createSettingsFinder, type ProjectSettings } from './project-settings.ts';
import { count, styleFor, textWidth } from './style.ts';

/** A plan that something is made of. */
export interface ExportedPlan {
  /** As the user named it. */
  readonly path: string;
  readonly analysis: Analysis;
  readonly project: ProjectSettings;
}

/**
 * Reads the one plan that an export is of. Undefined where nothing can be made of it, or where its file has faults: they
 * are told. Of other errors it warns, for the export says nothing of them.
 *
 * @throws {UsageError} unless there is one plan
 */
export async function readExportedPlan(
  command: string,
  given: Arguments,
  io: Io,
): Promise<ExportedPlan | undefined> {
  const [path, ...more] = given.files;
  if (path === undefined || more.length > 0) throw new UsageError(`${command} takes one plan.`, command);
  const document = await readDocument(path, io);
  if (document.kind === 'sql')
    throw new UsageError(`${path}: ${command} takes a plan (NAME.migration.yaml), and this is SQL.`, command);
  const project = createSettingsFinder(io).find(document.folder);
  const { checked, analysis } = analyzeDocument(document, await loadParsers(), {
    settings: project.settings,
  });
  if (!checked.usable || analysis === undefined) {
    io.stderr.write(`switchback: ${unusableReason(checked)}\n`);
    return undefined;
  }
  const faults = exportFaults(analysis);
  if (faults.length > 0) {
    const options = { style: styleFor(io.stderr, io.env), width: textWidth(io.stderr) };
    for (const fault of faults) io.stderr.write(textFinding(checked, fault, options));
    io.stderr.write(`switchback: ${document.path}: mend ${faults.length === 1 ? 'this' : 'these'} first.\n`);
    return undefined;
  }
  const warnings = exportWarnings(analysis);
  if (warnings.length > 0)
    io.stderr.write(
      `switchback: ${document.path} has ${count(warnings.length, 'finding')} at error level; \`switchback check\` shows ${warnings.length === 1 ? 'it' : 'them'}.\n`,
    );
  return { path: document.path, analysis, project };
}

export const exportOptions = { output: 'string' } as const;
