import type { SqlParser } from '../../server/src/sql/model.ts';
import { type Comparison, compare, type Verdict } from './compare.ts';
import { formsOf, type Scene } from './forms/model.ts';
import { versionOf, type Witness } from './observations.ts';
import type { Observations, Outcome } from './observe/model.ts';
import { type Foretold, foretellOn } from './predict.ts';

/** One statement on one server. */
export interface Judged extends Comparison {
  readonly scene: string;
  readonly sql: string;
  readonly witness: Witness;
  readonly foretold: Foretold;
  readonly outcome: Outcome;
}

/** Holds what is foretold of each statement against what the witnesses saw. Throws where one was not asked. */
export function judge(
  scenes: readonly Scene[],
  observed: ReadonlyMap<Witness, Observations>,
  parser: SqlParser,
): readonly Judged[] {
  return scenes.flatMap((scene) => {
    const foretell = foretellOn(scene, parser);
    return formsOf(scene).flatMap((form) =>
      [...observed].flatMap(([witness, observations]) => {
        const version = versionOf(witness);
        if (version < (scene.since ?? 0)) return [];
        const outcome = observations[scene.name]?.[form.sql];
        if (!outcome)
          throw new Error(`${witness} has not seen “${form.sql}” (${scene.name}): run npm run prove`);
        const foretold = foretell(form.sql, version);
        const comparison = compare(foretold, outcome, form, version);
        return [{ scene: scene.name, sql: form.sql, witness, foretold, outcome, ...comparison }];
      }),
    );
  });
}

/** How many statements came to which verdict. */
export function totals(judged: readonly Judged[]): Readonly<Record<Verdict, number>> {
  const counts = { agreed: 0, refused: 0, unknown: 0, unseen: 0, disagreed: 0 };
  for (const { verdict } of judged) counts[verdict] += 1;
  return counts;
}

/** Each statement that something else happened with than was foretold: where, and what. */
export function disagreements(judged: readonly Judged[]): readonly string[] {
  const witnessesOf = new Map<string, Witness[]>();
  for (const { verdict, scene, sql, differences, witness } of judged) {
    if (verdict !== 'disagreed') continue;
    const told = `${scene}: ${sql}\n    ${differences.join('\n    ')}`;
    const known = witnessesOf.get(told);
    if (known) known.push(witness);
    else witnessesOf.set(told, [witness]);
  }
  return [...witnessesOf].map(([told, names]) => `${told}\n    on ${names.join(', ')}`);
}
