import type { StepPreview } from '../features/preview.ts';
import { stepsOf, stepTimeWords, sumWords, waitWords, whoWaitsWords } from '../features/preview-words.ts';
import type { Timing } from '../features/timing.ts';
import { loadWords, runLoadWords } from '../rehearsal/load-words.ts';
import type { Report, RunLoad, StatementError, StatementReport, StepReport } from '../rehearsal/model.ts';
import { formatBytes, formatWhole } from '../text/amounts.ts';
import { formatMeasured } from '../timing/format.ts';
import { icon } from './icons.ts';
import { escapeHtml, type Html, html, join, raw, unbroken } from './markup.ts';
import { page, stepLink } from './page.ts';
import { loadSection } from './report-load.ts';
import { proofFacts, proofFaults, startFaults, unwound } from './report-proof.ts';
import { describeLock, statusWords, strongestLock, unique, verdictWords } from './report-words.ts';
import { timingSection } from './timing-section.ts';

export interface ReportPage {
  readonly report: Report;
  /** What the plan will cost production; undefined where that is not told. */
  readonly timing: Timing | undefined;
  /** The plan's path as people know it. */
  readonly planName: string;
  /** Its URI, inside the editor, where steps can be jumped to; undefined for a file of its own without any script. */
  readonly plan: string | undefined;
  /** For the one style and the one script; a new one for every page. */
  readonly nonce: string;
}

/** The report as a whole HTML document. Everything that comes from a plan or from Postgres is escaped. */
export function renderReport(content: ReportPage): string {
  const { report, timing, plan, nonce } = content;
  const interactive = plan !== undefined;
  return page(
    { title: `Dry run: ${report.plan}`, nonce, plan },
    html`${header(content, interactive)}
${ownError(report)}
${notes(report)}
${startFaults(report)}
${phases(content, interactive)}
${unwound(report)}
${loadSection(report, interactive)}
${timing ? production(timing, report, interactive) : ''}`,
  );
}

function header({ report, timing, planName }: ReportPage, interactive: boolean): Html {
  const filled = Object.entries(report.rows);
  const filledUp = (table: string) => {
    const before = report.amplified?.[table];
    return before === undefined ? '' : ` (filled up from ${formatWhole(before)})`;
  };
  return html`<header>
<h1>${report.plan}</h1>
<p class="verdict ${report.verdict}">${icon(report.verdict)}<strong>${verdictWords[report.verdict]}</strong> ${verdictDetail(report)}${stoppedAt(report, interactive)}</p>
<dl class="facts">
<div><dt>Plan</dt><dd>${planName}</dd></div>
${
  // A plan with errors of its own does not even get a Postgres.
  report.engine === ''
    ? ''
    : html`<div><dt>Ran on</dt><dd>${report.engine}</dd></div>
<div><dt>Took</dt><dd>${formatMeasured(report.ms)}</dd></div>`
}
${
  filled.length > 0
    ? html`<div><dt>${report.copied ? 'Rows' : 'Fabricated rows'}</dt><dd>${filled.map(([table, rows]) => `${table} ${formatWhole(rows)}${filledUp(table)}`).join(', ')}</dd></div>`
    : ''
}
${report.load ? html`<div><dt>Under load</dt><dd><a href="#load">${runLoadWords(report.load).join(' ').replace('Under load: ', '')}</a></dd></div>` : ''}
${
  timing
    ? html`<div><dt>In production</dt><dd><a href="#production">${sumWords(timing.preview) || 'no time'}; ${whoWaitsWords(stepsOf(timing.preview))}</a></dd></div>`
    : ''
}
</dl>
${
  interactive
    ? html`<p class="actions"><button type="button" data-command="run">Run again</button>${expandButton(report)}<button type="button" data-command="save">Save as HTML…</button></p>`
    : ''
}
</header>`;
}

function expandButton({ steps }: Report): Html | '' {
  return steps.some(({ statements }) => statements.length > 0)
    ? html`<button type="button" data-command="expand">Show all statements</button>`
    : '';
}

/** What is wrong with the run as a whole; a step's error stands with its step. */
function ownError({ error: whole, steps }: Report): Html | '' {
  if (!whole || steps.some((step) => step.error?.message === whole.message)) return '';
  return html`<section class="error" role="alert">${error(whole)}</section>`;
}

/** The steps that failed, so that nobody has to look for them. */
function stoppedAt({ steps }: Report, interactive: boolean): Html | '' {
  const failed = steps.flatMap((step, index) => (step.status === 'failed' ? [{ step, index }] : []));
  if (failed.length === 0) return '';
  const links = failed
    .slice(0, 5)
    .map(
      ({ step, index }, at) =>
        html`${at > 0 ? ', ' : ''}${stepLink(step.step, { index, line: step.line }, interactive)}`,
    );
  const more = failed.length > links.length ? ` and ${failed.length - links.length} more` : '';
  const isStopped = steps.some(({ status }) => status === 'skipped');
  const words = isStopped && failed.length === 1 ? 'It stopped at' : 'See';
  return html`. ${words} ${join(links)}${more}`;
}

