import type { Analysis } from '../analyze.ts';
import { type Fabricated, type FabricateOptions, fabricate } from './fabricate.ts';
import { holdConstraints } from './held-constraints.ts';
import type { Connection } from './model.ts';

/**
 * Fills the tables of the baseline with rows that meet its constraints and, where such rows can be made, those that the
 * plan adds later. Notes tell of both.
 */
export async function fillTables(
  session: Connection,
  analysis: Analysis,
  options: FabricateOptions,
): Promise<Fabricated> {
  const held = await holdConstraints(session, analysis);
  const filled = await fabricate(session, options);
  await held.release();
  if (held.names.length === 0) return filled;
  const empty = Object.keys(filled.rows).filter((table) => filled.rows[table] === 0);
  const rows = { ...filled.rows };
  const notes: string[] = [];
  // Rows that would break what comes later are better than none: the step that they break tells of it.
  for (const table of empty) {
    const { rows: found } = await session.query('SELECT to_regclass($1)::oid AS oid', [table]);
    const again = await fabricate(session, { ...options, only: Number(found[0]?.oid) });
    rows[table] = again.rows[table] ?? 0;
    notes.push(...again.notes);
  }
  const told = `Where they could be made so, fabricated rows meet what the plan adds later (${held.names.join(', ')}). Whether production's do, a query there tells: have the plan verify it before that step.`;
  return { rows, notes: [told, ...(empty.length > 0 ? notes : filled.notes)] };
}
