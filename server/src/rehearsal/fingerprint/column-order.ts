import type { CatalogObject, Drift } from './model.ts';
import { identifier } from './names.ts';

/** Columns that both have and that stand in another order among themselves. */
export function columnOrderDrifts(both: readonly (readonly [CatalogObject, CatalogObject])[]): Drift[] {
  const moves = new Map<string, string>();
  for (const [was, is] of both) {
    const words = movedColumns(was.columns ?? [], is.columns ?? []);
    if (words !== '') moves.set(is.key, words);
  }
  // What is handed down to partitions and children is told of the table above.
  return both.flatMap(([, is]): Drift[] => {
    const words = moves.get(is.key);
    if (words === undefined || is.above?.some((key) => moves.get(key) === words)) return [];
    const object = `column order of ${is.key.replace(/^table /, '')}`;
    return [{ kind: 'column_order', object, message: `${object}: ${words}` }];
  });
}

function movedColumns(was: readonly string[], is: readonly string[]): string {
  const common = is.filter((name) => was.includes(name));
  const kept = longestRising(common.map((name) => was.indexOf(name)));
  return common
    .filter((name) => !kept.has(was.indexOf(name)))
    .map((name) => `${identifier(name)} moved from ${was.indexOf(name) + 1} to ${is.indexOf(name) + 1}`)
    .join(', ');
}

/** The longest subsequence that rises; of several, the one that starts and goes on earliest. */
function longestRising(values: readonly number[]): ReadonlySet<number> {
  const lengths: number[] = [];
  for (let i = values.length - 1; i >= 0; i--) {
    let best = 0;
    for (let j = i + 1; j < values.length; j++)
      if ((values[j] ?? 0) > (values[i] ?? 0)) best = Math.max(best, lengths[j] ?? 0);
    lengths[i] = best + 1;
  }
  const kept = new Set<number>();
  let wanted = Math.max(0, ...lengths);
  let last = -1;
  values.forEach((value, i) => {
    if (wanted === 0 || lengths[i] !== wanted || value < last) return;
    kept.add(value);
    last = value;
    wanted -= 1;
  });
  return kept;
}
