import type { Constraint as ConstraintNode, TableLikeClause } from '@pgsql/types';
import { nameOfRangeVar } from '../sql/names.ts';
import { bareColumn, makeSequence, type ReadColumn } from './column-definition.ts';
import type { PendingConstraint } from './constraint-parts.ts';
import { type Draft, find, touchRangeVar } from './draft.ts';
import { constraintOf, tableByKey } from './lookup.ts';
import type { Column, Constraint, Table, View } from './model.ts';
import { relationKey } from './names.ts';
import { setNotNull, validatedConstraint } from './not-null.ts';

/** What a new table is put together of, before it has its constraints. */
export interface Parts {
  readonly columns: Map<string, Column>;
  /** Checks of the parents. */
  readonly checks: Constraint[];
  readonly pending: PendingConstraint[];
  readonly likeChecks: Constraint[];
  readonly indexSources: string[];
  complete: boolean;
}

export function createParts(): Parts {
  return { columns: new Map(), checks: [], pending: [], likeChecks: [], indexSources: [], complete: true };
}

/** Columns and checks of a parent. */
export function inherit(parts: Parts, parent: Table, partition: boolean): void {
  for (const column of parent.columns) {
    const merged = parts.columns.get(column.name);
    const { statistics: _, options: __, ...handed } = column;
    parts.columns.set(column.name, {
      ...handed,
      notNull: false,
      identity: partition ? column.identity : undefined,
      local: false,
      ...(merged && column.default === null
        ? { default: merged.default, dependsOn: merged.dependsOn ?? [] }
        : {}),
    });
  }
  for (const one of parent.constraints) {
    if (one.kind !== 'check' || !one.inherits || parts.checks.some(({ name }) => name === one.name)) continue;
    // What is new has no rows that an older constraint has not seen.
    parts.checks.push({ ...(one.enforced === false ? one : validatedConstraint(one)), local: false });
  }
}

/** After the table's own, which keep the names that they were given. */
export function inheritNotNull(draft: Draft, key: string, parent: Table): void {
  for (const { kind, columns, inherits, name } of parent.constraints) {
    const [column] = columns;
    if (kind !== 'not null' || !inherits || column === undefined) continue;
    const taken = constraintOf(tableByKey(draft, key), name) !== undefined;
    setNotNull(draft, key, column, { name: taken ? undefined : name, local: false });
  }
}

/** Of INCLUDING: the bits that change what the schema holds. */
const likeOptions = {
  compression: 2,
  constraints: 4,
  defaults: 8,
  generated: 16,
  identity: 32,
  indexes: 64,
  storage: 256,
};

/** LIKE */
export function addLike(
  draft: Draft,
  key: string,
  parts: Parts,
  { relation, options = 0 }: TableLikeClause,
): void {
  const other = relation && find(draft, nameOfRangeVar(relation));
  if (other?.kind === 'view' || other?.kind === 'materialized view') {
    addViewColumns(parts, other);
    return;
  }
  const source = touchRangeVar(draft, relation);
  if (!source?.columnsComplete) parts.complete = false;
  if (!source) {
    draft.refused = draft.complete;
    return;
  }
  const wants = (option: number) => (options & option) !== 0;
  for (const column of source.columns) {
    if (parts.columns.has(column.name)) draft.refused = true;
    const kept = column.generated ? wants(likeOptions.generated) : wants(likeOptions.defaults);
    const identity = wants(likeOptions.identity) ? column.identity : undefined;
    const { local: _, dependsOn, reads, storage, compression, statistics, options: __, ...own } = column;
    parts.columns.set(column.name, {
      ...own,
      ...(kept && dependsOn ? { dependsOn } : {}),
      ...(kept && reads ? { reads } : {}),
      ...(storage !== undefined && wants(likeOptions.storage) ? { storage } : {}),
      ...(compression !== undefined && wants(likeOptions.compression) ? { compression } : {}),
      notNull: false,
      default: kept ? column.default : null,
      generated: kept ? column.generated : undefined,
      identity,
    });
    if (identity) makeSequence(draft, key, column.name, column.type);
  }
  for (const { local: _, ...constraint } of source.constraints) {
    if (constraint.kind === 'not null') parts.pending.push(likeNotNull(constraint));
    if (constraint.kind === 'check' && wants(likeOptions.constraints))
      parts.likeChecks.push(constraint.enforced === false ? constraint : validatedConstraint(constraint));
  }
  if (wants(likeOptions.indexes)) parts.indexSources.push(relationKey(source.name));
}

function addViewColumns(parts: Parts, { columns }: View): void {
  if (!columns) parts.complete = false;
  for (const column of columns ?? [])
    parts.columns.set(column.name, { ...bareColumn(column.name), ...column });
}

function likeNotNull({ name, columns, inherits }: Constraint): PendingConstraint {
  const node: ConstraintNode = { contype: 'CONSTR_NOTNULL', conname: name, is_no_inherit: !inherits };
  return { node, columns, alwaysValid: true };
}

export function addColumn(draft: Draft, parts: Parts, { column, pending }: ReadColumn, local: boolean): void {
  const inherited = parts.columns.get(column.name);
  if (inherited && inherited.local !== false && inherited.type !== undefined && column.type !== undefined)
    draft.refused = true;
  parts.columns.set(
    column.name,
    inherited ? mergeColumn(inherited, local ? column : { ...column, local }) : column,
  );
  parts.pending.push(...pending);
}

/** A column that parents have as well; a partition's or a typed table's column list leaves the type out. */
function mergeColumn(inherited: Column, column: Column): Column {
  const own = column.default !== null || column.generated !== undefined;
  const base = own ? column : inherited;
  return {
    ...column,
    type: column.type ?? inherited.type,
    collation: column.collation ?? inherited.collation,
    default: base.default,
    generated: column.generated ?? inherited.generated,
    identity: column.identity ?? inherited.identity,
    dependsOn: base.dependsOn ?? [],
    reads: base.reads ?? [],
  };
}
