import type { Analysis } from '../analyze.ts';
import { type EffectClass, type LockMode, lockModes } from '../effects/model.ts';
import type { DurationRange } from '../plan/model.ts';
import type { ActionAnalysis, StatementAnalysis, StepAnalysis } from '../rules/model.ts';
import { figuresOf, isOpenEnded } from '../rules/prediction.ts';
import { findRelation } from '../schema/lookup.ts';
import { parseName } from '../sql/names.ts';
import type { Range } from '../text/range.ts';
import type { Basis, Calibration, Measured, TimeRange } from '../timing/model.ts';
import { type KeptOut, keptOut, poolLasts, type Queue, queueBehind, requestsIn } from '../timing/traffic.ts';
import { createPredictor, type Predicted, type Predictor } from './predictions.ts';

/** Plain data: what a plan will cost production, before it is run. It is the JSON of `switchback preview`. */
export interface Preview {
  readonly plan: string;
  readonly pg_version: number;
  /** measured: at least one step's times come from what a dry run took; sizes: none, no server was measured. */
  readonly basis: Basis;
  /** The server that was measured, e.g. `PostgreSQL 16.14 at localhost`. */
  readonly measured_on: string | undefined;
  /** How production compares with it: same hardware, a count there, a step there; undefined where nobody said. */
  readonly calibrated_by: Calibration['kind'] | undefined;
  /** Why the calibration that was given is not used, in a sentence. */
  readonly calibration_problem: string | undefined;
  /** Requests a second at peak; undefined where the plan does not say. */
  readonly traffic: number | undefined;
  readonly phases: readonly PhasePreview[];
  /** The steps whose time is known, in ms, without soak times. */
  readonly time: TimeRange;
  /** ms of `wait` steps. */
  readonly soak: number;
  /** Steps of which the time is not known: `time` is without them. */
  readonly untold: number;
  /**
   * What piles up when a step that locks everybody out, for however short a time, has to wait for a transaction that
   * is open for another second; undefined without such a step or without `traffic`.
   */
  readonly queue: Queue | undefined;
}

export interface PhasePreview {
  readonly phase: string;
  readonly steps: readonly StepPreview[];
  readonly time: TimeRange;
  readonly soak: number;
  readonly untold: number;
}

export interface StepPreview {
  readonly id: string;
  readonly step: string;
  readonly action: 'sql' | 'backfill' | 'deploy' | 'verify' | 'wait';
  /** The costliest of its statements. */
  readonly class: EffectClass | undefined;
  /** ms once the locks are had; undefined where it is not known, or the step does nothing to the database. */
  readonly time: TimeRange | undefined;
  /** What the time comes from; undefined without one. */
  readonly basis: Basis | undefined;
  /** Why it is not known, and what would tell; empty where it is. */
  readonly untold: string;
  /** Bytes of write-ahead log; undefined where not known. */
  readonly wal: number | undefined;
  /** Bytes on disk beside what is there, until the old is removed; undefined where not known. */
  readonly disk: number | undefined;
  /** What the author says, and how it goes with `time`; undefined without `estimate`. */
  readonly estimate: EstimatePreview | undefined;
  /** ms of a `wait`. */
  readonly soak: number;
  readonly locks: readonly LockPreview[];
  /** The lock that keeps most out; undefined where nobody who reads or writes waits. */
  readonly worst: LockPreview | undefined;
  readonly statements: readonly StatementPreview[];
  readonly range: Range;
}

export interface EstimatePreview {
  /** ms */
  readonly min: number;
  readonly max: number;
  /** far too short, or far too long, for what was measured; undefined where it may be right, or nothing was. */
  readonly contradicted: 'too short' | 'too long' | undefined;
}

