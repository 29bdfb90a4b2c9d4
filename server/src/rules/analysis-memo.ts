import type { Effects } from '../effects/model.ts';
import type { Step } from '../plan/model.ts';
import type { Schema } from '../schema/model.ts';
import {
  agree,
  carriedOver,
  createSchemaWatch,
  differences,
  noReads,
  type SchemaDifferences,
  type SchemaReads,
} from '../schema/reads.ts';
import type { Statement } from '../sql/model.ts';
import { createRecent } from '../text/recent.ts';
import type { StepAnalysis } from './model.ts';
import { movedBy } from './moved.ts';
import { createStepFindings, type StepFindings } from './step-findings.ts';

/** What Postgres does for a statement, and what it leaves behind. */
export interface Outcome {
  readonly after: Schema;
  readonly effects: Effects;
}

/** Where a step stands, and all that its analysis depends on beside itself. */
export interface StepPlace {
  readonly step: Step;
  /** Its source: what is the same is looked for by it. */
  readonly source: string;
  readonly before: Schema;
  readonly pgVersion: number;
}

/**
 * What was found of each step, for the next analysis: at a keystroke nearly all of a plan is as it was. A result is
 * used again where the step is the same, and nothing that was read of the schema for it has changed.
 */
export interface AnalysisMemo {
  /** The same schema, of which it can be told what is read; the same for the same one. */
  watched(schema: Schema): Schema;
  /** The analysis of a step; `make` asks `outcome` for that of each of its statements. */
  step(place: StepPlace, make: () => StepAnalysis): StepAnalysis;
  /** What a statement, or a backfill, comes to at this schema. Only within the `make` of a step. */
  outcome(what: Statement | string, before: Schema, inTransaction: boolean, make: () => Outcome): Outcome;
  /** The schema that follows from another one alone. */
  successor(schema: Schema, make: (schema: Schema) => Schema): Schema;
  readonly findings: StepFindings;
}

/** Characters of steps whose analyses are kept: more than the longest plan has, since schemas are kept with them. */
const keptCharacters = 2_500_000;
/** Analyses kept of the same step: equal steps, and those before and after an edit that is taken back. */
const keptOfEqualSteps = 4;

interface KnownOutcome {
  readonly what: Statement | string;
  readonly inTransaction: boolean;
  readonly before: Schema;
  readonly after: Schema;
  readonly effects: Effects;
}

interface KnownStep {
  readonly pgVersion: number;
  readonly analysis: StepAnalysis;
  readonly outcomes: readonly KnownOutcome[];
  readonly reads: SchemaReads;
}

/** A step's analysis in the making. */
interface Making {
  readonly outcomes: KnownOutcome[];
  /** What it came to the last time, in the order in which it is asked for. */
  readonly earlier: readonly KnownOutcome[];
}

export function createAnalysisMemo(): AnalysisMemo {
  const watch = createSchemaWatch();
  const known = createRecent<KnownStep[]>(keptCharacters);
  const watched = new WeakMap<Schema, Schema>();
  const successors = new WeakMap<Schema, Schema>();
  const compare = createComparison();
  const findings = createStepFindings(watch.record);
  let making: Making = { outcomes: [], earlier: [] };

  const make = (
    place: StepPlace,
    earlier: readonly KnownOutcome[],
    reads: SchemaReads,
    run: () => StepAnalysis,
  ) => {
    making = { outcomes: [], earlier };
    const analysis = watch.record(reads, run);
    const { outcomes } = making;
    const step: KnownStep = { pgVersion: place.pgVersion, analysis, outcomes, reads };
    const equal = (known.get(place.source) ?? []).filter((one) => one.analysis.step !== place.step);
    known.set(place.source, [step, ...equal].slice(0, keptOfEqualSteps));
    return analysis;
  };
  const usable = ({ analysis, pgVersion, reads }: KnownStep, place: StepPlace): boolean => {
    if (pgVersion !== place.pgVersion) return false;
    const different = compare.differences(analysis.before, place.before);
    if (!different || !agree(analysis.before, place.before, different, reads)) return false;
    return analysis.step === place.step || movedBy(analysis.step, place.step) !== undefined;
  };

  return {
    findings,
    watched: (schema) => once(watched, schema, watch.watched),
    successor: (schema, follow) => once(successors, schema, follow),
    step(place, run) {
      const earlier = known.get(place.source)?.find((one) => usable(one, place));
      if (!earlier) {
        const reads = noReads();
        const analysis = make(place, [], reads, run);
        findings.start(analysis, reads);
        return analysis;
      }
      const { analysis, outcomes, reads } = earlier;
      if (analysis.step === place.step && analysis.before === place.before) return analysis;
      const again = make(place, outcomes, reads, run);
      findings.carryOver(analysis, again, reads);
      return again;
    },
    outcome(what, before, inTransaction, run) {
      const earlier = making.earlier[making.outcomes.length];
      const same = earlier?.what === what && earlier.inTransaction === inTransaction;
      const after = same ? compare.carriedOver(earlier, before) : undefined;
      const outcome = earlier && after ? { after, effects: earlier.effects } : run();
      making.outcomes.push({ what, inTransaction, before, ...outcome });
      return outcome;
    },
  };
}

/** Compares the schemas of two analyses, each pair once: those of a step follow from those of the step before it. */
function createComparison() {
  const compared = new WeakMap<Schema, { readonly with: Schema; readonly different: SchemaDifferences }>();
  const none: SchemaDifferences = { relations: new Set(), types: new Set(), functions: new Set() };
  const differencesOf = (a: Schema, b: Schema): SchemaDifferences | undefined => {
    if (a === b) return none;
    const last = compared.get(a);
    if (last?.with === b) return last.different;
    const different = differences(a, b);
    if (different) compared.set(a, { with: b, different });
    return different;
  };
  return {
    differences: differencesOf,
    /** What the change makes of `onto`; undefined where it has to be made again. */
    carriedOver(
      change: { readonly before: Schema; readonly after: Schema },
      onto: Schema,
    ): Schema | undefined {
      if (change.before === onto) return change.after;
      const different = differencesOf(change.before, onto);
      const carried = different && carriedOver(change, onto, different);
      if (carried && change.after !== carried.after)
        compared.set(change.after, { with: carried.after, different: carried.different });
      return carried?.after;
    },
  };
}

function once(known: WeakMap<Schema, Schema>, schema: Schema, make: (schema: Schema) => Schema): Schema {
  const made = known.get(schema) ?? make(schema);
  known.set(schema, made);
  return made;
}
