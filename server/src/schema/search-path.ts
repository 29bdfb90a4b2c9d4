import type { Node, SelectStmt, VariableSetStmt } from '@pgsql/types';
import { nameOfRangeVar, stringsOf } from '../sql/names.ts';
import { persistenceOf } from './create-table.ts';
import { type Apply, emptyTable, newName, put } from './draft.ts';
import { relationKey } from './names.ts';

export const defaultSearchPath: readonly string[] = ['public'];

export const applySearchPath: Apply<VariableSetStmt> = (draft, { kind, name, args = [] }) => {
  if (kind === 'VAR_RESET_ALL') {
    draft.searchPath = defaultSearchPath;
    draft.timeZone = undefined;
  }
  if (name?.toLowerCase() === 'timezone') {
    draft.timeZone = kind === 'VAR_SET_VALUE' && args[0] ? constantString(args[0]) : undefined;
  }
  if (name !== 'search_path') return;
  if (kind === 'VAR_SET_VALUE') draft.searchPath = readPath(args.flatMap((arg) => constantString(arg) ?? []));
  else if (kind === 'VAR_SET_DEFAULT' || kind === 'VAR_RESET') draft.searchPath = defaultSearchPath;
};

/** SELECT INTO makes a table, `set_config('search_path', …)` sets the path: the form `pg_dump` writes. */
export const applySelect: Apply<SelectStmt> = (draft, select) => {
  if (select.intoClause?.rel) {
    const name = newName(draft, nameOfRangeVar(select.intoClause.rel));
    if (draft.relations.has(relationKey(name))) return;
    const persistence = persistenceOf(select.intoClause.rel.relpersistence);
    put(draft, { ...emptyTable(name), madeByPlan: draft.madeByPlan, persistence, columnsComplete: false });
    return;
  }
  for (const target of select.targetList ?? []) {
    const value = 'ResTarget' in target ? target.ResTarget.val : undefined;
    if (!value || !('FuncCall' in value)) continue;
    if (stringsOf(value.FuncCall.funcname).at(-1) !== 'set_config') continue;
    const [setting, path] = (value.FuncCall.args ?? []).map(constantString);
    if (setting === 'search_path' && path !== undefined) draft.searchPath = readPath(splitPath(path));
  }
};

function constantString(node: Node): string | undefined {
  return 'A_Const' in node && node.A_Const.sval ? (node.A_Const.sval.sval ?? '') : undefined;
}

function splitPath(path: string): readonly string[] {
  return [...path.matchAll(/"((?:[^"]|"")*)"|[^\s,"]+/g)].map(
    ([whole, quoted]) => quoted?.replaceAll('""', '"') ?? whole.toLowerCase(),
  );
}

/** `"$user"` is the schema named as the user, which a plan cannot know and which is rarely there. */
function readPath(names: readonly string[]): readonly string[] {
  return names.filter((name) => name !== '' && name !== '$user' && name !== 'pg_catalog');
}
