import type { Column, Constraint, Relation, Schema, Table } from '../schema/model.ts';
import { displayName } from '../schema/names.ts';
import { objectDifferences } from './objects/facts.ts';
import { changedKeys, workOf } from './objects/pieces.ts';

/**
 * What in a schema is not what it was in another, by name: `table t: column b`. What nobody sees is left out: which
 * statement made a table, whether it is empty, and the order of columns.
 */
export function differences(before: Schema, now: Schema, pgVersion: number): readonly string[] {
  const found: string[] = [];
  const named = (one: Relation) => `${one.kind} ${displayName(before, one.name)}`;
  for (const key of changedKeys(before.relations, now.relations)) {
    const [was, is] = [before.relations.get(key), now.relations.get(key)];
    const one = was ?? is;
    if (one?.kind !== 'table' && one?.kind !== 'index') continue;
    if (was?.kind !== is?.kind) found.push(named(one));
    else if (was?.kind === 'table' && is?.kind === 'table')
      found.push(...inTable(named(was), was, is, pgVersion));
    else if (printed(was) !== printed(is)) found.push(named(one));
  }
  const work = workOf({ before, now, pgVersion, qualified: false });
  return [...found, ...objectDifferences({ ...work, beside: true })];
}

/** Tables that have the columns that they had, in another order. */
export function reordered(before: Schema, now: Schema): readonly string[] {
  return changedKeys(before.relations, now.relations).flatMap((key) => {
    const [was, is] = [before.relations.get(key), now.relations.get(key)];
    if (was?.kind !== 'table' || is?.kind !== 'table') return [];
    const order = (table: Table) => table.columns.map(({ name }) => name).join('\0');
    return order(was) === order(is) ? [] : [displayName(before, was.name)];
  });
}

function inTable(name: string, was: Table, is: Table, pgVersion: number): readonly string[] {
  const { columns, constraints, ...own } = was;
  const { columns: columnsNow, constraints: constraintsNow, ...ownNow } = is;
  const label = (one: Constraint) =>
    one.kind === 'not null' && pgVersion < 18 ? `NOT NULL of ${one.columns[0]}` : `constraint ${one.name}`;
  return [
    ...(printed(own) === printed(ownNow) ? [] : [name]),
    ...byLabel(columns, columnsNow, (one: Column) => `column ${one.name}`, printed),
    ...byLabel(constraints, constraintsNow, label, (one) => printedConstraint(one, pgVersion)),
  ].map((one) => (one === name ? one : `${name}: ${one}`));
}

function byLabel<One>(
  before: readonly One[],
  now: readonly One[],
  label: (one: One) => string,
  print: (one: One) => string,
): readonly string[] {
  const [was, is] = [before, now].map((all) => new Map(all.map((one) => [label(one), print(one)])));
  const labels = new Set([...(was?.keys() ?? []), ...(is?.keys() ?? [])]);
  return [...labels].filter((one) => was?.get(one) !== is?.get(one));
}

/** Before 18 no constraint stands behind NOT NULL, and a child's is its own. */
function printedConstraint(one: Constraint, pgVersion: number): string {
  if (one.kind !== 'not null' || pgVersion >= 18) return printed(one);
  return printed({ columns: one.columns, validated: one.validated });
}

/** Facts about what has happened to it, and sources that the same facts are read from. */
const unseen: ReadonlySet<string> = new Set([
  'madeByPlan',
  'empty',
  'shared',
  'order',
  // Names of an index's own columns, which stay what they were when the table's are renamed.
  'columnNames',
  // Told by what stands beside the table's own definition: see `objects/facts.ts`.
  'triggers',
  'triggerDefinitions',
  'policies',
  'rules',
  'ruleDefinitions',
  'ruleStates',
  'systemTriggers',
  'comment',
  'owner',
  'grants',
]);

/** What an absent field says too. */
const byDefault: Readonly<Record<string, unknown>> = {
  local: true,
  enforced: true,
  valid: true,
  rowSecurity: false,
  nullsNotDistinct: false,
  deferrable: false,
};

function printed(value: unknown): string {
  return JSON.stringify(value, (key, one: unknown) => {
    if (unseen.has(key) || one === undefined || byDefault[key] === one) return undefined;
    if (key === 'definition' && typeof one === 'string' && /^\s*(?:create\s|$)/i.test(one)) return undefined;
    if (typeof one === 'string') return one.replace(/\s+/g, ' ');
    if (Array.isArray(one)) return one.length === 0 ? undefined : one;
    if (typeof one !== 'object' || one === null) return one;
    const entries = Object.entries(one).filter(([, each]) => !(Array.isArray(each) && each.length === 0));
    return Object.fromEntries(entries.sort(([a], [b]) => (a < b ? -1 : 1)));
  }) as string;
}
