import { inverseOf } from '../../../server/src/inverse/inverse.ts';
import type { Inverse } from '../../../server/src/inverse/model.ts';
import { baselineSchema } from '../../../server/src/schema/apply.ts';
import type { SqlParser } from '../../../server/src/sql/model.ts';
import type { Scene } from '../forms/model.ts';
import type { Trial } from './model.ts';
import type { Place } from './places.ts';
import { compareStates, readStart, readState } from './state.ts';
import { tryAlone, tryInTransaction } from './try.ts';

export type Undo = (sql: string, pgVersion: number) => Inverse;

/** What Switchback says undoes a statement on a scene. Throws where the parser has something to say of its setup. */
export function undoOn(scene: Scene, parser: SqlParser): Undo {
  const parsed = parser.parse(scene.setup);
  const [problem] = parsed.problems;
  if (problem) throw new Error(`the setup of the scene ${scene.name}: ${problem.message}`);
  const schema = baselineSchema(parsed);
  const known = new Map<string, Inverse>();
  return (sql, pgVersion) => {
    const key = `${pgVersion} ${sql}`;
    const [statement] = parser.parse(sql).statements;
    if (!statement) throw new Error(`no statement: ${sql}`);
    const undo = known.get(key) ?? inverseOf(statement, schema, pgVersion);
    known.set(key, undo);
    return undo;
  };
}

/** A statement, and what is to undo it. */
export interface Planned {
  readonly sql: string;
  readonly undo: Inverse;
}

/**
 * Tries statements of one scene, each on the database as the scene makes it: in a transaction that is rolled back where
 * that shows what would happen, and where not, or with `committed`, on a copy of its own.
 */
export async function tryForms(
  place: Place,
  forms: readonly Planned[],
  { committed = false }: { readonly committed?: boolean } = {},
): Promise<Readonly<Record<string, Trial>>> {
  const start = await readStart(place.session);
  const trials: Record<string, Trial> = {};
  const alone: Planned[] = [];
  for (const form of forms) {
    const trial = committed ? 'alone' : await tryInTransaction(place.session, start, form.sql, form.undo);
    if (trial === 'alone') alone.push(form);
    else trials[form.sql] = trial;
  }
  const left = compareStates(start, await readState(place.session));
  if (left.schema !== 'restored')
    throw new Error(`something outlived its transaction: ${left.drift.join('; ')}`);
  for (const { sql, undo } of alone)
    trials[sql] = await place.fresh(async (session) =>
      tryAlone(session, await readStart(session), sql, undo),
    );
  return Object.fromEntries(forms.flatMap(({ sql }) => (trials[sql] ? [[sql, trials[sql]]] : [])));
}

/** Whether a trial is of that claim. */
export function isTried({ undo }: Planned, trial: Trial | undefined): boolean {
  if (!trial || 'refused' in trial) return trial !== undefined;
  const claim = [trial.claim, trial.undo, trial.alone !== true];
  return JSON.stringify(claim) === JSON.stringify([undo.verdict, undo.sql, undo.transactional]);
}
