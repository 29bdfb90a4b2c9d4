import { nearest } from '../plan/nearest.ts';

/** ` Did you mean WORD?`, or nothing where no known word is near. A beginning of two letters or more will do. */
export function didYouMean(typed: string, known: readonly string[]): string {
  const wanted = underscored(typed);
  const near = nearest(wanted, known.map(underscored));
  const word =
    known.find((candidate) => underscored(candidate) === near) ??
    (wanted.length >= 2 ? known.find((candidate) => underscored(candidate).startsWith(wanted)) : undefined);
  return word === undefined ? '' : ` Did you mean ${word}?`;
}

/** Hyphens count for nothing: `dryrun` and `dry_run` are `dry-run`. */
function underscored(word: string): string {
  return word.replace(/^-+/, '').replaceAll('-', '_').toLowerCase();
}
