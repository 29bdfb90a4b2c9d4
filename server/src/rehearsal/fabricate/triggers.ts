import type { Connection } from '../model.ts';
import { quoteIdentifier } from '../roles.ts';
import type { FillTable } from './catalog.ts';

/** By `tgenabled`: what makes it so again. */
const states: Readonly<Record<string, string>> = {
  O: 'ENABLE',
  D: 'DISABLE',
  R: 'ENABLE REPLICA',
  A: 'ENABLE ALWAYS',
};

/** Lets none of the user's triggers fire on a table; those of constraints do. */
export async function disableTriggers(db: Connection, { name, triggers }: FillTable): Promise<void> {
  if (triggers.length > 0) await db.query(`ALTER TABLE ${name} DISABLE TRIGGER USER`);
}

/** Makes them again what they were. */
export async function restoreTriggers(db: Connection, table: FillTable): Promise<void> {
  for (const { name, enabled } of table.triggers)
    await db.query(
      `ALTER TABLE ${table.name} ${states[enabled] ?? 'ENABLE'} TRIGGER ${quoteIdentifier(name)}`,
    );
}
