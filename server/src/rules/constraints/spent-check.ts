import { columnOf } from '../../schema/lookup.ts';
import type { Constraint, Table } from '../../schema/model.ts';

/** Whether a CHECK says nothing but that one column is not null, and the column is NOT NULL itself. */
export function isSpentCheck(
  table: Table,
  { kind, columns, provesNotNull, expression }: Constraint,
): boolean {
  const [column, ...more] = columns;
  if (kind !== 'check' || column === undefined || more.length > 0 || !provesNotNull.includes(column))
    return false;
  const bare = /^\(*\s*[^\s()]+\s+is\s+not\s+null\s*\)*$/i.test(expression?.trim() ?? '');
  const required = table.constraints.some(
    (one) => one.kind === 'not null' && one.validated && one.columns[0] === column,
  );
  return bare && required && columnOf(table, column)?.notNull === true;
}
