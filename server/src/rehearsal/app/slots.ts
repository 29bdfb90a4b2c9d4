import type { A_Const, Node, RangeVar } from '@pgsql/types';
import type { Statement } from '../../sql/model.ts';
import { nameOfRangeVar, type ObjectName, stringsOf } from '../../sql/names.ts';
import type { Range } from '../../text/range.ts';

/** A parameter or a constant in a statement of the application, with the column that it is for. */
export interface Slot {
  /** In the statement's text. */
  readonly range: Range;
  /** `$1` has 1; undefined for a constant. */
  readonly parameter: number | undefined;
  /** A constant's value as text. */
  readonly literal: string | undefined;
  /** insert, set: it becomes the column's value. where: the column is compared with it. other: its place says nothing. */
  readonly role: 'insert' | 'set' | 'where' | 'other';
  /** Relations that the column may be of. */
  readonly relations: readonly ObjectName[];
  /** The column's name, or its place from 0 in an INSERT that names none. */
  readonly column: string | number | undefined;
  /** Whether a row qualifies by having this very value there: `=`, `IN`, `= ANY`. */
  readonly equals: boolean;
  /** `= ANY ($1)`: a list of values. */
  readonly list: boolean;
  /** Which of an INSERT's rows. */
  readonly row: number;
}

/** The slots of a statement; parameters that stand elsewhere are among them with the role `other`. */
export function slotsOf(statement: Statement): readonly Slot[] {
  return statement.once(findSlots);
}

/** The relation that a statement writes to. */
export function targetOf({ node }: Pick<Statement, 'node'>): ObjectName | undefined {
  const relation =
    'InsertStmt' in node
      ? node.InsertStmt.relation
      : 'UpdateStmt' in node
        ? node.UpdateStmt.relation
        : 'DeleteStmt' in node
          ? node.DeleteStmt.relation
          : undefined;
  return relation && nameOfRangeVar(relation);
}

function findSlots(statement: Statement): readonly Slot[] {
  const found = [...placed(statement, statement.node)];
  const known = new Set(found.flatMap(({ parameter }) => parameter ?? []));
  for (const token of statement.tokens()) {
    if (token.kind !== 'parameter') continue;
    const parameter = Number(statement.slice(token).slice(1));
    if (known.has(parameter)) continue;
    known.add(parameter);
    const range = within(statement, token);
    found.push({ ...nowhere, range, parameter, literal: undefined });
  }
  return found;
}

const nowhere = {
  role: 'other' as const,
  relations: [] as readonly ObjectName[],
  column: undefined,
  equals: false,
  list: false,
  row: 0,
};

function* placed(statement: Statement, node: Node): Generator<Slot> {
  const target = targetOf({ node });
  const own: Pick<Slot, 'relations'> = { relations: target ? [target] : [] };
  if ('InsertStmt' in node) {
    const { cols = [], selectStmt, withClause } = node.InsertStmt;
    for (const one of withClause?.ctes ?? [])
      if ('CommonTableExpr' in one && one.CommonTableExpr.ctequery)
        yield* placed(statement, one.CommonTableExpr.ctequery);
    const names = cols.flatMap((column) => ('ResTarget' in column ? [column.ResTarget.name ?? ''] : []));
    for (const [row, values] of insertedRows(selectStmt).entries())
      for (const [at, value] of values.entries()) {
        const column = cols.length > 0 ? names[at] : at;
        if (column !== undefined) yield* slot(statement, value, { ...own, role: 'insert', column, row });
      }
    return;
  }
  if ('UpdateStmt' in node) {
    for (const target of node.UpdateStmt.targetList ?? [])
      if ('ResTarget' in target)
        yield* slot(statement, target.ResTarget.val, { ...own, role: 'set', column: target.ResTarget.name });
    yield* conditions(statement, node.UpdateStmt.whereClause, [node.UpdateStmt.relation]);
  } else if ('DeleteStmt' in node) {
    yield* conditions(statement, node.DeleteStmt.whereClause, [node.DeleteStmt.relation]);
  } else if ('SelectStmt' in node) {
    const { fromClause = [], whereClause } = node.SelectStmt;
    yield* conditions(statement, whereClause, fromClause.flatMap(relationsIn));
  }
}

