import type { ActionAnalysis, RuleContext, StatementAnalysis, StepAnalysis } from '../rules/model.ts';
import {
  figuresOf,
  isOpenEnded,
  predictAction,
  predictBatch,
  predictStatement,
} from '../rules/prediction.ts';
import { factorOf, unknownServer } from '../timing/calibration.ts';
import { type Factor, predictMeasured, predictMeasuredBackfill } from '../timing/measured.ts';
import type { Basis, Calibration, Measured, MeasuredStatement, TimeRange } from '../timing/model.ts';
import type { FiguresOf } from '../timing/predict.ts';

/** What a statement or a whole action will cost. */
export interface Predicted {
  readonly time: TimeRange;
  readonly wal: number;
  readonly disk: number;
  readonly basis: Basis;
}

/** Predictions of a plan's steps: from what a dry run measured where it did, else from sizes. */
export interface Predictor {
  /** What one of a step's statements takes; undefined where that is not known. */
  statement(step: StepAnalysis, at: number): Predicted | undefined;
  /** What its action takes as a whole. */
  action(step: StepAnalysis): Predicted | undefined;
  /** How long one batch of a backfill holds its locks. */
  batch(step: StepAnalysis): TimeRange | undefined;
  /** What it is calibrated by; undefined where it is not. */
  readonly calibratedBy: Calibration['kind'] | undefined;
  /** Why the calibration could not be used, in a sentence. */
  readonly problem: string | undefined;
}

export interface PredictorOptions {
  readonly measured?: Measured | undefined;
  readonly calibration?: Calibration | undefined;
}

/** Without a calibration, what the plan says that one of its steps `took` in production is one. */
export function createPredictor(
  context: RuleContext,
  { measured, calibration }: PredictorOptions,
): Predictor {
  if (!measured) return { ...fromSizes(context), calibratedBy: undefined, problem: undefined };
  const same = fromMeasured(context, measured, noFactor);
  const likelyOf = (id: string) => {
    const step = context.steps.find(({ step }) => step.id === id);
    const predicted = step && same.action(step);
    const isLong = predicted && predicted.time.likely >= shortestToCompare;
    return isLong && predicted.basis === 'measured' ? predicted.time.likely : undefined;
  };
  const given = calibration ?? tookIn(context, likelyOf);
  const found = factorOf(given, measured, likelyOf);
  if ('factor' in found)
    return {
      ...fromMeasured(context, measured, found.factor),
      calibratedBy: given?.kind,
      problem: undefined,
    };
  return {
    ...fromMeasured(context, measured, unknownServer),
    calibratedBy: undefined,
    problem: found.problem,
  };
}

/** ms; what takes less is made of what does not grow. */
const shortestToCompare = 100;

/** What the last of the steps took that can be compared. */
function tookIn(
  { steps }: RuleContext,
  likelyOf: (id: string) => number | undefined,
): Calibration | undefined {
  const last = steps.findLast(({ step: { id, took } }) => took && took.value > 0 && likelyOf(id));
  return last?.step.took && { kind: 'step', step: last.step.id, ms: last.step.took.value };
}

const noFactor: Factor = { low: 1, likely: 1, high: 1 };

type Predictions = Omit<Predictor, 'calibratedBy' | 'problem'>;

function fromSizes(context: RuleContext): Predictions {
  const sized = (known: Omit<Predicted, 'basis'> | undefined) =>
    known && { ...known, basis: 'sizes' as const };
  return {
    statement({ action }, at) {
      const s = action?.statements[at];
      return s && !isOpenEnded(s) ? sized(predictStatement(context, s)) : undefined;
    },
    action({ action }) {
      if (!action) return undefined;
      const isOpen = action.action.kind !== 'backfill' && action.statements.some(isOpenEnded);
      return isOpen ? undefined : sized(predictAction(context, action));
    },
    batch: ({ action }) => action && predictBatch(context, action)?.time,
  };
}

function fromMeasured(context: RuleContext, measured: Measured, factor: Factor): Predictions {
  const sizes = fromSizes(context);
  const production =
    ({ before }: StatementAnalysis): FiguresOf =>
    (relation) =>
      figuresOf(context, before, relation);
  const seenOf = (step: StepAnalysis, at: number): MeasuredStatement | undefined => {
    const found = measured.steps[step.step.id]?.[at];
    return found?.sql === step.action?.statements[at]?.statement.text ? found : undefined;
  };
  const statement: Predictions['statement'] = (step, at) => {
    const s = step.action?.statements[at];
    const seen = seenOf(step, at);
    if (!s || !seen || isOpenEnded(s)) return sizes.statement(step, at);
    return predictMeasured(s.effects, seen, measured, production(s), factor) ?? sizes.statement(step, at);
  };
  const backfill = (step: StepAnalysis, { action }: ActionAnalysis): Predicted | undefined => {
    const [s] = step.action?.statements ?? [];
    const seen = seenOf(step, 0);
    const table = s?.effects.locks[0]?.relation;
    if (action.kind !== 'backfill' || !s || !seen || table === undefined) return undefined;
    const shape = { ...action, conditional: action.where !== undefined };
    return predictMeasuredBackfill(shape, table, seen, measured, production(s), factor);
  };
  return {
    statement,
    action(step) {
      const { action } = step;
      if (!action) return undefined;
      if (action.action.kind === 'backfill') return backfill(step, action) ?? sizes.action(step);
      return together(action.statements.map((_, at) => statement(step, at)));
    },
    batch(step) {
      const { action } = step;
      const whole = action?.action.kind === 'backfill' ? backfill(step, { ...action }) : undefined;
      const [s] = action?.statements ?? [];
      if (!whole || !s || action?.action.kind !== 'backfill') return sizes.batch(step);
      const rows = production(s)(s.effects.locks[0]?.relation ?? '')?.rows ?? 0;
      const batches = Math.max(Math.ceil(rows / Math.max(action.action.batch, 1)), 1);
      const pauses = (batches - 1) * action.action.pause;
      const { low, likely, high } = whole.time;
      const each = (ms: number) => (ms - pauses) / batches;
      return { low: each(low), likely: each(likely), high: each(high) };
    },
  };
}

/** Measured if all of what takes long in it was. */
function together(parts: readonly (Predicted | undefined)[]): Predicted | undefined {
  const known = parts.filter((part) => part !== undefined);
  if (known.length < parts.length || known.length === 0) return undefined;
  const sum = (of: (part: Predicted) => number) => known.reduce((total, part) => total + of(part), 0);
  return {
    time: {
      low: sum(({ time }) => time.low),
      likely: sum(({ time }) => time.likely),
      high: sum(({ time }) => time.high),
    },
    wal: sum(({ wal }) => wal),
    disk: sum(({ disk }) => disk),
    basis: known.every(({ basis }) => basis === 'measured') ? 'measured' : 'sizes',
  };
}
