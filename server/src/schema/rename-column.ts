import { quoteIdentifier } from '../sql/names.ts';
import { type Draft, heirsOf, updateTable } from './draft.ts';
import { renameInSource } from './expressions.ts';
import { dependencyOf } from './links.ts';
import { columnOf, indexesOf, referencesTo, sequencesOf, tableByKey, viewsOf } from './lookup.ts';
import type {
  Column,
  Constraint,
  Dependent,
  Index,
  PartitionKey,
  PolicyExpression,
  Renaming,
  Table,
  View,
} from './model.ts';
import { followed, respellReferences } from './move.ts';
import { relationKey } from './names.ts';
import { renameColumnInObjects } from './other-objects.ts';
import { triggersOf, withTriggers } from './triggers.ts';

/** In the table, what stands on it, and the tables that inherit from it, each once. */
export function renameColumn(draft: Draft, key: string, from: string, to: string): void {
  const heirs = heirsOf(draft, key).map((heir) => relationKey(heir.name));
  for (const each of [key, ...heirs]) renameInTree(draft, each, from, to);
}

function renameInTree(draft: Draft, key: string, from: string, to: string): void {
  const table = tableByKey(draft, key);
  if (!table) return;
  const missing = !columnOf(table, from) && table.columnsComplete;
  if (missing || columnOf(table, to)) {
    draft.refused = true;
    return;
  }
  updateTable(draft, key, (one) => renameInTable(one, from, to));
  for (const index of [...indexesOf(draft, key)])
    draft.relations.set(relationKey(index.name), renameInIndex(index, from, to));
  for (const { table: other } of [...referencesTo(draft, key)]) {
    updateTable(draft, relationKey(other.name), (one) => ({
      ...one,
      constraints: one.constraints.map((each) => renameReferences(each, key, from, to)),
    }));
  }
  respellReferences(draft, key);
  for (const sequence of [...sequencesOf(draft, key, from)])
    draft.relations.set(relationKey(sequence.name), { ...sequence, ownedBy: { table: key, column: to } });
  renameColumnInObjects(draft, key, from, to);
  renameInReaders(draft, key, from, to);
}

/** A view's own column. */
export function renameViewColumn(draft: Draft, key: string, from: string, to: string): void {
  const view = draft.relations.get(key);
  if (view?.kind !== 'view' && view?.kind !== 'materialized view') return;
  if (view.columns?.some((one) => one.name === to)) draft.refused = true;
  const columns = view.columns?.map((one) => (one.name === from ? { ...one, name: to } : one));
  const renamed: View = { ...view, ...(columns ? { columns } : {}), columnsRenamed: true };
  draft.relations.set(key, renamed);
  for (const index of [...indexesOf(draft, key)])
    draft.relations.set(relationKey(index.name), renameInIndex(index, from, to));
  renameInReaders(draft, key, from, to);
}

function renameInReaders(draft: Draft, key: string, from: string, to: string): void {
  for (const view of [...viewsOf(draft, key)]) {
    const names = view.readsColumns?.[key];
    if (!names?.includes(from)) continue;
    const readsColumns = { ...view.readsColumns, [key]: swapAll(names, from, to) };
    draft.relations.set(relationKey(view.name), { ...view, readsColumns });
  }
  renameInDefinitions(draft, key, { kind: 'column', of: key, from, to });
}

/** In what is declared in words and names the relation: it may name the column too. */
function renameInDefinitions(draft: Draft, key: string, renaming: Renaming): void {
  const dependency = dependencyOf('relation', key);
  const follow = <One extends Dependent>(one: One): One =>
    one.dependsOn?.includes(dependency) ? followed(one, renaming) : one;
  for (const relation of [...draft.relations.linked(dependency)]) {
    const at = relationKey(relation.name);
    if (at === key) continue;
    if (relation.kind === 'view' || relation.kind === 'materialized view')
      draft.relations.set(at, {
        ...follow(relation),
        ...(relation.ruleDefinitions ? { ruleDefinitions: relation.ruleDefinitions.map(follow) } : {}),
      });
    if (relation.kind === 'table')
      draft.relations.set(at, {
        ...relation,
        ...(relation.ruleDefinitions ? { ruleDefinitions: relation.ruleDefinitions.map(follow) } : {}),
        ...(relation.policies
          ? {
              policies: relation.policies.map((one) => ({
                ...one,
                using: one.using && follow(one.using),
                check: one.check && follow(one.check),
              })),
            }
          : {}),
      });
  }
  for (const entry of [...draft.functions.linked(dependency)])
    draft.functions.set(relationKey(entry.name), { ...entry, overloads: entry.overloads?.map(follow) ?? [] });
  const own = draft.relations.get(key);
  if (own?.kind === 'view' && own.ruleDefinitions)
    draft.relations.set(key, {
      ...own,
      ruleDefinitions: own.ruleDefinitions.map((rule) => followed(rule, renaming)),
    });
}

