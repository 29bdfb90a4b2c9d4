import type { Table } from '../schema/model.ts';
import { quoteIdentifier } from '../sql/names.ts';
import { type Facts, sqlName } from './facts.ts';
import type { Given } from './model.ts';

/** A trigger, with the function that it calls: names in SQL. */
export interface SyncNames {
  readonly trigger: string;
  readonly code: string;
}

export function syncNames({ facts, names }: Given, table: Table, label: string, column?: string): SyncNames {
  const name = names.trigger(table, column, label);
  return {
    trigger: quoteIdentifier(name),
    code: sqlName(facts, { name: { schema: table.name.schema, name } }),
  };
}

/**
 * SQL that makes a trigger for each row, and its function, which has its owner's rights: whoever may write the one table
 * need not have any on the other.
 */
export function makeSync(
  { schema }: Facts,
  { trigger, code }: SyncNames,
  {
    table,
    at = 'AFTER',
    event,
    when,
    lines,
  }: {
    /** Name in SQL. */
    readonly table: string;
    /** Before, so that `NEW` may be changed; after where absent. */
    readonly at?: 'BEFORE' | 'AFTER';
    readonly event: string;
    /** For which rows alone. */
    readonly when?: string;
    readonly lines: readonly string[];
  },
): readonly string[] {
  const path = [...schema.searchPath.map(quoteIdentifier), 'pg_temp'].join(', ');
  const body = lines.map((line) => `  ${line}`);
  const quote = body.some((line) => line.includes('$$')) ? '$body$' : '$$';
  return [
    [
      `CREATE FUNCTION ${code}() RETURNS trigger LANGUAGE plpgsql\n  SECURITY DEFINER SET search_path = ${path} AS ${quote}`,
      'BEGIN',
      ...body,
      `  RETURN ${at === 'AFTER' ? 'NULL' : 'NEW'};`,
      `END ${quote}`,
    ].join('\n'),
    `CREATE TRIGGER ${trigger} ${at} ${event} ON ${table}\n  FOR EACH ROW${when === undefined ? '' : ` WHEN (${when})`} EXECUTE FUNCTION ${code}()`,
  ];
}

export function dropSync({ trigger, code }: SyncNames, table: string): readonly string[] {
  return [`DROP TRIGGER ${trigger} ON ${table}`, `DROP FUNCTION ${code}()`];
}
