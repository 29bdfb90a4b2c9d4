import type { Effects } from '../effects/model.ts';
import type { Step } from '../plan/model.ts';
import type { Schema } from '../schema/model.ts';
import type { Statement } from '../sql/model.ts';
import type { StepAnalysis } from './model.ts';

/** What a statement's analysis depends on beside the statement and the schema before it. */
export interface Circumstances {
  readonly pgVersion: number;
  readonly inTransaction: boolean;
}

/** What Postgres does for a statement, and what it leaves behind. */
export interface Outcome {
  readonly after: Schema;
  readonly effects: Effects;
}

/**
 * What the last analyses found, for the next one: at a keystroke nearly all of a plan is as it was. Everything is
 * known by what it depends on, which never changes: a result is the same whether it comes from here or not.
 */
export interface AnalysisMemo {
  /** Starts an analysis. What none of the last few needed is given up. */
  begin(): void;
  /** The outcome of a statement, or of what `what` spells in full, at this schema. */
  outcome(what: Statement | string, before: Schema, at: Circumstances, make: () => Outcome): Outcome;
  /** The analysis of a step that neither changed nor moved, at this schema. */
  step(step: Step, before: Schema, pgVersion: number, make: () => StepAnalysis): StepAnalysis;
  /** The schema that follows from another one alone. */
  successor(schema: Schema, make: (schema: Schema) => Schema): Schema;
}

/** A plan, the one before it, and those of another file or two. */
const analysesKept = 4;

interface KnownOutcome extends Circumstances {
  readonly what: Statement | string;
  readonly before: Schema;
  readonly outcome: Outcome;
}

interface KnownStep {
  readonly pgVersion: number;
  readonly analysis: StepAnalysis;
  /** What its statements came to. */
  readonly outcomes: readonly KnownOutcome[];
}

type Outcomes = Map<Statement | string, Map<Schema, KnownOutcome>>;

export function createAnalysisMemo(): AnalysisMemo {
  // The newest first. Schemas are large: those of an edit long past are not to stay.
  let analyses: Outcomes[] = [new Map()];
  let ofStep: KnownOutcome[] = [];
  const steps = new WeakMap<Step, KnownStep>();
  const successors = new WeakMap<Schema, Schema>();
  return {
    begin() {
      analyses = [new Map(), ...analyses.slice(0, analysesKept - 1)];
    },
    outcome(what, before, at, make) {
      const known = find(analyses, what, before, at) ?? { what, before, ...at, outcome: make() };
      ofStep.push(known);
      keep(analyses[0], known);
      return known.outcome;
    },
    step(step, before, pgVersion, make) {
      const known = steps.get(step);
      if (known?.pgVersion === pgVersion && known.analysis.before === before) {
        // Should the step move with the next edit, this is what is asked for.
        for (const one of known.outcomes) keep(analyses[0], one);
        return known.analysis;
      }
      ofStep = [];
      const analysis = make();
      steps.set(step, { pgVersion, analysis, outcomes: ofStep });
      return analysis;
    },
    successor(schema, make) {
      const known = successors.get(schema) ?? make(schema);
      successors.set(schema, known);
      return known;
    },
  };
}

function find(
  analyses: readonly Outcomes[],
  what: Statement | string,
  before: Schema,
  { pgVersion, inTransaction }: Circumstances,
): KnownOutcome | undefined {
  for (const outcomes of analyses) {
    const known = outcomes.get(what)?.get(before);
    if (known?.pgVersion === pgVersion && known.inTransaction === inTransaction) return known;
  }
  return undefined;
}

function keep(outcomes: Outcomes | undefined, known: KnownOutcome): void {
  const same = outcomes?.get(known.what);
  if (same) same.set(known.before, known);
  else outcomes?.set(known.what, new Map([[known.before, known]]));
}
