import type { Judged } from './judge.ts';
import { cell, groupBy, nameOf } from './markdown.ts';
import type { Outcome } from './observe/model.ts';
import type { Foretold } from './predict.ts';

/** The table of all statements: a line each, and another where versions differ. */
export function writeTable(judged: readonly Judged[]): string {
  const lines = [
    '# What statements do: foretold and observed',
    '',
    'Written by `npm run prove`. Lock modes are of `pg_locks`, without their `Lock`; locks on indexes are listed where',
    'they stop somebody (from ShareUpdateExclusive up). *Reads* are tables read in full, *alone* means not in a',
    'transaction block, *–* nothing of all that. With a *?*: it hangs on the rows that are met, or the planner decides.',
  ];
  for (const [scene, ofScene] of groupBy(judged, ({ scene }) => scene)) {
    lines.push('', `## ${scene}`, '', '| Statement | On | Foretold | Observed | |', '|---|---|---|---|---|');
    for (const [sql, ofForm] of groupBy(ofScene, (one) => one.sql))
      for (const [cells, same] of groupBy(ofForm, cellsOf))
        lines.push(`| \`${cell(sql)}\` | ${witnessesIn(same)} | ${cells} |`);
  }
  return `${lines.join('\n')}\n`;
}

function cellsOf({ foretold, outcome, verdict, differences }: Judged): string {
  const told = foretoldText(foretold);
  const seen = outcomeText(outcome);
  const remark = verdict === 'disagreed' ? `disagreed: ${differences.join('; ')}` : verdict;
  return [told, seen === told ? 'the same' : seen, remark].map(cell).join(' | ');
}

function foretoldText(foretold: Foretold): string {
  const { rewrites, scans, alone, maybe, perhapsRead, unknown, since } = foretold;
  const locks = Object.entries(foretold.locks).map(
    ([name, mode]) => [maybe.includes(name) ? `${name}?` : name, mode] as const,
  );
  const perhaps = perhapsRead.filter((name) => !rewrites.includes(name)).map((name) => `${name}?`);
  const surely = scans.filter((name) => !perhapsRead.includes(name));
  const known = workText({
    locks: Object.fromEntries(locks),
    rewrites,
    scans: [...surely, ...perhaps],
    alone,
  });
  const needs = since > 14 ? ` (needs ${since})` : '';
  return unknown.length === 0 ? `${known}${needs}` : `${known}${needs}; unknown: ${unknown.join('; ')}`;
}

function outcomeText(outcome: Outcome): string {
  if ('unseen' in outcome) return outcome.unseen;
  if ('refused' in outcome) return `refused: ${outcome.refused}`;
  const scans = [...new Set([...outcome.scans, ...outcome.rewrites])].sort();
  return workText({ ...outcome, scans, alone: outcome.alone === true });
}

type Work = Pick<Foretold, 'rewrites' | 'scans' | 'alone'> & {
  readonly locks: Readonly<Record<string, string>>;
};

function workText({ locks, rewrites, scans, alone }: Work): string {
  const reads = scans.filter((name) => !rewrites.includes(name));
  const byMode = groupBy(Object.entries(locks).sort(), ([, mode]) => mode);
  const parts = [
    ...[...byMode].map(
      ([mode, held]) => `${mode.replace(/Lock$/, '')} ${held.map(([name]) => name).join(', ')}`,
    ),
    ...(rewrites.length > 0 ? [`rewrites ${rewrites.join(', ')}`] : []),
    ...(reads.length > 0 ? [`reads ${reads.join(', ')}`] : []),
    ...(alone ? ['alone'] : []),
  ];
  return parts.length > 0 ? parts.join('; ') : '–';
}

function witnessesIn(judged: readonly Judged[]): string {
  return judged.map(({ witness }) => nameOf(witness)).join(' ');
}
