import type { Node } from '@pgsql/types';
import { walk } from '../schema/expressions.ts';
import type { Schema } from '../schema/model.ts';
import { relationKey } from '../schema/names.ts';
import { nameOfStrings, stringsOf, writeName } from '../sql/names.ts';
import { steadyFunctions } from './steady-functions.ts';
import { volatileFunctions } from './volatile-functions.ts';

/** Whether an expression gives the same value for every row of one statement; the function that nobody knows. */
export type Volatility = 'steady' | 'volatile' | { readonly unknownFunction: string };

/**
 * The volatility of a column default. A function of `pg_catalog` is looked up in a table, one that the schema
 * holds in the schema; any other is unknown.
 */
export function volatilityOf(expression: Node | undefined, schema: Schema): Volatility {
  let result: Volatility = 'steady';
  for (const [kind, fields] of walk(folded(expression))) {
    if (kind !== 'FuncCall') continue;
    const found = functionVolatility(stringsOf(fields.funcname as Node[]), schema);
    if (found === 'volatile') return found;
    if (found !== 'steady') result = found;
  }
  return result;
}

/** Without the branches that constants rule out, which Postgres takes away first (`eval_const_expressions`). */
function folded(expression: Node | undefined): Node | undefined {
  if (!expression || !('CaseExpr' in expression) || expression.CaseExpr.arg) return expression;
  const { args = [], defresult, ...rest } = expression.CaseExpr;
  const kept: Node[] = [];
  for (const branch of args) {
    const { expr, result } = 'CaseWhen' in branch ? branch.CaseWhen : {};
    const value = constantBoolean(expr);
    if (value === false) continue;
    const folding = folded(result);
    if (value === true && kept.length === 0) return folding;
    kept.push({ CaseWhen: { ...(expr && { expr }), ...(folding && { result: folding }) } });
    if (value === true) return { CaseExpr: { ...rest, args: kept } };
  }
  const otherwise = folded(defresult);
  return kept.length === 0
    ? otherwise
    : { CaseExpr: { ...rest, args: kept, ...(otherwise && { defresult: otherwise }) } };
}

/** NULL counts as false. */
function constantBoolean(node: Node | undefined): boolean | undefined {
  if (!node || !('A_Const' in node)) return undefined;
  const { boolval, isnull } = node.A_Const;
  if (isnull) return false;
  return boolval === undefined ? undefined : boolval.boolval === true;
}

function functionVolatility(parts: readonly string[], schema: Schema): Volatility {
  const name = nameOfStrings(parts);
  const builtIn = name.schema === undefined || name.schema === 'pg_catalog';
  if (builtIn && volatileFunctions.has(name.name)) return 'volatile';
  if (builtIn && steadyFunctions.has(name.name)) return 'steady';
  const places = name.schema === undefined ? schema.searchPath : [name.schema];
  for (const place of places) {
    const own = schema.functions.get(relationKey({ schema: place, name: name.name }));
    if (!own) continue;
    if (own.volatility !== 'volatile') return 'steady';
    // Postgres may expand one in SQL into the expression and judge what it finds there.
    return own.language === 'sql' ? { unknownFunction: writeName(name) } : 'volatile';
  }
  return { unknownFunction: writeName(name) };
}
