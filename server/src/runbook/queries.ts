import type { Plan } from '../plan/model.ts';
import { oneLine } from './names.ts';
import { ended } from './psql.ts';

/**
 * The plan's monitoring queries as a file for psql: `psql -f FILE` runs each once, read-only. Undefined where it has
 * none.
 */
export function monitoringQueries(plan: Plan): string | undefined {
  const queries = (plan.monitoring?.queries ?? []).flatMap(({ name, sql }) =>
    sql ? [{ name: name.value, sql: sql.text }] : [],
  );
  if (queries.length === 0) return undefined;
  const title = oneLine(plan.migration?.value ?? '');
  return [
    `-- What to watch during the migration: ${title}`,
    '-- psql -f THIS_FILE runs each query once. To repeat one: paste it into psql without its semicolon, then \\watch 5',
    'SET default_transaction_read_only = on;',
    "SET statement_timeout = '30s';",
    ...queries.flatMap(({ name, sql }) => ['', `-- ${oneLine(name)}`, `\\echo '${quiet(name)}'`, ended(sql)]),
    '',
  ].join('\n');
}

/** What psql takes for nothing else than text within single quotes. */
function quiet(name: string): string {
  return oneLine(name).replaceAll(/['"`\\:]/g, ' ');
}
