import { quoteIdentifier } from '../sql/names.ts';
import { added, type Compared, changed, removed, type SchemaDifference } from './difference-model.ts';
import { functionSettings, indexSettings, settingChanges } from './difference-settings.ts';
import { tableDifferences } from './difference-table.ts';

export { inWords, type SchemaDifference } from './difference-model.ts';

import { LayeredMap } from './layered-map.ts';
import { columnOf, displayName, tableByKey } from './lookup.ts';
import type {
  Index,
  Overload,
  Relation,
  Schema,
  Sequence,
  Table,
  UserFunction,
  UserType,
  View,
} from './model.ts';
import { isSameExpression } from './same-expression.ts';
import { isUncertain } from './uncertain.ts';

/**
 * What of `after` is not as in `before`, as far as both know it: a fact that either does not hold, or of which a
 * statement that may not have run decides, is no difference. What comes or goes with something else (the indexes of a
 * table, the sequence of a column) is told with that alone. Whether a relation has rows, and who made it, is not compared.
 */
export function schemaDifferences(before: Schema, after: Schema): readonly SchemaDifference[] {
  if (before === after) return [];
  return [
    ...schemaNameDifferences(before, after),
    ...relationDifferences(before, after),
    ...typeDifferences(before, after),
    ...functionDifferences(before, after),
    ...objectDifferences(before, after),
  ];
}

function* schemaNameDifferences(
  { schemas: were }: Schema,
  { schemas: are }: Schema,
): Generator<SchemaDifference> {
  if (were === are) return;
  for (const name of are) if (!were.has(name)) yield added(name, `schema ${quoteIdentifier(name)}`);
  for (const name of were) if (!are.has(name)) yield removed(name, `schema ${quoteIdentifier(name)}`);
}

/** Keys at which the two maps differ by identity, in the order of the older one first. */
export function changedKeys<Value>(
  before: ReadonlyMap<string, Value>,
  after: ReadonlyMap<string, Value>,
): readonly string[] {
  if (before === after) return [];
  if (before instanceof LayeredMap && after instanceof LayeredMap)
    return [...(after as LayeredMap<Value>).changesSince(before as LayeredMap<Value>).keys()];
  const keys = new Set([...before.keys(), ...after.keys()]);
  return [...keys].filter((key) => before.get(key) !== after.get(key));
}

function compared(before: Schema, after: Schema): Compared {
  return {
    before,
    after,
    areKnown: before.complete && after.complete,
    nameOf: ({ name }) => displayName(after, name),
    isUncertain: (key, column) => isUncertain(before, key, column) || isUncertain(after, key, column),
  };
}

function* relationDifferences(before: Schema, after: Schema): Generator<SchemaDifference> {
  const both = compared(before, after);
  for (const key of changedKeys(before.relations, after.relations)) {
    if (both.isUncertain(key)) continue;
    const [old, now] = [before.relations.get(key), after.relations.get(key)];
    if (old && now) yield* relationChanges(both, key, old, now);
    else if (now && !comesWith(both.after, both.before, now) && isKnownNew(before, now))
      yield added(key, objectOf(both, now));
    else if (now?.kind === 'table' && !now.columnsComplete)
      yield* tableDifferences(both, key, unheardOf(now), now);
    else if (old && !comesWith(both.before, both.after, old)) yield removed(key, objectOf(both, old));
  }
}

/** The table as it was before any statement told of it. */
function unheardOf(table: Table): Table {
  return { ...table, columns: [], constraints: [], triggers: [], policies: [], rules: [] };
}

/** Without a baseline a relation may be first heard of late; one that the plan itself made was not there before. */
function isKnownNew({ complete }: Schema, relation: Relation): boolean {
  return complete || (relation.madeByPlan && (relation.kind !== 'table' || relation.columnsComplete));
}

/**
 * Whether an index or a sequence is told with what it is a part of. `other` is the schema that lacks it: there its
 * table, its constraint or its column is missing too.
 */
