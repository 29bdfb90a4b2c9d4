import type { Preview, StepPreview } from '../features/preview.ts';
import {
  basisWords,
  queueWords,
  stepsOf,
  stepTimeWords,
  sumWords,
  waitWords,
} from '../features/preview-words.ts';
import type { Timing } from '../features/timing.ts';
import { formatBytes } from '../text/amounts.ts';
import { formatDuration, formatMeasured, formatTime } from '../timing/format.ts';
import { type Html, html, join, raw, unbroken } from './markup.ts';
import { stepLink } from './page.ts';
import { describeLock } from './report-words.ts';

export interface TimingSection extends Timing {
  /** Zero-based lines of the plan, by step id. */
  readonly lines: Readonly<Record<string, number>>;
  /** Inside the editor, where steps can be jumped to. */
  readonly interactive: boolean;
  /** ms that a dry run took for a step, by its id; absent where it says nothing of production. */
  readonly measured?: Readonly<Record<string, number>>;
}

/** What a plan costs production: what to know of it, the timeline, and a table for each phase. */
export function timingSection(section: TimingSection): Html {
  const { preview } = section;
  const columns = columnsOf(section);
  return html`${timelineFigure(section)}
${notes(section)}
${join(preview.phases.map((phase, at) => phaseTable(phase, at, columns, section)))}`;
}

/** The timeline alone, with what its bars mean. */
export function timelineFigure({ preview, timeline }: Timing): Html {
  return html`<figure class="timing">
${patterns}
<div class="wide">${raw(timeline.wide)}</div>
<div class="narrow">${raw(timeline.narrow)}</div>
<figcaption><p id="timeline-title">How long each step takes once it has its lock, on a logarithmic scale: eight of ten servers within its bar, half of them before its mark. Soaks are not to scale.</p><p>${legend(preview)}</p></figcaption>
</figure>`;
}

function notes({ preview }: TimingSection): Html {
  const { queue, traffic } = preview;
  const lines = [
    ...basisWords(preview),
    ...(queue ? [queueWords(queue)] : []),
    ...(traffic === undefined
      ? ['Give the peak under traffic, e.g. 2000/s, to see how many requests wait.']
      : []),
  ];
  return html`<section class="notes" aria-labelledby="timing-notes"><h3 id="timing-notes">What to know about these times</h3>
<ul>${join(lines.map((line) => html`<li>${line}</li>`))}</ul></section>`;
}

const looks = {
  everybody: 'every read and write waits',
  writers: 'writes wait',
  nobody: 'nobody waits',
  soak: 'soak',
} as const;

/** The bars that there are. */
function legend({ phases }: Preview): Html {
  const steps = phases.flatMap((phase) => phase.steps);
  const used = new Set(
    steps.flatMap(({ action, time, worst }) =>
      action === 'wait' ? 'soak' : time ? (worst?.keeps_out ?? 'nobody') : [],
    ),
  );
  return join(
    Object.entries(looks)
      .filter(([look]) => used.has(look as keyof typeof looks))
      .map(
        ([look, words]) =>
          html`<span class="key"><svg width="24" height="12" aria-hidden="true" focusable="false"><rect width="24" height="12" fill="var(--${look})"/><rect width="24" height="12" fill="url(#pattern-${look})"/></svg>${words}</span>`,
      ),
  );
}

/** Told apart without colours too: stripes, dots, nothing, and gaps. */
const patterns: Html =
  raw(`<svg class="patterns" width="0" height="0" aria-hidden="true" focusable="false"><defs>
<pattern id="pattern-everybody" width="6" height="6" patternUnits="userSpaceOnUse"><path d="M-1 1L1 -1M0 6L6 0M5 7L7 5" stroke="var(--stripe)" stroke-width="1.5"/></pattern>
<pattern id="pattern-writers" width="6" height="6" patternUnits="userSpaceOnUse"><circle cx="3" cy="3" r="1.5" fill="var(--stripe)"/></pattern>
<pattern id="pattern-nobody" width="6" height="6" patternUnits="userSpaceOnUse"></pattern>
<pattern id="pattern-soak" width="8" height="14" patternUnits="userSpaceOnUse"><path d="M6 0V14" stroke="var(--stripe)" stroke-width="4"/></pattern>
</defs></svg>`);

