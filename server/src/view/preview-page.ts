import type { Preview, StepPreview } from '../features/preview.ts';
import { queueWords, stepTimeWords, sumWords, waitWords } from '../features/preview-words.ts';
import { formatBytes, formatWhole } from '../text/amounts.ts';
import { formatDuration, spanTime } from '../timing/format.ts';
import { type Html, html, join, raw } from './markup.ts';
import { describeLock } from './report-words.ts';
import { script } from './script.ts';
import { style } from './style.ts';

export interface PreviewPage {
  readonly preview: Preview;
  /** Zero-based, by step id. */
  readonly lines: Readonly<Record<string, number>>;
  /** Of our own making, without styles or scripts. */
  readonly svg: string;
  readonly planName: string;
  /** The plan's URI. */
  readonly plan: string;
  /** For the one style and the one script; a new one for every page. */
  readonly nonce: string;
}

/** The preview as a whole HTML document. Everything that comes from a plan is escaped. */
export function renderPreview({ preview, lines, svg, planName, plan, nonce }: PreviewPage): string {
  return html`<!DOCTYPE html>
<html lang="en">
<head>
<meta charset="UTF-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta http-equiv="Content-Security-Policy" content="default-src 'none'; style-src 'nonce-${nonce}'; script-src 'nonce-${nonce}'">
<title>Timing: ${preview.plan}</title>
<style nonce="${nonce}">${raw(style + ownStyle)}</style>
</head>
<body>
<main data-plan="${plan}" data-run="${nonce}">
<header>
<h1>${preview.plan}</h1>
<dl class="facts">
<div><dt>Plan</dt><dd>${planName}</dd></div>
<div><dt>Production</dt><dd>PostgreSQL ${preview.pg_version}</dd></div>
<div><dt>At peak</dt><dd>${preview.traffic === undefined ? 'not told' : `${formatWhole(preview.traffic)} requests/s`}</dd></div>
<div><dt>Steps take</dt><dd>${spanTime(preview.time)}${preview.untold > 0 ? `, and ${preview.untold} of unknown time` : ''}</dd></div>
<div><dt>Soak</dt><dd>${preview.soak > 0 ? formatDuration(preview.soak) : 'none'}</dd></div>
</dl>
<p class="actions"><button type="button" data-command="refresh">Tell anew</button></p>
</header>
${notes(preview)}
<figure>
${patterns}
${raw(svg)}
<figcaption id="timeline-title">Time of each step once it has its lock, on a logarithmic scale: eight of ten servers within a bar, half of them before its mark. ${legend}</figcaption>
</figure>
${join(preview.phases.map((phase, at) => phaseTable(phase, at, preview, lines)))}
</main>
<script nonce="${nonce}">${raw(script)}</script>
</body>
</html>`.text;
}

function notes({ queue, traffic }: Preview): Html {
  const lines = [
    'From the sizes in the plan alone: no server was measured, hence the width of the ranges.',
    ...(queue ? [queueWords(queue)] : []),
    ...(traffic === undefined
      ? ['Give the peak under traffic, e.g. 2000/s, to see how many requests wait.']
      : []),
  ];
  return html`<section class="notes" aria-labelledby="notes"><h2 id="notes">What to know about this preview</h2>
<ul>${join(lines.map((line) => html`<li>${line}</li>`))}</ul></section>`;
}

const looks = {
  everybody: 'every read and write waits',
  writers: 'writes wait',
  nobody: 'nobody waits',
  soak: 'soak',
} as const;

const legend: Html = join(
  Object.entries(looks).map(
    ([look, words]) =>
      html`<span class="key"><svg width="24" height="12" aria-hidden="true" focusable="false"><rect width="24" height="12" fill="var(--${look})"/><rect width="24" height="12" fill="url(#pattern-${look})"/></svg>${words}</span>`,
  ),
);

/** Told apart without colours too: stripes, dots, nothing, and a faint one. */
const patterns: Html = raw(`<svg width="0" height="0" aria-hidden="true" focusable="false"><defs>
<pattern id="pattern-everybody" width="6" height="6" patternUnits="userSpaceOnUse"><path d="M-1 1L1 -1M0 6L6 0M5 7L7 5" stroke="var(--stripe)" stroke-width="1.5"/></pattern>
<pattern id="pattern-writers" width="6" height="6" patternUnits="userSpaceOnUse"><circle cx="3" cy="3" r="1.5" fill="var(--stripe)"/></pattern>
<pattern id="pattern-nobody" width="6" height="6" patternUnits="userSpaceOnUse"></pattern>
<pattern id="pattern-soak" width="6" height="6" patternUnits="userSpaceOnUse"></pattern>
</defs></svg>`);

function phaseTable(
  part: Preview['phases'][number],
  at: number,
  preview: Preview,
  lines: Readonly<Record<string, number>>,
): Html {
  const first = preview.phases.slice(0, at).reduce((sum, each) => sum + each.steps.length, 0);
  const sum = sumWords(part);
  return html`<section class="phase" aria-labelledby="phase-${at}">
<h2 id="phase-${at}">${part.phase}${sum === '' ? '' : html` <span class="sum">${sum}</span>`}</h2>
<table class="steps"><thead><tr><th scope="col">Step</th><th scope="col">Time</th><th scope="col">Lock</th><th scope="col">Who waits</th><th scope="col">WAL</th></tr></thead>
<tbody>${join(part.steps.map((step, index) => stepRow(step, first + index, lines[step.id] ?? 0)))}</tbody></table>
</section>`;
}

function stepRow(step: StepPreview, index: number, line: number): Html {
  const lock = step.worst ?? step.locks[0];
  const named = lock && describeLock(lock.mode);
  return html`<tr><th scope="row"><button type="button" class="link" data-step="${index}" title="Go to line ${line + 1} of the plan">${step.step}</button></th>
<td>${timeOf(step)}</td>
<td>${lock && named ? html`<span class="lock ${named.level}">${named.name}</span> on ${lock.relation}` : ''}</td>
<td>${step.worst ? waitWords(step.worst) : ''}</td>
<td>${step.wal !== undefined && step.wal >= 1024 * 1024 ? formatBytes(step.wal) : ''}</td></tr>`;
}

function timeOf(step: StepPreview): string {
  return step.untold === '' ? stepTimeWords(step) : `not known. ${step.untold}`;
}

const ownStyle = `
:root {
  --everybody: var(--bad);
  --writers: var(--caution);
  --nobody: var(--ok);
  --soak: var(--vscode-scrollbarSlider-background, #c8c8c8);
  --text: var(--vscode-foreground, #1f1f1f);
  --grid: var(--vscode-editorIndentGuide-background1, #d8d8d8);
  --stripe: var(--vscode-editor-background, #ffffff);
}
figure { margin: 20px 0 8px; overflow-x: auto; }
figcaption { color: var(--faint); }
.timeline { width: 100%; min-width: 640px; height: auto; }
.timeline text { font-family: var(--vscode-font-family, system-ui, sans-serif); font-size: 12px; }
.key { white-space: nowrap; margin-left: 10px; }
.key svg { margin-right: 5px; vertical-align: -1px; }
.sum { font-weight: normal; color: var(--faint); margin-left: 8px; }
.steps { width: 100%; }
.steps th, .steps td { text-align: left; vertical-align: top; padding: 4px 14px 4px 0; border-bottom: 1px solid var(--line); white-space: normal; }
.steps tbody th { color: inherit; width: 30%; }
`;
