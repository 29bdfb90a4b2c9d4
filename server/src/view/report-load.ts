import type { LoadError, LoadReport, Report } from '../rehearsal/model.ts';
import { formatWhole } from '../text/amounts.ts';
import { formatMeasured } from '../timing/format.ts';
import { type Html, html, join, raw } from './markup.ts';
import { stepLink } from './page.ts';

/** What the application's requests felt, step by step; nothing where the plan was not rehearsed under load. */
export function loadSection({ load, steps }: Report, interactive: boolean): Html | '' {
  if (!load) return '';
  const rows = [
    { name: html`Before step one`, felt: load.before },
    ...steps.flatMap((step, index) =>
      step.load
        ? { name: stepLink(step.step, { index, line: step.line }, interactive), felt: step.load }
        : [],
    ),
    { name: html`From step one to the end`, felt: load.total },
  ];
  const columns = columnsOf(load.late_after, load.max_wait).filter(
    ({ isAlways, cell }) => isAlways || rows.some(({ felt }) => cell(felt) !== ''),
  );
  const heads = ['While', ...columns.map(({ title }) => title)];
  return html`<section aria-labelledby="load"><h2 id="load">Under load</h2>
<table class="steps" role="table"><thead role="rowgroup"><tr role="row">${join(heads.map((title) => html`<th role="columnheader" scope="col">${title}</th>`))}</tr></thead>
<tbody role="rowgroup">${join(rows.map(({ name, felt }) => row(name, felt, columns)))}</tbody></table>
${errors(load.total.errors)}</section>`;
}

interface Column {
  readonly title: string;
  readonly isAlways?: true;
  /** Empty where there is nothing to tell. */
  readonly cell: (felt: LoadReport) => string;
  /** Whether it is worse than what was allowed. */
  readonly isBad?: (felt: LoadReport) => boolean;
}

function columnsOf(lateAfter: number, maxWait: number | undefined): readonly Column[] {
  const time = (ms: number | undefined) => (ms === undefined ? 'none came back' : formatMeasured(ms));
  const count = (n: number) => (n > 0 ? formatWhole(n) : '');
  return [
    { title: 'Requests', isAlways: true, cell: ({ requests }) => formatWhole(requests) },
    { title: 'Half within', isAlways: true, cell: ({ p50 }) => time(p50) },
    { title: '99 % within', isAlways: true, cell: ({ p99 }) => time(p99) },
    {
      title: 'Worst',
      isAlways: true,
      cell: ({ worst }) => time(worst),
      isBad: ({ worst }) => maxWait !== undefined && (worst === undefined || worst > maxWait),
    },
    {
      title: 'Longest stall',
      cell: ({ longest_stall: stall }) => (stall >= shortStall ? formatMeasured(stall) : ''),
    },
    { title: `Over ${formatMeasured(lateAfter)}`, cell: ({ late }) => count(late) },
    { title: 'No free connection', cell: ({ queued }) => count(queued) },
    { title: 'Failed', cell: ({ failed }) => count(failed), isBad: ({ failed }) => failed > 0 },
  ];
}

/** ms: less is how requests come in anyway. */
const shortStall = 100;

function row(name: Html, felt: LoadReport, columns: readonly Column[]): Html {
  const cells = columns.map(({ title, cell, isBad }) => {
    const content = cell(felt);
    const words =
      isBad?.(felt) && content !== '' ? html`<span class="proof bad">${content}</span>` : html`${content}`;
    return html`<td role="cell" data-title="${title}"${content === '' ? raw(' class="none"') : ''}>${words}</td>`;
  });
  return html`<tr role="row"><th role="rowheader" scope="row">${name}</th>${join(cells)}</tr>`;
}

/** What Postgres refused, each kind once. */
function errors(list: readonly LoadError[]): Html | '' {
  if (list.length === 0) return '';
  return join(
    list.map(
      ({ error, requests, version, line, statement }) =>
        html`<div class="error app"><p>${error.message}</p><p>${formatWhole(requests)} times, ${version}, line ${line + 1} of the plan:</p>${raw('<pre><code>')}${statement}${raw('</code></pre>')}</div>`,
    ),
  );
}
