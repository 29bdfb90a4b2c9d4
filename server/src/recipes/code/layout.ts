/** Columns that a line of the code has at the most, where it can be broken. */
const lineWidth = 100;

/** `start` with what fits on its line, else the items each on its own: `open` and `close` go around them. */
export function listed(
  start: string,
  items: readonly string[],
  [open, close]: readonly [string, string],
  indent = 0,
): readonly string[] {
  const line = `${start}${open}${open === '{' ? ' ' : ''}${items.join(', ')}${open === '{' ? ' ' : ''}${close}`;
  if (indent + line.length <= lineWidth) return [line];
  return [`${start}${open}`, ...items.map((item) => `  ${item},`), close];
}

/** `start` with types that `&` or `|` joins, on one line or each on its own. */
export function joined(start: string, types: readonly string[], by: '&' | '|'): string {
  const line = `${start} ${types.join(` ${by} `)};`;
  if (line.length <= lineWidth) return line;
  return by === '&'
    ? `${start} ${types.join(' &\n  ')};`
    : `${start}${types.map((type) => `\n  | ${type}`).join('')};`;
}
