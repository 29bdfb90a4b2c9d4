import assert from 'node:assert/strict';
import { compareFingerprints, takeFingerprint } from '../../../server/src/rehearsal/fingerprint.ts';
import type { Connection } from '../../../server/src/rehearsal/model.ts';
import { isInstalled, type Major, majors } from '../../prove/postgres/binaries.ts';
import { type Connect, withServer } from '../../prove/postgres/server.ts';
import { connectionTo } from '../support/connection.ts';
import { embeddedPostgres } from '../support/embedded-postgres.ts';
import { alone } from './fingerprint/alone.ts';
import { baseRoles, baseSchema } from './fingerprint/base.ts';
import { objectDrifts } from './fingerprint/drifts-objects.ts';
import { relationDrifts } from './fingerprint/drifts-relations.ts';
import { serverDrifts } from './fingerprint/drifts-server.ts';
import { exactPairs } from './fingerprint/exact.ts';
import { runCase, runsOn, titleOf } from './fingerprint/run.ts';

/** Versions to run on beside the embedded one: those named in SWITCHBACK_PG (`14,15`), else what is at hand. */
const versions = process.env.SWITCHBACK_PG?.split(',').map(Number) ?? majors.filter(isInstalled);

describe('the fingerprint of a schema', () => {
  describe('on the embedded Postgres', () => {
    let embedded: Awaited<ReturnType<typeof embeddedPostgres>>;
    before(async () => {
      embedded = await embeddedPostgres();
      await embedded.exec(baseRoles.map((role) => `CREATE ROLE ${role};`).join(''));
      await embedded.exec(baseSchema);
    });
    after(async () => {
      await embedded?.exec('DROP SCHEMA public, app CASCADE; CREATE SCHEMA public');
      await embedded?.exec(baseRoles.map((role) => `DROP ROLE ${role};`).join(''));
    });
    defineCases(18, () => connectionTo(embedded));
  });

  for (const version of majors.filter((major) => versions.includes(major)))
    describe(`on PostgreSQL ${version}`, function () {
      this.timeout(120_000);
      let db: Connection;
      let stop: () => void;
      let server: Promise<void>;
      before(async () => {
        ({ db, stop, server } = await startServer(version));
        await db.exec(baseRoles.map((role) => `CREATE ROLE ${role}`).join(';'));
        await db.exec(baseSchema);
      });
      after(async () => {
        stop?.();
        await server;
      });
      defineCases(version, () => db, serverDrifts);
    });
});

function defineCases(version: number, db: () => Connection, more: typeof exactPairs = []): void {
  for (const one of [...relationDrifts, ...objectDrifts, ...more])
    if (runsOn(one, version)) it(`tells ${titleOf(one)}`, () => runCase(db(), one));
  for (const one of exactPairs)
    if (runsOn(one, version)) it(`takes as restored ${titleOf(one)}`, () => runCase(db(), one));

  it('reads as much as anybody', async () => {
    const before = await takeFingerprint(db());
    await db().exec('BEGIN; SET LOCAL ROLE reader');
    const drift = compareFingerprints(before, await takeFingerprint(db()));
    await db().exec('ROLLBACK');
    assert.deepEqual(drift, []);
  });

  if (version === 18)
    it('leaves out what a NOT NULL is called where production does not name them', async () => {
      await db().exec('BEGIN; DROP SCHEMA public, app CASCADE; CREATE SCHEMA public');
      try {
        await db().exec('CREATE TABLE t (a int NOT NULL)');
        const before = await takeFingerprint(db());
        await db().exec('ALTER TABLE t RENAME CONSTRAINT t_a_not_null TO other');
        const after = await takeFingerprint(db());
        assert.equal(compareFingerprints(before, after, 18).length, 1);
        assert.deepEqual(compareFingerprints(before, after, 17), []);
        await db().exec('ALTER TABLE t ALTER a DROP NOT NULL');
        assert.equal(compareFingerprints(before, await takeFingerprint(db()), 17).length, 1);
      } finally {
        await db().exec('ROLLBACK');
      }
    });

  for (const sql of alone)
    it(`sees it where there is nothing else: ${sql}`, async () => {
      await db().exec('BEGIN; DROP SCHEMA public, app CASCADE; CREATE SCHEMA public');
      try {
        const before = await takeFingerprint(db());
        await db().exec(sql);
        assert.equal(compareFingerprints(before, await takeFingerprint(db())).length, 1);
      } finally {
        await db().exec('ROLLBACK');
      }
    });

  const settings = `SELECT current_setting('search_path') AS path, current_setting('datestyle') AS style`;
  it('leaves the settings of the session and of its transaction as they are', async () => {
    const path = async () => (await db().query(settings)).rows[0];
    await db().exec("SET search_path = app, public; SET DateStyle = 'SQL, DMY'");
    await takeFingerprint(db());
    assert.deepEqual(await path(), { path: 'app, public', style: 'SQL, DMY' });
    await db().exec("BEGIN; SET LOCAL search_path = public; SET DateStyle = 'German'");
    await takeFingerprint(db());
    assert.deepEqual(await path(), { path: 'public', style: 'German, DMY' });
    await db().exec('COMMIT');
    assert.deepEqual(await path(), { path: 'app, public', style: 'German, DMY' });
    await db().exec('RESET search_path; RESET DateStyle');
  });
}

/** A server of that version that runs until it is stopped, and one session on it. */
async function startServer(version: Major) {
  let stop = () => {};
  const stopped = new Promise<void>((resolve) => {
    stop = resolve;
  });
  let ready: (connect: Connect) => void = () => {};
  const connected = new Promise<Connect>((resolve) => {
    ready = resolve;
  });
  const server = withServer(version, async (connect) => {
    ready(connect);
    await stopped;
  });
  const connect = await Promise.race([connected, server.then(() => Promise.reject(new Error('ended')))]);
  const client = await connect();
  const db: Connection = {
    query: async (sql, parameters) => {
      const { rows } = await client.query<Record<string, unknown>>(sql, [...(parameters ?? [])]);
      return { rows, affectedRows: 0 };
    },
    exec: async (sql) => {
      await client.query(sql);
    },
  };
  return { db, stop, server };
}
