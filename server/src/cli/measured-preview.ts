import { dirname, join, relative, resolve } from 'node:path';
import type { Analysis, Parsers } from '../analyze.ts';
import { parseDuration } from '../plan/values.ts';
import { amplificationFor } from '../rehearsal/amplify.ts';
import { measuredBy } from '../rehearsal/measured-by.ts';
import type { Engine, Report } from '../rehearsal/model.ts';
import { amplifiedNote } from '../rehearsal/report-text.ts';
import type { Settings } from '../rules/settings.ts';
import { decodeText } from '../text/decode.ts';
import { printable } from '../text/terminal.ts';
import { readExplainedCount } from '../timing/explained-count.ts';
import type { Calibration, Measured } from '../timing/model.ts';
import type { Arguments } from './arguments.ts';
import { runInterruptibly } from './dry-run.ts';
import { exitCodes, type Io, UsageError } from './io.ts';
import { didYouMean } from './nearest.ts';
import type { ProjectSettings } from './project-settings.ts';

/** What a preview is made of beside the plan; or the exit code with which the command ends, all said. */
export type MeasuredInput =
  | {
      readonly measured: Measured /** The run did not get to its end, which was said. */;
      readonly failed?: true;
    }
  | { readonly exit: number };

/** Runs the plan's steps on a server, without proofs, for the times that they take there. */
export async function measureOn(
  engine: Engine,
  analysis: Analysis,
  { dryRun }: Settings,
  parsers: Parsers,
  io: Io,
): Promise<MeasuredInput> {
  const { report, interrupted } = await runInterruptibly(
    analysis,
    engine,
    {
      rows: dryRun.rows ?? defaults.rows,
      stepTimeout: dryRun.stepTimeout ?? defaults.stepTimeout,
      proofs: false,
      measure: 'alone',
      amplify: amplificationFor(false, dryRun.amplify),
      parser: parsers.sql,
    },
    io,
  );
  if (interrupted) return { exit: exitCodes.interrupted[interrupted] };
  if (!report) return { exit: exitCodes.unusable };
  for (const note of [...amplifiedNote(report), ...report.notes])
    io.stderr.write(`switchback: ${printable(note)}\n`);
  const measured = measuredBy(report);
  if (report.verdict !== 'passed' && report.error)
    io.stderr.write(
      `switchback: ${report.steps.length > 0 ? 'A step failed, and those after it are not measured' : 'The plan could not be run'}: ${printable(report.error.message)}${report.error.hint ? ` ${printable(report.error.hint)}` : ''}\n`,
    );
  if (!measured || report.steps.length === 0) return { exit: exitCodes.unusable };
  return report.verdict === 'passed' ? { measured } : { measured, failed: true };
}

const defaults = { rows: 1000, stepTimeout: 15 * 60_000 };

/** What an earlier dry run measured, whose JSON was kept. */
export function measuredInReport(path: string, { steps }: Analysis, io: Io): Measured {
  const text = readText(path, 'report', io);
  let report: Partial<Report>;
  try {
    report = JSON.parse(text);
  } catch {
    throw new UsageError(`--report ${path}: this is no JSON. ${howToKeep}`, 'preview');
  }
  if (report === null || typeof report !== 'object' || !Array.isArray(report.steps))
    throw new UsageError(`--report ${path}: this is no report of a dry run. ${howToKeep}`, 'preview');
  let measured: Measured | undefined;
  try {
    measured = measuredBy(report as Report);
  } catch {
    throw new UsageError(
      `--report ${path}: this is no report of a dry run as a whole. ${howToKeep}`,
      'preview',
    );
  }
  if (measured && !steps.some(({ step }) => measured?.steps[step.id] !== undefined))
    throw new UsageError(
      `--report ${path}: this dry run was of another plan${report.plan ? `, "${printable(String(report.plan))}"` : ''}: none of its steps is in this one.`,
      'preview',
    );
  if (measured) return measured;
  throw new UsageError(
    `--report ${path}: this dry run measured nothing, since it ran on the embedded Postgres, whose times tell of no other server. Run it on a server: switchback dry-run PLAN --database URL --no-proofs --format json.`,
    'preview',
  );
}

const howToKeep =
  'Keep one with: switchback dry-run PLAN --database URL --no-proofs --format json --output report.json.';

/** `--calibrate same`, `--calibrate STEP=TIME`, or the file of an EXPLAIN (ANALYZE); else what the project says. */
export function readCalibration(
  given: Arguments,
  { steps }: Analysis,
  { settings, file }: ProjectSettings,
  io: Io,
): Calibration | undefined {
  const value = given.value('calibrate') ?? ofProject(settings.server?.calibrate, file, io);
  if (value === undefined) return undefined;
  if (value === 'same') return { kind: 'same' };
  const step = /^([^=]+)=(.+)$/.exec(value);
  if (step && !io.files.exists(resolve(io.cwd, value)))
    return calibrationStep(step[1] ?? '', step[2] ?? '', steps);
  const found = readExplainedCount(readText(value, 'calibrate', io));
  if ('problem' in found) throw new UsageError(`--calibrate ${value}: ${found.problem}`, 'preview');
  return { kind: 'count', count: found.count };
}

/** A path as it is from here. */
function ofProject(value: string | undefined, file: ProjectSettings['file'], io: Io): string | undefined {
  return value === undefined || value === 'same' || !file
    ? value
    : relative(io.cwd, join(dirname(resolve(io.cwd, file.path)), value));
}

function calibrationStep(id: string, time: string, steps: Analysis['steps']): Calibration {
  const ids = steps.map(({ step }) => step.id);
  if (!ids.includes(id)) {
    const hint = didYouMean(id, ids) || ` Its steps are ${ids.join(', ')}.`;
    throw new UsageError(`--calibrate ${id}=${time}: the plan has no step ${id}.${hint}`, 'preview');
  }
  const ms = parseDuration(time);
  if (ms !== undefined && ms > 0) return { kind: 'step', step: id, ms };
  throw new UsageError(
    `--calibrate ${id}=${time}: give the time that the step took in production, such as 90s or 4min.`,
    'preview',
  );
}

function readText(path: string, option: string, io: Io): string {
  const read = io.files.read(resolve(io.cwd, path));
  if ('error' in read)
    throw new UsageError(`--${option} ${path}: the file cannot be read: ${read.error}.`, 'preview');
  const decoded = decodeText(read.bytes);
  if ('error' in decoded) throw new UsageError(`--${option} ${path}: ${decoded.error}`, 'preview');
  return decoded.text;
}
