import type { ChecklistEntry } from '../plan/model.ts';
import { isDatabaseError } from './errors.ts';
import type { EngineSession } from './model.ts';

/**
 * Runs the checklist's queries, read-only, to see that they can be run at all. They ask about a production server
 * (its replicas, its load), so what they answer here is not judged. Returns a note for each that fails.
 */
export async function tryChecklist(
  session: EngineSession,
  entries: readonly ChecklistEntry[],
): Promise<string[]> {
  const notes: string[] = [];
  for (const { text, sql } of entries) {
    if (!sql) continue;
    try {
      await session.query('BEGIN READ ONLY');
      await session.query(sql.text);
    } catch (error) {
      if (!isDatabaseError(error)) throw error;
      notes.push(`Checklist, "${text.value}": its query fails before step one: ${error.message}`);
    } finally {
      await session.query('ROLLBACK').catch(() => {});
    }
  }
  return notes;
}
