import { type Html, html, raw } from './markup.ts';
import { script } from './script.ts';
import { style } from './style.ts';

export interface PageFrame {
  readonly title: string;
  /** For the one style and the one script; a new one for every page. */
  readonly nonce: string;
  /** The plan's URI, inside the editor, where steps can be jumped to; undefined for a file of its own without any script. */
  readonly plan: string | undefined;
}

/** A whole HTML document, which loads nothing: its style and its script are in it. */
export function page({ title, nonce, plan }: PageFrame, body: Html): string {
  const scriptPolicy = plan === undefined ? '' : `; script-src 'nonce-${nonce}'`;
  return html`<!DOCTYPE html>
<html lang="en">
<head>
<meta charset="UTF-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta http-equiv="Content-Security-Policy" content="default-src 'none'; style-src 'nonce-${nonce}'${raw(scriptPolicy)}">
<title>${title}</title>
<style nonce="${nonce}">${raw(style)}</style>
</head>
<body>
${plan === undefined ? raw('<main>') : html`<main class="interactive" data-plan="${plan}" data-run="${nonce}">`}
${body}
</main>
${plan === undefined ? '' : html`<script nonce="${nonce}">${raw(script)}</script>`}
</body>
</html>
`.text;
}

/** A step's name; inside the editor it leads to the step's line, which is zero-based. */
export function stepLink(
  step: string,
  at: { readonly index: number; readonly line: number },
  isLink: boolean,
): Html {
  return isLink
    ? html`<button type="button" class="link" data-step="${at.index}" title="Go to line ${at.line + 1} of the plan">${step}</button>`
    : html`<span>${step}</span>`;
}
