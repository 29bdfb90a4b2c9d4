import { isDatabaseError } from './errors.ts';
import type { Connection } from './model.ts';
import { quoteIdentifier, quoteLiteral } from './roles.ts';

/** Gives the scratch database the settings that were made for the named one: ALTER DATABASE … SET, which no copy holds. */
export async function copySettings(monitor: Connection, from: string, to: string): Promise<void> {
  const { rows } = await monitor.query(
    `SELECT r.rolname::text AS role, split_part(c, '=', 1) AS name, substr(c, strpos(c, '=') + 1) AS value
     FROM pg_catalog.pg_db_role_setting s JOIN pg_catalog.pg_database d ON d.oid = s.setdatabase
       LEFT JOIN pg_catalog.pg_roles r ON r.oid = s.setrole, unnest(s.setconfig) c
     WHERE d.datname = $1 AND (r.rolname IS NULL OR r.rolname = current_user)`,
    [from],
  );
  for (const { role, name, value } of rows) {
    const whose = role === null ? '' : `ROLE ${quoteIdentifier(String(role))} IN `;
    const setting = `${settingName(String(name))} = ${settingValue(String(name), String(value))}`;
    await ignoringRefusals(monitor.query(`ALTER ${whose}DATABASE ${quoteIdentifier(to)} SET ${setting}`));
  }
}

function settingName(name: string): string {
  return name.split('.').map(quoteIdentifier).join('.');
}

/** Lists are kept as they are written, every name quoted where it must be: https://www.postgresql.org/docs/18/config-setting.html */
const lists: ReadonlySet<string> = new Set([
  'search_path',
  'temp_tablespaces',
  'session_preload_libraries',
  'local_preload_libraries',
  'shared_preload_libraries',
]);

function settingValue(name: string, value: string): string {
  return lists.has(name) && value !== '' ? value : quoteLiteral(value);
}

/**
 * Takes from a copied database what reaches other servers: its foreign data wrappers lose their handlers, and
 * dblink's functions raise an error instead. Returns notes on what could not be taken away.
 */
export async function disarmCopy(db: Connection): Promise<string[]> {
  const notes: string[] = [];
  const { rows: wrappers } = await db.query(
    `SELECT fdwname::text AS name FROM pg_catalog.pg_foreign_data_wrapper WHERE fdwhandler <> 0`,
  );
  for (const { name } of wrappers) {
    const sql = `ALTER FOREIGN DATA WRAPPER ${quoteIdentifier(String(name))} NO HANDLER`;
    if (!(await ignoringRefusals(db.query(sql))))
      notes.push(stillReaches(`The foreign data wrapper ${name}`));
  }
  const { rows: functions } = await db.query(
    `SELECT p.oid::regprocedure::text AS name, pg_catalog.pg_get_functiondef(p.oid) AS definition
     FROM pg_catalog.pg_proc p JOIN pg_catalog.pg_depend d ON d.objid = p.oid AND d.classid = 'pg_proc'::regclass
       JOIN pg_catalog.pg_extension e ON e.oid = d.refobjid AND d.refclassid = 'pg_extension'::regclass AND d.deptype = 'e'
     WHERE e.extname = 'dblink' AND p.proname ~ '^dblink' AND p.prokind = 'f'`,
  );
  for (const { name, definition } of functions) {
    const sql = disarmed(String(definition));
    if (sql === undefined || !(await ignoringRefusals(db.query(sql))))
      notes.push(stillReaches(`The function ${name}`));
  }
  const { rows: languages } = await db.query(
    `SELECT string_agg(DISTINCT l.lanname::text, ', ') AS names FROM pg_catalog.pg_proc p
       JOIN pg_catalog.pg_language l ON l.oid = p.prolang
     WHERE NOT l.lanpltrusted AND l.lanname NOT IN ('c', 'internal')`,
  );
  if (languages[0]?.names)
    notes.push(
      `Functions in ${languages[0].names}, which a trigger may call, can reach outside of the copy.`,
    );
  return notes;
}

function stillReaches(what: string): string {
  return `${what} still reaches another server, since only a superuser can take that away: statements that use it do so for real.`;
}

/** The same function with a body that only fails; its arguments' defaults and its volatility stay. */
function disarmed(definition: string): string | undefined {
  const start = definition.search(/^\s*LANGUAGE c\b/m);
  return start < 0
    ? undefined
    : `${definition.slice(0, start)} LANGUAGE plpgsql AS $body$ BEGIN RAISE 'dblink reaches another server: a dry run does not.'; END $body$`;
}

/** Whether it was done; false where Postgres refused. */
async function ignoringRefusals(work: Promise<unknown>): Promise<boolean> {
  try {
    await work;
    return true;
  } catch (error) {
    if (!isDatabaseError(error) || error.code === undefined) throw error;
    return false;
  }
}