export interface LockPreview {
  readonly relation: string;
  readonly mode: LockMode;
  readonly keeps_out: KeptOut;
  /** ms from taking it until its transaction ends; undefined where that is not known. */
  readonly held: TimeRange | undefined;
  /** Requests that wait for it at the peak; undefined without `traffic`, or where `held` is not known. Of writers: at the most. */
  readonly requests: TimeRange | undefined;
  /** ms after which a pool of the given size is used up, where the lock may be held for longer. */
  readonly pool_lasts: number | undefined;
}

export interface StatementPreview {
  readonly sql: string;
  readonly class: EffectClass;
  /** The strongest lock on a relation that others use. */
  readonly lock: LockMode | undefined;
  readonly time: TimeRange | undefined;
  readonly basis: Basis | undefined;
  readonly range: Range;
}

export interface PreviewOptions {
  /** Connections of the application's pools together. */
  readonly pool?: number;
  /** What a dry run of the plan on a server took. */
  readonly measured?: Measured | undefined;
  /** How production's server compares with that one. */
  readonly calibration?: Calibration | undefined;
  /** Why what was to say so cannot be read, in a sentence. */
  readonly calibrationProblem?: string | undefined;
}

interface Context {
  readonly analysis: Analysis;
  readonly predictor: Predictor;
  readonly pool: number | undefined;
}

const nothing: TimeRange = { low: 0, likely: 0, high: 0 };
/** ms: transactions of this length are about in every application. */
const olderTransaction = 1000;

/** What each step will cost, from the effects of its statements and the plan's figures. */
export function preview(analysis: Analysis, options: PreviewOptions = {}): Preview {
  const { measured } = options;
  const predictor = createPredictor(analysis, options);
  const context: Context = { analysis, predictor, pool: options.pool };
  const byStep = new Map(analysis.steps.map((analysed) => [analysed.step, analysed]));
  const phases = analysis.plan.phases.map((phase) => {
    const steps = phase.steps.flatMap((step) => {
      const analysed = byStep.get(step);
      return analysed?.action ? stepPreview(context, analysed, analysed.action) : [];
    });
    return { phase: phase.name.value, steps, ...sums(steps) };
  });
  const all = phases.flatMap(({ steps }) => steps);
  return {
    plan: analysis.plan.migration?.value ?? '',
    pg_version: analysis.pgVersion,
    basis: all.some(({ basis }) => basis === 'measured') ? 'measured' : 'sizes',
    measured_on: measured?.server,
    calibrated_by: predictor.calibratedBy,
    calibration_problem: predictor.problem ?? (measured && options.calibrationProblem),
    traffic: analysis.plan.traffic?.value,
    phases,
    ...sums(all),
    queue: queueOf(analysis, all),
  };
}

/** The previews of single steps, for whoever needs few of them; undefined for a step without an action. */
export function createStepPreviews(
  analysis: Analysis,
  options: PreviewOptions = {},
): (step: StepAnalysis) => StepPreview | undefined {
  const context: Context = { analysis, predictor: createPredictor(analysis, options), pool: options.pool };
  return (step) => step.action && stepPreview(context, step, step.action);
}

/** What steps take together. */
export function sums(steps: readonly StepPreview[]): Pick<Preview, 'time' | 'soak' | 'untold'> {
  return {
    time: total(steps.flatMap(({ time }) => time ?? [])),
    soak: steps.reduce((sum, { soak }) => sum + soak, 0),
    untold: steps.filter(({ untold }) => untold !== '').length,
  };
}

function total(ranges: readonly TimeRange[]): TimeRange {
  const sum = (of: (range: TimeRange) => number) => ranges.reduce((so, range) => so + of(range), 0);
  return { low: sum(({ low }) => low), likely: sum(({ likely }) => likely), high: sum(({ high }) => high) };
}

