import type { CommonTableExpr, JoinExpr, Node, RangeVar, SelectStmt, WithClause } from '@pgsql/types';
import { nameOfRangeVar, stringsOf } from '../sql/names.ts';
import { findRelation, keyOf } from './lookup.ts';
import { isCatalog, type Output, type Scope, type Source, sourceOf, unknownOutput } from './query-scope.ts';
import { expressions, outputOf, type Place, type Walk } from './query-walk.ts';

export function select(walk: Walk, fields: SelectStmt, around: Place): Output {
  const place = withQueries(walk, fields.withClause, around);
  if (fields.larg && fields.rarg) {
    const [first = unknownOutput] = operands(fields).map((part) => select(walk, part, place));
    expressions(walk, [fields.limitCount, fields.limitOffset], level(place), place);
    return first;
  }
  const scope = level(place);
  from(walk, fields.fromClause, scope, place);
  if (fields.valuesLists) {
    expressions(walk, fields.valuesLists, scope, place);
    const [row] = fields.valuesLists;
    const width = row && 'List' in row ? (row.List.items?.length ?? 0) : 0;
    return { columns: Array.from({ length: width }, (_, at) => `column${at + 1}`), complete: true };
  }
  const { targetList, whereClause, havingClause, windowClause, limitCount, limitOffset } = fields;
  expressions(
    walk,
    [targetList, whereClause, havingClause, windowClause, limitCount, limitOffset],
    scope,
    place,
  );
  const output = outputOf(targetList, scope);
  // Names of the output come first in ORDER BY and DISTINCT ON, and count in GROUP BY too.
  const sorted = [fields.sortClause, fields.groupClause, fields.distinctClause];
  expressions(walk, sorted, scope, place, output.columns);
  return output;
}

/** The queries that UNION, INTERSECT and EXCEPT join, first to last. */
function operands(fields: SelectStmt): readonly SelectStmt[] {
  const found: SelectStmt[] = [];
  const stack = [fields];
  for (let next = stack.pop(); next; next = stack.pop()) {
    if (next.rarg && next.larg && (next === fields || !next.withClause)) stack.push(next.rarg, next.larg);
    else found.push(next);
  }
  return found;
}

function level(place: Place): Scope {
  return { sources: [], outer: place.outer };
}

export function withQueries(walk: Walk, clause: WithClause | undefined, place: Place): Place {
  if (!clause) return place;
  const ctes = new Map(place.ctes);
  const queries = (clause.ctes ?? []).flatMap((node) =>
    'CommonTableExpr' in node ? [node.CommonTableExpr] : [],
  );
  // RECURSIVE ones may name each other, whatever their order.
  if (clause.recursive) for (const { ctename = '' } of queries) ctes.set(ctename, unknownOutput);
  for (const cte of queries) {
    const output = walk.query(cte.ctequery, { ...place, ctes: new Map(ctes) });
    ctes.set(cte.ctename ?? '', withAddedColumns(cte, renamed(output, stringsOf(cte.aliascolnames))));
  }
  return { ...place, ctes };
}

/** SEARCH and CYCLE add columns of their own. */
function withAddedColumns({ search_clause, cycle_clause }: CommonTableExpr, output: Output): Output {
  const added = [
    search_clause?.search_seq_column,
    cycle_clause?.cycle_mark_column,
    cycle_clause?.cycle_path_column,
  ].filter((name) => name !== undefined);
  return { ...output, columns: [...output.columns, ...added] };
}

function renamed(output: Output, names: readonly string[]): Output {
  if (names.length === 0) return output;
  return { columns: [...names, ...output.columns.slice(names.length)], complete: output.complete };
}

/** Adds the sources of a FROM to the scope, then resolves what its joins and functions say. */
export function from(walk: Walk, nodes: readonly Node[] | undefined, scope: Scope, place: Place): void {
  const said: unknown[] = [];
  const stack = [...(nodes ?? [])].reverse();
  for (let node = stack.pop(); node; node = stack.pop()) {
    if ('RangeVar' in node) scope.sources.push(relation(walk, node.RangeVar, place));
    else if ('JoinExpr' in node) said.push(join(node.JoinExpr, stack, scope));
    else if ('RangeSubselect' in node) {
      const { lateral, subquery, alias } = node.RangeSubselect;
      const outer = lateral ? { sources: [...scope.sources], outer: scope.outer } : scope.outer;
      const output = renamed(walk.query(subquery, { ...place, outer }), stringsOf(alias?.colnames));
      scope.sources.push({ name: alias?.aliasname ?? '', schema: undefined, key: undefined, ...output });
    } else if ('RangeTableSample' in node && node.RangeTableSample.relation) {
      said.push(node.RangeTableSample.args, node.RangeTableSample.repeatable);
      stack.push(node.RangeTableSample.relation);
    } else {
      const [fields] = Object.values(node) as { alias?: { aliasname?: string } }[];
      scope.sources.push(opaque(fields?.alias?.aliasname));
      said.push(fields);
    }
  }
  expressions(walk, said, scope, place);
}

/** Its sides are put on the stack; what it says is given back. */
function join(expression: JoinExpr, stack: Node[], scope: Scope): unknown {
  const { larg, rarg, quals, usingClause, isNatural, alias, join_using_alias } = expression;
  if (usingClause || isNatural) scope.merged = true;
  if (rarg) stack.push(rarg);
  if (larg) stack.push(larg);
  if (alias) scope.sources.push(opaque(alias.aliasname));
  const names = stringsOf(usingClause);
  const columns = names.map((sval) => ({ ColumnRef: { fields: [{ String: { sval } }] } }));
  if (join_using_alias)
    scope.sources.push({ ...opaque(join_using_alias.aliasname), columns: names, complete: true });
  return [quals, columns];
}

/** Something with columns that are not known, such as a function's. */
function opaque(name = ''): Source {
  return { name, schema: undefined, key: undefined, ...unknownOutput };
}

/** A relation in a FROM, a WITH query of that name, or the target of a change. */
export function relation(walk: Walk, range: RangeVar, place: Place, target = false): Source {
  const name = nameOfRangeVar(range);
  const cte = target || name.schema !== undefined ? undefined : place.ctes.get(name.name);
  if (cte) {
    const alias = range.alias?.aliasname ?? name.name;
    const output = renamed(cte, stringsOf(range.alias?.colnames));
    return { name: alias, schema: undefined, key: undefined, ...output };
  }
  if (isCatalog(name)) return opaque(range.alias?.aliasname ?? name.name);
  const { schema } = walk;
  const found = findRelation(schema, name);
  const key = keyOf(schema, name);
  walk.relations.push({ key, name, relation: found, location: range.location });
  if (!found && schema.complete)
    walk.missing.push({ kind: 'relation', key, name: name.name, location: range.location });
  return sourceOf(schema, range, found);
}
