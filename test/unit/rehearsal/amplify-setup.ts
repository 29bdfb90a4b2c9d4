import type { Connection } from '../../../server/src/rehearsal/model.ts';
import { planOf } from './setup.ts';

/** A plan that works on these tables, of which production has so many rows; undefined: it does not say. */
export function planOver(tables: Readonly<Record<string, number | undefined>>): string {
  const steps = Object.keys(tables).map(
    (name, at) =>
      `- step: step ${at}\n  sql: ALTER TABLE ${name} ADD COLUMN of_plan int;\n  rollback: ALTER TABLE ${name} DROP COLUMN of_plan;\n`,
  );
  const told = Object.entries(tables).flatMap(([name, rows]) =>
    rows === undefined ? [] : `  ${name}: { rows: ${rows} }\n`,
  );
  return planOf(steps.join(''), told.length === 0 ? '' : `tables:\n${told.join('')}`);
}

/** Asks Postgres again whether every row keeps every CHECK and foreign key, which triggers that are off did not. */
export async function validateAll(db: Connection): Promise<number> {
  const { rows } = await db.query(
    `SELECT oid, conrelid::regclass::text AS name, quote_ident(conname) AS constraint FROM pg_constraint
      WHERE contype IN ('c', 'f') AND conrelid <> 0 AND conparentid = 0`,
  );
  for (const { oid, name, constraint } of rows) {
    // VALIDATE does nothing for a constraint that is marked as valid.
    await db.query('UPDATE pg_constraint SET convalidated = false WHERE oid = $1', [oid]);
    await db.query(`ALTER TABLE ${name} VALIDATE CONSTRAINT ${constraint}`);
  }
  return rows.length;
}
