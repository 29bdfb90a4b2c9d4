import type { Node, RangeVar, ViewStmt } from '@pgsql/types';
import { nameOfRangeVar, stringsOf } from '../sql/names.ts';
import { define } from './definition.ts';
import { dependenciesOf, withDependencies } from './dependencies.ts';
import { type Apply, type Draft, findKey, isFree, newName, put } from './draft.ts';
import { walk } from './expressions.ts';
import type { View, ViewColumn } from './model.ts';
import { relationKey, temporarySchema } from './names.ts';
import { settingsIn } from './other-objects.ts';
import { readQuery } from './query.ts';

export const applyCreateView: Apply<ViewStmt> = (draft, fields, statement) => {
  const { view, query, replace, aliases } = fields;
  if (!view) return;
  const reads = relationsRead(draft, query);
  // A view of what is temporary is temporary itself.
  const temporary = reads.some((key) => draft.relations.get(key)?.name.schema === temporarySchema);
  const name = newName(draft, nameOfRangeVar(view), temporary || view.relpersistence === 't');
  const before = draft.relations.get(relationKey(name));
  const replaced = replace && before?.kind === 'view' ? before : undefined;
  if (!replaced && !isFree(draft, name, false)) return;
  const { columns, reads: readsColumns, faulty } = readQuery(draft, query);
  if (faulty && draft.madeByPlan) draft.refused = true;
  const names = stringsOf(aliases);
  const named = columns?.map((column, at) => ({ ...column, name: names[at] ?? column.name }));
  const made: View = {
    kind: 'view',
    name,
    madeByPlan: replaced?.madeByPlan ?? draft.madeByPlan,
    empty: false,
    definition: statement.text,
    reads,
    ...(query ? { query } : {}),
    ...(named ? { columns: keptColumns(replaced, named) } : {}),
    source: define(draft, statement, { ViewStmt: fields }),
    ...viewOptions(fields),
    ...(replaced ? said(replaced) : {}),
    ...(readsColumns ? { readsColumns } : {}),
  };
  put(draft, withDependencies(made, dependenciesOf(draft, query)));
};

/** What stays of a view that another definition replaces. */
function said({ comment, owner, grants, triggerDefinitions, ruleDefinitions }: View): Partial<View> {
  return {
    ...(comment === undefined ? {} : { comment }),
    ...(owner === undefined ? {} : { owner }),
    ...(grants ? { grants } : {}),
    ...(triggerDefinitions ? { triggerDefinitions } : {}),
    ...(ruleDefinitions ? { ruleDefinitions } : {}),
  };
}

function keptColumns(replaced: View | undefined, columns: readonly ViewColumn[]): readonly ViewColumn[] {
  return columns.map((column) => ({
    ...replaced?.columns?.find(({ name }) => name === column.name),
    ...column,
  }));
}

function viewOptions({ options, withCheckOption }: ViewStmt): Pick<View, 'options'> {
  const said: Record<string, string> = { ...settingsIn(options) };
  if (withCheckOption === 'LOCAL_CHECK_OPTION') said.check_option = 'local';
  if (withCheckOption === 'CASCADED_CHECK_OPTION') said.check_option = 'cascaded';
  return Object.keys(said).length > 0 ? { options: said } : {};
}

/** Keys of the relations that a query names, those of its WITH clauses left out. */
export function relationsRead(draft: Draft, query: Node | undefined): readonly string[] {
  const keys = new Set<string>();
  const named = new Set<string>();
  const ranges: RangeVar[] = [];
  for (const [kind, fields] of walk(query)) {
    if (kind === 'CommonTableExpr' && typeof fields.ctename === 'string') named.add(fields.ctename);
    if (kind === 'RangeVar') ranges.push(fields as RangeVar);
  }
  for (const range of ranges) {
    const name = nameOfRangeVar(range);
    if (name.schema === undefined && named.has(name.name)) continue;
    keys.add(findKey(draft, name));
  }
  return [...keys];
}
