import type { Node, RangeVar } from '@pgsql/types';
import { type Refusal, refusalsOf } from '../effects/query-refusals.ts';
import type { Plan, Step } from '../plan/model.ts';
import { emptySchema } from '../schema/apply.ts';
import { walk } from '../schema/expressions.ts';
import { LayeredMap } from '../schema/layered-map.ts';
import { findRelation } from '../schema/lookup.ts';
import type { Schema } from '../schema/model.ts';
import { namesIn, type QueryNames } from '../schema/query-names.ts';
import type { Statement } from '../sql/model.ts';
import type { VersionAnalysis } from './model.ts';

/** The application's versions that run at one moment. */
export interface Live {
  readonly versions: readonly VersionAnalysis[];
  /** False where another may run, of which the plan does not say what it does. */
  readonly complete: boolean;
}

export interface StepLive {
  /** While the step runs: during a deploy both the old and the new version. */
  readonly during: Live;
  readonly after: Live;
  /** When its rollback starts: reached at once, or by way of the rollbacks of later steps. */
  readonly atRollback: Live;
}

/** Which versions of the application are live when, and what becomes of their statements. */
export interface LiveVersions {
  /** The version before step one. */
  readonly start: Live;
  /** One for each step of the plan, in order. */
  readonly steps: readonly StepLive[];
  /** The version of that name, where the plan says what it runs. */
  version(name: string): VersionAnalysis | undefined;
  /** The words of a statement, whatever the schema. */
  mentions(statement: Statement): Mentions;
  /** The version's statements that say a relation's name, without its schema, in their order. */
  naming(version: VersionAnalysis, relation: string): VersionAnalysis['statements'];
  /** What a statement of the application names, and why Postgres would refuse it, on a schema. */
  read(statement: Statement, schema: Schema): Reading;
}

/** Names that a statement says, without their schemas: what it may mean, before a schema tells what it does. */
export interface Mentions {
  readonly relations: ReadonlySet<string>;
  readonly columns: ReadonlySet<string>;
  /** It may mean columns that it does not name: `SELECT *`, a whole row, an INSERT without a column list. */
  readonly all: boolean;
  readonly writes: boolean;
}

export interface Reading {
  readonly names: QueryNames;
  readonly refusals: readonly Refusal[];
}

const unknown: Live = { versions: [], complete: false };

/**
 * Follows `app.runs` and the deploys through the plan. Where no version lists a statement the plan does not say
 * what the application does, and nothing is known; where one does, a version without statements runs none.
 */
export function liveVersions(
  plan: Plan,
  steps: readonly Step[],
  analysed: readonly VersionAnalysis[],
  read: LiveVersions['read'] = createReader(),
): LiveVersions {
  const told = analysed.some(({ statements }) => statements.length > 0);
  const byName = new Map(told ? analysed.map((one) => [one.version.name.value, one] as const) : []);
  const version = (name: string) => byName.get(name);
  const only = (name: string | undefined): Live => {
    const found = name === undefined ? undefined : version(name);
    return found ? { versions: [found], complete: true } : unknown;
  };
  const mentions = (statement: Statement) => statement.once(mentionsOf);
  const start = only(plan.app?.runs?.value);
  const forward = followDeploys(steps, start, only);
  const back = followRollbacks(steps, forward, only);
  return {
    start,
    version,
    mentions,
    naming: createIndex(mentions),
    read,
    steps: forward.map((one, at) => ({ ...one, atRollback: back[at] ?? unknown })),
  };
}

type Only = (name: string | undefined) => Live;
type Forward = Omit<StepLive, 'atRollback'>;

function followDeploys(steps: readonly Step[], start: Live, only: Only): readonly Forward[] {
  let live = start;
  return steps.map(({ action }) => {
    if (action?.kind !== 'deploy') return { during: live, after: live };
    const after = only(action.version.value);
    const during = both(live, after);
    live = after;
    return { during, after };
  });
}

/** From the last step to the first, since that is how a plan is rolled back. */
function followRollbacks(steps: readonly Step[], forward: readonly Forward[], only: Only): readonly Live[] {
  const found: Live[] = [];
  let left: Live = { versions: [], complete: true };
  for (let at = steps.length - 1; at >= 0; at--) {
    const step = steps[at];
    const here = both(forward[at]?.after ?? unknown, left);
    found[at] = here;
    left = step ? afterRollback(step, here, only) : here;
  }
  return found;
}

