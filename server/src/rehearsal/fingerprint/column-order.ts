import type { CatalogObject, Drift } from './model.ts';
import { identifier } from './names.ts';

/** Columns that both have and that stand in another order among themselves. */
export function columnOrderDrifts(both: readonly (readonly [CatalogObject, CatalogObject])[]): Drift[] {
  const moves = new Map<string, readonly Move[]>();
  for (const [was, is] of both) {
    const moved = movedColumns(was.columns ?? [], is.columns ?? []);
    if (moved.length > 0) moves.set(is.key, moved);
  }
  const names = (key: string) =>
    moves
      .get(key)
      ?.map(({ name }) => name)
      .join('\n');
  // What is handed down to partitions and children is told of the table above.
  return both.flatMap(([, is]): Drift[] => {
    const moved = moves.get(is.key);
    if (!moved || is.above?.some((key) => names(key) === names(is.key))) return [];
    const words = moved
      .map(({ name, from, to }) => `${identifier(name)} moved from ${from} to ${to}`)
      .join(', ');
    const object = `column order of ${is.key.replace(/^table /, '')}`;
    return [{ kind: 'column_order', object, message: `${object}: ${words}` }];
  });
}

interface Move {
  readonly name: string;
  /** Places among the columns, from one. */
  readonly from: number;
  readonly to: number;
}

/** As few as say it all; of several that would do, those whose number is another one. */
function movedColumns(was: readonly string[], is: readonly string[]): Move[] {
  if (was.length === is.length && was.every((name, index) => is[index] === name)) return [];
  const common = is
    .filter((name) => was.includes(name))
    .map((name) => ({ name, from: was.indexOf(name) + 1, to: is.indexOf(name) + 1 }));
  const kept = heaviestRising(common);
  return common.filter((move) => !kept.has(move));
}

/** Of the subsequences in which `from` rises the longest; then the one with most places unchanged; then the earliest. */
function heaviestRising(moves: readonly Move[]): ReadonlySet<Move> {
  const kept = new Set<Move>();
  const weights: number[] = [];
  const following: (number | undefined)[] = [];
  for (let i = moves.length - 1; i >= 0; i--) {
    const move = moves[i] as Move;
    let best = 0;
    for (let j = i + 1; j < moves.length; j++)
      if ((moves[j] as Move).from > move.from && (weights[j] ?? 0) > best) {
        best = weights[j] ?? 0;
        following[i] = j;
      }
    weights[i] = best + 1 + (move.from === move.to ? 1 / (moves.length + 1) : 0);
  }
  let next: number | undefined = weights.indexOf(Math.max(...weights));
  while (next !== undefined && next >= 0) {
    kept.add(moves[next] as Move);
    next = following[next];
  }
  return kept;
}
