import markdownIt from 'markdown-it';
import type { Timing } from '../features/timing.ts';
import { html, raw } from './markup.ts';
import { page } from './page.ts';
import { timelineFigure } from './timing-section.ts';

export interface RunbookPage {
  readonly title: string;
  /** As `runbook/runbook.ts` writes it. */
  readonly markdown: string;
  /** Drawn in place of the Mermaid timeline, which needs a script. */
  readonly timing: Timing;
  readonly nonce: string;
}

/**
 * A runbook as one HTML document that loads nothing and runs nothing. HTML in the Markdown is text, and its links are
 * not followed by anything.
 */
export function renderRunbook({ title, markdown, timing, nonce }: RunbookPage): string {
  const reader = markdownIt({ html: false, linkify: false });
  const fenced = reader.renderer.rules.fence;
  // The first is the runbook's own; code of the application comes later.
  let isDrawn = false;
  reader.renderer.rules.fence = (tokens, at, options, env, self) => {
    if (isDrawn || tokens[at]?.info !== 'mermaid') return fenced?.(tokens, at, options, env, self) ?? '';
    isDrawn = true;
    return timelineFigure(timing).text;
  };
  // An entry to tick off is a list item that begins with a box; on a page it can be ticked on paper.
  reader.core.ruler.push('boxes', ({ tokens, Token }) => {
    for (const token of tokens) {
      if (token.type !== 'inline' || !token.content.startsWith('[ ] ')) continue;
      const first = token.children?.[0];
      if (first?.type !== 'text' || !first.content.startsWith('[ ] ')) continue;
      first.content = first.content.slice(3);
      const box = new Token('html_inline', '', 0);
      box.content = '<input type="checkbox" aria-label="done">';
      token.children?.unshift(box);
    }
  });
  return page(
    { title, nonce, plan: undefined },
    html`<article class="runbook">${raw(reader.render(markdown))}</article>`,
  );
}
