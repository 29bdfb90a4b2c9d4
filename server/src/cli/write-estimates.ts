import type { Analysis } from '../analyze.ts';
import { estimates } from '../features/estimates.ts';
import type { PreviewOptions } from '../features/preview.ts';
import { applyEdits } from '../rules/fix-all.ts';
import { printable } from '../text/terminal.ts';
import { type Document, writeDocument } from './documents.ts';
import type { Io } from './io.ts';
import { count } from './style.ts';

/**
 * Writes what is predicted into the `estimate` of the plan's steps, and says so. Gives the plan as it is then; undefined
 * where it cannot be written, which was said.
 */
export function writeEstimates(
  document: Document,
  analysis: Analysis,
  options: PreviewOptions,
  io: Io,
): Document | undefined {
  const { edits, written, left } = estimates(analysis, options);
  const say = (message: string) => io.stderr.write(`switchback: ${printable(message)}\n`);
  const text = applyEdits(document.text, edits);
  const failed = text === document.text ? undefined : writeDocument(document, text, io);
  if (failed !== undefined) {
    say(failed);
    return undefined;
  }
  say(
    written.length === 0
      ? `${document.path}: no estimate was written: no time is known that they do not say already.`
      : `${document.path}: ${count(written.length, 'estimate')} written, of ${written.join(', ')}.`,
  );
  if (left.length > 0)
    say(
      `${document.path}: the estimate of ${left.join(', ')} cannot be written without changing something else, such as an anchor.`,
    );
  return { ...document, text };
}
