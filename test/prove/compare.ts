import { lockModes } from '../../server/src/effects/model.ts';
import type { Form } from './forms/model.ts';
import type { Observed, Outcome } from './observe/model.ts';
import type { Foretold } from './predict.ts';

/**
 * - `agreed`: what was foretold is what happened, a refusal for want of a newer version included.
 * - `refused`: the server refuses it for another reason, which the form says.
 * - `unknown`: Switchback says that the text does not tell; nothing that it does tell is wrong.
 * - `unseen`: this witness cannot run it.
 */
export type Verdict = 'agreed' | 'refused' | 'unknown' | 'unseen' | 'disagreed';

export interface Comparison {
  readonly verdict: Verdict;
  /** What is wrong with what was foretold, in words. */
  readonly differences: readonly string[];
}

/** Holds what was foretold against what happened on one version. */
export function compare(foretold: Foretold, outcome: Outcome, form: Form, version: number): Comparison {
  if ('unseen' in outcome) return { verdict: 'unseen', differences: [] };
  const expected = form.refused === true || (form.until !== undefined && form.until < version);
  if ('refused' in outcome) {
    if (foretold.since > version || foretold.refused) return { verdict: 'agreed', differences: [] };
    if (expected) return { verdict: 'refused', differences: [] };
    return disagreed([`refused: ${outcome.refused}`]);
  }
  if (expected) return disagreed(['done, though the form says that it is refused']);
  if (foretold.refused) return disagreed(['done, though foretold to be refused']);
  if (foretold.since > version) return disagreed([`done, though foretold to need ${foretold.since}`]);
  const differences = [
    ...(foretold.alone === (outcome.alone === true)
      ? []
      : [`${outcome.alone ? 'refused' : 'done'} in a transaction block`]),
    ...lockDifferences(foretold, outcome),
    ...workDifferences('rewrites', foretold, outcome),
    ...workDifferences('scans', foretold, outcome),
  ];
  if (differences.length > 0) return disagreed(differences);
  return { verdict: foretold.unknown.length > 0 ? 'unknown' : 'agreed', differences };
}

function disagreed(differences: readonly string[]): Comparison {
  return { verdict: 'disagreed', differences };
}

/** Where the text does not tell all locks, those it tells may be fewer and weaker, not more or stronger. */
function lockDifferences(foretold: Foretold, observed: Observed): readonly string[] {
  const names = new Set([...Object.keys(foretold.locks), ...Object.keys(observed.locks)]);
  return [...names].flatMap((name) => {
    const told = foretold.locks[name];
    const seen = observed.locks[name];
    if (told === seen) return [];
    const strength = (mode: string | undefined) =>
      (lockModes as readonly (string | undefined)[]).indexOf(mode);
    if (foretold.maybe.includes(name) && strength(told) > strength(seen)) return [];
    if (foretold.moreLocks && strength(told) < strength(seen)) return [];
    return [`${name}: ${told ?? 'no lock'} foretold, ${seen ?? 'no lock'} seen`];
  });
}

function workDifferences(
  kind: 'rewrites' | 'scans',
  foretold: Foretold,
  observed: Observed,
): readonly string[] {
  const what = kind === 'rewrites' ? 'rewritten' : 'read in full';
  const seen = kind === 'scans' ? [...observed.scans, ...observed.rewrites] : observed.rewrites;
  const told = foretold[kind];
  const perhaps: readonly string[] = kind === 'scans' ? foretold.perhapsRead : [];
  const invented = told.filter((name) => !seen.includes(name) && !perhaps.includes(name));
  const missed =
    foretold.unknown.length > 0 ? [] : seen.filter((name) => !told.includes(name) && !perhaps.includes(name));
  return [
    ...invented.map((name) => `${name} is not ${what}`),
    ...[...new Set(missed)].map((name) => `${name} is ${what}`),
  ];
}