/** The values of `VALUES (…), (…)`, or of a SELECT in their stead. */
function insertedRows(node: Node | undefined): readonly (readonly Node[])[] {
  if (!node || !('SelectStmt' in node)) return [];
  const { valuesLists, targetList = [] } = node.SelectStmt;
  if (valuesLists) return valuesLists.map((list) => ('List' in list ? (list.List.items ?? []) : []));
  return [targetList.flatMap((target) => ('ResTarget' in target ? (target.ResTarget.val ?? []) : []))];
}

function relationsIn(node: Node): readonly RangeVar[] {
  if ('RangeVar' in node) return [node.RangeVar];
  if (!('JoinExpr' in node)) return [];
  const { larg, rarg } = node.JoinExpr;
  return [larg, rarg].flatMap((side) => (side ? relationsIn(side) : []));
}

function* conditions(
  statement: Statement,
  node: Node | undefined,
  relations: readonly (RangeVar | undefined)[],
): Generator<Slot> {
  if (!node) return;
  if ('BoolExpr' in node) {
    for (const part of node.BoolExpr.args ?? []) yield* conditions(statement, part, relations);
    return;
  }
  if (!('A_Expr' in node)) return;
  const { kind, name, lexpr, rexpr } = node.A_Expr;
  for (const [one, other] of [
    [lexpr, rexpr],
    [rexpr, lexpr],
  ]) {
    if (!one || !other || !('ColumnRef' in one)) continue;
    const parts = stringsOf(one.ColumnRef.fields);
    const of = relationsNamed(parts.at(-2), relations);
    const column = parts.at(-1);
    const values = 'List' in other ? (other.List.items ?? []) : [other];
    for (const value of values)
      yield* slot(statement, value, {
        role: 'where',
        column,
        relations: of,
        equals: stringsOf(name).at(-1) === '=',
        list: kind === 'AEXPR_OP_ANY',
      });
  }
}

function relationsNamed(
  alias: string | undefined,
  relations: readonly (RangeVar | undefined)[],
): readonly ObjectName[] {
  const named = relations.flatMap((relation) => relation ?? []);
  const chosen =
    alias === undefined
      ? named
      : named.filter(({ alias: own, relname }) => (own?.aliasname ?? relname) === alias);
  return chosen.map(nameOfRangeVar);
}

function* slot(
  statement: Statement,
  node: Node | undefined,
  place: Pick<Slot, 'role'> & Partial<Slot>,
): Generator<Slot> {
  const base = { ...nowhere, ...place };
  const inner = node && 'TypeCast' in node ? node.TypeCast.arg : node;
  if (!inner) return;
  if ('ParamRef' in inner) {
    const { number = 0, location = 0 } = inner.ParamRef;
    const range = within(statement, statement.tokenAt(location));
    yield { ...base, range, parameter: number, literal: undefined };
  } else if ('A_Const' in inner) {
    const literal = textOf(inner.A_Const);
    const token = statement.tokenAt(inner.A_Const.location ?? 0);
    const source = statement.slice(token);
    // A sign, or a word like B'101', is left as it is.
    if (literal === undefined || !/^(\d|')/.test(source)) return;
    yield { ...base, range: within(statement, token), parameter: undefined, literal };
  }
}

function textOf({ ival, fval, sval }: A_Const): string | undefined {
  if (sval) return sval.sval ?? '';
  if (fval) return fval.fval;
  return ival ? String(ival.ival ?? 0) : undefined;
}

function within({ range }: Statement, token: Range): Range {
  return { start: token.start - range.start, end: token.end - range.start };
}