function stepPreview(context: Context, analysed: StepAnalysis, action: ActionAnalysis): StepPreview {
  const { analysis, predictor } = context;
  const { step } = analysed;
  const kind = action.action.kind;
  const works = kind === 'sql' || kind === 'backfill' || kind === 'verify';
  const isOpen = kind !== 'backfill' && action.statements.some(isOpenEnded);
  const predicted = works ? predictor.action(analysed) : undefined;
  const locks = works ? locksOf(context, analysed, action) : [];
  const worst = worstOf(locks);
  return {
    id: step.id,
    step: step.name.value,
    action: kind,
    class: works ? costliest(action.statements) : undefined,
    time: predicted?.time,
    basis: predicted?.basis,
    untold: works && !predicted ? reasonUntold(analysis, action, isOpen) : '',
    wal: predicted?.wal,
    disk: predicted?.disk,
    estimate: step.estimate && {
      ...step.estimate.value,
      contradicted: predicted && contradiction(step.estimate.value, predicted),
    },
    soak: action.action.kind === 'wait' ? action.action.duration.value : 0,
    locks,
    worst,
    statements: action.statements.map((s, at) => statementPreview(s, predictor.statement(analysed, at))),
    range: step.range,
  };
}

/** ms: everybody writes a second for what takes a moment. */
const shortTime = 1000;

/** Wholly outside of what eight of ten runs take: of sizes alone, `estimate-unlikely` tells. */
function contradiction(
  { min, max }: DurationRange,
  { time, basis }: Predicted,
): EstimatePreview['contradicted'] {
  if (basis !== 'measured') return undefined;
  if (max < time.low && time.low > shortTime) return 'too short';
  return min > time.high && min > shortTime ? 'too long' : undefined;
}

/** Tables of the baseline on which steps work for a time that is not told for want of their rows. Names as statements have them. */
export function tablesWithoutRows(analysis: Analysis): readonly string[] {
  const found = analysis.steps.flatMap(
    ({ action }) => (action && relationWithoutRows(analysis, action)) ?? [],
  );
  const baseline = analysis.steps[0]?.before;
  return [...new Set(found)].filter((relation) => {
    const name = parseName(relation);
    const table = baseline && name && findRelation(baseline, name);
    return table?.kind === 'table' && !table.partition;
  });
}

function relationWithoutRows(analysis: Analysis, { action, statements }: ActionAnalysis): string | undefined {
  const walked = action.kind === 'backfill' ? action.table?.value : undefined;
  return statements
    .flatMap(({ effects, before }) => [
      ...(walked === undefined ? [] : [{ relation: walked, before }]),
      ...[...effects.rewrites, ...effects.builds, ...effects.scans].map(({ relation, indexOf }) => ({
        relation: indexOf ?? relation,
        before,
      })),
    ])
    .find(({ relation, before }) => !figuresOf(analysis, before, relation))?.relation;
}

function reasonUntold(analysis: Analysis, action: ActionAnalysis, isOpen: boolean): string {
  if (isOpen) return 'How long such a query takes is not told from sizes.';
  const { statements } = action;
  const fact = statements.flatMap(({ effects }) => effects.unknown)[0];
  if (fact) return `Not known: ${fact.fact}.`;
  const bare = relationWithoutRows(analysis, action);
  return bare !== undefined
    ? `Give the rows of ${bare} under \`tables\`.`
    : 'What Postgres does for it is not known.';
}

const classes: readonly EffectClass[] = ['instant', 'batched', 'scan', 'build', 'rewrite', 'unknown'];

function costliest(statements: readonly StatementAnalysis[]): EffectClass | undefined {
  const worst = Math.max(-1, ...statements.map(({ effects }) => classes.indexOf(effects.class)));
  return classes[worst];
}

function worstOf(locks: readonly LockPreview[]): LockPreview | undefined {
  const weight = ({ keeps_out, held }: LockPreview) =>
    (keeps_out === 'everybody' ? 2 : keeps_out === 'writers' ? 1 : 0) * 1e15 + (held?.likely ?? 0);
  return locks.filter(({ keeps_out }) => keeps_out !== 'nobody').toSorted((a, b) => weight(b) - weight(a))[0];
}

