import type { CallStmt, DoStmt, FuncCall, Node, SelectStmt } from '@pgsql/types';
import type { CodeBody, Statement, UnreadCode } from '../sql/model.ts';
import { nameOfStrings, type ObjectName, stringsOf } from '../sql/names.ts';
import type { Apply, Draft } from './draft.ts';
import { walk } from './expressions.ts';
import type { Overload } from './model.ts';
import { qualify, relationKey } from './names.ts';
import { applyPerhaps } from './uncertain.ts';

/** Carries out a parse tree: handed in, since it carries out DO blocks and calls too. */
type ApplyNode = (draft: Draft, node: Node, statement: Statement) => void;

/** Functions that call functions are followed so far. */
const deepestCall = 4;

/** Commands that change rows or settings, and no definition. */
const harmless =
  /^\s*(?:select|insert|update|delete|merge|truncate|analyze|vacuum|lock|set|reset|perform|with|values|copy|explain|notify|refresh|reindex|cluster|grant|revoke|comment)\b/i;

/**
 * What a DO block makes of the schema. What stands behind a condition is taken to run where it can: `IF NOT
 * EXISTS … THEN CREATE …` leaves the object there either way. Where it may do something that the text does not
 * tell, the schema is no longer known to be complete.
 */
export function applyCode(applyNode: ApplyNode): Apply<DoStmt> {
  return (draft, _fields, statement) => applyBody(applyNode, draft, statement.body());
}

/** A procedure's body; what one that nobody has told of does may be anything. */
export function applyCall(applyNode: ApplyNode): Apply<CallStmt> {
  return (draft, { funccall }) => {
    const called = funccall && overloadsCalled(draft, funccall);
    if (called && called.length > 0) applyOverloads(applyNode, draft, called);
    else forget(draft);
  };
}

/** What the functions that a query calls make of the schema. */
export function applyCalls(applyNode: ApplyNode): Apply<SelectStmt> {
  return (draft, select) => {
    const perRow = select.fromClause !== undefined;
    for (const [kind, fields] of walk(select)) {
      const called = kind === 'FuncCall' ? overloadsCalled(draft, fields as FuncCall) : [];
      if (called.length === 0 || !called.some(definesSomething)) continue;
      if (perRow) applyPerhaps(draft, () => applyOverloads(applyNode, draft, called));
      else applyOverloads(applyNode, draft, called);
    }
    // `SELECT create_hypertable('events', 'at')`: a function of an extension, called for what it does.
    if (!perRow && (select.targetList ?? []).some((target) => isUnknownCall(draft, target))) forget(draft);
  };
}

function overloadsCalled(draft: Draft, { funcname, args = [] }: FuncCall): readonly Overload[] {
  const { functions } = draft;
  const name = nameOfStrings(stringsOf(funcname));
  const known = functions.get(relationKey(qualify(draft, name, (key) => functions.has(key))));
  const overloads = known?.overloads ?? [];
  const meant = overloads.filter(({ argumentTypes }) => argumentTypes.length === args.length);
  return meant.length > 0 ? meant : overloads;
}

/** Whether a body has more in it than queries and changes of rows. */
function definesSomething({ body }: Overload): boolean {
  const read = body?.();
  if (!read) return false;
  return (
    read.unread.some(mayDefine) || read.statements.some(({ statement }) => !harmless.test(statement.text))
  );
}

/** Which of several is meant, the types of the arguments decide. */
function applyOverloads(applyNode: ApplyNode, draft: Draft, [only, ...others]: readonly Overload[]): void {
  for (const { body } of only && others.length > 0 ? [only, ...others] : [])
    applyPerhaps(draft, () => applyBody(applyNode, draft, body?.()));
  if (only && others.length === 0) applyBody(applyNode, draft, only.body?.());
}

function applyBody(applyNode: ApplyNode, draft: Draft, body: CodeBody | undefined): void {
  if (!body || draft.depth >= deepestCall || body.unread.some(mayDefine)) forget(draft);
  if (!body || draft.depth >= deepestCall) return;
  draft.depth++;
  for (const { statement, certain, guarded } of body.statements) {
    const apply = () => applyNode(draft, statement.node, statement);
    if (guarded) applyPerhaps(draft, apply);
    else apply();
    if (!certain) draft.refused = false;
  }
  draft.depth--;
}

function mayDefine({ begins }: UnreadCode): boolean {
  return begins === undefined || !harmless.test(begins);
}

/** Functions of Postgres itself that are called alone, and define nothing. */
const plain: ReadonlySet<string> = new Set([
  'clock_timestamp',
  'current_setting',
  'currval',
  'gen_random_uuid',
  'lastval',
  'nextval',
  'now',
  'set_config',
  'setval',
  'to_regclass',
  'txid_current',
  'version',
]);

function isUnknownCall(draft: Draft, target: Node): boolean {
  const value = 'ResTarget' in target ? target.ResTarget.val : undefined;
  if (!value || !('FuncCall' in value)) return false;
  const name = nameOfStrings(stringsOf(value.FuncCall.funcname));
  return !isServers(name) && overloadsCalled(draft, value.FuncCall).length === 0;
}

function isServers({ schema, name }: ObjectName): boolean {
  return schema === 'pg_catalog' || plain.has(name) || (schema === undefined && name.startsWith('pg_'));
}

/** From here on there may be more than the schema holds. */
export function forget(draft: Draft): void {
  draft.complete = false;
  for (const [key, relation] of [...draft.relations]) {
    if (relation.kind === 'table' && relation.columnsComplete)
      draft.relations.set(key, { ...relation, columnsComplete: false });
  }
}
