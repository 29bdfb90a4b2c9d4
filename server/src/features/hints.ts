import type { Analysis } from '../analyze.ts';
import { lockWords } from '../effects/lock-words.ts';
import { type EffectClass, lockModes } from '../effects/model.ts';
import type { StatementAnalysis } from '../rules/model.ts';
import { isOpenEnded, predictBatch, predictStatement } from '../rules/prediction.ts';
import type { Range } from '../text/range.ts';
import { formatTime } from '../timing/format.ts';

/** A few words behind a statement of what it will do in production. */
export interface Hint {
  /** The offset that it stands behind. */
  readonly at: number;
  /** E.g. `SHARE UPDATE EXCLUSIVE · 4-9 min`. */
  readonly label: string;
  /** The same in a sentence or two. */
  readonly tooltip: string;
}

/** Hints for the statements in `range` that lock something others use, of steps and of rollbacks. */
export function hints(analysis: Analysis, range: Range): Hint[] {
  return analysis.steps
    .filter(({ step }) => step.range.end >= range.start && step.range.start <= range.end)
    .flatMap(({ action, rollback }) =>
      [...(action ? [action] : []), ...rollback].flatMap((part) =>
        part.statements.flatMap((s) => {
          const isBatch = part.action.kind === 'backfill';
          // Several statements of one file that the plan names would all stand behind its path.
          if (s.sql.file !== undefined || s.range.end < range.start || s.range.start > range.end) return [];
          const time = isBatch ? predictBatch(analysis, part)?.time : timeOf(analysis, s);
          const hint = hintOf(s, time && formatTime(time), isBatch);
          return hint ? { ...hint, at: behindSemicolon(analysis.text, hint.at) } : [];
        }),
      ),
    );
}

function behindSemicolon(text: string, at: number): number {
  return text[at] === ';' ? at + 1 : at;
}

function timeOf(analysis: Analysis, s: StatementAnalysis) {
  return isOpenEnded(s) ? undefined : predictStatement(analysis, s)?.time;
}

function hintOf(s: StatementAnalysis, time: string | undefined, isBatch: boolean): Hint | undefined {
  const { effects, range } = s;
  const locks = effects.locks
    .filter(({ isNew, mode }) => !isNew && mode !== 'AccessShareLock')
    .toSorted((a, b) => lockModes.indexOf(b.mode) - lockModes.indexOf(a.mode));
  const [strongest] = locks;
  if (!strongest) return undefined;
  const mode = lockWords(strongest.mode);
  const duration = effects.class === 'instant' ? 'instant' : time && (isBatch ? `${time} a batch` : time);
  const relations = [
    ...new Set(locks.filter((lock) => lock.mode === strongest.mode).map((lock) => lock.relation)),
  ];
  const takes =
    duration === undefined
      ? 'How long it takes is not known: give the table’s rows under `tables`.'
      : duration === 'instant'
        ? 'It is over at once when it has its lock.'
        : `It takes about ${duration}, from the plan’s figures alone.`;
  return {
    at: range.end,
    label: [mode, duration ?? classWords[effects.class]].filter(Boolean).join(' · '),
    tooltip: `Takes ${mode} on ${relations.join(', ')}. ${takes}`,
  };
}

const classWords: Readonly<Record<EffectClass, string>> = {
  instant: 'instant',
  scan: 'reads it all',
  build: 'builds an index',
  rewrite: 'rewrite',
  batched: 'batches',
  unknown: '',
};
