import type { AlterTableCmd } from '@pgsql/types';
import type { Target } from './alter-table.ts';
import { childKeys, type Draft } from './draft.ts';
import { changeConstraint, dropConstraintTree, parentsWithConstraint } from './inheritance.ts';
import { columnOf, constraintOf, tableByKey } from './lookup.ts';
import type { Constraint, Table } from './model.ts';
import { setNotNull, validatedConstraint, validateNotNull } from './not-null.ts';

export function dropConstraint(
  { draft, key, recurse }: Target,
  { name = '', behavior, missing_ok }: AlterTableCmd,
): void {
  const table = tableByKey(draft, key);
  const constraint = constraintOf(table, name);
  if (!table || !constraint) {
    if (table?.columnsComplete && !missing_ok) draft.refused = true;
    return;
  }
  const inherited = parentsWithConstraint(draft, table, constraint) > 0;
  if (inherited || isBound(table, constraint)) {
    draft.refused = true;
    return;
  }
  const removal = { draft, cascade: behavior === 'DROP_CASCADE', named: new Set<string>() };
  dropConstraintTree(removal, key, constraint, recurse);
}

/** NOT NULL that a primary key or an identity column needs. */
function isBound(table: Table, { kind, columns }: Constraint): boolean {
  if (kind !== 'not null') return false;
  const [column = ''] = columns;
  const primary = table.constraints.find((one) => one.kind === 'primary key');
  return primary?.columns.includes(column) || columnOf(table, column)?.identity !== undefined;
}

export function validateConstraint({ draft, key, recurse }: Target, { name = '' }: AlterTableCmd): void {
  const table = tableByKey(draft, key);
  const constraint = constraintOf(table, name);
  if (!table || !constraint) {
    if (table?.columnsComplete) draft.refused = true;
    return;
  }
  if (constraint.enforced === false) draft.refused = true;
  if (constraint.kind === 'not null') validateNotNull(draft, key, constraint);
  else validateTree(draft, key, constraint, recurse);
}

/** Checks of the heirs have the same name, foreign keys of partitions may have others. */
function validateTree(draft: Draft, key: string, constraint: Constraint, recurse: boolean): void {
  if (constraint.validated) return;
  const children = constraint.inherits ? childKeys(draft, key) : [];
  for (const child of children) {
    const part = tableByKey(draft, child)?.constraints.find((one) =>
      constraint.kind === 'foreign key'
        ? one.parent === constraint.name && one.kind === 'foreign key'
        : one.kind === 'check' && one.name === constraint.name,
    );
    if (part && !recurse && constraint.kind === 'check') draft.refused = true;
    if (part) validateTree(draft, child, part, true);
  }
  changeConstraint(draft, key, constraint.name, validatedConstraint);
}

export function alterConstraint({ draft, key }: Target, { def }: AlterTableCmd): void {
  const fields = (def as { ATAlterConstraint?: Record<string, unknown> } | undefined)?.ATAlterConstraint;
  const table = tableByKey(draft, key);
  const constraint = constraintOf(table, String(fields?.conname));
  if (!fields || !table || !constraint) {
    if (fields && table?.columnsComplete) draft.refused = true;
    return;
  }
  if (fields.alterInheritability) {
    setInherits(draft, key, constraint, fields.noinherit !== true);
    return;
  }
  alterTree(draft, key, constraint, fields);
}

function alterTree(
  draft: Draft,
  key: string,
  constraint: Constraint,
  fields: Readonly<Record<string, unknown>>,
): void {
  changeConstraint(draft, key, constraint.name, (one) => altered(one, fields));
  for (const child of childKeys(draft, key)) {
    const part = tableByKey(draft, child)?.constraints.find(
      (one) => one.kind === 'foreign key' && one.parent === constraint.name,
    );
    if (part) alterTree(draft, child, part, fields);
  }
}

function altered(constraint: Constraint, fields: Readonly<Record<string, unknown>>): Constraint {
  const enforceability = fields.alterEnforceability === true;
  const bare = constraint.definition.replace(/ (?:DEFERRABLE.*|NOT VALID|NOT ENFORCED)$/, '');
  const words = [
    bare,
    fields.deferrable ? `DEFERRABLE${fields.initdeferred ? ' INITIALLY DEFERRED' : ''}` : '',
    enforceability && !fields.is_enforced ? 'NOT ENFORCED' : '',
  ];
  const { enforced, ...rest } = constraint;
  const isEnforced = enforceability ? fields.is_enforced === true : enforced !== false;
  return {
    ...rest,
    validated: isEnforced === (enforced !== false) ? constraint.validated : isEnforced,
    definition: words.filter((word) => word !== '').join(' '),
    ...(isEnforced ? {} : { enforced: false }),
  };
}

/** ALTER CONSTRAINT … INHERIT brings a NOT NULL to the heirs, NO INHERIT leaves them theirs. */
function setInherits(draft: Draft, key: string, constraint: Constraint, inherits: boolean): void {
  if (constraint.inherits === inherits) return;
  changeConstraint(draft, key, constraint.name, (one) => ({ ...one, inherits }));
  const [column = ''] = constraint.columns;
  for (const childKey of childKeys(draft, key)) {
    if (inherits) {
      setNotNull(draft, childKey, column, { name: constraint.name, local: false });
      continue;
    }
    const child = tableByKey(draft, childKey);
    const own = child?.constraints.find((one) => one.kind === 'not null' && one.columns[0] === column);
    if (child && own?.local === false && parentsWithConstraint(draft, child, own) === 0)
      changeConstraint(draft, childKey, own.name, (one) => ({ ...one, local: true }));
  }
}
