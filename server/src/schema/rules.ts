import type { RuleStmt } from '@pgsql/types';
import { nameOfRangeVar } from '../sql/names.ts';
import { define } from './definition.ts';
import { dependenciesOf, withDependencies } from './dependencies.ts';
import { type Apply, type Draft, find, touchRangeVar, updateTable } from './draft.ts';
import type { Rule, Table, View } from './model.ts';
import { relationKey } from './names.ts';

/** A rule on a table or a view. A view's own rule is its query. */
export const applyCreateRule: Apply<RuleStmt> = (draft, fields, statement) => {
  const { relation, rulename = '', replace } = fields;
  const rule: Rule = withDependencies(
    { name: rulename, definition: define(draft, statement, { RuleStmt: fields }) },
    dependenciesOf(draft, fields.whereClause, ...(fields.actions ?? [])),
  );
  const view = relation && find(draft, nameOfRangeVar(relation));
  if (view?.kind === 'view') {
    const others = (view.ruleDefinitions ?? []).filter(({ name }) => name !== rulename);
    if (others.length < (view.ruleDefinitions ?? []).length && !replace) draft.refused = true;
    draft.relations.set(relationKey(view.name), { ...view, ruleDefinitions: [...others, rule] });
    return;
  }
  const table = touchRangeVar(draft, relation);
  if (!table) return;
  if (table.rules?.includes(rulename) && !replace) {
    draft.refused = true;
    return;
  }
  updateTable(draft, relationKey(table.name), (one) => ({
    ...one,
    rules: [...(one.rules ?? []).filter((name) => name !== rulename), rulename],
    ruleDefinitions: [...(one.ruleDefinitions ?? []).filter(({ name }) => name !== rulename), rule],
  }));
};

export function dropRule(draft: Draft, key: string, name: string): void {
  updateRules(draft, key, (rule) => (rule.name === name ? undefined : rule));
}

export function renameRule(draft: Draft, key: string, from: string, to: string): void {
  updateRules(draft, key, (rule) => (rule.name === from ? { ...rule, name: to } : rule));
}

function updateRules(draft: Draft, key: string, change: (rule: Rule) => Rule | undefined): void {
  const relation = draft.relations.get(key);
  if (relation?.kind !== 'table' && relation?.kind !== 'view') return;
  const rules = rulesOf(relation).flatMap((rule) => change(rule) ?? []);
  if (relation.kind !== 'table') {
    draft.relations.set(key, { ...relation, ruleDefinitions: rules });
    return;
  }
  const names = rules.map(({ name }) => name);
  const { ruleStates, ...table } = relation;
  const states = Object.entries(ruleStates ?? {}).flatMap(([old, state]) => {
    const at = rulesOf(relation).findIndex(({ name }) => name === old);
    const now = names.includes(old) ? old : rules.length === relation.rules?.length ? names[at] : undefined;
    return now === undefined ? [] : [[now, state] as const];
  });
  draft.relations.set(key, {
    ...table,
    rules: names,
    ruleDefinitions: rules,
    ...(states.length > 0 ? { ruleStates: Object.fromEntries(states) } : {}),
  });
}

export function rulesOf(relation: Table | View): readonly Rule[] {
  const { ruleDefinitions = [] } = relation;
  if (relation.kind !== 'table') return ruleDefinitions;
  return (relation.rules ?? []).map((name) => ruleDefinitions.find((one) => one.name === name) ?? { name });
}
