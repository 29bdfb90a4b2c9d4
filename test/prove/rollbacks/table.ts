import { cell, groupBy, nameOf } from '../markdown.ts';
import { witnesses } from '../observations.ts';
import { isRestored, type Judged, totalsOf } from './judge.ts';
import { seenText, undoText } from './words.ts';

/** The table of all statements that Postgres does: what undoes each, and what was seen. */
export function writeRollbacks(judged: readonly Judged[]): string {
  return `${[...introduction(judged), ...notRestored(judged), ...allForms(judged)].join('\n')}\n`;
}

function introduction(judged: readonly Judged[]): readonly string[] {
  const lines = [
    '# What undoes them: claimed and observed',
    '',
    'Written by `npm run prove`. Each statement is run on a filled database, then the SQL that Switchback says undoes it;',
    'schema, rows and sequences are held against what they were before. *Reversible* is a statement that the server does,',
    'that changes the schema, and after which all values are still there: in the same column, or in one of another type',
    'from which the old values can be read; an enum label, which nothing takes out again, is not. Whether Switchback',
    'knows the way back does not count: *unknown* is a reversible statement that is not restored.',
    '',
    '| On | Forms | Refused | No change of the schema | Values lost, or no return | Reversible | Restored | | Claims to restore | False claims |',
    '|---|---|---|---|---|---|---|---|---|---|',
  ];
  for (const witness of witnesses) {
    const own = judged.filter((one) => one.witness === witness);
    if (own.length === 0) continue;
    const all = totalsOf(own);
    lines.push(
      `| ${nameOf(witness)} | ${all.forms} | ${all.refused} | ${all.unchanged} | ${all.irreversible} | ${all.reversible} | ${all.restored} | ${percent(all.restored, all.reversible)} | ${all.claims} | ${all.false} |`,
    );
  }
  return lines;
}

export function percent(part: number, whole: number): string {
  return whole === 0 ? '–' : `${((100 * part) / whole).toFixed(1)} %`;
}

function notRestored(judged: readonly Judged[]): readonly string[] {
  const left = judged.filter(
    ({ reversible, verdict }) => (reversible && !isRestored(verdict)) || verdict === 'false',
  );
  if (left.length === 0) return ['', 'Every reversible statement is restored.'];
  return ['', '## Not restored', '', ...rows(left)];
}

function allForms(judged: readonly Judged[]): readonly string[] {
  const done = judged.filter(({ verdict }) => verdict !== 'refused');
  return [...groupBy(done, ({ scene }) => scene)].flatMap(([scene, ofScene]) => [
    '',
    `## ${scene}`,
    '',
    ...rows(ofScene),
  ]);
}

function rows(judged: readonly Judged[]): readonly string[] {
  const lines = ['| Statement | On | Claim | Undone by | Seen |', '|---|---|---|---|---|'];
  for (const [, ofForm] of groupBy(judged, ({ scene, sql }) => `${scene} ${sql}`))
    for (const [cells, alike] of groupBy(ofForm, cellsOf))
      lines.push(`| \`${cell(ofForm[0]?.sql ?? '')}\` | ${namesOf(alike)} | ${cells} |`);
  return lines;
}

function namesOf(alike: readonly Judged[]): string {
  return alike.length === witnesses.length ? 'all' : alike.map(({ witness }) => nameOf(witness)).join(' ');
}

function cellsOf(one: Judged): string {
  const undo = undoText(one);
  const claim = 'claim' in one.trial ? one.trial.claim.replace('_', ' ') : '';
  return [claim, undo === '' ? '' : `\`${cell(undo)}\``, cell(seenText(one))].join(' | ');
}
