import type { Scene } from '../forms/model.ts';
import { type RelationRow, relationRows, relationsInTransaction } from './relations.ts';
import type { Session } from './session.ts';
import { asOnLargeTables } from './transaction.ts';

/** Makes a scene in an empty database; its relations. */
export async function setUp(session: Session, scene: Scene): Promise<readonly RelationRow[]> {
  await session.run(scene.setup);
  await session.run('ANALYZE');
  await session.run(asOnLargeTables);
  const [before] = await session.run(relationsInTransaction);
  return relationRows(before);
}
