import { join } from 'node:path';
import { type Analysis, loadParsers } from '../analyze.ts';
import { preview } from '../features/preview.ts';
import { productionTimes } from '../features/preview-words.ts';
import { withTimeline } from '../features/timing.ts';
import { amplificationFor } from '../rehearsal/amplify.ts';
import { createEmbeddedEngine } from '../rehearsal/embedded-engine.ts';
import { measuredBy } from '../rehearsal/measured-by.ts';
import type { Engine, Progress, Report } from '../rehearsal/model.ts';
import { type RehearseOptions, rehearse } from '../rehearsal/rehearse.ts';
import { type ReportTextOptions, reportText } from '../rehearsal/report-text.ts';
import type { Finding } from '../rules/model.ts';
import type { Settings } from '../rules/settings.ts';
import { clip, printable } from '../text/terminal.ts';
import { renderReport } from '../view/report-page.ts';
import { analyzeDocument, fileProblems } from './analysis.ts';
import { type Arguments, choice, duration, readArguments, wholeNumber } from './arguments.ts';
import { unusableReason } from './check.ts';
import { readDocument } from './documents.ts';
import { textFinding } from './format/text.ts';
import { exitCodes, type InterruptSignal, type Io, UsageError } from './io.ts';
import { loadAskedFor, loadOptions } from './load.ts';
import { didYouMean } from './nearest.ts';
import { ownPage, resultSurface, writeResult } from './output.ts';
import { createSettingsFinder } from './project-settings.ts';
import type { CheckedFile } from './result.ts';
import { serverEngine, serverOptions } from './server-engine.ts';
import { count, isColoured, styleFor, textWidth } from './style.ts';

const limits = {
  rows: { min: 0, max: 1_000_000 },
  /** ms */
  stepTimeout: { min: 1, max: 24 * 60 * 60 * 1000 },
  amplify: { min: 0, max: 100_000_000 },
};
const defaults = { rows: 1000, stepTimeout: 60_000, proofs: true };

/**
 * `switchback dry-run PLAN`: runs it on the real server that the options name, else on the engine, the embedded
 * Postgres if none is given. Returns the exit code.
 */
export async function dryRun(args: readonly string[], io: Io, engine = embeddedEngine(io)): Promise<number> {
  const given = readArguments('dry-run', args, {
    format: 'string',
    output: 'string',
    rows: 'string',
    'step-timeout': 'string',
    step: 'string',
    'no-proofs': 'boolean',
    amplify: 'string',
    ...loadOptions,
    ...serverOptions,
  });
  const format = choice('dry-run', given, 'format', ['text', 'json', 'html']);
  const [path, ...more] = given.files;
  if (path === undefined || more.length > 0) throw new UsageError('dry-run takes one plan.', 'dry-run');
  const options = readOptions(given);

  const document = await readDocument(path, io);
  if (document.kind === 'sql')
    throw new UsageError(
      `${path}: Only a plan can be dry-run; a plain .sql file says nothing of steps and phases. \`switchback explain\` shows what its statements do.`,
      'dry-run',
    );
  const project = createSettingsFinder(io).find(document.folder);
  const { settings } = project;
  const onServer = serverEngine(given, project, io);
  const load = loadAskedFor(given, onServer !== undefined);
  const asked = rowsToAmplify(given);
  if (asked !== undefined && !onServer)
    throw new UsageError(
      '--amplify fills up tables on a server: name it with --database URL, or --server. On the embedded Postgres, --rows says how many rows there are.',
      'dry-run',
    );
  const parsers = await loadParsers();
  const { checked, analysis } = analyzeDocument(document, parsers, { settings });
  if (!checked.usable || analysis === undefined) {
    io.stderr.write(`switchback: ${unusableReason(checked)}\n`);
    return exitCodes.unusable;
  }
  const preventing = preventsRun(checked.findings);
  if (preventing.length > 0) return refuse(checked, preventing, io);
  const only = stepNamed(given, analysis);

  const { amplify: figures, load: usual, ...chosen } = { ...defaults, ...settings.dryRun, ...options };
  const amplify = amplificationFor(chosen.proofs && !load, figures, asked);
  const outcome = await runInterruptibly(
    analysis,
    onServer ?? engine,
    {
      ...chosen,
      ...only,
      ...(load && { load: { ...usual, ...load } }),
      amplify,
      measure: load ? undefined : amplify && 'also',
      parser: parsers.sql,
    },
    io,
  );
  const { report } = outcome;
  if (report) {
    const surface = resultSurface(given, io);
    const style = { color: isColoured(surface, io.env), width: textWidth(surface) };
    const text = await written(report, analysis, document.path, format, style);
    if (!writeResult(given, text, io)) return exitCodes.unusable;
  }
  if (outcome.interrupted) return exitCodes.interrupted[outcome.interrupted];
  return report?.verdict === 'passed'
    ? exitCodes.clean
    : report?.verdict === 'failed'
      ? exitCodes.findings
      : exitCodes.unusable;
}

