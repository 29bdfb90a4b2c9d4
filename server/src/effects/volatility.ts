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
  for (const [kind, fields] of walk(expression)) {
    if (kind !== 'FuncCall') continue;
    const found = functionVolatility(stringsOf(fields.funcname as Node[]), schema);
    if (found === 'volatile') return found;
    if (found !== 'steady') result = found;
  }
  return result;
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
