import { writeSize } from '../plan/values.ts';
import { parseName, writeName } from '../sql/names.ts';
import type { CapturedTable } from './captured-plan.ts';

/** Rows and sizes of a server's tables, as answers to a recipe's questions: `public.users=8000000,…`. */
export function figuresOf(tables: readonly CapturedTable[]): {
  readonly rows?: string;
  readonly size?: string;
} {
  const named = tables
    .map((table) => ({ ...table, shown: writeName({ schema: table.schema, name: table.name }) }))
    .filter(({ shown }) => !shown.includes(',') && parseName(shown) !== undefined);
  const rows = named.flatMap((one) => (one.rows === undefined ? [] : [`${one.shown}=${one.rows}`]));
  const sizes = named.map((one) => `${one.shown}=${writeSize(one.bytes)}`);
  return {
    ...(rows.length > 0 ? { rows: rows.join(',') } : {}),
    ...(sizes.length > 0 ? { size: sizes.join(',') } : {}),
  };
}
