import type { Effects } from '../effects/model.ts';
import type { Step } from '../plan/model.ts';
import type { Schema } from '../schema/model.ts';
import {
  addReads,
  agree,
  type Change,
  carriedOver,
  createSchemaWatch,
  differences,
  differencesAfter,
  noDifferences,
  noReads,
  type SchemaDifferences,
  type SchemaReads,
  withEqualsOf,
} from '../schema/reads.ts';
import type { Statement } from '../sql/model.ts';
import { createRecent } from '../text/recent.ts';
import { createReader, type LiveVersions } from './live-versions.ts';
import type { StatementAnalysis, StepAnalysis } from './model.ts';
import { isEqual, movedBy } from './moved.ts';
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
  /**
   * What `find` makes of a statement, worked out once for all analyses in which the statement comes to the same. It
   * must follow from the statement, its schemas and its effects alone, and hold no places in the document.
   */
  fact<T>(s: StatementAnalysis, find: (s: StatementAnalysis) => T): T;
  /** The schema that a function makes of another one alone; the same for the same one. */
  successor(schema: Schema, make: (schema: Schema) => Schema): Schema;
  readonly findings: StepFindings;
  /** What the application's statements come to, for all analyses. */
  readonly read: LiveVersions['read'];
}

/** Characters of steps whose analyses are kept: more than the longest plan has, since schemas are kept with them. */
const keptCharacters = 2_500_000;
/** Analyses kept of the same step: equal steps, and those before and after an edit that is taken back. */
const keptOfEqualSteps = 2;

interface KnownOutcome {
  readonly what: Statement | string;
  readonly inTransaction: boolean;
  readonly before: Schema;
  readonly after: Schema;
  readonly effects: Effects;
}

/** The same statement in a step that reads otherwise, at the very same schema. */
interface SameStatement {
  readonly pgVersion: number;
  readonly outcome: KnownOutcome;
  readonly reads: SchemaReads;
}

interface KnownStep {
  readonly pgVersion: number;
  readonly analysis: StepAnalysis;
  readonly outcomes: readonly KnownOutcome[];
  readonly reads: SchemaReads;
}

/** A step's analysis in the making. */
interface Making {
  readonly pgVersion: number;
  readonly reads: SchemaReads;
  readonly outcomes: KnownOutcome[];
  /** What it came to the last time, in the order in which it is asked for. */
  readonly earlier: readonly KnownOutcome[];
  /** Whether nothing has changed that was read for it then. */
  readonly holds: boolean;
}

