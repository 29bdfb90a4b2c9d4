import type { Preview } from '../../../server/src/lsp/protocol.ts';

const units = [
  [86_400_000, 'd'],
  [3_600_000, 'h'],
  [60_000, 'min'],
  [1000, 's'],
] as const;

/** ms to two figures in a unit that people know: `80 ms`, `1.5 s`, `16 min`. */
export function duration(ms: number): string {
  const [size, unit] = units.find(([least]) => ms >= least) ?? [1, 'ms'];
  return `${Number((ms / size).toPrecision(2))} ${unit}`;
}

/** `82 s to 13 min`; `under a second` where it is that at the worst. */
export function range({ low, high }: Preview['time']): string {
  if (high < 1000) return 'under a second';
  const [from, to] = [duration(low), duration(high)];
  return from === to ? to : `${from} to ${to}`;
}
