import type { Scene } from '../forms/model.ts';
import { digests, readRows } from './rows.ts';
import type { ProofSession } from './session.ts';

/** Rows for tables that a scene leaves empty, and values that a narrower type or a function would cut. */
const more: Readonly<Record<string, string>> = {
  fixture: `INSERT INTO pdx VALUES (1, 500);
    UPDATE t SET n = n + 0.37, ts = '2026-03-29 01:30:00.123456+00', b = rpad(b, 120), c = rpad('Ab', 8);
    UPDATE parent SET name = rpad(name, 60);`,
  trees: `INSERT INTO other VALUES (1, 1);
    UPDATE t SET iv = '1 year 3 days 04:05:06.789123', arr = ARRAY[id, 7];`,
  eighteen: 'INSERT INTO par VALUES (1)',
  constraints: `UPDATE t SET n = n + 0.37, tm = '10:11:12.345', j = '{"k": 1.50}', vb = B'1011', b = rpad(b, 120),
    c = rpad('Ab', 8), e = '0' || e || ' ', ts = '2026-03-29 01:30:00.123456+00';`,
  partitions: `UPDATE p SET note = rpad(note, 60); UPDATE heir SET extra = id;`,
  queries: `INSERT INTO plc VALUES (1, 'c'); INSERT INTO par VALUES (1, 1); SELECT setval('s', 50);`,
};

/** Makes the scene's tables and puts rows into each. Throws where one stays empty. */
export async function makeFilled(session: ProofSession, scene: Scene): Promise<void> {
  await session.exec(scene.setup);
  await session.exec(more[scene.name] ?? '');
  await session.exec(digests);
  // Else whether one has a place to lose would hang on the statements before.
  await session.exec(
    `SELECT nextval(format('%I.%I', schemaname, sequencename)) FROM pg_sequences WHERE last_value IS NULL`,
  );
  const empty = [...(await readRows(session))].filter(([, digest]) => digest.startsWith('0 '));
  if (empty.length > 0)
    throw new Error(`${scene.name}: without rows ${empty.map(([name]) => name).join(', ')}`);
}
