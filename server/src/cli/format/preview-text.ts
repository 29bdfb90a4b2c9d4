import type { LockPreview, Preview, StepPreview } from '../../features/preview.ts';
import {
  basisWords,
  lockOnWords,
  queueWords,
  stepTimeWords,
  sumWords,
  timeNotes,
  waitWords,
} from '../../features/preview-words.ts';
import { formatBytes } from '../../text/amounts.ts';
import { clip, displayWidth, pad, printable, wrap } from '../../text/terminal.ts';
import { formatDuration } from '../../timing/format.ts';
import type { Style } from '../style.ts';

export interface PreviewTextOptions {
  readonly style: Style;
  /** Columns to write in. */
  readonly width: number;
}

const noWait = 'nothing to wait for';

const within = 'Eight of ten times are expected within a range.';

/** `preview --format text`: a line a step, its time and who waits, and the sums. Ends in a line break. */
export function formatPreview(preview: Preview, options: PreviewTextOptions): string {
  const { style, width } = options;
  const names = preview.phases.flatMap(({ steps }) => steps.map(({ step }) => displayWidth(clean(step))));
  const nameWidth = Math.min(Math.max(0, ...names), Math.floor(width * 0.35));
  const lines = [
    style.strong(clean(preview.plan) || 'Preview'),
    ...wrap(`Postgres ${preview.pg_version}. ${basisWords(preview).join(' ')} ${within}`, width).map(
      style.faint,
    ),
  ];
  for (const phase of preview.phases) {
    lines.push('', `${style.strong(clean(phase.phase))}  ${style.faint(sumWords(phase) || noWait)}`);
    for (const step of phase.steps) lines.push(...stepLines(step, preview, nameWidth, options));
  }
  lines.push('', `${style.strong('In all')}  ${sumWords(preview) || noWait}`);
  if (preview.queue) lines.push(...wrap(queueWords(preview.queue), width).map(style.faint));
  if (preview.traffic === undefined)
    lines.push(style.faint('Give the peak under `traffic`, e.g. 2000/s, to see how many requests wait.'));
  return `${lines.map((line) => line.trimEnd()).join('\n')}\n`;
}

function clean(text: string): string {
  return printable(text.replace(/\s+/g, ' '));
}

function stepLines(
  step: StepPreview,
  preview: Preview,
  nameWidth: number,
  { style, width }: PreviewTextOptions,
): string[] {
  const name = pad(clip(clean(step.step), nameWidth), nameWidth);
  const indent = ' '.repeat(nameWidth + 20);
  const time = stepTimeWords(step);
  const room = Math.max(width - indent.length, 30);
  const [lock, ...others] = detail(step, preview).map((line) => wrap(line, room));
  const paint = step.worst ? paintOf(step.worst)(style) : style.faint;
  const [first = '', ...rest] = [...(lock ?? []).map(paint), ...others.flat().map(style.faint)];
  return [
    `  ${name}  ${style.faint(time.padStart(14))}  ${first}`,
    ...rest.map((line) => `${indent}${line}`),
  ];
}

function paintOf({ keeps_out, held }: LockPreview): (style: Style) => (text: string) => string {
  if (keeps_out === 'nobody' || !held || held.high < 1000) return (style) => style.faint;
  return keeps_out === 'everybody' ? (style) => style.error : (style) => style.warning;
}

/** What waits, then what else is to be known. */
function detail(step: StepPreview, preview: Preview): string[] {
  const { worst, wal, untold, locks } = step;
  const lines: string[] = [];
  const strongest = worst ?? locks[0];
  if (strongest) lines.push(lockLine(strongest));
  if (worst?.pool_lasts !== undefined)
    lines.push(
      `the connection pools are used up after ${formatDuration(worst.pool_lasts)}: then all requests wait`,
    );
  if (wal !== undefined && wal >= 1024 * 1024) lines.push(`${formatBytes(wal)} of WAL for the replicas`);
  lines.push(...timeNotes(step, preview));
  if (untold !== '') lines.push(untold);
  return lines;
}

function lockLine(lock: LockPreview): string {
  const waits = waitWords(lock);
  return `${clean(lockOnWords(lock))}${waits === '' ? '' : `: ${waits}`}`;
}
