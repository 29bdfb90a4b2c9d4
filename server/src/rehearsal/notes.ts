import type { Analysis } from '../analyze.ts';
import type { EngineSession, StepReport } from './model.ts';

/** What a reader should know before the first step: where this Postgres differs from production. */
export function notesBefore({ plan, baselineSql, pgVersion }: Analysis, session: EngineSession): string[] {
  const notes: string[] = [...(session.notes ?? [])];
  if (plan.database.version && pgVersion !== session.majorVersion)
    notes.push(
      `Production runs version ${plan.database.version.value}, this run ${session.majorVersion}: what only one of them knows or does differently does not show.`,
    );
  if (baselineSql === undefined && plan.database.schema === undefined && !session.contents)
    notes.push('The plan names no baseline (database.schema): the run starts from an empty database.');
  return notes;
}

/** What the run could not show, of those things that the plan asks about. */
export function runNotes(
  { steps, plan }: Analysis,
  reports: readonly StepReport[],
  { isShared, runTrapped }: Pick<EngineSession, 'isShared' | 'runTrapped'>,
  underLoad: boolean,
): string[] {
  const notes: string[] = [];
  const ran = reports.some(({ status }) => status !== 'skipped');
  if (ran && underLoad) notes.push(loadNote);
  if (ran && isShared && !underLoad && plan.session.lockTimeout)
    notes.push('lock_timeout has no effect here: alone in its database, the run waits for nobody’s lock.');
  if (ran && !isShared && (plan.session.lockTimeout || plan.session.statementTimeout))
    notes.push(
      'lock_timeout and statement_timeout have no effect here: with one session, nothing waits for a lock.',
    );
  if (ran && steps.some(({ step }) => step.expect?.duration))
    notes.push(
      isShared
        ? 'Durations are not judged here: on another machine, with other rows, they say little of production.'
        : 'Durations are not judged here: those of an embedded Postgres on few rows say nothing of production.',
    );
  const isStatic = reports.some(({ statements }) =>
    statements.some(({ locks }) => locks.some(({ source }) => source === 'static')),
  );
  if (isStatic)
    notes.push(
      runTrapped || underLoad
        ? 'Locks marked "known" are from the table of what Postgres does: they could not be seen here.'
        : 'Locks marked "known" are from the table of what Postgres does: a single session cannot see them.',
    );
  return notes;
}

const loadNote =
  'Under load no rollback is proven, since what the application writes meanwhile is in the rows that would be compared: a run without load proves them. What the application deletes (DELETE, TRUNCATE, MERGE) is undone, all else that it writes is committed.';