function comesWith(own: Schema, other: Schema, relation: Relation): boolean {
  if (relation.kind === 'sequence') {
    const { ownedBy } = relation;
    if (ownedBy && columnOf(tableByKey(own, ownedBy.table), ownedBy.column)?.identity) return true;
    const table = ownedBy && other.relations.get(ownedBy.table);
    return (
      ownedBy !== undefined &&
      !(table?.kind === 'table' && table.columns.some(({ name }) => name === ownedBy.column))
    );
  }
  if (relation.kind !== 'index') return false;
  const table = other.relations.get(relation.table);
  if ((!table && other.complete) || relation.parent !== undefined) return true;
  const columns = relation.reads.concat(relation.columns.filter((column) => column !== null));
  if (
    table?.kind === 'table' &&
    table.columnsComplete &&
    columns.some((column) => !table.columns.some(({ name }) => name === column))
  )
    return true;
  return relation.constraint !== undefined;
}

function objectOf(both: Compared, relation: Relation): string {
  return `${relation.kind} ${both.nameOf(relation)}`;
}

function* relationChanges(
  both: Compared,
  key: string,
  old: Relation,
  now: Relation,
): Generator<SchemaDifference> {
  const object = objectOf(both, now);
  if (old.kind !== now.kind) yield changed(key, object, `was a ${old.kind}`);
  else if (old.kind === 'table' && now.kind === 'table') yield* tableDifferences(both, key, old, now);
  else for (const words of changesOf(both, old, now)) yield changed(key, object, words);
}

function changesOf(both: Compared, old: Relation, now: Relation): readonly string[] {
  if (old.kind === 'index' && now.kind === 'index') return indexChanges(both, old, now);
  if (old.kind === 'sequence' && now.kind === 'sequence') return sequenceChanges(both, old, now);
  if (old.kind === now.kind && isView(old) && isView(now)) return viewChanges(old, now);
  return [];
}

function isView(relation: Relation): relation is View {
  return relation.kind === 'view' || relation.kind === 'materialized view';
}

function indexChanges({ after, areKnown }: Compared, old: Index, now: Index): readonly string[] {
  const words: string[] = [];
  const list = (columns: Index['columns']) => columns.map((column) => column ?? 'an expression').join(', ');
  if (now.unique !== old.unique) words.push(now.unique ? 'is unique now' : 'is not unique any more');
  if (now.method !== old.method) words.push(`is a ${now.method} index, not ${old.method}`);
  if (after.relations.has(old.table) && now.table !== old.table) words.push('is on another table');
  if (list(now.columns) !== list(old.columns))
    words.push(`is on (${list(now.columns)}), not (${list(old.columns)})`);
  if (now.include.join() !== old.include.join()) words.push('includes other columns');
  if ((now.predicate === undefined) !== (old.predicate === undefined))
    words.push(now.predicate === undefined ? 'has lost its WHERE' : 'has a WHERE now');
  else if (isSameExpression(now.predicate ?? '', old.predicate ?? '') === false)
    words.push('has another WHERE');
  if ((now.nullsNotDistinct ?? false) !== (old.nullsNotDistinct ?? false))
    words.push('takes NULLs for equal otherwise');
  if ((now.valid ?? true) !== (old.valid ?? true))
    words.push(now.valid === false ? 'is not valid any more' : 'is valid now');
  if (areKnown) words.push(...settingChanges(old, now, indexSettings));
  return words;
}

function sequenceChanges(
  { after }: Compared,
  { ownedBy: old }: Sequence,
  { ownedBy: now }: Sequence,
): readonly string[] {
  if (old?.table === now?.table && old?.column === now?.column) return [];
  if (old && !after.relations.has(old.table)) return [];
  return [now ? `is owned by ${now.table}.${now.column} now` : 'is owned by no column any more'];
}

function viewChanges(old: View, now: View): readonly string[] {
  if (!old.columns || !now.columns) return [];
  const list = ({ columns = [] }: View) => columns.map(({ name }) => name).join(', ');
  return list(old) === list(now) ? [] : [`has the columns (${list(now)}), not (${list(old)})`];
}

