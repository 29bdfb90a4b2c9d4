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
    const found = functionVolatility(
      stringsOf(fields.funcname as Node[]),
      (fields.args as readonly Node[] | undefined)?.length ?? 0,
      schema,
    );
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

/**
 * Functions of `pg_catalog` that take no argument, in any form and any version from 14 to 18 (`pg_proc.pronargs`): a
 * call with one is of a function of somebody's own.
 */
const withoutArguments: ReadonlySet<string> = new Set(
  [
    'clock_timestamp current_database current_schema gen_random_uuid getdatabaseencoding inet_client_addr',
    'inet_client_port inet_server_addr inet_server_port lastval now pg_backend_pid pg_client_encoding',
    'pg_current_snapshot pg_current_xact_id pg_current_xact_id_if_assigned pg_my_temp_schema',
    'pg_postmaster_start_time pg_trigger_depth pi statement_timestamp timeofday transaction_timestamp',
    'txid_current txid_current_if_assigned txid_current_snapshot version',
  ].flatMap((names) => names.split(' ')),
);

function functionVolatility(parts: readonly string[], given: number, schema: Schema): Volatility {
  const name = nameOfStrings(parts);
  const another = given > 0 && withoutArguments.has(name.name);
  const builtIn = !another && (name.schema === undefined || name.schema === 'pg_catalog');
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
  const form = another ? ` with ${given} ${given === 1 ? 'argument' : 'arguments'}` : '';
  return { unknownFunction: writeName(name) + form };
}
