import type { Io, Output } from './io.ts';

/** What is to be known of where text goes. */
export type Surface = Pick<Output, 'isTty' | 'columns'>;

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
export function isColoured({ isTty }: Surface, { NO_COLOR, TERM }: Io['env']): boolean {
  return isTty && !NO_COLOR && TERM !== 'dumb';
}

export function styleFor(output: Surface, env: Io['env']): Style {
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

/** Columns to write in: the terminal's, 100 where there is none or it does not tell, never so many that lines are hard to read. */
export function textWidth(output: Surface): number {
  return Math.min(output.columns || 100, 140);
}

/** `3 errors`, `1 error`. */
export function count(n: number, singular: string, plural = `${singular}s`): string {
  return `${n} ${n === 1 ? singular : plural}`;
}
