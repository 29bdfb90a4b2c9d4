import type { Node } from '@pgsql/types';
import { columnOf, tableByKey } from '../schema/lookup.ts';
import type { Schema } from '../schema/model.ts';
import type { ColumnUse, Location, QueryNames } from '../schema/query-names.ts';
import type { Statement } from '../sql/model.ts';

/** What a query gives on one schema that it does not on another. */
export interface ResultChange {
  /** Names of columns that only the later result has; then it has others than before, or in another order. */
  readonly added: readonly string[];
  readonly columnsDiffer: boolean;
  /** Columns that it gives under the same name in another type, as `format_type` prints them. */
  readonly retyped: readonly Retyped[];
  /** The first place of the statement that says what changes. */
  readonly location: Location;
}

export interface Retyped {
  /** The relation's key. */
  readonly key: string;
  readonly column: string;
  readonly from: string;
  readonly to: string;
}

/** A schema, and what a statement names on it. */
export interface ReadOn {
  readonly schema: Schema;
  readonly names: QueryNames;
}

/**
 * How the result of a SELECT, or of a RETURNING, on one schema differs from that on another: Postgres then refuses to
 * execute it where it was prepared on the first ("cached plan must not change result type", RevalidateCachedQuery of
 * plancache.c: names, types and their modifiers). Undefined where nothing differs, as far as it is known.
 */
export function resultChange(statement: Statement, before: ReadOn, after: ReadOn): ResultChange | undefined {
  const given = statement.once(givenBy);
  const [was, is] = [before.names.output, after.names.output];
  const columnsDiffer =
    given.length > 0 &&
    was.complete &&
    is.complete &&
    (was.columns.length !== is.columns.length || was.columns.some((name, at) => name !== is.columns[at]));
  // Which type a UNION settles on is not followed.
  const typed = statement.once(isUnion) ? [] : given;
  const found = typed.flatMap((one) => retypedBy(one, before, after).map((retyped) => ({ retyped, one })));
  if (!columnsDiffer && found.length === 0) return undefined;
  return {
    added: columnsDiffer ? is.columns.filter((name) => !was.columns.includes(name)) : [],
    columnsDiffer,
    retyped: found.map(({ retyped }) => retyped),
    location: (columnsDiffer ? given.find(({ all }) => all) : found[0]?.one)?.location,
  };
}

/** A column that a result has as it is, or all columns of a relation. */
interface Given {
  readonly location: Location;
  readonly all: boolean;
}

function givenBy({ node }: Statement): readonly Given[] {
  return targetsOf(node).flatMap((target) => {
    const value = 'ResTarget' in target ? target.ResTarget.val : undefined;
    if (!value || !('ColumnRef' in value)) return [];
    const { fields = [], location } = value.ColumnRef;
    return [{ location, all: fields.some((field) => 'A_Star' in field) }];
  });
}

function isUnion({ node }: Statement): boolean {
  return 'SelectStmt' in node && node.SelectStmt.larg !== undefined;
}

function targetsOf(node: Node): readonly Node[] {
  if ('SelectStmt' in node) {
    // A UNION has the names of its first query.
    let first = node.SelectStmt;
    while (first.larg) first = first.larg;
    return first.targetList ?? [];
  }
  const changing =
    'InsertStmt' in node
      ? node.InsertStmt
      : 'UpdateStmt' in node
        ? node.UpdateStmt
        : 'DeleteStmt' in node
          ? node.DeleteStmt
          : 'MergeStmt' in node
            ? node.MergeStmt
            : undefined;
  return changing?.returningClause?.exprs ?? [];
}

function retypedBy({ location, all }: Given, before: ReadOn, after: ReadOn): readonly Retyped[] {
  const uses = before.names.columns.filter(
    (use) => use.location === location && use.certain && (use.column === null) === all,
  );
  return uses.flatMap((use) =>
    columnsOf(use, before.schema).flatMap((column) => {
      const from = columnOf(tableByKey(before.schema, use.key), column)?.type;
      const to = columnOf(tableByKey(after.schema, use.key), column)?.type;
      return from === undefined || to === undefined || from === to
        ? []
        : [{ key: use.key, column, from, to }];
    }),
  );
}

function columnsOf({ key, column }: ColumnUse, schema: Schema): readonly string[] {
  if (column !== null) return [column];
  return tableByKey(schema, key)?.columns.map(({ name }) => name) ?? [];
}
