/**
 * Where a text nests deeper than `limit`, or undefined. The YAML parser recurses, and a stack that overflows in the
 * wrong place ends the whole process: this looks first, without parsing. It counts brackets and indents wherever they
 * stand, also within texts, which no honest file fills with hundreds of open ones.
 */
export function tooDeepAt(text: string, limit: number): number | undefined {
  let brackets = 0;
  const indents: number[] = [];
  let lineStart = 0;
  while (lineStart < text.length) {
    const feed = text.indexOf('\n', lineStart);
    const lineEnd = feed < 0 ? text.length : feed;
    let at = lineStart;
    let compact = 0;
    // `- - - x` opens a level with each mark, as `? ` does.
    for (; at < lineEnd; at++) {
      const unit = text[at];
      if ((unit === '-' || unit === '?' || unit === ':') && /[\s]/.test(text[at + 1] ?? '\n')) compact++;
      else if (unit !== ' ' && unit !== '\t') break;
    }
    if (compact > limit) return lineStart;
    if (at < lineEnd) {
      const indent = at - lineStart;
      while (indents.length > 0 && (indents.at(-1) ?? 0) >= indent) indents.pop();
      indents.push(indent);
      if (indents.length + compact > limit) return at;
    }
    for (; at < lineEnd; at++) {
      const unit = text[at];
      if (unit === '[' || unit === '{') brackets++;
      else if ((unit === ']' || unit === '}') && brackets > 0) brackets--;
      if (brackets > limit) return at;
    }
    lineStart = lineEnd + 1;
  }
  return undefined;
}
