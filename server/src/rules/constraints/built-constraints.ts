import { tableOf } from '../../schema/lookup.ts';
import { type BroughtConstraint, broughtConstraints } from '../alter-parts.ts';
import type { RuleContext } from '../model.ts';
import { alterTable, type PlacedStatement, sqlStatements, wholeTable } from '../statements.ts';

/** A constraint whose index is built on existing rows by the statement that adds it. */
export interface BuiltConstraint {
  readonly placed: PlacedStatement;
  readonly brought: BroughtConstraint;
  /** The first of the tables that an index is built on. */
  readonly relation: string;
  readonly partitioned: boolean;
}

/** Every constraint of those kinds that builds its index under the lock of its ALTER TABLE. */
export function* builtConstraints(
  context: RuleContext,
  kinds: readonly string[],
): Generator<BuiltConstraint> {
  for (const placed of sqlStatements(context)) {
    const { builds } = placed.s.effects;
    const target = alterTable(placed.s)?.relation;
    if (builds.length === 0 || !target) continue;
    const partitioned = tableOf(placed.s.before, target)?.partitioned === true;
    for (const brought of broughtConstraints(placed.s)) {
      if (brought.node.indexname || !kinds.includes(brought.node.contype ?? '')) continue;
      const build = builds.find(({ command }) => command === brought.at);
      if (build) yield { placed, brought, relation: wholeTable(placed.s, build.relation), partitioned };
    }
  }
}