function verdictDetail({ steps }: Report): string {
  if (steps.length === 0) return '';
  const count = (status: StepReport['status']) => steps.filter((step) => step.status === status).length;
  const parts = (['passed', 'failed', 'cancelled', 'skipped'] as const)
    .filter((status) => count(status) > 0)
    .map((status) => `${count(status)} ${statusWords[status].toLowerCase()}`);
  const total = steps.length === 1 ? '1 step' : `${steps.length} steps`;
  return parts.length > 0 ? `${total}: ${parts.join(', ')}` : total;
}

function notes(report: Report): Html | '' {
  if (report.notes.length === 0) return '';
  return html`<section class="notes" aria-labelledby="notes"><h2 id="notes">What to know about this run</h2>
<ul>${join(report.notes.map((note) => html`<li>${note}</li>`))}</ul></section>`;
}

/** Steps in their order, under their phases. */
function phases({ report: { steps, load }, timing }: ReportPage, interactive: boolean): Html {
  const predicted = new Map(
    timing?.preview.phases.flatMap((phase) => phase.steps.map((step) => [step.id, step] as const)),
  );
  const groups: { phase: string; steps: { step: StepReport; index: number }[] }[] = [];
  steps.forEach((step, index) => {
    const last = groups.at(-1);
    if (last?.phase === step.phase) last.steps.push({ step, index });
    else groups.push({ phase: step.phase, steps: [{ step, index }] });
  });
  return join(
    groups.map(
      (group, number) => html`<section class="phase" aria-labelledby="phase-${number}">
<h2 id="phase-${number}">${group.phase}</h2>
<ol>${join(group.steps.map((entry) => stepItem(entry.step, entry.index, { predicted: predicted.get(entry.step.id), load }, interactive)))}</ol>
</section>`,
    ),
  );
}

/** ms that Postgres was busy with the step's statements, without what observing them took. */
function statementTime({ statements }: StepReport): number {
  return statements.reduce((sum, { ms }) => sum + ms, 0);
}

interface Besides {
  readonly predicted: StepPreview | undefined;
  /** Of the whole run. */
  readonly load: RunLoad | undefined;
}

function stepItem(step: StepReport, index: number, besides: Besides, interactive: boolean): Html {
  const name = stepLink(step.step, { index, line: step.line }, interactive);
  return html`<li class="step ${step.status}">
<div class="head"><span class="status">${icon(step.status)}${statusWords[step.status]}</span><h3>${name}</h3><span class="action">${step.action}</span>${
    step.statements.every(({ status }) => status === 'skipped')
      ? ''
      : html`<span class="time">${formatMeasured(statementTime(step))}</span>`
  }</div>
${step.summary ? html`<p class="summary">${summary(step)}</p>` : ''}
${didList(step, besides)}
${step.error ? html`<div class="error">${error(step.error)}</div>` : ''}
${proofFaults(step)}
${statements(step)}
</li>`;
}

/** The step's summary in a few words; a verified value alone would say nothing. */
function summary({ action, status, summary }: StepReport): string {
  return action === 'verify' && status === 'passed' ? `The result is ${summary}, as expected.` : summary;
}

/** What Postgres did, for the step as a whole, and what it will cost production. */
function didList(step: StepReport, { predicted, load }: Besides): Html | '' {
  const ran = step.statements.filter(({ status }) => status !== 'skipped');
  const lock = strongestLock(ran);
  const rewrites = unique(ran.flatMap((statement) => statement.rewrites));
  const scans = unique(ran.flatMap((statement) => statement.scans));
  const wal = ran.reduce((sum, statement) => sum + statement.wal_bytes, 0);
  const facts: Html[] = [];
  if (lock) {
    const { name, meaning, level } = describeLock(lock.mode);
    facts.push(
      html`<div><dt>Strongest lock</dt><dd><span class="lock ${level}">${name}</span> on ${lock.relations.join(', ')}: ${meaning}${lock.static ? ' (known)' : ''}</dd></div>`,
    );
  }
  if (rewrites.length > 0)
    facts.push(html`<div><dt>Rewrote</dt><dd class="warn">${rewrites.join(', ')}</dd></div>`);
  if (scans.length > 0) facts.push(html`<div><dt>Read in full</dt><dd>${scans.join(', ')}</dd></div>`);
  if (wal > 0) facts.push(html`<div><dt>WAL</dt><dd>${formatBytes(wal)}</dd></div>`);
  if (load && step.load)
    facts.push(html`<div><dt>Under load</dt><dd>${loadWords(step.load, load)}</dd></div>`);
  facts.push(...proofFacts(step));
  if (predicted) facts.push(...inProduction(predicted));
  return facts.length > 0 ? html`<dl class="did">${join(facts)}</dl>` : '';
}

