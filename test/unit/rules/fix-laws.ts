import assert from 'node:assert/strict';
import type { Analysis } from '../../../server/src/analyze.ts';
import type { Finding, Fix } from '../../../server/src/rules/model.ts';
import type { TextEdit } from '../../../server/src/text/range.ts';

/** Applies edits that do not overlap. */
export function applyEdits(text: string, edits: readonly TextEdit[]): string {
  const sorted = edits
    .map((edit, order) => ({ edit, order }))
    .sort((a, b) => a.edit.range.start - b.edit.range.start || a.order - b.order)
    .map(({ edit }) => edit);
  let result = '';
  let rest = 0;
  for (const { range, newText } of sorted) {
    assert.ok(range.start >= rest, `edits overlap at ${range.start}`);
    result += text.slice(rest, range.start) + newText;
    rest = range.end;
  }
  return result + text.slice(rest);
}

/**
 * What every fix owes: the result parses, the finding is gone, no new error came, everything outside the edit is
 * as it was, and fixing again changes nothing. Returns the fixed text.
 */
export function assertFixLaws(
  analysis: Analysis,
  finding: Finding,
  fix: Fix,
  again: (text: string) => Analysis,
): string {
  const { text } = analysis;
  const fixed = applyEdits(text, fix.edits);
  const after = again(fixed);
  const unreadable = after.findings.filter(({ rule }) => rule.startsWith('plan-') || rule.startsWith('sql-'));
  assert.deepEqual(unreadable.map(describe), [], `"${fix.title}" leaves a file that parses:\n${fixed}`);

  const same = (found: readonly Finding[]) =>
    found.filter((f) => f.rule === finding.rule && f.step === finding.step);
  assert.ok(
    same(after.findings).length < same(analysis.findings).length,
    `"${fix.title}" removes its finding:\n${fixed}\n${after.findings.map(describe).join('\n')}`,
  );

  const errors = (a: Analysis) =>
    a.findings.filter(({ severity }) => severity === 'error').map(({ rule }) => rule);
  const before = errors(analysis);
  for (const rule of errors(after)) {
    const known = before.indexOf(rule);
    assert.notEqual(known, -1, `"${fix.title}" brings a new error, ${rule}:\n${fixed}`);
    before.splice(known, 1);
  }

  for (const comment of commentsOutside(text, fix.edits)) {
    assert.ok(fixed.includes(comment), `"${fix.title}" keeps the comment ${comment}`);
  }
  assert.equal(
    outside(text, fix.edits),
    withoutInsertions(fixed, fix.edits),
    'bytes outside the edit are equal',
  );

  const twice = same(after.findings).flatMap((f) => f.fixes.filter((other) => other.title === fix.title));
  const ownAgain = twice.length >= same(analysis.findings).length;
  assert.ok(!ownAgain, `"${fix.title}" a second time changes nothing`);
  return fixed;
}

function describe({ rule, message, range }: Finding): string {
  return `${rule} at ${range.start}: ${message}`;
}

function commentsOutside(text: string, edits: readonly TextEdit[]): string[] {
  return [...text.matchAll(/(?:^|\s)(#[^\r\n]*)/g)]
    .filter((m) => !edits.some(({ range }) => range.start < m.index + m[0].length && range.end > m.index))
    .map((m) => m[1] ?? '');
}

function outside(text: string, edits: readonly TextEdit[]): string {
  return applyEdits(
    text,
    edits.map(({ range }) => ({ range, newText: '\uFFFC' })),
  ).replace(/\uFFFC+/g, '\uFFFC');
}

/** The fixed text with each inserted part replaced by the same mark as `outside` uses. */
function withoutInsertions(fixed: string, edits: readonly TextEdit[]): string {
  const sorted = [...edits].sort((a, b) => a.range.start - b.range.start);
  let result = '';
  let at = 0;
  let rest = 0;
  for (const { range, newText } of sorted) {
    const kept = range.start - rest;
    result += `${fixed.slice(at, at + kept)}\uFFFC`;
    at += kept + newText.length;
    rest = range.end;
  }
  return (result + fixed.slice(at)).replace(/\uFFFC+/g, '\uFFFC');
}
