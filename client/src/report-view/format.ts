import type { StatementReport, StepStatus, Verdict } from '../../../server/src/rehearsal/model.ts';

type Lock = StatementReport['locks'][number];
export type LockMode = Lock['mode'];

/** Lock modes as the manual writes them, by strength, with what they mean for everyone else. */
const lockModes: Record<
  LockMode,
  { rank: number; name: string; meaning: string; level: 'low' | 'medium' | 'high' }
> = {
  AccessShareLock: { rank: 0, name: 'ACCESS SHARE', meaning: 'lets reads and writes through', level: 'low' },
  RowShareLock: { rank: 1, name: 'ROW SHARE', meaning: 'lets reads and writes through', level: 'low' },
  RowExclusiveLock: {
    rank: 2,
    name: 'ROW EXCLUSIVE',
    meaning: 'lets reads and writes through',
    level: 'low',
  },
  ShareUpdateExclusiveLock: {
    rank: 3,
    name: 'SHARE UPDATE EXCLUSIVE',
    meaning: 'lets reads and writes through',
    level: 'low',
  },
  ShareLock: { rank: 4, name: 'SHARE', meaning: 'blocks writes', level: 'medium' },
  ShareRowExclusiveLock: { rank: 5, name: 'SHARE ROW EXCLUSIVE', meaning: 'blocks writes', level: 'medium' },
  ExclusiveLock: { rank: 6, name: 'EXCLUSIVE', meaning: 'blocks writes', level: 'medium' },
  AccessExclusiveLock: {
    rank: 7,
    name: 'ACCESS EXCLUSIVE',
    meaning: 'blocks reads and writes',
    level: 'high',
  },
};

export function describeLock(mode: LockMode): (typeof lockModes)[LockMode] {
  return lockModes[mode];
}

/** The strongest mode that statements took, and the relations that it was taken on. */
export interface StrongestLock {
  readonly mode: LockMode;
  readonly relations: readonly string[];
  /** True where it is known from Postgres's rules and could not be watched. */
  readonly static: boolean;
}

export function strongestLock(
  statements: readonly Pick<StatementReport, 'locks'>[],
): StrongestLock | undefined {
  const locks = statements.flatMap((statement) => statement.locks);
  const [first] = locks;
  if (!first) return undefined;
  const { mode } = locks.reduce((a, b) => (lockModes[b.mode].rank > lockModes[a.mode].rank ? b : a), first);
  const strongest = locks.filter((lock) => lock.mode === mode);
  return {
    mode,
    relations: unique(strongest.map(({ relation }) => relation)),
    static: strongest.every(({ source }) => source === 'static'),
  };
}

export function unique(values: readonly string[]): string[] {
  return [...new Set(values)];
}

/** A time as people read it: `0.4 ms`, `12 ms`, `1.2 s`, `3 min 5 s`. */
export function formatMs(ms: number): string {
  if (ms < 1) return `${ms.toFixed(1)} ms`;
  if (ms < 1000) return `${Math.round(ms)} ms`;
  if (ms < 60_000) return `${(ms / 1000).toFixed(1)} s`;
  const seconds = Math.round(ms / 1000);
  return `${Math.floor(seconds / 60)} min ${seconds % 60} s`;
}

/** A size in powers of 1024, as Postgres prints it: `310 bytes`, `12 kB`, `2.4 MB`. */
export function formatBytes(bytes: number): string {
  if (bytes < 1024) return `${bytes} ${bytes === 1 ? 'byte' : 'bytes'}`;
  const units = ['kB', 'MB', 'GB', 'TB'];
  let value = bytes;
  let unit = -1;
  while (value >= 1024 && unit < units.length - 1) {
    value /= 1024;
    unit++;
  }
  return `${value >= 10 ? Math.round(value) : value.toFixed(1)} ${units[unit]}`;
}

/** `1,000`: the same in every locale, so that two people see the same report. */
export function formatCount(count: number): string {
  return count.toLocaleString('en-US');
}

export const statusWords: Record<StepStatus, string> = {
  passed: 'Passed',
  failed: 'Failed',
  skipped: 'Not run',
  cancelled: 'Cancelled',
};

export const verdictWords: Record<Verdict, string> = {
  passed: 'Passed',
  failed: 'Failed',
  cancelled: 'Cancelled',
  refused: 'Could not be run',
};
