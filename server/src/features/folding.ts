/** Lines, zero-based, that can be folded into the first. */
export interface Fold {
  readonly startLine: number;
  readonly endLine: number;
  readonly kind: 'region' | 'comment';
}

interface Line {
  readonly indent: number;
  /** It begins an entry of a list. */
  readonly isEntry: boolean;
  readonly blank: boolean;
  readonly comment: boolean;
}

/**
 * What of a plan can be folded: sections, phases, steps, blocks of SQL and all else that is indented below its line,
 * and comments of several lines. It goes by the indents, so that a text that does not parse folds too.
 */
export function folds(text: string): readonly Fold[] {
  const lines = text.split(/\r\n|\r|\n/).map(lineOf);
  const found: Fold[] = [];
  /** Lines whose block is still open. */
  const open: { readonly line: number; readonly indent: number }[] = [];
  let last = -1;
  const close = (indent: number) => {
    for (let top = open.at(-1); top && top.indent >= indent; top = open.at(-1)) {
      open.pop();
      if (last > top.line) found.push({ startLine: top.line, endLine: last, kind: 'region' });
    }
  };
  for (const [at, line] of lines.entries()) {
    if (line.blank || line.comment) continue;
    // An entry of a list may stand in the column of the key that the list belongs to.
    const isOfKey =
      line.isEntry && open.some((one) => one.indent === line.indent && lines[one.line]?.isEntry === false);
    const indent = isOfKey ? line.indent + 0.5 : line.indent;
    close(indent);
    open.push({ line: at, indent });
    last = at;
  }
  close(-1);
  return [...found, ...commentFolds(lines)].sort(
    (a, b) => a.startLine - b.startLine || b.endLine - a.endLine,
  );
}

function lineOf(text: string): Line {
  const indent = /^[ \t]*/.exec(text)?.[0].length ?? 0;
  const blank = indent === text.length;
  return { indent, isEntry: /^[ \t]*-(?:[ \t]|$)/.test(text), blank, comment: text[indent] === '#' };
}

function commentFolds(lines: readonly Line[]): readonly Fold[] {
  const found: Fold[] = [];
  for (let at = 0; at < lines.length; at++) {
    const first = at;
    while (lines[at + 1]?.comment && lines[first]?.comment && lines[at + 1]?.indent === lines[first]?.indent)
      at++;
    if (at > first) found.push({ startLine: first, endLine: at, kind: 'comment' });
  }
  return found;
}
