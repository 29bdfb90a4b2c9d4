import type { Analysis } from '../analyze.ts';
import { lockModes, type RelationWork } from '../effects/model.ts';
import { inverseOf } from '../inverse/inverse.ts';
import type { Action, Rollback } from '../plan/model.ts';
import type { ActionAnalysis, StatementAnalysis, StepAnalysis } from '../rules/model.ts';
import { isOpenEnded, predictBatch, predictStatement } from '../rules/prediction.ts';
import { aboutTime, formatDuration } from '../timing/format.ts';
import { manualPage } from './manual.ts';
import { code, plainText, sqlBlock } from './markdown.ts';
import { type LockPreview, preview, type StepPreview } from './preview.ts';
import { lockCode, purposes, waitingWords } from './statement-words.ts';

/** A statement as it stands in a step, or in the step's rollback. */
export interface StandingStatement {
  readonly s: StatementAnalysis;
  readonly at: StepAnalysis;
  readonly action: ActionAnalysis;
  readonly part: 'step' | 'rollback';
}

/** Relations that a hover lists the locks of. */
const locksShown = 8;

/** What Postgres will do for a statement, who waits, for how long, and what undoes it, as Markdown. */
export function statementHover(analysis: Analysis, standing: StandingStatement): string {
  const { s, action, part } = standing;
  const page = manualPage(s.statement, analysis.pgVersion);
  const isBatch = action.action.kind === 'backfill';
  const title = isBatch ? 'One batch of the backfill' : (page?.command ?? firstWord(s));
  const facts = [
    ...lockFacts(analysis, standing),
    timeFact(analysis, standing),
    ...workFacts(s),
    ...(s.effects.transactional ? [] : ['Postgres runs it outside of a transaction block only.']),
    ...s.effects.unknown.map(
      ({ fact, remedy }) => `Not known: ${plainText(fact)}. To settle it, ${plainText(remedy)}.`,
    ),
  ];
  return [
    [`**${title}** on Postgres ${analysis.pgVersion}`, ...purposes(s)].join('  \n'),
    facts.map((fact) => `- ${fact}`).join('\n'),
    ...(part === 'step' ? [undoing(analysis, standing)] : ['This is part of the step’s rollback.']),
    links(analysis, page),
  ]
    .filter((paragraph) => paragraph !== '')
    .join('\n\n');
}

function firstWord({ statement }: StatementAnalysis): string {
  const [first] = statement.tokens();
  return first ? plainText(statement.slice(first).toUpperCase()) : 'Statement';
}

function links({ pgVersion }: Analysis, page: ReturnType<typeof manualPage>): string {
  const locks = `https://www.postgresql.org/docs/${pgVersion}/explicit-locking.html#LOCKING-TABLES`;
  const own = page ? `[${page.command} in the manual](${page.url}) · ` : '';
  return `${own}[Lock modes](${locks})`;
}

function lockFacts(analysis: Analysis, { s, at, part }: StandingStatement): readonly string[] {
  const seen = s.effects.locks
    .filter(({ isNew }) => !isNew)
    .toSorted((a, b) => lockModes.indexOf(b.mode) - lockModes.indexOf(a.mode));
  if (seen.length === 0) {
    const isOpen = s.effects.unknown.some(({ locks }) => locks);
    return isOpen ? [] : ['Locks nothing that others use.'];
  }
  const step = part === 'step' ? stepPreviewOf(analysis, at) : undefined;
  const lines = seen.slice(0, locksShown).map(({ relation, mode, maybe }) => {
    const held = step?.locks.find((lock) => lock.relation === relation && lock.mode === mode);
    const may = maybe ? ', should the rows ask for it' : '';
    return `${lockCode(mode)} on ${code(relation)}${may}: ${waitingWords(mode)}${held ? heldWords(held) : ''}.`;
  });
  const more = seen.length - lines.length;
  return more > 0 ? [...lines, `Locks on ${more} more relations.`] : lines;
}

function stepPreviewOf(analysis: Analysis, { step }: StepAnalysis): StepPreview | undefined {
  const phase = analysis.plan.phases.find(({ steps }) => steps.includes(step));
  if (analysis.kind !== 'plan' || !phase) return undefined;
  // The step alone: a plan may have a thousand.
  const plan = { ...analysis.plan, phases: [{ ...phase, steps: [step] }] };
  return preview({ ...analysis, plan }).phases[0]?.steps[0];
}

