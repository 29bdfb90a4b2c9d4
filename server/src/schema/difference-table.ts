import { quoteIdentifier } from '../sql/names.ts';
import { added, type Compared, changed, removed, type SchemaDifference } from './difference-model.ts';
import {
  columnSettings,
  constraintSettings,
  policySettings,
  settingChanges,
  tableSettings,
  triggerSettings,
} from './difference-settings.ts';
import type { Column, Constraint, Table } from './model.ts';
import { isSameExpression } from './same-expression.ts';

/** How one table is not what it was. */
export function* tableDifferences(
  both: Compared,
  key: string,
  old: Table,
  now: Table,
): Generator<SchemaDifference> {
  const name = both.nameOf(now);
  const table = `${now.foreign ? 'foreign table' : 'table'} ${name}`;
  for (const words of tableChanges(both, old, now)) yield changed(key, table, words);
  if (both.areKnown)
    for (const words of settingChanges(old, now, tableSettings)) yield changed(key, table, words);
  yield* columnDifferences(both, key, name, old, now);
  yield* constraintDifferences(both, key, name, old, now);
  yield* partDifferences(key, name, old, now);
  if (both.areKnown) yield* partChanges(key, name, old, now);
  if (isReordered(old, now)) {
    const words = 'has its columns in another order';
    yield { ...changed(key, table, words), kind: 'column_order' };
  }
}

function tableChanges({ after }: Compared, old: Table, now: Table): readonly string[] {
  const words: string[] = [];
  if (old.persistence !== now.persistence) words.push(`is ${now.persistence}, not ${old.persistence}`);
  if ((old.rowSecurity ?? false) !== (now.rowSecurity ?? false))
    words.push(now.rowSecurity ? 'still has row security' : 'has no row security any more');
  const kin = old.partition || now.partition ? 'is a partition of' : 'inherits from';
  const lost = old.parents.filter((one) => !now.parents.includes(one) && after.relations.has(one));
  words.push(
    ...lost.map(
      (one) =>
        `${kin === 'inherits from' ? 'does not inherit from' : 'is no partition of'} ${shown(one)} any more`,
    ),
  );
  const gained = now.parents.filter((one) => !old.parents.includes(one));
  words.push(...gained.map((one) => `still ${kin} ${shown(one)}`));
  return words;
}

function shown(key: string): string {
  return key.replace(/^public\./, '');
}

function* columnDifferences(
  both: Compared,
  key: string,
  table: string,
  old: Table,
  now: Table,
): Generator<SchemaDifference> {
  const object = (column: Column) => `column ${table}.${quoteIdentifier(column.name)}`;
  if (old.columns === now.columns) return;
  const [were, are] = [byName(old.columns), byName(now.columns)];
  for (const [name, column] of are) {
    const was = were.get(name);
    if (was === column || isInherited(was ?? column) || both.isUncertain(key, name)) continue;
    if (was) {
      for (const words of columnChanges(was, column)) yield changed(key, object(column), words);
      const settings = both.areKnown ? settingChanges(was, column, columnSettings) : [];
      for (const words of settings) yield changed(key, object(column), words);
    } else if (old.columnsComplete || isAddedInFull(column)) yield added(key, object(column));
  }
  for (const [name, column] of were)
    if (!are.has(name) && !isInherited(column) && !both.isUncertain(key, name))
      yield removed(key, object(column));
}

/** What a table has from its parent alone is told of that. */
function isInherited({ local }: { readonly local?: boolean }): boolean {
  return local === false;
}

function byName<One extends { readonly name: string }>(list: readonly One[]): ReadonlyMap<string, One> {
  return new Map(list.map((one) => [one.name, one]));
}

/** ADD COLUMN tells all of a column; of one that is only mentioned something stays open. */
function isAddedInFull({ type, notNull, default: value }: Column): boolean {
  return type !== undefined && notNull !== undefined && value !== undefined;
}

