import { exportedJob } from '../exports.ts';
import { parseSize } from '../plan/values.ts';
import { backfillSteps, isKubernetesName } from '../runbook/job.ts';
import { printable } from '../text/terminal.ts';
import { type Arguments, readArguments } from './arguments.ts';
import { type ExportedPlan, exportOptions, readExportedPlan } from './exported.ts';
import { exitCodes, type Io, UsageError } from './io.ts';
import { didYouMean } from './nearest.ts';
import { writeResult } from './output.ts';

/** `switchback job PLAN`: a backfill of it as a Kubernetes Job. Returns the exit code. */
export async function job(args: readonly string[], io: Io): Promise<number> {
  const given = readArguments('job', args, {
    ...exportOptions,
    step: 'string',
    secret: 'string',
    namespace: 'string',
    image: 'string',
    'max-lag': 'string',
  });
  const options = jobOptions(given);
  const exported = await readExportedPlan('job', given, io);
  if (!exported) return exitCodes.unusable;
  const step = chosenStep(exported, given.value('step'));
  const made = exportedJob(exported.analysis, step, options);
  if ('refused' in made) {
    io.stderr.write(`switchback: ${printable(made.refused)}\n`);
    return exitCodes.unusable;
  }
  return writeResult(given, made.text, io) ? exitCodes.clean : exitCodes.unusable;
}

function chosenStep({ path, analysis }: ExportedPlan, id: string | undefined) {
  const steps = backfillSteps(analysis);
  const ids = steps.map(({ step }) => step.id);
  const [first, ...more] = steps;
  if (!first) throw new UsageError(`${path} has no backfill: only a backfill can be a Job.`, 'job');
  if (id === undefined && more.length === 0) return first;
  if (id === undefined)
    throw new UsageError(`${path} has several backfills: name one with --step, ${ids.join(' or ')}.`, 'job');
  const found = steps.find(({ step }) => step.id === id);
  if (found) return found;
  const hint = didYouMean(id, ids) || ` They are: ${ids.join(', ')}.`;
  throw new UsageError(`--step ${id}: ${path} has no backfill of that id.${hint}`, 'job');
}

function jobOptions(given: Arguments) {
  const named = (option: string) => {
    const value = given.value(option);
    if (value !== undefined && !isKubernetesName(value))
      throw new UsageError(
        `--${option} ${value}: Kubernetes takes lower case letters, digits, hyphens and dots.`,
        'job',
      );
    return value === undefined ? {} : { [option]: value };
  };
  const image = given.value('image');
  if (image !== undefined && !/^[\w.\-/:@]{1,255}$/.test(image))
    throw new UsageError(`--image ${image}: give an image that holds psql, e.g. postgres:16-alpine.`, 'job');
  const lag = given.value('max-lag');
  const maxLag = lag === undefined ? undefined : parseSize(lag);
  if (lag !== undefined && maxLag === undefined)
    throw new UsageError(`--max-lag ${lag}: give a size, e.g. 64MB.`, 'job');
  return {
    ...named('secret'),
    ...named('namespace'),
    ...(image === undefined ? {} : { image }),
    ...(maxLag === undefined ? {} : { maxLag }),
  };
}
