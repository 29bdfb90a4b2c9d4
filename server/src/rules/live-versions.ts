import type { Node, RangeVar } from '@pgsql/types';
import { type Refusal, refusalsOf } from '../effects/query-refusals.ts';
import type { Plan, Step } from '../plan/model.ts';
import { emptySchema } from '../schema/apply.ts';
import { walk } from '../schema/expressions.ts';
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
): LiveVersions {
  const told = analysed.some(({ statements }) => statements.length > 0);
  const byName = new Map(told ? analysed.map((one) => [one.version.name.value, one] as const) : []);
  const version = (name: string) => byName.get(name);
  const only = (name: string | undefined): Live => {
    const found = name === undefined ? undefined : version(name);
    return found ? { versions: [found], complete: true } : unknown;
  };
  const start = only(plan.app?.runs?.value);
  const forward = followDeploys(steps, start, only);
  const back = followRollbacks(steps, forward, only);
  return {
    start,
    version,
    mentions: createMentions(),
    read: createReader(),
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

function createMentions(): LiveVersions['mentions'] {
  const known = new Map<Statement, Mentions>();
  return (statement) => {
    const before = known.get(statement);
    if (before) return before;
    const { relations, columns, writes } = namesIn(statement.node, emptySchema({ complete: false }));
    const named = new Set(columns.map(({ column }) => column));
    const mentions = {
      relations: new Set(relations.map(({ name }) => name.name)),
      columns: new Set([...named].filter((column) => column !== null)),
      all: named.has(null) || aliasesIn(statement.node).some((alias) => named.has(alias)),
      writes: writes.length > 0,
    };
    known.set(statement, mentions);
    return mentions;
  };
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

/** Reads a statement anew only where one of the relations that it names has changed since. */
function createReader(): LiveVersions['read'] {
  const last = new Map<Statement, Reading & { readonly schema: Schema }>();
  return (statement, schema) => {
    const known = last.get(statement);
    if (known && isSame(known.names, known.schema, schema)) return known;
    const reading = { ...readStatement(statement, schema), schema };
    last.set(statement, reading);
    return reading;
  };
}

/** What `LiveVersions.read` gives, read anew. */
export function readStatement(statement: Statement, schema: Schema): Reading {
  const names = namesIn(statement.node, schema);
  return { names, refusals: refusalsOf(names, schema) };
}

function isSame({ relations, writes }: QueryNames, before: Schema, now: Schema): boolean {
  if (before.relations === now.relations && before.searchPath === now.searchPath) return true;
  if (before.complete !== now.complete || before.searchPath.join() !== now.searchPath.join()) return false;
  // ON CONFLICT looks for an index, which may come and go without its table.
  if (writes.some(({ onConflict }) => onConflict?.infer)) return false;
  return relations.every(({ name, relation }) => findRelation(now, name) === relation);
}
