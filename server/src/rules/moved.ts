/**
 * How many characters further on `now` stands than `then`, which is the same but for its place; undefined where
 * anything else differs. Functions are taken to follow from the data beside them, as offset maps do.
 */
export function movedBy(then: Placed, now: Placed): number | undefined {
  const by = now.range.start - then.range.start;
  return isMoved(then, now, by) ? by : undefined;
}

/** Whether two values are the same data in the same places. */
export function isEqual(a: unknown, b: unknown): boolean {
  return a === b || isMoved(a, b, 0);
}

/** Whether two values are the same data, wherever it stands. */
export function isSameData(a: unknown, b: unknown): boolean {
  return a === b || isMoved(a, b, undefined);
}

interface Placed {
  readonly range: { readonly start: number };
}

/** `by`: how many characters; undefined for any places. */
function isMoved(then: unknown, now: unknown, by: number | undefined): boolean {
  if (typeof then === 'function') return typeof now === 'function';
  if (typeof then !== 'object' || then === null) return then === now;
  if (then === now && !by) return true;
  if (typeof now !== 'object' || now === null) return false;
  const keys = Object.keys(then);
  if (keys.length !== Object.keys(now).length) return false;
  return keys.every((key) => {
    const [one, other] = [then[key as never] as unknown, now[key as never] as unknown];
    const isPlace = (key === 'start' || key === 'end') && typeof one === 'number';
    if (isPlace) return by === undefined ? typeof other === 'number' : other === one + by;
    return isMoved(one, other, by);
  });
}
