import type { AlterPolicyStmt, CreatePolicyStmt, CreateTrigStmt, Node } from '@pgsql/types';
import type { Statement } from '../sql/model.ts';
import { nameOfRangeVar, stringsOf } from '../sql/names.ts';
import { define } from './definition.ts';
import { dependenciesOf, triggerFunctionDependency, withDependencies } from './dependencies.ts';
import { roleName } from './described.ts';
import { type Apply, childKeys, type Draft, find, touchRangeVar, updateTable } from './draft.ts';
import { columnsRead, walk } from './expressions.ts';
import { lacks } from './index-constraints.ts';
import { tableByKey } from './lookup.ts';
import type { PolicyExpression, Table, Trigger, View } from './model.ts';
import { relationKey } from './names.ts';

export const applyCreateTrigger: Apply<CreateTrigStmt> = (draft, fields, statement) => {
  const { relation, trigname = '', row, replace, columns, whenClause, funcname } = fields;
  const view = relation && find(draft, nameOfRangeVar(relation));
  if (view?.kind === 'view') {
    createViewTrigger(draft, view, fields, statement);
    return;
  }
  const table = touchRangeVar(draft, relation);
  if (!table) return;
  const before = triggersOf(table).find(({ name }) => name === trigname);
  if (before && (!replace || before.ofParent)) {
    draft.refused = true;
    return;
  }
  const read = columnsRead(whenClause).filter((name) => name !== 'new' && name !== 'old');
  if (lacks(table, [...stringsOf(columns), ...read])) draft.refused = true;
  const calls = triggerFunctionDependency(draft, stringsOf(funcname));
  const trigger: Trigger = withDependencies(
    {
      name: trigname,
      reads: [...new Set([...stringsOf(columns), ...read])],
      ofParent: false,
      row: row === true,
      definition: define(draft, statement, { CreateTrigStmt: fields }),
    },
    [...(calls === undefined ? [] : [calls]), ...dependenciesOf(draft, whenClause)],
  );
  const key = relationKey(table.name);
  setTrigger(draft, key, trigger);
  if (table.partitioned && trigger.row) cloneToPartitions(draft, key, trigger, replace === true);
};

function createViewTrigger(draft: Draft, view: View, fields: CreateTrigStmt, statement: Statement): void {
  const { trigname: name = '', row, replace, funcname } = fields;
  const calls = triggerFunctionDependency(draft, stringsOf(funcname));
  const made: Trigger = {
    name,
    reads: [],
    ofParent: false,
    row: row === true,
    definition: define(draft, statement, { CreateTrigStmt: fields }),
  };
  const before = view.triggerDefinitions ?? [];
  const others = before.filter((one) => one.name !== name);
  if (others.length < before.length && !replace) draft.refused = true;
  const triggers = [...others, withDependencies(made, calls === undefined ? [] : [calls])];
  draft.relations.set(relationKey(view.name), { ...view, triggerDefinitions: triggers });
}

function cloneToPartitions(draft: Draft, key: string, trigger: Trigger, replace: boolean): void {
  for (const child of childKeys(draft, key)) {
    if (tableByKey(draft, child)?.foreign) continue;
    if (tableByKey(draft, child)?.triggers.includes(trigger.name) && !replace) draft.refused = true;
    setTrigger(draft, child, { ...trigger, ofParent: true });
    cloneToPartitions(draft, child, trigger, replace);
  }
}

/** Puts a trigger in the place of one of its name, if there is one. */
function setTrigger(draft: Draft, key: string, trigger: Trigger): void {
  updateTable(draft, key, (table) =>
    withTriggers(table, [...triggersOf(table).filter(({ name }) => name !== trigger.name), trigger]),
  );
}

export function triggersOf(table: Table): readonly Trigger[] {
  const { triggers, triggerDefinitions = [] } = table;
  return triggers.map(
    (name) =>
      triggerDefinitions.find((one) => one.name === name) ?? { name, reads: [], ofParent: false, row: false },
  );
}

export function withTriggers(table: Table, triggers: readonly Trigger[]): Table {
  return { ...table, triggers: triggers.map(({ name }) => name), triggerDefinitions: triggers };
}

/** A new partition gets the row triggers of its parent; so do those below it. */
export function cloneTriggers(draft: Draft, parentKey: string, childKey: string): void {
  const parent = tableByKey(draft, parentKey);
  if (!parent || tableByKey(draft, childKey)?.foreign) return;
  for (const trigger of triggersOf(parent)) {
    if (!trigger.row) continue;
    setTrigger(draft, childKey, { ...trigger, ofParent: true });
    cloneToPartitions(draft, childKey, trigger, false);
  }
}

