import type { Scene } from '../forms/model.ts';
import type { Session } from './session.ts';
import { asOnLargeTables } from './transaction.ts';

/** Makes a scene in an empty database. */
export async function setUp(session: Session, scene: Scene): Promise<void> {
  await session.run(scene.setup);
  await session.run('ANALYZE');
  await session.run(asOnLargeTables);
}