function embeddedEngine({ packageRoot }: Io): Engine {
  return createEmbeddedEngine({ path: join(packageRoot, 'dist', 'embedded') });
}

function readOptions(given: Arguments): Settings['dryRun'] {
  const rows = wholeNumber('dry-run', given, 'rows', limits.rows);
  const stepTimeout = duration('dry-run', given, 'step-timeout', limits.stepTimeout);
  return {
    ...(rows === undefined ? {} : { rows }),
    ...(stepTimeout === undefined ? {} : { stepTimeout }),
    ...(given.flag('no-proofs') ? { proofs: false } : {}),
  };
}

/** `--amplify ROWS`, or `off`, which is 0. */
function rowsToAmplify(given: Arguments): number | undefined {
  return given.value('amplify') === 'off' ? 0 : wholeNumber('dry-run', given, 'amplify', limits.amplify);
}

/** `--step ID`: the one step to prove. */
function stepNamed(given: Arguments, { steps }: Analysis): { readonly only?: string } {
  const only = given.value('step');
  if (only === undefined) return {};
  if (given.flag('no-proofs'))
    throw new UsageError('--step proves one step, and --no-proofs none: give one of the two.', 'dry-run');
  const ids = steps.map(({ step }) => step.id);
  if (ids.includes(only)) return { only };
  const hint = didYouMean(only, ids) || ` Its steps are ${ids.join(', ')}.`;
  throw new UsageError(`--step ${only}: the plan has no such step.${hint}`, 'dry-run');
}

/**
 * Problems with the plan itself; what rules find prevents nothing. A baseline that could be read only in part is
 * tried: Postgres says more of it.
 */
function preventsRun(findings: readonly Finding[]): Finding[] {
  return fileProblems(findings).filter(
    ({ rule, severity }) => severity === 'error' && rule !== 'sql-baseline',
  );
}

function refuse(checked: CheckedFile, problems: readonly Finding[], io: Io): number {
  const options = { style: styleFor(io.stderr, io.env), width: textWidth(io.stderr) };
  for (const problem of problems) io.stderr.write(`${textFinding(checked, problem, options)}\n`);
  const these = problems.length === 1 ? 'this is' : 'these are';
  io.stderr.write(
    `switchback: ${printable(checked.path)}: The dry run did not start: ${count(problems.length, 'error')} in the plan. It can run once ${these} mended.\n`,
  );
  return exitCodes.unusable;
}

interface Outcome {
  /** Undefined where there is nothing to report. */
  readonly report: Report | undefined;
  readonly interrupted: InterruptSignal | undefined;
}

/** Runs the plan until its end or the first signal; a second signal ends the process itself. */
export async function runInterruptibly(
  analysis: Analysis,
  engine: Engine,
  options: RehearseOptions,
  io: Io,
): Promise<Outcome> {
  const controller = new AbortController();
  let interrupted: InterruptSignal | undefined;
  const stopListening = io.onInterrupt((signal) => {
    interrupted = signal;
    stopListening();
    controller.abort();
  });
  const progress = progressLine(io);
  try {
    const report = await rehearse(analysis, engine, {
      ...options,
      signal: controller.signal,
      onProgress: progress.show,
    });
    return { report, interrupted };
  } catch (error) {
    if (interrupted === undefined) {
      const message = error instanceof Error ? error.message : String(error);
      progress.clear();
      io.stderr.write(`switchback: The dry run could not be done: ${printable(message)}\n`);
    }
    return { report: undefined, interrupted };
  } finally {
    progress.clear();
    stopListening();
  }
}

/** One line on a terminal that is written over; nothing in a pipe. */
function progressLine({ stderr }: Io) {
  let shown = false;
  return {
    show({ step, steps, message }: Progress) {
      if (!stderr.isTty) return;
      const line = `${step}/${steps} ${printable(message)}`;
      stderr.write(`\r\u001b[K${clip(line, textWidth(stderr) - 1)}`);
      shown = true;
    },
    clear() {
      if (shown) stderr.write('\r\u001b[K');
      shown = false;
    },
  };
}

async function written(
  report: Report,
  analysis: Analysis,
  path: string,
  format: 'text' | 'json' | 'html',
  style: ReportTextOptions,
): Promise<string> {
  const measured = measuredBy(report);
  const found = report.steps.length > 0 ? preview(analysis, { measured }) : undefined;
  switch (format) {
    case 'text':
      return reportText(report, { ...style, production: measured && found && productionTimes(found) });
    case 'json': {
      const whole = measured ? { ...report, preview: found } : report;
      // Keys whose value is unknown stay in the JSON, as null.
      const json = JSON.stringify(whole, (_, value: unknown) => (value === undefined ? null : value), 2);
      return `${json}\n`;
    }
    case 'html': {
      const timing = found && (await withTimeline(found));
      return renderReport({ report, timing, planName: path, ...ownPage() });
    }
  }
}
