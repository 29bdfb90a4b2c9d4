import { isReason } from '../plan/allow-reason.ts';
import type { Allow } from '../plan/model.ts';
import type { Range, TextEdit } from '../text/range.ts';
import type { RuleContext } from './model.ts';

/** A comment of a plain `.sql` file that silences a rule in the statement below it, or in the whole file. */
export interface AllowComment extends Allow {
  /** The statement; undefined for the whole file, and for a comment that no statement follows. */
  readonly statement: Range | undefined;
  readonly wholeFile: boolean;
}

/**
 * The comments `-- switchback: allow RULE: reason` (for the statement below) and `allow-file` (for the file) of a
 * plain `.sql` file, in order. They stand on lines of their own, between statements. One above SQL that does not
 * parse is left out: what it silences cannot be told.
 */
export function allowComments({ kind, text, steps }: RuleContext): readonly AllowComment[] {
  const action = kind === 'sql' ? steps[0]?.action : undefined;
  if (!action || !text.includes('switchback:')) return [];
  const statements = action.statements.map(({ range }) => range);
  const broken = action.problems.map(({ problem }) => problem.range.start);
  const found: AllowComment[] = [];
  let start = 0;
  for (const statement of [...statements, undefined]) {
    const end = statement?.start ?? text.length;
    for (const comment of commentsIn(text.slice(start, end), start)) {
      const meant = !comment.wholeFile && broken.some((at) => at > comment.range.start && at <= end);
      if (!meant) found.push({ ...comment, statement: comment.wholeFile ? undefined : statement });
    }
    start = statement?.end ?? end;
  }
  return found;
}

function* commentsIn(between: string, offset: number): Generator<Omit<AllowComment, 'statement'>> {
  const line =
    /^([ \t]*)(--[ \t]*switchback:[ \t]*allow(-file)?[ \t]+)([\w-]+)(?![\w-]|[ \t]*,)([ \t]*:?[ \t]*)(.*?)[ \t]*\r?$/gm;
  for (const match of between.matchAll(line)) {
    const [, indent = '', before = '', file, rule = '', colon = '', reason = ''] = match;
    const start = offset + match.index + indent.length;
    const ruleStart = start + before.length;
    const reasonStart = ruleStart + rule.length + colon.length;
    yield {
      rule: { value: rule, range: { start: ruleStart, end: ruleStart + rule.length } },
      reason: { value: reason, range: { start: reasonStart, end: reasonStart + reason.length } },
      range: { start, end: reasonStart + reason.length },
      wholeFile: file !== undefined,
    };
  }
}

/** What is wrong with the comments: a reason that is missing, or still open. */
export function commentProblems(
  context: RuleContext,
): readonly { readonly message: string; readonly range: Range }[] {
  const understood = allowComments(context);
  const unreasoned = understood.flatMap(({ rule, reason, range }) =>
    isReason(reason.value)
      ? []
      : [
          {
            message: `This comment silences nothing without a reason: write "-- switchback: allow ${rule.value}: why it is all right here".`,
            range: reason.value === '' ? range : reason.range,
          },
        ],
  );
  const starts = new Set(understood.map(({ range }) => range.start));
  return [...unreasoned, ...misplaced(context, starts)];
}

/** Comments that would silence a rule if they were written as they have to be. */
function* misplaced(
  { kind, text, steps }: RuleContext,
  understood: ReadonlySet<number>,
): Generator<{ readonly message: string; readonly range: Range }> {
  const action = kind === 'sql' ? steps[0]?.action : undefined;
  // Where some of it does not parse, what stands between statements is not known to be a comment.
  if (!action || action.problems.length > 0 || !/switchback[ \t]*:/i.test(text)) return;
  let from = 0;
  for (const statement of [...action.statements, undefined]) {
    const before = from;
    from = statement?.range.end ?? text.length;
    const found = text
      .slice(before, statement?.range.start ?? text.length)
      .matchAll(/(?:--|\/\*)[ \t]*switchback[ \t]*:[ \t]*allow\b[^\r\n]*/gi);
    for (const match of found) {
      const start = before + match.index;
      if (understood.has(start)) continue;
      yield {
        message:
          'This comment silences nothing: write "-- switchback: allow RULE: why it is all right here" on a line of its own above the statement, one for each rule.',
        range: { start, end: start + match[0].trimEnd().length },
      };
    }
  }
}

/** Writes the comment that allows a rule above a statement (its range in the file), or at the top for the file. */
export function insertAllowComment(
  text: string,
  statement: Range | 'file',
  rule: string,
  reason: string,
): TextEdit[] {
  const eol = /\r?\n/.exec(text)?.[0] ?? '\n';
  const said = reason.replace(/\s+/g, ' ').trim();
  if (statement === 'file')
    return [{ range: { start: 0, end: 0 }, newText: `-- switchback: allow-file ${rule}: ${said}${eol}` }];
  const { start } = statement;
  const before = text.slice(text.lastIndexOf('\n', start - 1) + 1, start);
  const comment = `-- switchback: allow ${rule}: ${said}${eol}`;
  const alone = before.trim() === '';
  return [{ range: { start, end: start }, newText: alone ? comment + before : eol + comment }];
}

/** Takes the comment away, with its line. */
export function removeAllowComment(text: string, { range }: AllowComment): TextEdit[] {
  const start = text.lastIndexOf('\n', range.start - 1) + 1;
  const rest = /[ \t]*(\r?\n|$)/y;
  rest.lastIndex = range.end;
  return [{ range: { start, end: range.end + (rest.exec(text)?.[0].length ?? 0) }, newText: '' }];
}
