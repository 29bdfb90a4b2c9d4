import type { Node, ResTarget } from '@pgsql/types';
import { nameOfStrings, stringsOf } from '../sql/names.ts';
import { expressionName } from './expressions.ts';
import type { Schema } from './model.ts';
import { relationKey } from './names.ts';
import type { ColumnUse, Location, QueryNames } from './query-model.ts';
import { type Output, resolveColumn, type Scope } from './query-scope.ts';

type Gathered = {
  -readonly [Part in Exclude<keyof QueryNames, 'output'>]: QueryNames[Part][number][];
};

/** What is gathered on the way through a statement. */
export interface Walk extends Gathered {
  readonly schema: Schema;
  /** Resolves a query inside of another. */
  query(node: Node | undefined, place: Place): Output;
}

/** Where a part of a query stands: the levels of FROM around it, and the WITH queries it may name. */
export interface Place {
  readonly outer: Scope | undefined;
  readonly ctes: ReadonlyMap<string, Output>;
  readonly depth: number;
}

/** Resolves every name below `part`; subqueries become levels of their own. Long chains need no recursion. */
export function expressions(
  walk: Walk,
  part: unknown,
  scope: Scope,
  place: Place,
  aliases: readonly string[] = [],
): void {
  const stack: unknown[] = [part];
  while (stack.length > 0) {
    const value = stack.pop();
    if (typeof value !== 'object' || value === null) continue;
    if (Array.isArray(value)) {
      for (let at = value.length - 1; at >= 0; at--) stack.push(value[at]);
      continue;
    }
    const node = value as Node;
    if ('SelectStmt' in node) walk.query(node, { ...place, outer: scope });
    else if ('ColumnRef' in node) {
      const { fields, location } = node.ColumnRef;
      const alias = fields?.length === 1 && aliases.includes(stringsOf(fields)[0] ?? '');
      if (!alias) use(walk, scope, fields, location, 'read');
    } else {
      noteNames(walk, node);
      const children = Object.values(value);
      for (let at = children.length - 1; at >= 0; at--) stack.push(children[at]);
    }
  }
}

function noteNames(walk: Walk, node: Node): void {
  if ('FuncCall' in node) walk.functions.push(nameOfStrings(stringsOf(node.FuncCall.funcname)));
  else if ('TypeCast' in node && node.TypeCast.typeName)
    walk.types.push(nameOfStrings(stringsOf(node.TypeCast.typeName.names)));
  else if ('A_Const' in node && node.A_Const.sval)
    walk.strings.push({ value: node.A_Const.sval.sval ?? '', location: node.A_Const.location });
}

export function use(
  walk: Walk,
  scope: Scope,
  fields: readonly Node[] | undefined,
  location: Location,
  how: ColumnUse['how'],
): void {
  const { found, missing } = resolveColumn(scope, fields);
  for (const one of found) walk.columns.push({ ...one, how, location });
  if (missing && !((fields?.length ?? 0) > 1 && takesRow(walk.schema, missing.column)))
    walk.missing.push({ kind: 'column', key: missing.key, name: missing.column, location });
}

/**
 * Functions of Postgres that take a row of any type: `u.count` is `count(u)` where `u` has no such column. See
 * "Using Composite Types in Queries".
 */
const rowFunctions: ReadonlySet<string> = new Set(
  (
    'any_value array_agg concat count hash_record json_agg json_agg_strict json_build_array jsonb_agg ' +
    'jsonb_build_array max min num_nonnulls num_nulls pg_column_size pg_typeof quote_literal quote_nullable ' +
    'row_to_json to_json to_jsonb'
  ).split(' '),
);

function takesRow({ functions, searchPath }: Schema, name: string): boolean {
  if (rowFunctions.has(name)) return true;
  return searchPath.some((place) => functions.has(relationKey({ schema: place, name })));
}

export function outputOf(nodes: readonly Node[] | undefined, scope: Scope): Output {
  const columns: string[] = [];
  let complete = true;
  for (const { name, value } of targets(nodes ?? [])) {
    const fields = value && 'ColumnRef' in value ? value.ColumnRef.fields : undefined;
    if (expandsRow(value)) complete = false;
    if (name === '' && fields?.some((field) => 'A_Star' in field)) {
      const parts = stringsOf(fields);
      const sources = scope.sources.filter((one) => parts.length === 0 || one.name === parts.at(-1));
      if (scope.merged || sources.length === 0 || sources.some((one) => !one.complete)) complete = false;
      columns.push(...sources.flatMap((one) => one.columns));
    } else columns.push(name || expressionName(value));
  }
  return { columns, complete };
}

/** `(home).*` */
function expandsRow(value: Node | undefined): boolean {
  const parts = value && 'A_Indirection' in value ? value.A_Indirection.indirection : undefined;
  return parts?.some((part) => 'A_Star' in part) ?? false;
}

export interface Target {
  readonly name: string;
  readonly value: Node | undefined;
  readonly location: Location;
  /** One element or field of it alone: `tags[1]`, `home.city`. */
  readonly part: boolean;
}

export function targets(nodes: readonly Node[]): readonly Target[] {
  return nodes.flatMap((node) => {
    if (!('ResTarget' in node)) return [];
    const { name = '', val, location, indirection }: ResTarget = node.ResTarget;
    return [{ name, value: val, location, part: indirection !== undefined }];
  });
}