function swapAll(names: readonly string[], from: string, to: string): readonly string[] {
  return names.map((name) => (name === from ? to : name));
}

function renameInTable(table: Table, from: string, to: string): Table {
  const renaming: Renaming = { kind: 'column', of: relationKey(table.name), from, to };
  const expression = (one: PolicyExpression | undefined) =>
    one && followed({ ...one, reads: swapAll(one.reads, from, to) }, renaming);
  const renamed: Table = {
    ...table,
    columns: table.columns.map((column) => renameInColumn(column, from, to)),
    constraints: table.constraints.map((one) => renameInConstraint(one, from, to)),
    ...(table.partitionKey ? { partitionKey: renameInKey(table.partitionKey, from, to) } : {}),
    ...(table.partitionBy
      ? { partitionBy: renameInSource(table.partitionBy, from, quoteIdentifier(to)) }
      : {}),
    ...(table.ruleDefinitions
      ? { ruleDefinitions: table.ruleDefinitions.map((one) => followed(one, renaming)) }
      : {}),
    ...(table.policies
      ? {
          policies: table.policies.map((one) => ({
            ...one,
            using: expression(one.using),
            check: expression(one.check),
          })),
        }
      : {}),
  };
  const triggers = triggersOf(table).map((one) =>
    followed({ ...one, reads: swapAll(one.reads, from, to) }, renaming),
  );
  return table.triggers.length > 0 ? withTriggers(renamed, triggers) : renamed;
}

function renameInKey(key: PartitionKey, from: string, to: string): PartitionKey {
  const columns = key.columns.map((column) => (column === from ? to : column));
  return { ...key, columns, ...(key.reads ? { reads: swapAll(key.reads, from, to) } : {}) };
}

function renameInColumn(column: Column, from: string, to: string): Column {
  if (column.name === from) return { ...column, name: to };
  if (!column.reads?.includes(from)) return column;
  const source = column.default && renameInSource(column.default, from, quoteIdentifier(to));
  return { ...column, default: source, reads: swapAll(column.reads, from, to) };
}

/** Its own column names stay. */
function renameInIndex(index: Index, from: string, to: string): Index {
  const swap = (column: string) => (column === from ? to : column);
  const reference = (name: string) => `{"ColumnRef":{"fields":[{"String":{"sval":${JSON.stringify(name)}}}]`;
  return {
    ...index,
    columns: index.columns.map((column) => (column === null ? null : swap(column))),
    include: index.include.map(swap),
    reads: index.reads.map(swap),
    predicate: index.predicate && renameInSource(index.predicate, from, quoteIdentifier(to)),
    definition: renameInSource(index.definition, from, quoteIdentifier(to)),
    ...(index.signature === undefined
      ? {}
      : { signature: index.signature.replaceAll(reference(from), () => reference(to)) }),
  };
}

function renameReferences(constraint: Constraint, key: string, from: string, to: string): Constraint {
  const { references } = constraint;
  if (references?.table !== key) return constraint;
  return { ...constraint, references: { ...references, columns: swapAll(references.columns, from, to) } };
}

function renameInConstraint(constraint: Constraint, from: string, to: string): Constraint {
  if (!constraint.columns.includes(from) && constraint.kind !== 'exclusion') return constraint;
  const { kind, definition } = constraint;
  const rename = (source: string) => renameInSource(source, from, quoteIdentifier(to));
  // What a foreign key says before its actions is spelled anew; columns of an action stand in parentheses.
  const renamed =
    kind === 'foreign key'
      ? definition.replace(/\((?:"(?:[^"]|"")*"|[^")])*\)$/, rename)
      : rename(definition);
  return {
    ...constraint,
    columns: swapAll(constraint.columns, from, to),
    provesNotNull: swapAll(constraint.provesNotNull, from, to),
    expression: constraint.expression && rename(constraint.expression),
    definition: renamed,
  };
}
