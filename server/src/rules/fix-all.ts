import type { Range, TextEdit } from '../text/range.ts';
import type { Finding, Fix } from './model.ts';

/** A safe fix that was applied, with the finding that it mends. */
export interface AppliedFix {
  readonly finding: Finding;
  readonly fix: Fix;
}

export interface FixedText<A> {
  readonly text: string;
  /** In the order in which they were applied. */
  readonly applied: readonly AppliedFix[];
  /** The analysis of `text`. */
  readonly analysis: A;
}

/** Fixes uncover others only where they split what shared a place: a few rounds settle any file. */
const maxRounds = 10;

/**
 * The first safe fix of every finding, from the top; one that would touch an edit already taken waits for the
 * next time, when the findings are those of the new text.
 */
export function safeFixes(findings: readonly Finding[]): readonly AppliedFix[] {
  const taken: Range[] = [];
  return findings.flatMap((finding) => {
    const fix = finding.fixes.find(({ safe }) => safe);
    if (!fix || fix.edits.length === 0) return [];
    if (fix.edits.some(({ range }) => taken.some((other) => touches(other, range)))) return [];
    taken.push(...fix.edits.map(({ range }) => range));
    return [{ finding, fix }];
  });
}

/**
 * Applies safe fixes until none is left. A round after which the file reads worse than before (more of it does not
 * parse) is not kept: better unfixed than damaged.
 */
export function fixAll<A extends { readonly findings: readonly Finding[] }>(
  text: string,
  analysis: A,
  analyze: (text: string) => A,
): FixedText<A> {
  let state: FixedText<A> = { text, applied: [], analysis };
  const seen = new Set([text]);
  for (let round = 0; round < maxRounds; round++) {
    const fixes = safeFixes(state.analysis.findings);
    const next = applyEdits(
      state.text,
      fixes.flatMap(({ fix }) => fix.edits),
    );
    if (seen.has(next)) break;
    seen.add(next);
    const after = analyze(next);
    if (unreadable(after) > unreadable(state.analysis)) break;
    state = { text: next, applied: [...state.applied, ...fixes], analysis: after };
  }
  return state;
}

/** How many places of the file itself cannot be read as they stand. */
function unreadable({ findings }: { readonly findings: readonly Finding[] }): number {
  return findings.filter(({ rule }) => rule.startsWith('plan-') || rule.startsWith('sql-')).length;
}

/** The text with edits made that do not overlap; of several at one place the first given comes first. */
export function applyEdits(text: string, edits: readonly TextEdit[]): string {
  let result = '';
  let rest = 0;
  for (const { range, newText } of edits.toSorted((a, b) => a.range.start - b.range.start)) {
    result += text.slice(rest, range.start) + newText;
    rest = range.end;
  }
  return result + text.slice(rest);
}

/** Whether two ranges share a character or a border. */
export function touches(a: Range, b: Range): boolean {
  return a.start <= b.end && b.start <= a.end;
}