/** How long the lock is held, and how many wait meanwhile. */
function heldWords({ keeps_out, held, requests }: LockPreview): string {
  if (keeps_out === 'nobody' || !held) return '';
  const waiting =
    requests && requests.high >= 1
      ? `, up to ${Math.ceil(requests.high).toLocaleString('en')} requests at peak`
      : '';
  return ` (it is held for ${aboutTime(held)}${waiting})`;
}

function timeFact(analysis: Analysis, { s, action }: StandingStatement): string {
  if (action.action.kind === 'backfill') {
    const batch = predictBatch(analysis, action);
    const { pause } = action.action;
    const rest = pause > 0 ? `, then rests ${formatDuration(pause)}` : '';
    return batch
      ? `Takes ${aboutTime(batch.time)} for a batch, told from the plan’s figures${rest}.`
      : 'How long a batch takes is not known: give the table’s rows under `tables`.';
  }
  if (s.effects.class === 'instant' && !isOpenEnded(s)) return 'Done at once when it has its locks.';
  if (isOpenEnded(s)) return 'How long it takes is not told from sizes.';
  const predicted = predictStatement(analysis, s);
  if (predicted) return `Takes ${aboutTime(predicted.time)}, told from the plan’s figures.`;
  return s.effects.unknown.length > 0
    ? 'How long it takes hangs on what is not known.'
    : 'How long it takes is not known: give the rows of the tables under `tables`.';
}

function workFacts({ effects }: StatementAnalysis): readonly string[] {
  const { rewrites, scans, builds, lookups = [], refusals = [] } = effects;
  const none =
    rewrites.length + scans.length + builds.length + lookups.length === 0 && effects.class === 'instant';
  return [
    ...rewrites.map((work) => workFact('Writes anew', work)),
    ...scans.map((work) => workFact('Reads all of', work)),
    ...builds.map((work) => workFact('Builds an index on', work)),
    ...lookups.map((work) => workFact('Looks rows up in', work)),
    ...refusals.map((work) => workFact('Fails as soon as there is a row in', work)),
    ...(none && effects.unknown.length === 0 ? ['No rewrite and no scan.'] : []),
  ];
}

function workFact(what: string, { relation, reason, maybe }: RelationWork): string {
  return `${what} ${code(relation)}${maybe ? ', it may be' : ''}${reason === '' ? '' : `: ${plainText(reason)}`}.`;
}

function undoing(analysis: Analysis, { s, at, action }: StandingStatement): string {
  const { rollback } = at.step;
  if (rollback && !(rollback.kind === 'actions' && rollback.actions.length === 0))
    return `**Rollback of the step**\n\n${rollbackWords(rollback)}`;
  if (analysis.kind === 'plan' && action.action.kind === 'verify') return '';
  if (action.action.kind === 'backfill') return 'The step has no rollback yet.';
  const inverse = inverseOf(s.statement, s.before, analysis.pgVersion);
  if (inverse.verdict === 'restores' && inverse.sql.length === 0) return '';
  const none = analysis.kind === 'plan' ? 'The step has no rollback yet. ' : '';
  if (inverse.sql.length === 0) return `${none}What undoes it: ${plainText(inverse.reason)}`;
  const loses = inverse.verdict === 'loses_data' ? ` ${plainText(inverse.reason)}` : '';
  return `${none}This undoes it:${loses}\n\n${sqlBlock(inverse.sql.map((sql) => `${sql};`).join('\n'), 12)}`;
}

/** A rollback in words and SQL. */
export function rollbackWords(rollback: Rollback): string {
  if (rollback.kind === 'not_needed') return `Not needed: ${plainText(rollback.reason.value)}`;
  if (rollback.kind === 'actions') return rollback.actions.map(actionWords).join('\n\n');
  return `Impossible, a point of no return: ${plainText(rollback.reason.value)}`;
}

export function actionWords(action: Action): string {
  switch (action.kind) {
    case 'sql':
      return action.sql.file === undefined
        ? sqlBlock(action.sql.text, 12)
        : `The SQL of ${code(action.sql.file)}`;
    case 'backfill': {
      const { table, set, where, batch } = action;
      const update = `UPDATE ${table?.value ?? '…'} SET ${set?.text ?? '…'}${where ? ` WHERE ${where.text}` : ''}`;
      return `${sqlBlock(update, 8)}\n\nin batches of ${batch.toLocaleString('en')} rows`;
    }
    case 'deploy':
      return `The application goes to ${code(action.version.value)}.`;
    case 'verify':
      return action.sql ? sqlBlock(action.sql.text, 12) : 'A query.';
    case 'wait':
      return `A wait of ${formatDuration(action.duration.value)}.`;
  }
}
