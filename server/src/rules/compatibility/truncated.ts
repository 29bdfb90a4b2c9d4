import { keyOf } from '../../schema/lookup.ts';
import { nameOfRangeVar } from '../../sql/names.ts';
import type { StatementAnalysis } from '../model.ts';
import { shownKey } from '../use-words.ts';

/** What a TRUNCATE empties of what was there before the plan. */
export interface Truncated {
  readonly named: readonly { readonly name: string; readonly shown: string }[];
  /** Tables that CASCADE adds: their foreign keys point at one that is emptied. */
  readonly along: readonly string[];
  readonly cascade: boolean;
  /** Whether the schema knows every table's foreign keys. */
  readonly known: boolean;
}

/** What a statement empties; nothing where it is no TRUNCATE. */
export function truncated({ statement: { node }, before, effects }: StatementAnalysis): Truncated {
  const none = { named: [], along: [], cascade: false, known: true };
  if (!('TruncateStmt' in node)) return none;
  const ranges = (node.TruncateStmt.relations ?? []).flatMap((one) =>
    'RangeVar' in one ? [nameOfRangeVar(one.RangeVar)] : [],
  );
  const isNew = new Set(effects.locks.filter((lock) => lock.isNew).map((lock) => lock.relation));
  const all = ranges.map((name) => {
    const key = keyOf(before, name);
    const made = before.relations.get(key)?.madeByPlan === true;
    return { name: name.name, shown: shownKey(before, key), made };
  });
  const shown = new Set(all.map((one) => one.shown));
  const along = effects.locks
    .filter(
      ({ mode, relation, isNew: own }) => mode === 'AccessExclusiveLock' && !own && !shown.has(relation),
    )
    .map(({ relation }) => relation)
    .filter((relation) => isOtherTable(relation, before));
  return {
    named: all.filter((one) => !one.made && !isNew.has(one.shown)),
    along: [...new Set(along)],
    cascade: node.TruncateStmt.behavior === 'DROP_CASCADE',
    known: before.complete,
  };
}

/** Indexes and sequences of an emptied table are locked too, and are no news. */
function isOtherTable(relation: string, schema: StatementAnalysis['before']): boolean {
  for (const one of schema.relations.values())
    if (one.kind === 'table' && !one.partition && shownKey(schema, keyOf(schema, one.name)) === relation)
      return true;
  return false;
}
