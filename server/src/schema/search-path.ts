import type { DiscardStmt, Node, SelectStmt, VariableSetStmt } from '@pgsql/types';
import { stringsOf } from '../sql/names.ts';
import { createQueryTable } from './create-query-table.ts';
import type { Apply, Draft } from './draft.ts';
import { temporarySchema } from './names.ts';
import { removeRelations } from './removal.ts';
import { changeSession, type SessionSettings } from './spelling.ts';

export const defaultSearchPath: readonly string[] = ['public'];

export const applySetting: Apply<VariableSetStmt> = (draft, { kind, name = '', args = [], is_local }) => {
  if (kind === 'VAR_RESET_ALL')
    setSession(draft, { searchPath: defaultSearchPath, timeZone: undefined }, false);
  const values = kind === 'VAR_SET_VALUE' ? args : undefined;
  if (!values && kind !== 'VAR_SET_DEFAULT' && kind !== 'VAR_RESET') return;
  const local = is_local === true;
  if (name.toLowerCase() === 'timezone')
    setSession(draft, { timeZone: values?.[0] && constantString(values[0]) }, local);
  if (name !== 'search_path') return;
  const path = values && readPath(values.flatMap((value) => constantString(value) ?? []));
  setSession(draft, { searchPath: path ?? defaultSearchPath }, local);
};

/**
 * The search path of a new session, where ALTER ROLE or ALTER DATABASE set one. Which role will run a plan is not
 * known: of several paths all places count.
 */
export function loginPath(statements: readonly { readonly node: Node }[]): readonly string[] | undefined {
  const paths = statements.flatMap(({ node }) => {
    const set =
      'AlterRoleSetStmt' in node
        ? node.AlterRoleSetStmt.setstmt
        : 'AlterDatabaseSetStmt' in node
          ? node.AlterDatabaseSetStmt.setstmt
          : undefined;
    const isPath = set?.name === 'search_path' && set.kind === 'VAR_SET_VALUE';
    return isPath ? [readPath((set.args ?? []).flatMap((value) => constantString(value) ?? []))] : [];
  });
  return paths.length > 0 ? [...new Set(paths.flat())] : undefined;
}

/** DISCARD ALL resets the session; it and DISCARD TEMP drop what is temporary. */
export const applyDiscard: Apply<DiscardStmt> = (draft, { target }) => {
  if (target === 'DISCARD_ALL')
    setSession(draft, { searchPath: defaultSearchPath, timeZone: undefined }, false);
  if (target !== 'DISCARD_ALL' && target !== 'DISCARD_TEMP') return;
  const temporary = [...draft.relations].flatMap(([key, { name }]) =>
    name.schema === temporarySchema ? [key] : [],
  );
  removeRelations(draft, temporary, true);
};

/** What holds from now on: SET LOCAL only to the transaction's end, and outside of one not at all. */
function setSession(draft: Draft, change: Partial<SessionSettings>, local: boolean): void {
  const { transaction, searchPath, timeZone } = draft;
  if (local && !transaction) return;
  if (transaction) {
    const kept = transaction.session ?? (local ? { searchPath, timeZone } : undefined);
    draft.transaction = { ...transaction, session: kept && (local ? kept : { ...kept, ...change }) };
  }
  changeSession(draft, { searchPath, timeZone, ...change });
}

/** SELECT INTO makes a table, `set_config('search_path', …)` sets the path: the form `pg_dump` writes. */
export const applySelect: Apply<SelectStmt> = (draft, select) => {
  if (select.intoClause?.rel) {
    createQueryTable(draft, select.intoClause, { SelectStmt: select }, {});
    return;
  }
  for (const target of select.targetList ?? []) {
    const value = 'ResTarget' in target ? target.ResTarget.val : undefined;
    if (!value || !('FuncCall' in value)) continue;
    if (stringsOf(value.FuncCall.funcname).at(-1) !== 'set_config') continue;
    const [setting, path, local] = value.FuncCall.args ?? [];
    const text = path && constantString(path);
    if (!setting || constantString(setting) !== 'search_path' || text === undefined) continue;
    setSession(draft, { searchPath: readPath(splitPath(text)) }, isTrue(local));
  }
};

function isTrue(node: Node | undefined): boolean {
  return node !== undefined && 'A_Const' in node && node.A_Const.boolval?.boolval === true;
}

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