/** What is live once a step has been rolled back; nobody comes by a point of no return. */
function afterRollback({ action, rollback }: Step, here: Live, only: Only): Live {
  if (rollback?.kind === 'impossible') return { versions: [], complete: true };
  if (rollback === undefined) return action?.kind === 'deploy' ? unknown : here;
  const actions = rollback.kind === 'actions' ? rollback.actions : [];
  const deploy = actions.findLast(({ kind }) => kind === 'deploy');
  return deploy?.kind === 'deploy' ? only(deploy.version.value) : here;
}

function both(a: Live, b: Live): Live {
  const versions = [...new Set([...a.versions, ...b.versions])];
  return { versions, complete: a.complete && b.complete };
}

function mentionsOf({ node }: Statement): Mentions {
  const { relations, columns, writes } = namesIn(node, emptySchema({ complete: false }));
  const named = new Set(columns.map(({ column }) => column));
  return {
    relations: new Set(relations.map(({ name }) => name.name)),
    columns: new Set([...named].filter((column) => column !== null)),
    all: named.has(null) || aliasesIn(node).some((alias) => named.has(alias)),
    writes: writes.length > 0,
  };
}

/** Each version's statements by the relations that they say. */
function createIndex(mentions: LiveVersions['mentions']): LiveVersions['naming'] {
  const indexes = new Map<VersionAnalysis, Map<string, VersionAnalysis['statements'][number][]>>();
  const indexed = (version: VersionAnalysis) => {
    const index = new Map<string, VersionAnalysis['statements'][number][]>();
    for (const one of version.statements)
      for (const name of mentions(one.statement).relations) {
        const known = index.get(name);
        if (known) known.push(one);
        else index.set(name, [one]);
      }
    indexes.set(version, index);
    return index;
  };
  return (version, relation) => (indexes.get(version) ?? indexed(version)).get(relation) ?? [];
}

/** What a bare name may mean instead of a column: the whole row of a relation. */
function aliasesIn(node: Node): readonly string[] {
  const aliases: string[] = [];
  for (const [, fields] of walk(node)) {
    const { relation = fields } = fields as { relation?: RangeVar };
    const { alias, relname } = relation as RangeVar;
    const name = alias?.aliasname ?? relname;
    if (typeof name === 'string') aliases.push(name);
  }
  return aliases;
}

/** Readings kept of a statement: a plan comes to it once for each version, and again after each edit. */
const keptReadings = 4;

/**
 * Reads a statement anew only where what it names has changed since. For several analyses, whose steps share what is
 * the same.
 */
export function createReader(): LiveVersions['read'] {
  const known = new WeakMap<Statement, readonly (Reading & { readonly schema: Schema })[]>();
  return (statement, schema) => {
    const readings = known.get(statement) ?? [];
    const same = readings.find(({ names, schema: before }) => isSame(names, before, schema));
    if (same) return same;
    const reading = { ...readStatement(statement, schema), schema };
    known.set(statement, [reading, ...readings].slice(0, keptReadings));
    return reading;
  };
}

/** What `LiveVersions.read` gives, read anew. */
export function readStatement(statement: Statement, schema: Schema): Reading {
  const names = namesIn(statement.node, schema);
  return { names, refusals: refusalsOf(names, schema) };
}

function isSame({ relations, writes }: QueryNames, before: Schema, now: Schema): boolean {
  if (before === now) return true;
  if (before.complete !== now.complete || before.searchPath.join() !== now.searchPath.join()) return false;
  if (!relations.every(({ name, relation }) => findRelation(now, name) === relation)) return false;
  if (before.uncertain !== now.uncertain || !isSameMap(before.functions, now.functions)) return false;
  if (writes.length === 0) return true;
  // ON CONFLICT looks for an index, which may come and go without its table; a row meets the triggers of partitions.
  if (writes.some(({ onConflict }) => onConflict?.infer)) return false;
  if (relations.some(({ relation }) => relation?.kind === 'table' && relation.partitioned)) return false;
  return isSameMap(before.types, now.types);
}

function isSameMap(a: ReadonlyMap<string, unknown>, b: ReadonlyMap<string, unknown>): boolean {
  if (a === b) return true;
  return a instanceof LayeredMap && b instanceof LayeredMap && b.changesSince(a).size === 0;
}
