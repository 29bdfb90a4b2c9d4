import type { PGlite } from '@electric-sql/pglite';
import { type Client, types } from 'pg';
import type { Connection } from '../../../server/src/rehearsal/model.ts';
import { embeddedSession, type Session, sessionOf } from '../observe/session.ts';

/** One session of a Postgres, as the observations use it and as the rehearsal does. */
export interface ProofSession extends Session, Connection {}

const [bool, int8] = [16, 20];
const numbers = new Set([21, 23, 26, 700, 701]);

type Parse = (text: string) => unknown;

/** What `QueryResult` promises: booleans and numbers that lose nothing as such, everything else as text. */
function parserOf(oid: number): Parse {
  if (oid === bool) return (text) => text === 't' || text === 'true';
  if (numbers.has(oid)) return Number;
  if (oid === int8) return (text) => (Number.isSafeInteger(Number(text)) ? Number(text) : text);
  return (text) => text;
}

export function serverProofSession(client: Client): ProofSession {
  const session = sessionOf(client);
  return {
    run: session.run,
    async query(text, values = []) {
      const { rows, rowCount } = await client.query({
        text,
        values: [...values],
        types: { ...types, getTypeParser: parserOf as typeof types.getTypeParser },
      });
      return { rows, affectedRows: rowCount ?? 0 };
    },
    async exec(sql) {
      await client.query(sql);
    },
  };
}

export function embeddedProofSession(db: PGlite): ProofSession {
  const parsers = Object.fromEntries(Object.keys(db.parsers).map((oid) => [oid, parserOf(Number(oid))]));
  return {
    run: embeddedSession(db).run,
    async query(sql, parameters = []) {
      const { rows, affectedRows = 0 } = await db.query<Record<string, unknown>>(sql, [...parameters], {
        parsers,
      });
      return { rows, affectedRows };
    },
    async exec(sql) {
      await db.exec(sql);
    },
  };
}
