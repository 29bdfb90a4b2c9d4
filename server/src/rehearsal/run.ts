import type { Analysis } from '../analyze.ts';
import type { StepAnalysis } from '../rules/model.ts';
import type { SqlParser } from '../sql/model.ts';
import { createLineIndex, type LineIndex } from '../text/line-index.ts';
import type { Amplification } from './amplify.ts';
import { createGauged, type Gauged, gaugeReport } from './gauge.ts';
import type { Load } from './load/load.ts';
import type { LoadOptions } from './load/model.ts';
import type {
  AppCheck,
  Progress,
  Report,
  StatementError,
  StepReport,
  UnwindSegment,
  Verdict,
} from './model.ts';
import { notUnwound, wholeUnwind } from './proof-results.ts';
import { emptyReport } from './run-sql.ts';

export interface RehearseOptions {
  /** Fabricated rows for each table of the baseline. */
  readonly rows: number;
  /** ms that a step may take; so may its rollback, the baseline, and the filling of its tables. */
  readonly stepTimeout: number;
  /** Fills up tables that are too small to measure, on a server alone; not where absent. */
  readonly amplify?: Amplification | undefined;
  /** Whether each step is rolled back and applied again, and what the live versions run is tried. True where absent. */
  readonly proofs?: boolean;
  /** Puts load on while the steps run, on an engine with more than one session; then nothing is proven. */
  readonly load?: LoadOptions;
  /**
   * Measures as well as it can, where the engine's times tell of production's: statistics are there as in production,
   * and what changes no row is undone and run again. `alone`: nothing else is wanted, so that locks are not looked for at
   * the cost of time. In passing where absent.
   */
  readonly measure?: 'also' | 'alone' | undefined;
  /** The id of the one step to prove: those before it are applied without proof, those after it not at all. */
  readonly only?: string;
  /** Cancels: the engine is stopped at once, whatever it does. */
  readonly signal?: AbortSignal;
  readonly onProgress?: (progress: Progress) => void;
  /** Loaded where absent. */
  readonly parser?: SqlParser;
}

/** What has come out so far: enough for a report at any moment. */
export interface Run {
  readonly analysis: Analysis;
  readonly options: RehearseOptions;
  readonly lines: LineIndex;
  readonly started: number;
  readonly planned: readonly PlannedStep[];
  readonly steps: StepReport[];
  readonly segments: UnwindSegment[];
  readonly notes: string[];
  start: readonly AppCheck[];
  /** Of steps that are said to need no rollback, by their index: whether that is proven, or why not. */
  readonly promises: Map<number, true | string>;
  /** Why the plan was not rolled back as a whole, where no segment says so. */
  notUnwound: string;
  readonly gauged: Gauged;
  /** Undefined without load, and before it is there. */
  load: Load | undefined;
  engine: string;
  rows: Readonly<Record<string, number>>;
  isCopied: boolean;
  amplified: Readonly<Record<string, number>> | undefined;
}

export interface PlannedStep {
  readonly phase: string;
  readonly analysed: StepAnalysis;
}

export function createRun(analysis: Analysis, options: RehearseOptions): Run {
  return {
    analysis,
    options,
    lines: createLineIndex(analysis.text),
    started: performance.now(),
    planned: plannedSteps(analysis),
    steps: [],
    segments: [],
    notes: [],
    start: [],
    promises: new Map(),
    notUnwound: 'The run did not get to its end.',
    gauged: createGauged(),
    load: undefined,
    engine: '',
    rows: {},
    isCopied: false,
    amplified: undefined,
  };
}

function plannedSteps({ plan, steps }: Analysis): PlannedStep[] {
  const byStep = new Map(steps.map((analysed) => [analysed.step, analysed]));
  return plan.phases.flatMap((phase) =>
    phase.steps.flatMap((step) => {
      const analysed = byStep.get(step);
      return analysed ? [{ phase: phase.name.value, analysed }] : [];
    }),
  );
}

/** `step` counts from 1; 0 is before the first. */
export function progress({ planned, options }: Run, step: number, message: string): void {
  options.onProgress?.({ step, steps: planned.length, message });
}

/** A step of which nothing was done. */
export function skippedStep({ lines }: Run, { phase, analysed }: PlannedStep): StepReport {
  const { step, action } = analysed;
  return {
    id: step.id,
    step: step.name.value,
    phase,
    action: step.action?.kind ?? 'sql',
    status: 'skipped',
    statements: (action?.statements ?? []).map((statement) => emptyReport(statement, 'skipped')),
    summary: '',
    error: undefined,
    rollback: undefined,
    app: [],
    ms: 0,
    range: step.range,
    line: lines.positionAt(step.range.start).line,
    name_range: step.name.range,
  };
}

export function withLine(error: StatementError, { lines }: Pick<Run, 'lines'>): StatementError {
  return { ...error, line: error.range && lines.positionAt(error.range.start).line };
}

export function report(run: Run, verdict: Verdict, error: StatementError | undefined): Report {
  const { analysis, engine, steps, segments, started, rows, notes, start, amplified } = run;
  return {
    plan: analysis.plan.migration?.value ?? '',
    engine,
    verdict,
    error: error && withLine(error, run),
    start: { app: start },
    steps,
    only: run.options.only,
    unwind: segments.length > 0 ? wholeUnwind(segments) : notUnwound(run.notUnwound),
    ms: performance.now() - started,
    rows,
    measured: gaugeReport(run.gauged),
    ...(run.isCopied && { copied: true }),
    ...(amplified && { amplified }),
    ...(run.load && { load: run.load.summary() }),
    notes: run.gauged.noCheckpoint ? [...notes, noCheckpointNote] : notes,
  };
}

const noCheckpointNote =
  'This user may not CHECKPOINT, so that the log of what writes rows may come out smaller than in production: GRANT pg_checkpoint to it (PostgreSQL 15 or newer).';
