import type { Node, ResTarget, SelectStmt } from '@pgsql/types';
import { stringsOf } from '../sql/names.ts';
import { type Draft, typeOf } from './draft.ts';
import { walk } from './expressions.ts';
import type { Column, Relation, Schema } from './model.ts';
import { namesIn, type QueryNames } from './query-names.ts';

/** A column of a query's result; the type is undefined where names alone do not tell. */
export type QueryColumn = Pick<Column, 'name' | 'type' | 'collation'>;

export interface Query {
  /** It names a column that its relations surely have not: Postgres refuses it. */
  readonly faulty: boolean;
  /** Undefined where a relation that it reads is not known in full. */
  readonly columns: readonly QueryColumn[] | undefined;
  /** Columns read, by relation key; undefined where that is not known in full. */
  readonly reads: Readonly<Record<string, readonly string[]>> | undefined;
}

/** What a query reads and gives, by the names in it. */
export function readQuery(draft: Draft, query: Node | undefined): Query {
  if (!query || !('SelectStmt' in query)) return { faulty: false, columns: undefined, reads: undefined };
  const names = namesIn(query, draft);
  const columns = columnsGiven(draft, query.SelectStmt, names);
  const repeated = new Set(columns?.map(({ name }) => name)).size < (columns?.length ?? 0);
  return { faulty: repeated || names.missing.length > 0, columns, reads: columnsRead(draft, names) };
}

function columnsRead({ relations }: Schema, names: QueryNames): Query['reads'] {
  const reads = new Map<string, Set<string>>();
  for (const { key } of names.relations) reads.set(key, new Set());
  for (const { key, column, certain } of names.columns) {
    const all = column === null ? knownColumns(relations.get(key)) : [{ name: column }];
    if (!certain || !all) return undefined;
    const known = reads.get(key) ?? new Set();
    for (const { name } of all) known.add(name);
    reads.set(key, known);
  }
  return Object.fromEntries([...reads].map(([key, columns]) => [key, [...columns]]));
}

function knownColumns(relation: Relation | undefined): readonly QueryColumn[] | undefined {
  if (relation?.kind === 'table') return relation.columnsComplete ? relation.columns : undefined;
  if (relation?.kind === 'view' || relation?.kind === 'materialized view') return relation.columns;
  return undefined;
}

/** The names are those of the output; each gets the type of the column that stands there, where one does. */
function columnsGiven(draft: Draft, select: SelectStmt, names: QueryNames): Query['columns'] {
  const { columns, complete } = names.output;
  if (!complete || (hasStar(select) && mergesColumns(select))) return undefined;
  const types = select.larg
    ? []
    : (select.targetList ?? []).flatMap((node) => typesGiven(draft, node, names));
  return columns.map((name, at) => {
    const { type, collation } = (types.length === columns.length ? types[at] : undefined) ?? unknown;
    return { name: name === 'expr' && isUnnamed(select, at) ? '?column?' : name, type, collation };
  });
}

type Typed = Pick<QueryColumn, 'type' | 'collation'>;
const unknown: Typed = { type: undefined, collation: undefined };

/** An expression that has no name of its own is `?column?` in a result, `expr` in an index. */
function isUnnamed({ targetList = [] }: SelectStmt, at: number): boolean {
  const target = targetList[at];
  const item: ResTarget | undefined = target && 'ResTarget' in target ? target.ResTarget : undefined;
  return !item?.name && !(item?.val && ('ColumnRef' in item.val || 'FuncCall' in item.val));
}

function hasStar({ targetList = [] }: SelectStmt): boolean {
  for (const [kind] of walk(targetList)) if (kind === 'A_Star') return true;
  return false;
}

/** JOIN … USING and NATURAL JOIN: `*` gives the columns that they merge once, and first. */
function mergesColumns({ fromClause }: SelectStmt): boolean {
  for (const [kind, fields] of walk(fromClause))
    if (kind === 'JoinExpr' && (fields.usingClause || fields.isNatural)) return true;
  return false;
}

function typesGiven(draft: Draft, node: Node, names: QueryNames): readonly Typed[] {
  const value = 'ResTarget' in node ? node.ResTarget.val : undefined;
  if (!value || !('ColumnRef' in value)) return [{ ...unknown, type: typeOfExpression(draft, value) }];
  const found = names.columns.filter(({ location }) => location === value.ColumnRef.location);
  return found.flatMap(({ key, column }): readonly Typed[] => {
    const columns = knownColumns(draft.relations.get(key)) ?? [];
    return column === null ? columns : [columns.find(({ name }) => name === column) ?? unknown];
  });
}

function typeOfExpression(draft: Draft, expression: Node | undefined): string | undefined {
  if (!expression) return undefined;
  if ('TypeCast' in expression) return typeOf(draft, expression.TypeCast.typeName);
  if ('A_Const' in expression) {
    const { ival, sval, boolval } = expression.A_Const;
    return ival ? 'integer' : sval ? 'text' : boolval ? 'boolean' : undefined;
  }
  const counts = 'FuncCall' in expression && stringsOf(expression.FuncCall.funcname).at(-1) === 'count';
  return counts ? 'bigint' : undefined;
}