export function createAnalysisMemo(): AnalysisMemo {
  const watch = createSchemaWatch();
  const known = createRecent<KnownStep[]>(keptCharacters);
  const watched = new WeakMap<Schema, Schema>();
  const successors = new WeakMap<(schema: Schema) => Schema, WeakMap<Schema, Schema>>();
  const compare = createComparison();
  const facts = createFacts(watch.record);
  const findings = createStepFindings(watch.record);
  const statements = new WeakMap<Statement, readonly SameStatement[]>();
  let making: Making = { pgVersion: 0, reads: noReads(), outcomes: [], earlier: [], holds: false };

  const make = (
    place: StepPlace,
    { earlier, holds, reads }: Pick<Making, 'earlier' | 'holds' | 'reads'>,
    run: () => StepAnalysis,
  ) => {
    making = { pgVersion: place.pgVersion, reads, outcomes: [], earlier, holds };
    const analysis = watch.record(reads, run);
    const { outcomes } = making;
    for (const { effects } of outcomes) facts.start(effects, reads);
    const step: KnownStep = { pgVersion: place.pgVersion, analysis, outcomes, reads };
    const equal = (known.get(place.source) ?? []).filter((one) => one.analysis.step !== place.step);
    known.set(place.source, [step, ...equal].slice(0, keptOfEqualSteps));
    return analysis;
  };
  const note = (one: SameStatement) => {
    const { what } = one.outcome;
    if (typeof what === 'string') return;
    statements.set(what, [one, ...(statements.get(what) ?? [])].slice(0, keptOfEqualSteps));
  };
  const isOf =
    (before: Schema, inTransaction: boolean) =>
    ({ outcome, pgVersion }: SameStatement) =>
      outcome.before === before && outcome.inTransaction === inTransaction && pgVersion === making.pgVersion;
  const usable = ({ analysis, pgVersion, reads }: KnownStep, place: StepPlace, isLast: boolean): boolean => {
    if (pgVersion !== place.pgVersion || !isSameStep(analysis.step, place.step)) return false;
    if (analysis.before === place.before) return true;
    // Of those before the last, which differ in more, all are of use that an edit taken back leads to.
    const different = isLast ? compare.differences(analysis.before, place.before) : undefined;
    return different !== undefined && agree(different, reads);
  };

  return {
    findings,
    read: createReader(),
    fact: facts.of,
    watched: (schema) => once(watched, schema, watch.watched),
    successor(schema, follow) {
      const made = successors.get(follow) ?? new WeakMap<Schema, Schema>();
      successors.set(follow, made);
      return once(made, schema, follow);
    },
    step(place, run) {
      const equal = known.get(place.source) ?? [];
      const earlier = equal.find((one, at) => usable(one, place, at === 0));
      if (!earlier) {
        const reads = noReads();
        const last = equal.find((one) => isSameStep(one.analysis.step, place.step));
        const analysis = make(place, { earlier: last?.outcomes ?? [], holds: false, reads }, run);
        findings.start(analysis, reads);
        for (const [at, outcome] of making.outcomes.entries()) compare.followed(last?.outcomes[at], outcome);
        return analysis;
      }
      const { analysis, outcomes, reads } = earlier;
      if (analysis.step === place.step && analysis.before === place.before) return analysis;
      const again = make(place, { earlier: outcomes, holds: true, reads }, run);
      findings.carryOver(analysis, again, reads);
      return again;
    },
    outcome(what, before, inTransaction, run) {
      const { pgVersion, reads, outcomes, holds } = making;
      const earlier = making.earlier[outcomes.length];
      const same = earlier?.what === what && earlier.inTransaction === inTransaction;
      const after = same && holds ? compare.carriedOver(earlier, before) : undefined;
      if (earlier && after) {
        const carried = earlier.before === before ? earlier : { ...earlier, before, after };
        if (carried !== earlier) note({ pgVersion, outcome: carried, reads });
        outcomes.push(carried);
        return carried;
      }
      const made = ({ after, effects }: Outcome, last: KnownOutcome | undefined): KnownOutcome => ({
        what,
        inTransaction,
        before,
        after: last ? withEqualsOf(last.after, { before, after }, isEqual) : after,
        effects,
      });
      const again =
        typeof what === 'string' ? undefined : statements.get(what)?.find(isOf(before, inTransaction));
      if (again) addReads(reads, again.reads);
      const outcome = again?.outcome ?? made(run(), same ? earlier : undefined);
      if (!again) note({ pgVersion, outcome, reads });
      outcomes.push(outcome);
      return outcome;
    },
  };
}

function createFacts(record: <T>(reads: SchemaReads, work: () => T) => T) {
  const known = new WeakMap<
    Effects,
    { readonly reads: SchemaReads; readonly found: Map<unknown, unknown> }
  >();
  return {
    start(effects: Effects, reads: SchemaReads): void {
      if (known.get(effects)?.reads !== reads) known.set(effects, { reads, found: new Map() });
    },
    of<T>(s: StatementAnalysis, find: (s: StatementAnalysis) => T): T {
      const kept = known.get(s.effects);
      if (!kept) return find(s);
      if (!kept.found.has(find))
        kept.found.set(
          find,
          record(kept.reads, () => find(s)),
        );
      return kept.found.get(find) as T;
    },
  };
}

function isSameStep(then: Step, now: Step): boolean {
  return then === now || movedBy(then, now) !== undefined;
}

/** Compares the schemas of two analyses, each pair once: those of a step follow from those of the step before it. */
function createComparison() {
  const compared = new WeakMap<Schema, { readonly with: Schema; readonly different: SchemaDifferences }>();
  const differencesOf = (a: Schema, b: Schema): SchemaDifferences | undefined => {
    if (a === b) return noDifferences;
    const last = compared.get(a);
    if (last?.with === b) return last.different;
    const different = differences(a, b);
    if (different) compared.set(a, { with: b, different });
    return different;
  };
  return {
    differences: differencesOf,
    /** Notes how the schemas after a statement differ, from how those before it did. */
    followed(then: Change | undefined, now: Change): void {
      const before = then && compared.get(then.before);
      if (!then || before?.with !== now.before || then.after === now.after) return;
      const different = differencesAfter(then, now, before.different);
      if (different) compared.set(then.after, { with: now.after, different });
    },
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
