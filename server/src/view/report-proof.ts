import type { AppCheck, Report, RollbackReport, StepReport } from '../rehearsal/model.ts';
import {
  alikeSegments,
  heldFailures,
  heldGroups,
  leftBehind,
  rollbackWords,
  unwindWords,
} from '../rehearsal/proof-words.ts';
import { escapeHtml, type Html, html, join, raw } from './markup.ts';
import { unique } from './report-words.ts';

/** What was proven of a step, as rows of its list of facts. */
export function proofFacts({ rollback, app }: StepReport): Html[] {
  const facts: Html[] = [];
  if (rollback) {
    const again = rollback.reapplied ? '; applied again after it' : '';
    facts.push(html`<div><dt>Rollback</dt><dd>${badge(rollback)}${again}${ownWord(rollback)}</dd></div>`);
  }
  if (app.length > 0) facts.push(html`<div><dt>Application</dt><dd>${checksWords(app)}</dd></div>`);
  return facts;
}

/** With a mark beside the word, as all is told that is more than a colour. */
function badge({ verdict }: RollbackReport): Html {
  const level =
    verdict === 'drifts' || verdict === 'fails' ? 'bad' : verdict === 'impossible' ? 'caution' : 'ok';
  const words = rollbackWords[verdict].replace(/^rollback /, '');
  return html`<span class="proof ${level}">${words}</span>`;
}

/** The plan's own reason for having none. */
function ownWord({ verdict, reason }: RollbackReport): string {
  return (verdict === 'impossible' || verdict === 'not_needed') && reason !== '' ? `: ${reason}` : '';
}

function checksWords(app: readonly AppCheck[]): Html {
  const versions = unique(app.map(({ version }) => version)).join(', ');
  const failed = app.filter(({ ok }) => !ok).length;
  const held = heldFailures(app).length;
  if (failed === 0 && held > 0)
    return html`<span class="proof caution">${versions}: every statement works, ${held === 1 ? 'one' : held} only once it is prepared anew</span>`;
  if (failed === 0) return html`<span class="proof ok">${versions}: every statement works</span>`;
  const what = failed === 1 ? '1 statement fails' : `${failed} statements fail`;
  return html`<span class="proof bad">${versions}: ${what}</span>`;
}

/** What a rollback left, and what versions could not do, beyond the step's own error. */
export function proofFaults(step: StepReport): Html | '' {
  const { rollback, app, error } = step;
  const left = rollback?.verdict === 'drifts' ? leftBehind(rollback) : [];
  const notes = rollback?.data.notes ?? [];
  const failures = app.filter((one) => !one.ok);
  const parts = [
    left.length > 0
      ? html`<div class="left"><p>Not as before the step:</p><ul>${items(left)}</ul></div>`
      : undefined,
    notes.length > 0 ? html`<div class="left"><ul>${items(notes)}</ul></div>` : undefined,
    ...failures.map((one) => failure(one, one.error?.message === error?.message)),
    heldNotes(app),
  ].filter((part) => part !== undefined);
  return parts.length > 0 ? join(parts) : '';
}

/** What fails where it was prepared before the step; what to do is said once. */
function heldNotes(app: readonly AppCheck[]): Html | undefined {
  const { groups, hints } = heldGroups(app);
  if (groups.length === 0) return undefined;
  const told = groups.map((failures) => {
    const { message = '', code } = failures[0]?.prepared ?? {};
    const state = code === undefined ? '' : html` <span class="code">SQLSTATE ${code}</span>`;
    return html`<p>${message}${state}</p>${join(failures.map(placed))}`;
  });
  return html`<div class="left held">${join(told)}${join(hints.map((hint) => html`<p>${hint}</p>`))}</div>`;
}

function placed({ version, line, statement }: AppCheck): Html {
  const code = raw(`<pre><code>${escapeHtml(statement)}</code></pre>`);
  return html`<p>${version}, line ${line + 1} of the plan:</p>${code}`;
}

function items(words: readonly string[]): Html {
  return join(words.map((one) => html`<li>${one}</li>`));
}

function failure(check: AppCheck, isTold: boolean): Html {
  const { error } = check;
  const message = isTold || !error ? '' : html`<p>${error.message}</p>`;
  return html`<div class="error app">${message}${placed(check)}</div>`;
}

/** What the version that is live before step one could not do. */
export function startFaults({ start }: Report): Html | '' {
  const failures = start.app.filter(({ ok }) => !ok);
  if (failures.length === 0) return '';
  return html`<section class="start" aria-labelledby="start"><h2 id="start">Before step one</h2>
${join(failures.map((one) => failure(one, false)))}</section>`;
}

/** How far the plan can be rolled back, from where. */
export function unwound(report: Report): Html | '' {
  const groups = alikeSegments(report);
  if (groups.length === 0) return '';
  const told = groups.map((segments) => {
    const last = segments.at(-1);
    const isBad = last?.verdict === 'drifts' || last?.verdict === 'fails';
    const left = last?.verdict === 'drifts' ? leftBehind(last) : [];
    return html`<li><span class="proof ${isBad ? 'bad' : 'ok'}">${unwindWords(segments, report.steps)}</span>${
      left.length > 0 ? html`<ul>${items(left)}</ul>` : ''
    }</li>`;
  });
  return html`<section class="unwind" aria-labelledby="unwind"><h2 id="unwind">Rolling everything back</h2>
<ul>${join(told)}</ul></section>`;
}