interface Column {
  readonly title: string;
  /** It holds a figure, no words. */
  readonly isShort?: true;
  /** Empty where it has nothing to say of the step. */
  readonly cell: (step: StepPreview) => Html | string;
}

/** A column that no step has anything in is left out. */
function columnsOf({ preview, measured }: TimingSection): readonly Column[] {
  const steps = stepsOf(preview);
  const isMixed = preview.basis === 'measured' && steps.some(({ basis }) => basis === 'sizes');
  const all: readonly Column[] = [
    { title: 'Time', cell: (step) => timeCell(step, isMixed) },
    { title: 'Dry run', isShort: true, cell: ({ id }) => dryRunTime(measured?.[id]) },
    { title: 'Lock', cell: lockCell },
    { title: 'Who waits', cell: ({ worst }) => (worst ? unbroken(waitWords(worst)) : '') },
    { title: 'WAL', isShort: true, cell: ({ wal }) => sizeCell(wal) },
    { title: 'Disk', isShort: true, cell: ({ disk }) => sizeCell(disk) },
  ];
  return all.filter(({ cell }) => steps.some((step) => cell(step) !== ''));
}

/** What is worth a word: the rest is lost among what Postgres writes anyway. */
function sizeCell(bytes: number | undefined): string {
  return bytes !== undefined && bytes >= 1024 * 1024 ? formatBytes(bytes) : '';
}

function phaseTable(
  phase: Preview['phases'][number],
  at: number,
  columns: readonly Column[],
  section: TimingSection,
): Html {
  const { preview, lines, interactive } = section;
  const first = preview.phases.slice(0, at).reduce((sum, { steps }) => sum + steps.length, 0);
  const rows = phase.steps.map((step, index) => {
    const link = stepLink(step.step, { index: first + index, line: lines[step.id] ?? 0 }, interactive);
    const cells = columns.map(({ title, cell }) => {
      const content = cell(step);
      // Stacked on a narrow page, where a row without the fact has no line for it.
      return html`<td role="cell" data-title="${title}"${content === '' ? raw(' class="none"') : ''}>${content}</td>`;
    });
    return html`<tr role="row"><th role="rowheader" scope="row">${link}</th>${join(cells)}</tr>`;
  });
  const sum = sumWords(phase);
  const heads = columns.map(
    ({ title, isShort }) =>
      html`<th role="columnheader" scope="col"${isShort ? raw(' class="short"') : ''}>${title}</th>`,
  );
  return html`<section class="timing" aria-labelledby="timing-${at}">
<h3 id="timing-${at}">${phase.phase}${sum === '' ? '' : html` <span class="sum">${sum}</span>`}</h3>
<table class="steps" role="table"><thead role="rowgroup"><tr role="row"><th role="columnheader" scope="col">Step</th>${join(heads)}</tr></thead>
<tbody role="rowgroup">${join(rows)}</tbody></table>
</section>`;
}

function timeCell(step: StepPreview, isMixed: boolean): Html {
  const { time, untold, class: kind, basis, estimate } = step;
  if (untold !== '') return html`not known. ${untold}`;
  const isLong = time && kind !== 'instant' && time.high >= 1000;
  const parts = [
    unbroken(stepTimeWords(step)),
    isLong
      ? html`<span class="likely">half by ${formatDuration(Number(time.likely.toPrecision(2)))}</span>`
      : undefined,
    isLong && isMixed && basis === 'sizes' ? html`<span class="likely">from sizes</span>` : undefined,
    estimate?.contradicted
      ? html`<span class="warn">the estimate of ${estimateWords(estimate)} is ${estimate.contradicted}</span>`
      : undefined,
  ];
  return join(
    parts.flatMap((part) => part ?? []),
    ' ',
  );
}

function estimateWords({ min, max }: { readonly min: number; readonly max: number }): string {
  return formatTime({ low: min, likely: min, high: max });
}

function dryRunTime(ms: number | undefined): string {
  return ms === undefined ? '' : formatMeasured(ms);
}

function lockCell({ worst, locks }: StepPreview): Html | string {
  const lock = worst ?? locks[0];
  if (!lock) return '';
  const { name, level } = describeLock(lock.mode);
  return html`<span class="lock ${level}">${name}</span> on ${lock.relation}`;
}
