import type { Scene } from '../forms/model.ts';
import { formsOf } from '../forms/model.ts';
import type { Connect } from '../postgres/server.ts';
import { observeAlone } from './alone.ts';
import type { Observations, Outcome } from './model.ts';
import { openPen } from './pen.ts';
import { setUp } from './scene.ts';
import { sessionOf } from './session.ts';
import { observeInTransaction } from './transaction.ts';

interface Options {
  /** Of the statements that run outside of transactions, which take their time, every so many; all where absent. */
  readonly everyAlone?: number;
}

/** Observes the statements of the scenes on a running server; scenes that it is too old for are left out. */
export async function observeServer(
  connect: Connect,
  major: number,
  scenes: readonly Scene[],
  options: Options = {},
): Promise<Observations> {
  const observations: Record<string, Record<string, Outcome>> = {};
  for (const scene of scenes) {
    if ((scene.since ?? 0) <= major) observations[scene.name] = await observeScene(connect, scene, options);
  }
  return observations;
}

async function observeScene(
  connect: Connect,
  scene: Scene,
  { everyAlone = 1 }: Options,
): Promise<Record<string, Outcome>> {
  const database = `scene_${scene.name.replaceAll(/\W/g, '_')}`;
  const admin = await connect();
  await admin.query(`CREATE DATABASE ${database}`);
  const client = await connect({ database });
  const session = sessionOf(client);
  const before = await setUp(session, scene);
  const outcomes: Record<string, Outcome> = {};
  const alone: string[] = [];
  for (const { sql } of formsOf(scene)) {
    const outcome = await observeInTransaction(session, before, sql);
    if (outcome !== 'alone') outcomes[sql] = outcome;
    else if (alone.push(sql) % everyAlone === 0) outcomes[sql] = { unseen: 'not yet' };
  }
  await client.end();
  await admin.end();
  if (alone.length > 0) {
    const pen = await openPen(connect, database, scene);
    for (const sql of alone) if (sql in outcomes) outcomes[sql] = await observeAlone(pen, sql);
    await pen.close();
  }
  return outcomes;
}
