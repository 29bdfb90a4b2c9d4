import { lockWords } from '../../effects/lock-words.ts';
import type { LockPreview, Preview, StepPreview } from '../../features/preview.ts';
import { formatBytes, formatCount } from '../../rules/figures.ts';
import { clip, displayWidth, pad, printable, wrap } from '../../text/terminal.ts';
import { formatDuration, formatTime } from '../../timing/format.ts';
import type { TimeRange } from '../../timing/model.ts';
import type { Queue } from '../../timing/traffic.ts';
import type { Style } from '../style.ts';

export interface PreviewTextOptions {
  readonly style: Style;
  /** Columns to write in. */
  readonly width: number;
}

/** `preview --format text`: a line a step, its time and who waits, and the sums. Ends in a line break. */
export function formatPreview(preview: Preview, options: PreviewTextOptions): string {
  const { style, width } = options;
  const names = preview.phases.flatMap(({ steps }) => steps.map(({ step }) => displayWidth(clean(step))));
  const nameWidth = Math.min(Math.max(0, ...names), Math.floor(width * 0.35));
  const lines = [
    style.strong(clean(preview.plan) || 'Preview'),
    style.faint(
      `Postgres ${preview.pg_version}, from the plan's figures alone: eight of ten servers are expected within a range.`,
    ),
  ];
  for (const phase of preview.phases) {
    lines.push('', `${style.strong(clean(phase.phase))}  ${style.faint(sumWords(phase))}`);
    for (const step of phase.steps) lines.push(...stepLines(step, nameWidth, options));
  }
  lines.push('', `${style.strong('In all')}  ${sumWords(preview)}`);
  if (preview.queue) lines.push(...wrap(queueWords(preview.queue), width).map(style.faint));
  if (preview.traffic === undefined)
    lines.push(style.faint('Give the peak under `traffic`, e.g. 2000/s, to see how many requests wait.'));
  return `${lines.map((line) => line.trimEnd()).join('\n')}\n`;
}

function clean(text: string): string {
  return printable(text.replace(/\s+/g, ' '));
}

function sumWords({ time, soak, untold }: Pick<Preview, 'time' | 'soak' | 'untold'>): string {
  const parts = [
    time.high > 0 ? formatTime(time) : '',
    soak > 0 ? `${formatDuration(soak)} of soak` : '',
    untold > 0 ? `${untold} ${untold === 1 ? 'step' : 'steps'} not told` : '',
  ].filter((part) => part !== '');
  return parts.join(', ') || 'nothing to wait for';
}

function stepLines(step: StepPreview, nameWidth: number, { style, width }: PreviewTextOptions): string[] {
  const name = pad(clip(clean(step.step), nameWidth), nameWidth);
  const indent = ' '.repeat(nameWidth + 20);
  const time = timeWords(step);
  const room = Math.max(width - indent.length, 30);
  const [lock, ...others] = detail(step).map((line) => wrap(line, room));
  const paint = step.worst ? paintOf(step.worst)(style) : style.faint;
  const [first = '', ...rest] = [...(lock ?? []).map(paint), ...others.flat().map(style.faint)];
  return [
    `  ${name}  ${style.faint(time.padStart(14))}  ${first}`,
    ...rest.map((line) => `${indent}${line}`),
  ];
}

function queueWords({ requests, longest, attempts }: Queue): string {
  const pile = `${formatCount(Math.round(requests))} requests wait, the longest ${formatDuration(longest)}`;
  const again = attempts > 1 ? `, in each of up to ${attempts} attempts` : '';
  return `Even an instant ACCESS EXCLUSIVE lock waits for older transactions, and all others behind it: while one stays open for another second, ${pile}${again}.`;
}

function paintOf({ keeps_out, held }: LockPreview): (style: Style) => (text: string) => string {
  if (keeps_out === 'nobody' || !held || held.high < 1000) return (style) => style.faint;
  return keeps_out === 'everybody' ? (style) => style.error : (style) => style.warning;
}

function timeWords({ action, soak, time, untold, class: kind }: StepPreview): string {
  if (action === 'wait') return formatDuration(soak);
  if (action === 'deploy') return 'deploy';
  if (untold !== '') return 'not told';
  return time && kind !== 'instant' ? formatTime(time) : 'instant';
}

/** What waits, then what else is to be known. */
function detail(step: StepPreview): string[] {
  const { worst, wal, untold, locks } = step;
  const lines: string[] = [];
  const strongest = worst ?? locks[0];
  if (strongest) lines.push(lockLine(strongest));
  if (worst?.pool_lasts !== undefined)
    lines.push(
      `the connection pools are used up after ${formatDuration(worst.pool_lasts)}: then all requests wait`,
    );
  if (wal !== undefined && wal >= 1024 * 1024) lines.push(`${formatBytes(wal)} of WAL for the replicas`);
  if (untold !== '') lines.push(untold);
  return lines;
}

function lockLine({ relation, mode, keeps_out, held, requests }: LockPreview): string {
  const lock = `${lockWords(mode)} on ${clean(relation)}`;
  if (keeps_out === 'nobody') return lock;
  const who = keeps_out === 'everybody' ? 'everybody waits' : 'writers wait';
  const time = held && (held.high < 1000 ? 'under a second' : formatTime(held));
  const pile = requests && pileWords(requests, keeps_out === 'writers');
  return `${lock}: ${who}${time ? ` for ${time}` : ''}${pile ? `, ${pile}` : ''}`;
}

function pileWords({ low, high }: TimeRange, isBound: boolean): string {
  const count = (requests: number) => formatCount(Math.round(Number(requests.toPrecision(2))));
  if (high < 1) return 'hardly a request';
  return isBound || low < 1 ? `up to ${count(high)} requests` : `${count(low)}-${count(high)} requests`;
}
