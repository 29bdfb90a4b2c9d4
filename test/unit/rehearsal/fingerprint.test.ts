import assert from 'node:assert/strict';
import { compareFingerprints, takeFingerprint } from '../../../server/src/rehearsal/fingerprint.ts';
import type { Connection } from '../../../server/src/rehearsal/model.ts';
import { embeddedPostgres } from '../support/embedded-postgres.ts';
import { baseSchema } from './fingerprint/base.ts';
import { drifts } from './fingerprint/drifts.ts';

describe('the fingerprint of a schema', () => {
  let db: Connection;
  before(async () => {
    const embedded = await embeddedPostgres();
    await embedded.exec('CREATE ROLE reader; CREATE ROLE writer;');
    await embedded.exec(baseSchema);
    db = {
      query: async (sql, parameters) => {
        const { rows } = await embedded.query<Record<string, unknown>>(sql, [...(parameters ?? [])]);
        return { rows, affectedRows: 0 };
      },
      exec: async (sql) => {
        await embedded.exec(sql);
      },
    };
  });
  after(async () => {
    await db?.exec('DROP ROLE reader; DROP ROLE writer;');
  });

  for (const { given, sql, drift } of drifts)
    it(sql, async () => {
      await db.exec('BEGIN');
      try {
        if (given !== undefined) await db.exec(given);
        const before = await takeFingerprint(db);
        await db.exec(sql);
        const found = compareFingerprints(before, await takeFingerprint(db));
        assert.deepEqual(
          found.map(({ message }) => message),
          drift,
        );
      } finally {
        await db.exec('ROLLBACK');
      }
    });
});
