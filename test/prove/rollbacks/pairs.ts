import fc from 'fast-check';
import { inverseOf } from '../../../server/src/inverse/inverse.ts';
import { applyStatement, baselineSchema } from '../../../server/src/schema/apply.ts';
import type { SqlParser, Statement } from '../../../server/src/sql/model.ts';
import { formsOf, type Scene } from '../forms/model.ts';
import type { Group } from './together.ts';

/**
 * Of a scene's statements a sample of pairs that are said to be undone within a transaction, the second one's rollback
 * first, each worked out on the schema before its statement. The same sample for the same seed.
 */
export function pairsOf(
  scene: Scene,
  parser: SqlParser,
  { seed, pairs, pgVersion }: { readonly seed: number; readonly pairs: number; readonly pgVersion: number },
): readonly Group[] {
  const schema = baselineSchema(parser.parse(scene.setup));
  const statements = formsOf(scene).flatMap(({ sql }) => parser.parse(sql).statements.slice(0, 1));
  const undoable = statements.filter((one) => offersWay(inverseOf(one, schema, pgVersion)));
  if (undoable.length === 0) return [];
  const one = fc.constantFrom(...undoable);
  return fc
    .sample(fc.tuple(one, one), { seed, numRuns: pairs })
    .flatMap((both) => pairOf(both, schema, pgVersion));
}

function pairOf(
  [first, second]: readonly [Statement, Statement],
  schema: ReturnType<typeof baselineSchema>,
  pgVersion: number,
): readonly Group[] {
  const last = inverseOf(first, schema, pgVersion);
  const next = inverseOf(second, applyStatement(schema, first, { madeByPlan: true }), pgVersion);
  if (!offersWay(last) || !offersWay(next)) return [];
  const undo = [...next.sql, ...last.sql];
  if (undo.length === 0) return [];
  const loses = last.verdict === 'loses_data' || next.verdict === 'loses_data';
  return [{ sql: [first.text, second.text], undo, claim: loses ? 'loses_data' : 'restores' }];
}

function offersWay({ verdict, transactional, sql }: ReturnType<typeof inverseOf>): boolean {
  return transactional && (verdict === 'restores' || (verdict === 'loses_data' && sql.length > 0));
}