/** Nothing where it changes nothing. */
function inProduction(step: StepPreview): Html[] {
  if (step.action === 'wait' || step.action === 'deploy' || step.untold !== '') return [];
  const waits = step.worst ? waitWords(step.worst) : '';
  const words = `${stepTimeWords(step)}${waits === '' ? '' : `; ${waits}`}`;
  const source = step.basis === 'sizes' ? html` <span class="likely">from sizes</span>` : '';
  return [html`<div><dt>In production</dt><dd>${unbroken(words)}${source}</dd></div>`];
}

/** What the plan will cost production. */
function production({ preview, timeline }: Timing, report: Report, interactive: boolean): Html {
  const lines = Object.fromEntries(report.steps.map(({ id, line }) => [id, line]));
  // On the embedded Postgres, and on what was not measured, times say nothing of production.
  const measured =
    preview.basis === 'measured'
      ? Object.fromEntries(
          report.steps.flatMap((step) =>
            step.statements.some(({ status }) => status === 'passed') ? [[step.id, statementTime(step)]] : [],
          ),
        )
      : undefined;
  return html`<section aria-labelledby="production"><h2 id="production">In production</h2>
${timingSection({ preview, timeline, lines, interactive, ...(measured && { measured }) })}</section>`;
}

function error({ message, code, detail, hint }: StatementError): Html {
  return html`<p>${message}${code === undefined ? '' : html` <span class="code">SQLSTATE ${code}</span>`}</p>
${detail ? html`<p>${detail}</p>` : ''}${hint ? html`<p>Hint: ${hint}</p>` : ''}`;
}

/** The step's own statements, and those of its rollback; open where one of them failed. */
function statements(step: StepReport): Html {
  const { statements: own, rollback } = step;
  return join([
    ...statementList(own, step, ''),
    ...(rollback ? statementList(rollback.statements, step, ' of the rollback') : []),
  ]);
}

function statementList(list: readonly StatementReport[], step: StepReport, of: string): Html[] {
  if (list.length === 0) return [];
  const title = `${list.length === 1 ? '1 statement' : `${list.length} statements`}${of}`;
  const isOpen = list.some(({ status }) => status === 'failed');
  return [
    html`<details${isOpen ? raw(' open') : ''}><summary>${title}</summary>
${join(list.map((statement) => statementBlock(statement, step)))}</details>`,
  ];
}

function statementBlock(statement: StatementReport, step: StepReport): Html {
  const locks = unique(
    statement.locks.map(
      ({ relation, mode, source }) =>
        `${describeLock(mode).name} on ${relation}${source === 'static' ? ' (known)' : ''}`,
    ),
  );
  const rows: [string, string][] = [];
  if (locks.length > 0) rows.push(['Locks', locks.join('; ')]);
  if (statement.rewrites.length > 0) rows.push(['Rewrote', statement.rewrites.join(', ')]);
  if (statement.scans.length > 0) rows.push(['Read in full', statement.scans.join(', ')]);
  if (statement.wal_bytes > 0) rows.push(['WAL', formatBytes(statement.wal_bytes)]);
  if (statement.rows !== undefined) rows.push(['Rows', formatWhole(statement.rows)]);
  if (statement.runs !== 1 && statement.status !== 'skipped')
    rows.push(['Ran', `${formatWhole(statement.runs)} times`]);
  if (statement.status !== 'skipped') rows.push(['Time', formatMeasured(statement.ms)]);
  const repeated = statement.error && step.error && statement.error.message === step.error.message;
  return html`<div class="statement ${statement.status}">
<pre><code>${statement.sql}</code></pre>
<p class="status">${icon(statement.status)}${statusWords[statement.status]}</p>
${statement.error && !repeated ? html`<div class="error">${error(statement.error)}</div>` : ''}
${rows.length > 0 ? html`<table><tbody>${join(rows.map(([key, value]) => html`<tr><th scope="row">${key}</th><td>${value}</td></tr>`))}</tbody></table>` : ''}
</div>`;
}

/** The text of an HTML page that says why there is no report. */
export function renderMessage(message: string): string {
  return `<!DOCTYPE html><html lang="en"><head><meta charset="UTF-8"><meta http-equiv="Content-Security-Policy" content="default-src 'none'"></head><body><p>${escapeHtml(message)}</p></body></html>`;
}
