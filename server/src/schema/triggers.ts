import type { AlterPolicyStmt, CreatePolicyStmt, CreateTrigStmt, Node } from '@pgsql/types';
import { stringsOf } from '../sql/names.ts';
import { dependenciesOf, triggerFunctionDependency, withDependencies } from './dependencies.ts';
import { type Apply, childKeys, type Draft, touchRangeVar, updateTable } from './draft.ts';
import { columnsRead } from './expressions.ts';
import { lacks } from './index-constraints.ts';
import { tableByKey } from './lookup.ts';
import type { PolicyExpression, Table, Trigger } from './model.ts';
import { relationKey } from './names.ts';

export const applyCreateTrigger: Apply<CreateTrigStmt> = (draft, fields) => {
  const { relation, trigname = '', row, replace, columns, whenClause, funcname } = fields;
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
    },
    [...(calls === undefined ? [] : [calls]), ...dependenciesOf(draft, whenClause)],
  );
  const key = relationKey(table.name);
  setTrigger(draft, key, trigger);
  if (table.partitioned && trigger.row) cloneToPartitions(draft, key, trigger, replace === true);
};

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

export const applyCreatePolicy: Apply<CreatePolicyStmt> = (draft, fields) => {
  const table = touchRangeVar(draft, fields.table);
  const { policy_name: name = '', qual, with_check: check } = fields;
  if (!table) return;
  if (table.policies?.some((one) => one.name === name)) {
    draft.refused = true;
    return;
  }
  if (lacks(table, [...columnsRead(qual), ...columnsRead(check)])) draft.refused = true;
  const policy = { name, using: expressionOf(draft, qual), check: expressionOf(draft, check) };
  updateTable(draft, relationKey(table.name), (one) => ({
    ...one,
    policies: [...(one.policies ?? []), policy],
  }));
};

export const applyAlterPolicy: Apply<AlterPolicyStmt> = (draft, fields) => {
  const table = touchRangeVar(draft, fields.table);
  const { policy_name, qual, with_check: check } = fields;
  if (table && !table.policies?.some(({ name }) => name === policy_name) && table.columnsComplete)
    draft.refused = true;
  if (!table || (!qual && !check)) return;
  updateTable(draft, relationKey(table.name), (one) => ({
    ...one,
    policies: (one.policies ?? []).map((policy) =>
      policy.name === policy_name
        ? {
            ...policy,
            using: expressionOf(draft, qual) ?? policy.using,
            check: expressionOf(draft, check) ?? policy.check,
          }
        : policy,
    ),
  }));
};

function expressionOf(draft: Draft, node: Node | undefined): PolicyExpression | undefined {
  return node && withDependencies({ reads: columnsRead(node) }, dependenciesOf(draft, node));
}

export function dropPolicy(draft: Draft, key: string, name: string): void {
  updateTable(draft, key, (table) => ({
    ...table,
    policies: (table.policies ?? []).filter((one) => one.name !== name),
  }));
}