/** What came with the parent's triggers goes, here and below. */
export function dropClonedTriggers(draft: Draft, key: string): void {
  const names = triggersOf(tableByKey(draft, key) as Table).flatMap(({ name, ofParent }) =>
    ofParent ? [name] : [],
  );
  for (const name of names) dropTrigger(draft, key, name);
}

/** The trigger, and those that it brought to the partitions. */
export function dropTrigger(draft: Draft, key: string, name: string): void {
  updateTable(draft, key, (table) =>
    withTriggers(
      table,
      triggersOf(table).filter((one) => one.name !== name),
    ),
  );
  for (const child of childKeys(draft, key)) {
    const table = tableByKey(draft, child);
    if (table && triggersOf(table).some((one) => one.name === name && one.ofParent))
      dropTrigger(draft, child, name);
  }
}

export function renameTrigger(draft: Draft, key: string, from: string, to: string): void {
  updateTable(draft, key, (table) =>
    withTriggers(
      table,
      triggersOf(table).map((one) => (one.name === from ? { ...one, name: to } : one)),
    ),
  );
  for (const child of childKeys(draft, key)) {
    const table = tableByKey(draft, child);
    if (!table || !triggersOf(table).some((one) => one.name === from && one.ofParent)) continue;
    if (table.triggers.includes(to)) draft.refused = true;
    renameTrigger(draft, child, from, to);
  }
}

export const applyCreatePolicy: Apply<CreatePolicyStmt> = (draft, fields, statement) => {
  const table = touchRangeVar(draft, fields.table);
  const { policy_name: name = '', qual, with_check: check } = fields;
  if (!table) return;
  if (table.policies?.some((one) => one.name === name)) {
    draft.refused = true;
    return;
  }
  if (lacks(table, [...surelyRead(qual), ...surelyRead(check)])) draft.refused = true;
  const { cmd_name: command = 'all', permissive } = fields;
  const policy = {
    name,
    using: expressionOf(draft, qual, statement),
    check: expressionOf(draft, check, statement),
    ...(command === 'all' ? {} : { command }),
    ...rolesField(fields.roles),
    ...(permissive ? {} : { restrictive: true }),
  };
  updateTable(draft, relationKey(table.name), (one) => ({
    ...one,
    policies: [...(one.policies ?? []), policy],
  }));
};

/** Names in a subquery may be columns of another table. */
function surelyRead(node: Node | undefined): readonly string[] {
  for (const [kind] of walk(node)) if (kind === 'SubLink') return [];
  return columnsRead(node);
}

/** TO PUBLIC, alone or among others, is what holds by default. */
function rolesField(nodes: readonly Node[] | undefined): {
  readonly roles?: readonly (string | undefined)[];
} {
  const roles = (nodes ?? []).flatMap((node) => ('RoleSpec' in node ? [roleName(node.RoleSpec)] : []));
  return roles.length === 0 || roles.includes(undefined) ? {} : { roles };
}

export const applyAlterPolicy: Apply<AlterPolicyStmt> = (draft, fields, statement) => {
  const table = touchRangeVar(draft, fields.table);
  const { policy_name, qual, with_check: check } = fields;
  if (table && !table.policies?.some(({ name }) => name === policy_name) && table.columnsComplete)
    draft.refused = true;
  if (!table || (!qual && !check && !fields.roles)) return;
  updateTable(draft, relationKey(table.name), (one) => ({
    ...one,
    policies: (one.policies ?? []).map((policy) => {
      if (policy.name !== policy_name) return policy;
      const { roles, ...rest } = policy;
      return {
        ...rest,
        ...(fields.roles ? rolesField(fields.roles) : roles ? { roles } : {}),
        using: expressionOf(draft, qual, statement) ?? policy.using,
        check: expressionOf(draft, check, statement) ?? policy.check,
      };
    }),
  }));
};

function expressionOf(
  draft: Draft,
  node: Node | undefined,
  statement: Statement,
): PolicyExpression | undefined {
  return (
    node &&
    withDependencies(
      { reads: columnsRead(node), definition: define(draft, statement, node) },
      dependenciesOf(draft, node),
    )
  );
}

export function dropPolicy(draft: Draft, key: string, name: string): void {
  updateTable(draft, key, (table) => ({
    ...table,
    policies: (table.policies ?? []).filter((one) => one.name !== name),
  }));
}
