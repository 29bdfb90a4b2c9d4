import { quoteIdentifier } from '../sql/names.ts';
import { childKeys, chooseConstraintName, type Draft, updateTable } from './draft.ts';
import { changeColumn, changeConstraint } from './inheritance.ts';
import { columnOf, tableByKey } from './lookup.ts';
import type { Constraint, Table } from './model.ts';

export interface NotNull {
  /** Chosen where undefined. */
  readonly name?: string | undefined;
  readonly validated?: boolean;
  /** False for NO INHERIT. */
  readonly inherits?: boolean;
  /** False for ALTER TABLE ONLY. */
  readonly recurse?: boolean;
  /** False where it comes from a parent. */
  readonly local?: boolean;
}

/**
 * NOT NULL with its constraint, named as Postgres 18 does (older versions keep none), on the table and those
 * that inherit from it (`ATExecSetNotNull`).
 */
export function setNotNull(draft: Draft, key: string, column: string, options: NotNull = {}): void {
  const table = tableByKey(draft, key);
  if (!table) return;
  const { inherits = true, recurse = true } = options;
  if (!columnOf(table, column)) {
    if (table.columnsComplete) draft.refused = true;
    return;
  }
  const existing = notNullOf(table, column);
  if (existing) {
    mergeNotNull(draft, key, existing, options);
    return;
  }
  const heirs = childKeys(draft, key);
  // ONLY on a parent makes a constraint that is not handed down.
  const kept = !recurse && heirs.length > 0;
  if (kept && table.partitioned) {
    draft.refused = true;
    return;
  }
  const children = inherits && !kept ? heirs : [];
  const name = chosenName(draft, table, column, options.name);
  const made = notNullConstraint(column, name, { ...options, inherits: inherits && !kept });
  updateTable(draft, key, (one) => ({ ...one, constraints: [...one.constraints, made] }));
  changeColumn(draft, key, column, (one) => ({ ...one, notNull: true }));
  for (const child of children) setNotNull(draft, child, column, { ...options, name, local: false });
}

export function notNullOf(table: Table | undefined, column: string): Constraint | undefined {
  return table?.constraints.find((one) => one.kind === 'not null' && one.columns[0] === column);
}

function chosenName(draft: Draft, table: Table, column: string, name: string | undefined): string {
  if (name === undefined)
    return chooseConstraintName(draft, table.name.schema, table.name.name, column, 'not_null');
  if (table.constraints.some((one) => one.name === name)) draft.refused = true;
  return name;
}

function notNullConstraint(
  column: string,
  name: string,
  { validated = true, inherits = true, local = true }: NotNull,
): Constraint {
  return {
    name,
    kind: 'not null',
    columns: [column],
    validated,
    expression: undefined,
    provesNotNull: validated ? [column] : [],
    references: undefined,
    index: undefined,
    inherits,
    definition: `NOT NULL ${quoteIdentifier(column)}${inherits ? '' : ' NO INHERIT'}${validated ? '' : ' NOT VALID'}`,
    ...(local ? {} : { local: false }),
  };
}

/** One that is there already: it may become the table's own, or valid; its NO INHERIT cannot be changed so. */
function mergeNotNull(draft: Draft, key: string, existing: Constraint, options: NotNull): void {
  const { validated = true, inherits = true, local = true } = options;
  if (existing.inherits !== inherits) {
    draft.refused = true;
    return;
  }
  if (!local) return;
  if (existing.local === false)
    changeConstraint(draft, key, existing.name, (one) => ({ ...one, local: true }));
  else if (validated && !existing.validated) validateNotNull(draft, key, existing);
}

/** Here and in all heirs. */
export function validateNotNull(draft: Draft, key: string, constraint: Constraint): void {
  changeConstraint(draft, key, constraint.name, validatedConstraint);
  const [column = ''] = constraint.columns;
  for (const child of childKeys(draft, key)) {
    const own = notNullOf(tableByKey(draft, child), column);
    if (own) validateNotNull(draft, child, own);
  }
}

export function validatedConstraint(one: Constraint): Constraint {
  return {
    ...one,
    validated: true,
    provesNotNull: one.kind === 'not null' ? one.columns : one.provesNotNull,
    definition: one.definition.replace(/ NOT VALID$/, ''),
  };
}
