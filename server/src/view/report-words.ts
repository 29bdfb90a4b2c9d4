import { lockWords } from '../effects/lock-words.ts';
import { lockModes } from '../effects/model.ts';
import type { StatementReport, StepStatus, Verdict } from '../rehearsal/model.ts';
import { type KeptOut, keptOut } from '../timing/traffic.ts';

type Lock = StatementReport['locks'][number];
export type LockMode = Lock['mode'];

export interface LockWords {
  /** As the manual writes it. */
  readonly name: string;
  /** What it means for everyone else. */
  readonly meaning: string;
  readonly level: 'low' | 'medium' | 'high';
}

const meanings: Readonly<Record<KeptOut, Omit<LockWords, 'name'>>> = {
  everybody: { meaning: 'blocks reads and writes', level: 'high' },
  writers: { meaning: 'blocks writes', level: 'medium' },
  nobody: { meaning: 'lets reads and writes through', level: 'low' },
};

export function describeLock(mode: LockMode): LockWords {
  return { name: lockWords(mode), ...meanings[keptOut(mode)] };
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
  const { mode } = locks.reduce(
    (a, b) => (lockModes.indexOf(b.mode) > lockModes.indexOf(a.mode) ? b : a),
    first,
  );
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
