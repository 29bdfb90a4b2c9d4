import type { PartitionBoundSpec } from '@pgsql/types';
import { constraintOf } from '../../schema/lookup.ts';
import type { PartitionKey, Table } from '../../schema/model.ts';
import { chooseName } from '../../schema/object-names.ts';
import type { Statement } from '../../sql/model.ts';
import { quoteIdentifier, writeName } from '../../sql/names.ts';
import { sourceInParentheses } from '../../sql/source.ts';
import type { SqlStep } from '../new-steps.ts';

/** Conditions on a row, in SQL. */
export interface Bounds {
  /** True for the rows that the partition takes; from it Postgres proves that all rows are such. */
  readonly inside: string;
  /** Not false for any other row; from it Postgres proves that the default partition has none of them. */
  readonly outside: string;
}

/**
 * The bounds of a partition as conditions on its key. Undefined for a key of several columns or an expression,
 * for NULL among the values and for HASH.
 */
export function boundsOf(
  statement: Statement,
  key: PartitionKey | undefined,
  bound: PartitionBoundSpec | undefined,
): Bounds | undefined {
  const [name, ...more] = key?.columns ?? [];
  if (!bound || !name || more.length > 0 || bound.is_default) return undefined;
  const column = quoteIdentifier(name);
  const location = bound.location ?? 0;
  if (bound.strategy === 'l') {
    const values = sourceInParentheses(statement, 'in', location);
    if (values === undefined || bound.listdatums?.some(isNull)) return undefined;
    return {
      inside: `${column} IS NOT NULL AND ${column} IN (${values})`,
      outside: `${column} NOT IN (${values})`,
    };
  }
  if (bound.strategy !== 'r') return undefined;
  const lower = sourceInParentheses(statement, 'from', location);
  const upper = sourceInParentheses(statement, 'to', location);
  if (lower === undefined || upper === undefined) return undefined;
  const [from, to] = [/^minvalue$/i.test(lower), /^maxvalue$/i.test(upper)];
  const above = from ? [] : [`${column} >= ${lower}`];
  const below = to ? [] : [`${column} < ${upper}`];
  const others = [...(from ? [] : [`${column} < ${lower}`]), ...(to ? [] : [`${column} >= ${upper}`])];
  return others.length === 0
    ? undefined
    : { inside: [`${column} IS NOT NULL`, ...above, ...below].join(' AND '), outside: others.join(' OR ') };
}

function isNull(node: object): boolean {
  return 'A_Const' in node && (node.A_Const as { isnull?: boolean }).isnull === true;
}

/** Steps around a statement that spare it the scan of `table`: a CHECK is proven before and goes after it. */
export function proofAround(
  table: Table,
  label: string,
  condition: string,
  what: string,
): { readonly before: readonly SqlStep[]; readonly after: readonly SqlStep[] } {
  const named = writeName(table.name.schema === 'public' ? { ...table.name, schema: undefined } : table.name);
  const taken = (one: string) => constraintOf(table, one) !== undefined;
  const name = quoteIdentifier(chooseName(table.name.name, undefined, label, taken));
  const add = `ALTER TABLE ${named} ADD CONSTRAINT ${name} CHECK (${condition}) NOT VALID;`;
  const validate = `ALTER TABLE ${named} VALIDATE CONSTRAINT ${name};`;
  const drop = `ALTER TABLE ${named} DROP CONSTRAINT ${name};`;
  return {
    before: [
      { name: `${table.name.name}: no new row ${what}`, sql: add, rollback: drop },
      {
        name: `${table.name.name}: no old row ${what} either`,
        sql: validate,
        rollback: { not_needed: `dropping ${name} undoes it` },
      },
    ],
    after: [
      {
        name: `${table.name.name}: drop the check that the bounds replace`,
        sql: drop,
        rollback: [{ sql: add }, { sql: validate }],
      },
    ],
  };
}
