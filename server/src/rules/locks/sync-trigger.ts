import type { Node, RangeVar } from '@pgsql/types';
import { walk } from '../../schema/expressions.ts';
import { relationKey, tableOf } from '../../schema/lookup.ts';
import type { Schema } from '../../schema/model.ts';
import { chooseName } from '../../schema/object-names.ts';
import type { Statement } from '../../sql/model.ts';
import { nameOfRangeVar, quoteIdentifier, writeName } from '../../sql/names.ts';
import type { SqlStep } from '../new-steps.ts';

/** SQL that makes a trigger which works on each new version of a row, and SQL that takes it away. */
export interface SyncTrigger {
  readonly create: string;
  readonly drop: string;
}

/**
 * A name for a trigger and its function that is free. Postgres fires BEFORE triggers in the order of their names: the
 * one that copies a value comes after those that may change it.
 */
export function syncName(schema: Schema, target: RangeVar, column: string, label: string): string {
  const table = tableOf(schema, target);
  const place = table?.name.schema ?? target.schemaname ?? 'public';
  const taken = (name: string) =>
    table?.triggers.includes(name) === true || schema.functions.has(relationKey({ schema: place, name }));
  const names = ['', 'zz_', 'zzzz_'].map((prefix) =>
    chooseName(`${prefix}${target.relname}`, column, label, taken),
  );
  const isLast = (name: string) => table?.triggers.every((other) => other < name) !== false;
  return names.find(isLast) ?? names[0] ?? '';
}

/** `lines` are PL/pgSQL statements on NEW. The function is called as the trigger is, in the table's schema. */
export function syncTrigger(target: RangeVar, name: string, lines: readonly string[]): SyncTrigger {
  const table = writeName(nameOfRangeVar(target));
  const code = writeName({ schema: target.schemaname || undefined, name });
  const body = lines.join('\n');
  const quote = body.includes('$$') ? '$body$' : '$$';
  return {
    create: [
      `CREATE FUNCTION ${code}() RETURNS trigger LANGUAGE plpgsql AS ${quote}`,
      'BEGIN',
      ...body.split('\n').map((line) => `  ${line}`),
      '  RETURN NEW;',
      `END ${quote};`,
      `CREATE TRIGGER ${quoteIdentifier(name)} BEFORE INSERT OR UPDATE ON ${table}`,
      `  FOR EACH ROW EXECUTE FUNCTION ${code}();`,
    ].join('\n'),
    drop: `DROP TRIGGER ${quoteIdentifier(name)} ON ${table};\nDROP FUNCTION ${code}();`,
  };
}

export function triggerStep(
  target: RangeVar,
  trigger: string,
  step: string,
  lines: readonly string[],
): SqlStep {
  const { create, drop } = syncTrigger(target, trigger, lines);
  return { name: step, sql: create, rollback: drop };
}

/**
 * The source of an expression, which stands at `start` of the SQL text, with each column as a trigger's NEW row has
 * it. Undefined where the name of a table stands before one.
 */
export function columnsOfNew(
  statement: Statement,
  expression: Node | undefined,
  source: string,
  start: number,
): string | undefined {
  const places: number[] = [];
  for (const [kind, fields] of walk(expression)) {
    if (kind !== 'ColumnRef') continue;
    if (!Array.isArray(fields.fields) || fields.fields.length !== 1) return undefined;
    const location = typeof fields.location === 'number' ? fields.location : 0;
    places.push(statement.tokenAt(location).start - start);
  }
  let text = source;
  for (const at of places.toSorted((a, b) => b - a)) text = `${text.slice(0, at)}NEW.${text.slice(at)}`;
  return text;
}
