import type { Io, Output } from './io.ts';

/** Wraps text in the terminal's codes for a meaning, or leaves it as it is. */
export type Style = Readonly<
  Record<'error' | 'warning' | 'info' | 'success' | 'strong' | 'faint', (text: string) => string>
>;

const codes = {
  error: 31,
  warning: 33,
  info: 36,
  success: 32,
  strong: 1,
  faint: 2,
} as const;

/** Whether to colour: on a terminal, not in a pipe or with NO_COLOR (https://no-color.org). */
export function isColoured({ isTty }: Output, { NO_COLOR, TERM }: Io['env']): boolean {
  return isTty && !NO_COLOR && TERM !== 'dumb';
}

export function styleFor(output: Output, env: Io['env']): Style {
  const coloured = isColoured(output, env);
  const paint = (code: number) => (text: string) =>
    coloured && text !== '' ? `\u001b[${code}m${text}\u001b[0m` : text;
  return {
    error: paint(codes.error),
    warning: paint(codes.warning),
    info: paint(codes.info),
    success: paint(codes.success),
    strong: paint(codes.strong),
    faint: paint(codes.faint),
  };
}

/** Columns to write in: the terminal's, 100 where there is none, never so many that lines are hard to read. */
export function textWidth(output: Output): number {
  return Math.min(output.columns ?? 100, 140);
}

/**
 * Text of a plan as a terminal may safely show it: control characters (which could move the cursor or forge
 * output) become their visible pictures, and so do the marks that reverse the direction of text.
 */
export function printable(text: string): string {
  return text.replace(
    // biome-ignore lint/suspicious/noControlCharactersInRegex: they are what is looked for
    /[\u0000-\u0008\u000a-\u001f\u007f-\u009f\u202a-\u202e\u2066-\u2069]/g,
    (character) => {
      const code = character.charCodeAt(0);
      if (code < 0x20) return String.fromCharCode(0x2400 + code);
      return code === 0x7f ? '␡' : '�';
    },
  );
}

/** The same for text of several lines. */
export function printableLines(text: string): string {
  return text
    .split('\n')
    .map((line) => printable(line))
    .join('\n');
}

/** Columns that a text takes on a terminal: wide characters two, combining ones none. */
export function displayWidth(text: string): number {
  if (/^[\u0020-\u007e]*$/.test(text)) return text.length;
  let width = 0;
  for (const { segment } of new Intl.Segmenter(undefined, {
    granularity: 'grapheme',
  }).segment(text)) {
    width += wide.test(segment) ? 2 : 1;
  }
  return width;
}

const wide =
  /^(?:\p{Emoji_Presentation}|\p{Script=Han}|\p{Script=Hiragana}|\p{Script=Katakana}|\p{Script=Hangul}|[\u3000-\u303e\uff01-\uff60\uffe0-\uffe6])/u;

/** Breaks text into lines of at most `width` columns, between words; a word that is longer stays whole. */
export function wrap(text: string, width: number): string[] {
  return text.split('\n').flatMap((paragraph) => {
    const lines: string[] = [];
    let line = '';
    for (const word of paragraph.split(' ')) {
      if (line !== '' && displayWidth(`${line} ${word}`) > width) {
        lines.push(line);
        line = word;
      } else line = line === '' ? word : `${line} ${word}`;
    }
    return [...lines, line];
  });
}

/** `3 errors`, `1 error`. */
export function count(n: number, singular: string, plural = `${singular}s`): string {
  return `${n} ${n === 1 ? singular : plural}`;
}
