/** What was measured, and against what. */
export interface Comparison {
  readonly name: string;
  /** ms, the median. */
  readonly ours: number;
  /** ms, the median of what it is held against; absent where it is held against a time. */
  readonly theirs?: number;
  /** At most so many times theirs, or so many ms where there are none; absent for what is only for orientation. */
  readonly bar?: number;
  /** What a reader has to know about the figures. */
  readonly note?: string;
}

/** One line: the name, ours, theirs, the ratio, the bar and whether it is met. */
export function comparisonLine({ name, ours, theirs, bar, note }: Comparison): string {
  const ratio = theirs === undefined ? undefined : ours / theirs;
  const cells = [
    name.padEnd(58),
    `${ours.toFixed(1)} ms`.padStart(10),
    (theirs === undefined ? '' : `${theirs.toFixed(1)} ms`).padStart(10),
    (ratio === undefined ? '' : `${ratio.toFixed(2)}x`).padStart(8),
    barText(bar, theirs).padStart(10),
    verdict(ratio ?? ours, bar),
    note ?? '',
  ];
  return cells.join('  ').trimEnd();
}

function barText(bar: number | undefined, theirs: number | undefined): string {
  if (bar === undefined) return '';
  return theirs === undefined ? `<= ${bar} ms` : `<= ${bar}x`;
}

function verdict(measured: number, bar: number | undefined): string {
  if (bar === undefined) return '    ';
  return measured <= bar ? 'pass' : 'FAIL';
}

export const heading = [
  ''.padEnd(58),
  'ours'.padStart(10),
  'theirs'.padStart(10),
  'ratio'.padStart(8),
  'bar'.padStart(10),
].join('  ');

/** The middle sample; there is at least one. */
export function median(samples: readonly number[]): number {
  const sorted = [...samples].sort((a, b) => a - b);
  return sorted[Math.floor(sorted.length / 2)] ?? Number.NaN;
}
