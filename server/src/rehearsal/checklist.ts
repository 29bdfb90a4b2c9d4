import type { ChecklistEntry } from '../plan/model.ts';
import type { ParsedSql, SqlParser } from '../sql/model.ts';
import { isDatabaseError } from './errors.ts';
import type { EngineSession } from './model.ts';

/**
 * Runs the checklist's queries, read-only, to see that they can be run at all. They ask about a production server
 * (its replicas, its load), so what they answer here is not judged. Returns a note for each that fails.
 */
export async function tryChecklist(
  session: EngineSession,
  entries: readonly ChecklistEntry[],
  parser: SqlParser,
): Promise<string[]> {
  const notes: string[] = [];
  for (const { text, sql } of entries) {
    if (!sql) continue;
    const reason = whyNotTried(session, parser.parse(sql.text));
    if (reason !== undefined) {
      notes.push(`Checklist, "${text.value}": its query was not tried. ${reason}`);
      continue;
    }
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

/** What cannot be read is sent to nobody's server. */
function whyNotTried(session: EngineSession, { statements, problems }: ParsedSql): string | undefined {
  if (session.isShared && problems[0]) return problems[0].message;
  return statements
    .map((statement) => session.refusal(statement)?.message)
    .find((each) => each !== undefined);
}