function columnChanges(old: Column, now: Column): readonly string[] {
  const words: string[] = [];
  if (old.type !== undefined && now.type !== undefined && old.type !== now.type)
    words.push(`is ${now.type}, not ${old.type}`);
  else if (old.type !== undefined && now.type !== undefined && collationOf(old) !== collationOf(now))
    words.push(
      `has ${collationOf(now) ?? 'the usual collation'}, not ${collationOf(old) ?? 'the usual one'}`,
    );
  if (old.notNull !== undefined && now.notNull !== undefined && old.notNull !== now.notNull)
    words.push(now.notNull ? 'is still NOT NULL' : 'accepts NULL now');
  words.push(...valueChanges(old, now));
  return words;
}

function collationOf({ collation }: Column): string | undefined {
  return collation === undefined || /^(?:pg_catalog\.)?"?default"?$/.test(collation)
    ? undefined
    : `COLLATE ${collation}`;
}

function valueChanges(old: Column, now: Column): readonly string[] {
  if (old.identity !== now.identity)
    return [
      now.identity === undefined
        ? 'is no identity any more'
        : `is ${old.identity === undefined ? 'still ' : ''}GENERATED ${now.identity.toUpperCase()} AS IDENTITY`,
    ];
  if (old.generated !== now.generated)
    return [now.generated === undefined ? 'is not generated any more' : 'is still generated'];
  if (old.default === undefined || now.default === undefined || now.generated) return [];
  if (now.default === null) return old.default === null ? [] : ['has no default any more'];
  if (old.default === null) return [`still has the default ${brief(now.default)}`];
  return isSameExpression(old.default, now.default) === false
    ? [`has the default ${brief(now.default)}, not ${brief(old.default)}`]
    : [];
}

function brief(source: string): string {
  const line = source.replace(/\s+/g, ' ');
  return line.length > 40 ? `${line.slice(0, 39)}…` : line;
}

function* constraintDifferences(
  both: Compared,
  key: string,
  table: string,
  old: Table,
  now: Table,
): Generator<SchemaDifference> {
  if (old.constraints === now.constraints) return;
  const object = ({ name }: Constraint) => `constraint ${quoteIdentifier(name)} of ${table}`;
  // NOT NULL is told of the column; before Postgres 18 it has no name that anyone could give.
  const own = ({ constraints }: Table) =>
    byName(
      constraints.filter((one) => one.kind !== 'not null' && one.parent === undefined && !isInherited(one)),
    );
  const [were, are] = [own(old), own(now)];
  for (const [name, constraint] of are) {
    const was = were.get(name);
    if (was === constraint || (!was && comesWith(constraint, old))) continue;
    if (was)
      for (const words of constraintChanges(both, was, constraint))
        yield changed(key, object(constraint), words);
    else yield added(key, object(constraint));
  }
  for (const [name, constraint] of were)
    if (!are.has(name) && !comesWith(constraint, now)) yield removed(key, object(constraint));
}

/** It is on a column that the other table does not have: then that is what is told. */
function comesWith({ columns }: Constraint, other: Table): boolean {
  return (
    other.columnsComplete && columns.some((column) => !other.columns.some(({ name }) => name === column))
  );
}

