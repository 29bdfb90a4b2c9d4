import { formsOf, type Scene } from '../forms/model.ts';
import { versionOf, type Witness } from '../observations.ts';
import type { Trial, Trials, Tried } from './model.ts';
import type { Undo } from './trials.ts';

/**
 * - `restored`, `reordered`: claimed to restore, and it does; the second but for the order of columns.
 * - `false`: claimed to restore, and something is not as it was, or the rollback fails.
 * - `unseen`: it is claimed to restore by SQL, but nothing was seen to change in the first place.
 * - `lost`: claimed to restore the schema and to lose data, and so it is.
 * - `weak`: claimed to lose data, and nothing is lost on these rows.
 * - `open`: claimed to lose data, without SQL for the schema.
 * - `impossible`, `unknown`: no way is offered.
 * - `refused`: the server refuses the statement itself.
 */
export type Verdict =
  | 'restored'
  | 'reordered'
  | 'false'
  | 'unseen'
  | 'lost'
  | 'weak'
  | 'open'
  | 'impossible'
  | 'unknown'
  | 'refused';

/** One statement on one server. */
export interface Judged {
  readonly scene: string;
  readonly sql: string;
  readonly witness: Witness;
  readonly trial: Trial;
  readonly verdict: Verdict;
  /** It changes the schema, and SQL could undo that without loss: see `isReversible`. */
  readonly reversible: boolean;
  /** What Switchback says now of how to undo it. */
  readonly reason: string;
}

/** What no SQL takes back, whatever rollback is written. */
const noReturn: readonly { readonly form: RegExp; readonly why: string }[] = [
  { form: /^alter type \S+ add value/i, why: 'a label cannot be taken out of an enum' },
];

/**
 * The server does it, the schema is another one afterwards, all values are still there (in the same column, in another
 * type perhaps, from which the old values can be read), and it is no point of no return. What was restored is
 * reversible, whatever else. Says nothing of whether Switchback knows how: what it does not know counts against it.
 */
export function isReversible(sql: string, trial: Trial): boolean {
  if ('refused' in trial || !trial.changed.schema) return false;
  if (isRestored(verdictOn(trial))) return true;
  return trial.lost.length === 0 && !noReturn.some(({ form }) => form.test(sql));
}

export function isRestored(verdict: Verdict): boolean {
  return verdict === 'restored' || verdict === 'reordered';
}

export function verdictOn(trial: Trial): Verdict {
  if ('refused' in trial) return 'refused';
  if (!trial.seen) return trial.claim === 'impossible' ? 'impossible' : 'unknown';
  return trial.claim === 'loses_data' ? verdictOnLoss(trial) : verdictOnRestoring(trial);
}

function verdictOnRestoring({ seen, undo, changed }: Tried): Verdict {
  if (!seen || seen.error !== undefined || seen.schema === 'drifts' || seen.rows.length > 0) return 'false';
  if (undo.length > 0 && !changed.schema && !changed.rows) return 'unseen';
  return seen.schema;
}

function verdictOnLoss({ seen, undo, lost, changed }: Tried): Verdict {
  if (undo.length === 0 && changed.schema) return 'open';
  if (!seen || seen.error !== undefined || seen.schema === 'drifts') return 'false';
  return seen.rows.length > 0 || lost.length > 0 ? 'lost' : 'weak';
}

/** Holds what was claimed against what came of it; statements that were not tried are left out. */
export function judgeTrials(
  scenes: readonly Scene[],
  trials: ReadonlyMap<Witness, Trials>,
  undoOf: (scene: Scene) => Undo,
): readonly Judged[] {
  return scenes.flatMap((scene) => {
    const undo = undoOf(scene);
    return formsOf(scene).flatMap(({ sql }) =>
      [...trials].flatMap(([witness, own]) => {
        const trial = own[scene.name]?.[sql];
        if (!trial) return [];
        return [
          {
            scene: scene.name,
            sql,
            witness,
            trial,
            verdict: verdictOn(trial),
            reversible: isReversible(sql, trial),
            reason: undo(sql, versionOf(witness)).reason,
          },
        ];
      }),
    );
  });
}

export interface Totals {
  readonly forms: number;
  readonly refused: number;
  /** Done, and the schema is the same. */
  readonly unchanged: number;
  /** The schema is another one, and values or the way back are gone. */
  readonly irreversible: number;
  readonly reversible: number;
  /** Of the reversible ones. */
  readonly restored: number;
  /** Claims that all is restored, and those of any kind that are false. */
  readonly claims: number;
  readonly false: number;
}

export function totalsOf(judged: readonly Judged[]): Totals {
  const count = (is: (one: Judged) => boolean) => judged.filter(is).length;
  const changes = ({ trial }: Judged) => 'changed' in trial && trial.changed.schema;
  return {
    forms: judged.length,
    refused: count(({ verdict }) => verdict === 'refused'),
    unchanged: count((one) => one.verdict !== 'refused' && !changes(one)),
    irreversible: count((one) => changes(one) && !one.reversible),
    reversible: count(({ reversible }) => reversible),
    restored: count(({ reversible, verdict }) => reversible && isRestored(verdict)),
    claims: count(({ trial }) => 'claim' in trial && trial.claim === 'restores'),
    false: count(({ verdict }) => verdict === 'false'),
  };
}
