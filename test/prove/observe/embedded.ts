import type { PGlite } from '@electric-sql/pglite';
import { formsOf, type Scene } from '../forms/model.ts';
import type { Outcome } from './model.ts';
import { setUp } from './scene.ts';
import { embeddedSession } from './session.ts';
import { observeInTransaction } from './transaction.ts';

/** Observes a scene on the embedded Postgres, which must be empty. It has one session, so it sees no CONCURRENTLY. */
export async function observeEmbedded(db: PGlite, scene: Scene): Promise<Readonly<Record<string, Outcome>>> {
  const session = embeddedSession(db);
  const before = await setUp(session, scene);
  const outcomes: Record<string, Outcome> = {};
  for (const { sql } of formsOf(scene)) {
    const outcome = await observeInTransaction(session, before, sql);
    outcomes[sql] = outcome === 'alone' ? { unseen: 'runs alone, and there is one session only' } : outcome;
  }
  return outcomes;
}