function queueOf({ plan }: Analysis, steps: readonly StepPreview[]): Queue | undefined {
  const perSecond = plan.traffic?.value;
  if (!perSecond || !steps.some(({ worst }) => worst?.keeps_out === 'everybody')) return undefined;
  const { lockTimeout, retries } = plan.session;
  return queueBehind(olderTransaction, {
    lockTimeout: lockTimeout?.value ?? 0,
    retries: retries?.value ?? 0,
    perSecond,
  });
}

/** Each table's strongest lock, held from its statement to the end of the transaction that this stands in. */
function locksOf(
  { analysis, predictor, pool }: Context,
  step: StepAnalysis,
  action: ActionAnalysis,
): readonly LockPreview[] {
  const { statements } = action;
  const perSecond = analysis.plan.traffic?.value;
  const found = new Map<string, LockPreview>();
  for (const [at, s] of statements.entries()) {
    const held =
      action.action.kind === 'backfill' ? predictor.batch(step) : heldFrom(predictor, step, statements, at);
    for (const { relation, mode, isNew } of s.effects.locks) {
      if (isNew || !isTable(s, relation)) continue;
      const keeps_out = keptOut(mode);
      const known = found.get(relation);
      if (known && rank(known.keeps_out) >= rank(keeps_out)) continue;
      const requests =
        held && perSecond !== undefined && keeps_out !== 'nobody' ? requestsIn(held, perSecond) : undefined;
      const lasts = pool !== undefined && perSecond ? poolLasts(pool, perSecond) : undefined;
      const isExhausted = lasts !== undefined && requests !== undefined && (held?.high ?? 0) > lasts;
      found.set(relation, {
        relation,
        mode,
        keeps_out,
        held,
        requests,
        pool_lasts: isExhausted ? lasts : undefined,
      });
    }
  }
  return [...found.values()];
}

function rank(out: KeptOut): number {
  return out === 'everybody' ? 2 : out === 'writers' ? 1 : 0;
}

function heldFrom(
  predictor: Predictor,
  step: StepAnalysis,
  statements: readonly StatementAnalysis[],
  at: number,
): TimeRange | undefined {
  const rest = statements.slice(at);
  const end = statements[at]?.inTransaction ? rest.findIndex(endsTransaction) : 0;
  const within = end < 0 ? rest : rest.slice(0, end + 1);
  if (within.some(isOpenEnded)) return undefined;
  const times = within.map((s, i) =>
    endsTransaction(s) ? nothing : predictor.statement(step, at + i)?.time,
  );
  return times.includes(undefined) ? undefined : total(times.flatMap((time) => time ?? []));
}

function endsTransaction({ statement: { node } }: StatementAnalysis): boolean {
  const kind = 'TransactionStmt' in node ? node.TransactionStmt.kind : undefined;
  return kind === 'TRANS_STMT_COMMIT' || kind === 'TRANS_STMT_ROLLBACK' || kind === 'TRANS_STMT_PREPARE';
}

/** Requests go to tables: a lock on an index or a sequence keeps out those who come to its table. */
function isTable(s: StatementAnalysis, relation: string): boolean {
  const name = parseName(relation);
  const found = name && (findRelation(s.before, name) ?? findRelation(s.after, name));
  return !found || found.kind === 'table' || found.kind === 'materialized view' || found.kind === 'view';
}

function statementPreview(s: StatementAnalysis, predicted: Predicted | undefined): StatementPreview {
  const seen = s.effects.locks.filter(({ isNew }) => !isNew);
  const worst = seen.toSorted((a, b) => lockModes.indexOf(b.mode) - lockModes.indexOf(a.mode))[0];
  return {
    sql: s.statement.text,
    class: s.effects.class,
    lock: worst?.mode,
    time: predicted?.time,
    basis: predicted?.basis,
    range: s.range,
  };
}
