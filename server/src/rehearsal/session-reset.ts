/**
 * As the manual spells out DISCARD ALL (https://www.postgresql.org/docs/current/sql-discard.html), without DEALLOCATE
 * and DISCARD PLANS. The session authorization comes first: what follows may need its rights.
 */
export const resetScript = `SET SESSION AUTHORIZATION DEFAULT; RESET ALL; CLOSE ALL; UNLISTEN *;
  SELECT pg_catalog.pg_advisory_unlock_all(); DISCARD TEMP; DISCARD SEQUENCES`;

/**
 * How the names of statements begin that stay prepared when the session is reset: the application's, whose own
 * connections nobody resets.
 */
export const heldPrefix = 'switchback_held_';

/** Names of the statements that PREPARE made, as SQL says them; those that are held are not among them. */
export const preparedNames = `SELECT pg_catalog.quote_ident(name) AS name FROM pg_catalog.pg_prepared_statements
  WHERE from_sql AND NOT pg_catalog.starts_with(name, '${heldPrefix}')`;

/** Whether SQL may take prepared statements away, but for one that is held and let go. */
export function mayDeallocate(sql: string): boolean {
  return /\b(?:discard|deallocate)\b/i.test(sql) && !letsGo.test(sql);
}

const letsGo = new RegExp(`^DEALLOCATE ${heldPrefix}\\d+$`);
