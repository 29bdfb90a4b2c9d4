import type { Analysis } from '../analyze.ts';
import type { StepAnalysis } from '../rules/model.ts';
import { actionBlocks, procedureOf } from './commands.ts';
import { fence, heading, text } from './markdown.ts';
import type { Measured } from './measured.ts';

/** A step with the number that the runbook gives it, `2.3`. */
export interface NumberedStep {
  readonly number: string;
  readonly analysed: StepAnalysis;
}

/** How a step is undone, as Markdown blocks; none where there is nothing to undo. */
export function rollbackBlocks(analysis: Analysis, analysed: StepAnalysis): readonly string[] {
  return [...undoing(analysis, analysed), ...forgetting(analysis, analysed)];
}

/** A walk that was undone has to begin anew the next time. */
function forgetting({ plan }: Analysis, { step, before }: StepAnalysis): readonly string[] {
  if (step.action?.kind !== 'backfill' || step.rollback?.kind === 'impossible') return [];
  const made = procedureOf(plan, step.action, step.id, before);
  return 'unknown' in made
    ? []
    : ['Drop the notes of the walk, if they are still there:', fence('sql', made.forget)];
}

function undoing({ plan }: Analysis, { step, rollback, after }: StepAnalysis): readonly string[] {
  const given = step.rollback;
  if (given?.kind === 'impossible')
    return [`**Point of no return.** Nothing undoes this step: ${text(given.reason.value)}`];
  if (given?.kind === 'not_needed') return [`Nothing to run: ${text(given.reason.value)}.`];
  if (!given || rollback.length === 0) {
    const changes =
      step.action?.kind === 'sql' || step.action?.kind === 'backfill' || step.action?.kind === 'deploy';
    return changes ? ['**The plan gives no way back from this step.**'] : [];
  }
  return rollback.flatMap((action, at) => {
    const id = `${step.id}_back${rollback.length > 1 ? `_${at + 1}` : ''}`;
    return actionBlocks(plan, action, { id, schema: after });
  });
}

/** What the dry run found of a step's rollback, in a sentence; empty where it found nothing. */
export function provenWords(measured: Measured | undefined, id: string): string {
  const rollback = measured?.steps.get(id)?.rollback;
  switch (rollback?.verdict) {
    case 'restores':
      return 'Proven in the dry run: it leaves what was there before.';
    case 'restores_reordered':
      return 'Proven in the dry run: it leaves what was there before, but for the order of columns.';
    case 'drifts':
    case 'fails':
      return `**The dry run found this way back wanting:** ${text(rollback.reason)}`;
    case 'not_needed':
      return rollback.proven === true ? 'Proven in the dry run: undoing the steps before covers it.' : '';
    default:
      return '';
  }
}

/** All rollbacks from the last step to the first, a point of no return marked. */
export function wholeWayBack(analysis: Analysis, steps: readonly NumberedStep[]): readonly string[] {
  const blocks: string[] = [
    'From the last step that was done to the first; begin at that step, and leave out what comes before it here. Stop wherever you want to stay.',
  ];
  for (const { number, analysed } of steps.toReversed()) {
    const back = rollbackBlocks(analysis, analysed);
    if (back.length === 0) continue;
    const { step } = analysed;
    blocks.push(heading(3, `Undo ${number} ${text(step.name.value)}`), ...back);
    if (step.rollback?.kind === 'impossible')
      blocks.push(`Once ${number} was done, the way back ends here. What follows is for when it was not.`);
  }
  return blocks;
}
