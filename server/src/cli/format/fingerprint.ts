import { createHash } from 'node:crypto';
import type { Finding } from '../../rules/model.ts';
import type { CheckedFile } from '../result.ts';

/**
 * One fingerprint a finding, in their order: hexadecimal, 64 digits.
 *
 * They are made of the file, the rule, the step and the text that is shown as the fault, so that lines added above
 * change none. Equal faults are told apart by their order.
 */
export function fingerprints(file: CheckedFile, path: string): string[] {
  const seen = new Map<string, number>();
  return file.findings.map((finding) => {
    const identity = JSON.stringify([
      path,
      finding.rule,
      finding.step ?? null,
      shownText(file.text, finding),
    ]);
    const before = seen.get(identity) ?? 0;
    seen.set(identity, before + 1);
    return createHash('sha256').update(`${identity}${before}`).digest('hex');
  });
}

/** The text of the finding's range without its layout; for an empty range the rest of its line. */
function shownText(text: string, { range }: Finding): string {
  const lineEnd = /[\r\n]|$/.exec(text.slice(range.start));
  const end = range.end > range.start ? range.end : range.start + (lineEnd?.index ?? 0);
  return text.slice(range.start, end).replace(/\s+/g, ' ').trim();
}
