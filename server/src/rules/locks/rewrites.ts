import type { RelationWork } from '../../effects/model.ts';
import type { StatementAnalysis } from '../model.ts';

/** Why a table is rewritten: each subcommand that does it once, with the first of the tables. */
export function rewritesByCommand({ effects }: StatementAnalysis): readonly RelationWork[] {
  const found = new Map<number | undefined, RelationWork>();
  for (const { others = [], ...first } of effects.rewrites) {
    if (first.indexOf !== undefined) continue;
    for (const work of [first, ...others.map((other) => ({ ...first, ...other }))])
      if (!found.has(work.command)) found.set(work.command, work);
  }
  return [...found.values()];
}
