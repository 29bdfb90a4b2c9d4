/** A piece of HTML that is known to be safe: made by `html`, or `raw` text of our own. */
export interface Html {
  readonly text: string;
}

/** Text as it may stand between tags and in quoted attributes; what would not be seen in it is shown as its code. */
export function escapeHtml(text: string): string {
  return text
    .replace(hidden, (character) => `\\u${character.charCodeAt(0).toString(16).padStart(4, '0')}`)
    .replace(/[&<>"']/g, (character) => `&#${character.charCodeAt(0)};`);
}

/** Terminal escapes and the like, and marks that turn the direction of text: a name could pose as another. */
const hidden = /(?![\t\n\r])\p{Cc}|[\u200e\u200f\u202a-\u202e\u2066-\u2069]/gu;

/** Marks text of our own, never of a plan's, as HTML. */
export function raw(text: string): Html {
  return { text };
}

export function join(parts: readonly Html[], between = '\n'): Html {
  return raw(parts.map(({ text }) => text).join(between));
}

/** A template whose values are escaped unless they are HTML already. */
export function html(strings: TemplateStringsArray, ...values: readonly (string | number | Html)[]): Html {
  return raw(
    strings.reduce((text, part, index) => {
      const value = values[index - 1];
      return text + (typeof value === 'object' ? value.text : escapeHtml(String(value))) + part;
    }),
  );
}

/** Words in which no range is broken at its hyphen. */
export function unbroken(words: string): Html {
  return join(
    words
      .split(/(\d[\d.,kMG]*(?: [a-z]+)?-\d\S*)/)
      .map((part, at) => (at % 2 === 1 ? html`<span class="range">${part}</span>` : html`${part}`)),
    '',
  );
}
