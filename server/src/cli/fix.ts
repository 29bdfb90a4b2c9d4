import type { Parsers } from '../analyze.ts';
import { fixAll } from '../rules/fix-all.ts';
import { analyzeDocument, type DocumentOptions } from './analysis.ts';
import { type Document, writeDocument } from './documents.ts';
import type { Io } from './io.ts';
import type { CheckedFile } from './result.ts';

/**
 * Writes the safe fixes of a file into it and gives what then remains. A file that nothing can be made of, or
 * that cannot be written, stays as it is; `failed` says why it could not be written.
 */
export function fixDocument(
  document: Document,
  parsers: Parsers,
  options: DocumentOptions,
  io: Io,
): { readonly checked: CheckedFile; readonly failed: string | undefined } {
  const check = (text: string) => {
    const { checked } = analyzeDocument({ ...document, text }, parsers, options);
    return { checked, findings: checked.findings };
  };
  const before = check(document.text);
  if (!before.checked.usable) return { checked: before.checked, failed: undefined };
  const { text, applied, analysis } = fixAll(document.text, before, check);
  if (text === document.text) return { checked: before.checked, failed: undefined };
  const failed = writeDocument(document, text, io);
  if (failed !== undefined) return { checked: before.checked, failed };
  const fixed = applied.map(({ finding: { rule, step }, fix: { title } }) => ({ rule, step, title }));
  return { checked: { ...analysis.checked, fixed }, failed: undefined };
}
