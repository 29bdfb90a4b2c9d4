import { stepsOf, sumWords, whoWaitsWords } from '../features/preview-words.ts';
import type { Timing } from '../features/timing.ts';
import { formatWhole } from '../text/amounts.ts';
import { html } from './markup.ts';
import { page } from './page.ts';
import { timingSection } from './timing-section.ts';

export interface PreviewPage extends Timing {
  /** Zero-based, by step id. */
  readonly lines: Readonly<Record<string, number>>;
  /** The plan's path as people know it. */
  readonly planName: string;
  /** The plan's URI, inside the editor, where steps can be jumped to; undefined for a file of its own without any script. */
  readonly plan: string | undefined;
  /** For the one style and the one script; a new one for every page. */
  readonly nonce: string;
}

/** The preview as a whole HTML document. Everything that comes from a plan is escaped. */
export function renderPreview({ preview, timeline, lines, planName, plan, nonce }: PreviewPage): string {
  const interactive = plan !== undefined;
  return page(
    { title: `Timing: ${preview.plan}`, nonce, plan },
    html`<header>
<h1>${preview.plan}</h1>
<dl class="facts">
<div><dt>Plan</dt><dd>${planName}</dd></div>
<div><dt>Production</dt><dd>PostgreSQL ${preview.pg_version}</dd></div>
<div><dt>At peak</dt><dd>${preview.traffic === undefined ? 'not told' : `${formatWhole(preview.traffic)} requests/s`}</dd></div>
<div><dt>In all</dt><dd>${sumWords(preview) || 'no time'}</dd></div>
<div><dt>Who waits</dt><dd>${whoWaitsWords(stepsOf(preview))}</dd></div>
</dl>
${interactive ? html`<p class="actions"><button type="button" data-command="refresh">Tell anew</button><button type="button" data-command="save">Save as HTML…</button></p>` : ''}
</header>
${timingSection({ preview, timeline, lines, interactive })}`,
  );
}