function constraintChanges(
  { after, areKnown }: Compared,
  old: Constraint,
  now: Constraint,
): readonly string[] {
  if (old.kind !== now.kind) return [`is a ${now.kind} constraint, not a ${old.kind}`];
  const words: string[] = [];
  const list = ({ columns }: Constraint) => columns.join(', ');
  if (now.kind !== 'check' && list(old) !== list(now)) words.push(`is on (${list(now)}), not (${list(old)})`);
  const [was, is] = [old.references, now.references];
  if (was && is && after.relations.has(was.table)) {
    const target = ({ table, columns }: NonNullable<Constraint['references']>) =>
      `${shown(table)} (${columns.join(', ')})`;
    if (target(was) !== target(is)) words.push(`refers to ${target(is)}, not ${target(was)}`);
    const actions = ({ definition }: Constraint) =>
      /\b(?:ON (?:DELETE|UPDATE)|MATCH FULL|DEFERRABLE|INITIALLY)\b.*/i
        .exec(definition)?.[0]
        .replace(/\s*NOT VALID$/i, '')
        .replace(/\s+/g, ' ')
        .toUpperCase() ?? '';
    if (actions(old) !== actions(now))
      words.push(`has ${actions(now) || 'no action'}, not ${actions(old) || 'none'}`);
  }
  if (now.kind === 'check' && isSameExpression(old.expression ?? '', now.expression ?? '') === false)
    words.push(`checks ${brief(now.expression ?? '')}, not ${brief(old.expression ?? '')}`);
  if ((old.enforced ?? true) !== (now.enforced ?? true))
    words.push(now.enforced === false ? 'is not enforced any more' : 'is enforced now');
  else if (old.validated !== now.validated)
    words.push(now.validated ? 'is still validated' : 'is not validated any more');
  if (old.inherits !== now.inherits)
    words.push(now.inherits ? 'holds for children too now' : 'is NO INHERIT now');
  if (areKnown) words.push(...settingChanges(old, now, constraintSettings));
  return words;
}

/** Triggers, policies and rules come by name. */
function* partDifferences(key: string, table: string, old: Table, now: Table): Generator<SchemaDifference> {
  const known = old.columnsComplete && now.columnsComplete;
  const lists = [
    ['trigger', triggersOf(old), triggersOf(now)],
    ['policy', names(old.policies), names(now.policies)],
    ['rule', old.rules ?? [], now.rules ?? []],
  ] as const;
  for (const [kind, were, are] of lists) {
    const object = (name: string) => `${kind} ${quoteIdentifier(name)} of ${table}`;
    for (const name of are) if (known && !were.includes(name)) yield added(key, object(name));
    for (const name of were) if (!are.includes(name)) yield removed(key, object(name));
  }
}

/** Of the triggers and policies that are there before and after. */
function* partChanges(key: string, table: string, old: Table, now: Table): Generator<SchemaDifference> {
  const triggers = byName((old.triggerDefinitions ?? []).filter(({ ofParent }) => !ofParent));
  for (const trigger of now.triggerDefinitions ?? []) {
    const was = triggers.get(trigger.name);
    const object = `trigger ${quoteIdentifier(trigger.name)} of ${table}`;
    for (const words of was ? settingChanges(was, trigger, triggerSettings) : [])
      yield changed(key, object, words);
  }
  const policies = byName(old.policies ?? []);
  for (const policy of now.policies ?? []) {
    const was = policies.get(policy.name);
    const object = `policy ${quoteIdentifier(policy.name)} of ${table}`;
    for (const words of was ? settingChanges(was, policy, policySettings) : [])
      yield changed(key, object, words);
  }
}

function triggersOf({ triggers, triggerDefinitions = [] }: Table): readonly string[] {
  const ofParent = names(triggerDefinitions.filter((one) => one.ofParent));
  return triggers.filter((name) => !ofParent.includes(name));
}

function names(list: readonly { readonly name: string }[] = []): readonly string[] {
  return list.map(({ name }) => name);
}

/** Of the columns that both have. */
function isReordered({ columns: were, columnsComplete: known }: Table, now: Table): boolean {
  const { columns: are } = now;
  if (!known || !now.columnsComplete) return false;
  if (were.length === are.length && were.every(({ name }, at) => are[at]?.name === name)) return false;
  const order = (columns: Table['columns'], others: Table['columns']) => {
    const there = new Set(others.map(({ name }) => name));
    return columns.flatMap(({ name }) => (there.has(name) ? [name] : [])).join('\0');
  };
  return order(were, are) !== order(are, were);
}