function* typeDifferences(before: Schema, after: Schema): Generator<SchemaDifference> {
  for (const key of changedKeys(before.types, after.types)) {
    if (isUncertain(before, key) || isUncertain(after, key)) continue;
    const [old, now] = [before.types.get(key), after.types.get(key)];
    const object = `${(now ?? old)?.kind === 'domain' ? 'domain' : 'type'} ${key.replace(/^public\./, '')}`;
    if (!old) yield added(key, object);
    else if (!now) yield removed(key, object);
    else for (const words of typeChanges(old, now)) yield changed(key, object, words);
  }
}

function typeChanges(old: UserType, now: UserType): readonly string[] {
  if (old.kind !== now.kind) return [`is a ${now.kind}, not a ${old.kind}`];
  const words: string[] = [];
  const missing = (from: readonly string[], of: readonly string[]) => from.filter((one) => !of.includes(one));
  const each = (names: readonly string[], say: (name: string) => string) => words.push(...names.map(say));
  if (now.kind === 'enum') {
    each(missing(now.labels, old.labels), (label) => `still has the label '${label}'`);
    each(missing(old.labels, now.labels), (label) => `has lost the label '${label}'`);
    if (words.length === 0 && now.labels.join('\0') !== old.labels.join('\0'))
      words.push('has its labels in another order');
  }
  if (now.kind === 'domain') {
    each(
      missing(now.constraints, old.constraints),
      (name) => `still has the constraint ${quoteIdentifier(name)}`,
    );
    each(
      missing(old.constraints, now.constraints),
      (name) => `has lost the constraint ${quoteIdentifier(name)}`,
    );
    if (old.baseType !== undefined && now.baseType !== undefined && old.baseType !== now.baseType)
      words.push(`is made of ${now.baseType}, not ${old.baseType}`);
    if ((now.default === undefined) !== (old.default === undefined))
      words.push(now.default === undefined ? 'has no default any more' : 'still has a default');
  }
  const attributes = ({ attributes = [] }: UserType) =>
    attributes.map(({ name, type }) => `${quoteIdentifier(name)} ${type ?? '?'}`).join(', ');
  if (now.kind === 'composite' && now.attributes && old.attributes && attributes(now) !== attributes(old))
    words.push(`is (${attributes(now)}), not (${attributes(old)})`);
  return words;
}

function* functionDifferences(before: Schema, after: Schema): Generator<SchemaDifference> {
  for (const key of changedKeys(before.functions, after.functions)) {
    const [old, now] = [before.functions.get(key), after.functions.get(key)];
    const [were, are] = [overloadsOf(old), overloadsOf(now)];
    const kind = (now ?? old)?.kind ?? 'function';
    const object = (types: string) => `${kind} ${key.replace(/^public\./, '')}(${types})`;
    for (const [types, overload] of are) {
      const was = were.get(types);
      if (!was) yield added(key, object(types));
      else if (before.complete)
        for (const words of settingChanges(was, overload, functionSettings))
          yield changed(key, object(types), words);
    }
    for (const types of were.keys()) if (!are.has(types)) yield removed(key, object(types));
  }
}

/** By the types of their arguments, where all are known. */
function overloadsOf(one: UserFunction | undefined): ReadonlyMap<string, Overload> {
  const known = (one?.overloads ?? []).filter(({ argumentTypes }) => !argumentTypes.includes(undefined));
  return new Map(known.map((overload) => [overload.argumentTypes.join(', '), overload]));
}

/** Kinds whose entries are made and dropped by statements alone. */
const otherKinds = new Set([
  'publication',
  'extension',
  'statistics',
  'event trigger',
  'collation',
  'cast',
  'operator',
]);

function* objectDifferences(before: Schema, after: Schema): Generator<SchemaDifference> {
  for (const key of changedKeys(before.objects, after.objects)) {
    const [old, now] = [before.objects.get(key), after.objects.get(key)];
    const one = now ?? old;
    if (!one || !otherKinds.has(one.kind) || (old && now)) continue;
    const name =
      one.name.schema === undefined
        ? quoteIdentifier(one.name.name)
        : displayName(after, { ...one.name, schema: one.name.schema });
    const object = `${one.kind} ${name}${one.suffix ?? ''}`;
    if (now) yield added(key, object);
    else yield removed(key, object);
  }
}
