import { lockWords } from '../effects/lock-words.ts';
import { formatBytes, formatCount } from '../text/amounts.ts';
import { formatDuration, formatTime, spanTime } from '../timing/format.ts';
import type { TimeRange } from '../timing/model.ts';
import type { Queue } from '../timing/traffic.ts';
import type { EstimatePreview, LockPreview, Preview, StepPreview } from './preview.ts';

/** Its steps, in order. */
export function stepsOf({ phases }: Pick<Preview, 'phases'>): readonly StepPreview[] {
  return phases.flatMap(({ steps }) => steps);
}

/** `4-9 min, 1 d of soak, 1 step not told`; empty where there is nothing to wait for. */
export function sumWords({ time, soak, untold }: Pick<Preview, 'time' | 'soak' | 'untold'>): string {
  const parts = [
    time.high > 0 ? spanTime(time) : '',
    soak > 0 ? `${formatDuration(soak)} of soak` : '',
    untold > 0 ? `${untold} ${untold === 1 ? 'step' : 'steps'} not told` : '',
  ];
  return parts.filter((part) => part !== '').join(', ');
}

/** What else is to be known of a step’s time, each in a few words. */
export function timeNotes({ estimate, basis, disk }: StepPreview, preview: Preview): readonly string[] {
  return [
    ...(estimate?.contradicted
      ? [`the estimate of ${estimateWords(estimate)} is ${estimate.contradicted}`]
      : []),
    ...(disk !== undefined && disk >= notableDisk
      ? [`${formatBytes(disk)} of disk beside what is there`]
      : []),
    ...(preview.basis === 'measured' && basis === 'sizes' ? ['from sizes alone'] : []),
  ];
}

function estimateWords({ min, max }: EstimatePreview): string {
  return min === max ? formatDuration(max) : `${formatDuration(min)} to ${formatDuration(max)}`;
}

/** Bytes. */
const notableDisk = 100 * 1024 * 1024;

/** `2 steps make requests wait, for up to 9 min`, `6 steps lock for under a second`, `nobody waits`. */
export function whoWaitsWords(steps: readonly StepPreview[]): string {
  const worst = steps.flatMap((step) => step.worst ?? []);
  const isShort = ({ held }: LockPreview) => held !== undefined && held.high < 1000;
  const long = worst.filter((lock) => !isShort(lock));
  if (worst.length === 0) return 'nobody waits';
  if (long.length === 0)
    return worst.length === 1
      ? '1 step locks for under a second'
      : `${worst.length} steps lock for under a second`;
  const who = long.length === 1 ? '1 step makes requests wait' : `${long.length} steps make requests wait`;
  const known = long.flatMap(({ held }) => held?.high ?? []);
  return known.length < long.length ? who : `${who}, for up to ${formatDuration(Math.max(...known))}`;
}

/** How long a step takes, in a few words: `4-9 min`, `instant`, `1 d`, `deploy`. */
export function stepTimeWords({ action, soak, time, untold, class: kind }: StepPreview): string {
  if (action === 'wait') return formatDuration(soak);
  if (action === 'deploy') return 'deploy';
  if (untold !== '') return 'not told';
  return time && kind !== 'instant' ? formatTime(time) : 'instant';
}

/** `everybody waits for 4-9 min, up to 120k requests`; empty where nobody who reads or writes waits. */
export function waitWords({ keeps_out, held, requests }: LockPreview): string {
  if (keeps_out === 'nobody') return '';
  const who = keeps_out === 'everybody' ? 'everybody waits' : 'writers wait';
  const time = held ? ` for ${spanTime(held)}` : '';
  const pile = requests ? `, ${pileWords(requests, keeps_out === 'writers')}` : '';
  return `${who}${time}${pile}`;
}

/** `ACCESS EXCLUSIVE on users` */
export function lockOnWords({ mode, relation }: LockPreview): string {
  return `${lockWords(mode)} on ${relation}`;
}

function pileWords({ low, high }: TimeRange, isBound: boolean): string {
  const count = (requests: number) => formatCount(Math.round(Number(requests.toPrecision(2))));
  if (high < 1) return 'hardly a request';
  return isBound || low < 1 ? `up to ${count(high)} requests` : `${count(low)}-${count(high)} requests`;
}

const calibrations: Readonly<Record<NonNullable<Preview['calibrated_by']>, string>> = {
  same: 'Production is taken to have the same hardware and settings.',
  count: 'How production compares is told from a count there.',
  step: 'How production compares is told from what a step took there.',
};

/** What the times come from, in a sentence or two. */
export function basisWords(preview: Preview): readonly string[] {
  const { basis, measured_on, calibrated_by, calibration_problem } = preview;
  const problem = calibration_problem === undefined ? [] : [calibration_problem];
  if (basis === 'sizes')
    return [
      measured_on === undefined
        ? 'From the sizes in the plan alone: no server was measured, hence the width of the ranges.'
        : `From the sizes in the plan alone: the dry run on ${measured_on} measured none of these steps, hence the width of the ranges.`,
      ...problem,
    ];
  const compared = calibrated_by
    ? calibrations[calibrated_by]
    : 'How production’s server compares with it is not known, hence the width of the ranges.';
  const others = stepsOf(preview).some((step) => step.basis === 'sizes' && step.class !== 'instant')
    ? ['Steps that it could not measure are from the sizes in the plan.']
    : [];
  return [
    `From what a dry run took on ${measured_on}, for the rows of production. ${compared}`,
    ...others,
    ...problem,
  ];
}

/** What a report says beside the times of its run: those of production by step id, and what they come from. */
export function productionTimes(preview: Preview): {
  readonly times: Readonly<Record<string, string>>;
  readonly basis: string;
} {
  const told = stepsOf(preview).filter(({ time }) => time !== undefined);
  return {
    times: Object.fromEntries(told.map((step) => [step.id, stepTimeWords(step)])),
    basis: basisWords(preview).join(' '),
  };
}

/** What piles up behind an instant statement that has to wait for an older transaction, as a sentence. */
export function queueWords({ requests, longest, attempts }: Queue): string {
  const pile = `${formatCount(Math.round(requests))} requests wait, the longest ${formatDuration(longest)}`;
  const again = attempts > 1 ? `, in each of up to ${attempts} attempts` : '';
  return `Even an instant ACCESS EXCLUSIVE lock waits for older transactions, and all others behind it: while one stays open for another second, ${pile}${again}.`;
}
