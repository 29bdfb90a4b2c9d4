import { type Analysis, loadParsers, type Parsers } from '../analyze.ts';
import { type Preview, type PreviewOptions, preview as previewOf } from '../features/preview.ts';
import { withTimeline } from '../features/timing.ts';
import type { Engine } from '../rehearsal/model.ts';
import { createLineIndex } from '../text/line-index.ts';
import type { Range } from '../text/range.ts';
import { renderPreview } from '../view/preview-page.ts';
import { analyzeDocument, fileProblems } from './analysis.ts';
import { type Arguments, choice, pgVersion, readArguments, wholeNumber } from './arguments.ts';
import { unusableReason } from './check.ts';
import { readDocument } from './documents.ts';
import { jsonRange } from './format/json.ts';
import { formatPreview, type PreviewTextOptions } from './format/preview-text.ts';
import { textFinding } from './format/text.ts';
import { exitCodes, type Io, UsageError } from './io.ts';
import { ownPage, resultSurface, writeResult } from './output.ts';
import { createSettingsFinder, type ProjectSettings } from './project-settings.ts';
import { serverEngine, serverOptions } from './server-engine.ts';
import { styleFor, textWidth } from './style.ts';
import { writeEstimates } from './write-estimates.ts';

const poolLimits = { min: 1, max: 1_000_000 };

/** `switchback preview PLAN`: how long each step takes in production, and who waits. Returns the exit code. */
export async function preview(args: readonly string[], io: Io): Promise<number> {
  const given = readArguments('preview', args, {
    format: 'string',
    output: 'string',
    pool: 'string',
    write: 'boolean',
    'pg-version': 'string',
    report: 'string',
    calibrate: 'string',
    ...serverOptions,
  });
  const format = choice('preview', given, 'format', ['text', 'json', 'html']);
  const version = pgVersion('preview', given);
  const pool = wholeNumber('preview', given, 'pool', poolLimits);
  const [path, ...more] = given.files;
  if (path === undefined || more.length > 0) throw new UsageError('preview takes one plan.', 'preview');
  if (path === '-' && given.flag('write'))
    throw new UsageError('--write changes a file: it cannot be standard input.', 'preview');
  let document = await readDocument(path, io);
  if (document.kind === 'sql')
    throw new UsageError(
      `${path}: Only a plan says how large its tables are. \`switchback explain\` shows what the statements of a .sql file do.`,
      'preview',
    );
  const project = createSettingsFinder(io).find(document.folder);
  const { settings } = project;
  const engine = serverEngine(given, project, io, 'preview');
  const parsers = await loadParsers();
  let { checked, analysis } = analyzeDocument(document, parsers, { settings, pgVersion: version });
  if (!checked.usable || analysis === undefined) {
    io.stderr.write(`switchback: ${unusableReason(checked)}\n`);
    return exitCodes.unusable;
  }
  const problems = fileProblems(checked.findings);
  const textOptions = { style: styleFor(io.stderr, io.env), width: textWidth(io.stderr) };
  for (const problem of problems) io.stderr.write(textFinding(checked, problem, textOptions));

  const input = await measuredInput({ given, engine, analysis, project, parsers, io });
  if ('exit' in input) return input.exit;
  const { failed, ...from } = input;
  const options = { ...(pool !== undefined && { pool }), ...from };
  if (given.flag('write')) {
    const changed = writeEstimates(document, analysis, options, io);
    if (!changed) return exitCodes.unusable;
    document = changed;
    ({ checked, analysis = analysis } = analyzeDocument(document, parsers, { settings, pgVersion: version }));
  }
  const found = previewOf(analysis, options);
  const surface = resultSurface(given, io);
  const style = { style: styleFor(surface, io.env), width: textWidth(surface) };
  const text = await written(found, analysis, document.path, format, style);
  if (!writeResult(given, text, io)) return exitCodes.unusable;
  return problems.length > 0 || failed ? exitCodes.findings : exitCodes.clean;
}

interface Measuring {
  readonly given: Arguments;
  readonly engine: Engine | undefined;
  readonly analysis: Analysis;
  readonly project: ProjectSettings;
  readonly parsers: Parsers;
  readonly io: Io;
}

/** What was measured, where the options say how; what runs a plan is loaded for that alone. */
async function measuredInput({
  given,
  engine,
  analysis,
  project,
  parsers,
  io,
}: Measuring): Promise<(PreviewOptions & { readonly failed?: true }) | { readonly exit: number }> {
  const report = given.value('report');
  if (report !== undefined && engine)
    throw new UsageError(
      '--report takes the times of an earlier run, and --database makes one: give one of the two.',
      'preview',
    );
  if (report === undefined && !engine) {
    if (given.value('calibrate') === undefined) return {};
    throw new UsageError(
      '--calibrate compares production with a server that was measured: name it with --database URL, or give the report of an earlier run with --report FILE.',
      'preview',
    );
  }
  const { measureOn, measuredInReport, readCalibration } = await import('./measured-preview.ts');
  const calibration = readCalibration(given, analysis, project, io);
  const found = engine
    ? await measureOn(engine, analysis, project.settings, parsers, io)
    : { measured: measuredInReport(report ?? '', analysis, io) };
  return 'exit' in found ? found : { ...found, ...(calibration && { calibration }) };
}

async function written(
  found: Preview,
  analysis: Analysis,
  path: string,
  format: 'text' | 'json' | 'html',
  style: PreviewTextOptions,
): Promise<string> {
  const lines = createLineIndex(analysis.text);
  switch (format) {
    case 'json': {
      const placed = (key: string, value: unknown) =>
        key === 'range' ? jsonRange(value as Range, lines) : value;
      return `${JSON.stringify(found, placed, 2)}\n`;
    }
    case 'html':
      return renderPreview({ ...(await withTimeline(found)), lines: {}, planName: path, ...ownPage() });
    case 'text':
      return formatPreview(found, style);
  }
}
