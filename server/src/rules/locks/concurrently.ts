import type { StatementAnalysis } from '../model.ts';
import { wordPlaces } from '../statements.ts';

/** The statement's source with CONCURRENTLY after the first `word`; undefined where that does not stand in it. */
export function withConcurrently(s: StatementAnalysis, word: string): string | undefined {
  const { statement } = s;
  const [place] = wordPlaces(s, [word]);
  if (!place) return undefined;
  const at = place.end - statement.range.start;
  return `${statement.text.slice(0, at)} CONCURRENTLY${statement.text.slice(at)}`;
}
