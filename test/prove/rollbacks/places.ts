import type { PGlite } from '@electric-sql/pglite';
import type { Scene } from '../forms/model.ts';
import type { Connect } from '../postgres/server.ts';
import { makeFilled } from './fill.ts';
import { digests } from './rows.ts';
import { embeddedProofSession, type ProofSession, serverProofSession } from './session.ts';

/** Where the statements of one scene are tried. */
export interface Place {
  /** A session for statements that are rolled back. */
  readonly session: ProofSession;
  /** Runs on a database that is the scene's, whatever was done before. */
  fresh<T>(use: (session: ProofSession) => Promise<T>): Promise<T>;
  close(): Promise<void>;
}

const quiet = `SET client_min_messages = error; SET statement_timeout = '20s'; ${digests}`;

/** The scene's database is a template: a copy of it takes a fraction of making it anew. */
export async function serverPlace(connect: Connect, scene: Scene): Promise<Place> {
  const template = `scene_${scene.name}`;
  const admin = await connect();
  await admin.query(`CREATE DATABASE ${template}`);
  const builder = await connect({ database: template });
  await makeFilled(serverProofSession(builder), scene);
  await builder.end();
  const copy = async (name: string) => {
    await admin.query(`CREATE DATABASE ${name} TEMPLATE ${template}`);
    const client = await connect({ database: name });
    await client.query(quiet);
    return client;
  };
  const { rows } = await admin.query<{ datname: string }>('SELECT datname FROM pg_database');
  const databases = new Set(rows.map(({ datname }) => datname));
  const shared = `copy_${scene.name}`;
  const client = await copy(shared);
  let copies = 0;
  return {
    session: serverProofSession(client),
    async fresh(use) {
      copies += 1;
      const name = `${shared}_${copies}`;
      const own = await copy(name);
      try {
        return await use(serverProofSession(own));
      } finally {
        await own.end();
        const all = await admin.query<{ datname: string }>('SELECT datname FROM pg_database');
        for (const { datname } of all.rows)
          if (!databases.has(datname) && datname !== shared) await admin.query(`DROP DATABASE "${datname}"`);
        await admin.query('ALTER SYSTEM RESET ALL');
      }
    },
    async close() {
      await client.end();
      await admin.query(`DROP DATABASE ${shared}`);
      await admin.query(`DROP DATABASE ${template}`);
      await admin.end();
    },
  };
}

/** One session in one database, which is emptied and filled again. */
export async function embeddedPlace(empty: () => Promise<PGlite>, scene: Scene): Promise<Place> {
  const make = async () => {
    const session = embeddedProofSession(await empty());
    await makeFilled(session, scene);
    await session.exec(quiet);
    return session;
  };
  return {
    session: await make(),
    fresh: async (use) => use(await make()),
    close: async () => undefined,
  };
}
