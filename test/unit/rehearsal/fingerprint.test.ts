import type { Connection } from '../../../server/src/rehearsal/model.ts';
import { embeddedPostgres } from '../support/embedded-postgres.ts';
import { baseRoles, baseSchema } from './fingerprint/base.ts';
import { objectDrifts } from './fingerprint/drifts-objects.ts';
import { relationDrifts } from './fingerprint/drifts-relations.ts';
import { runCase, runsOn, titleOf } from './fingerprint/run.ts';

describe('the fingerprint of a schema', () => {
  let db: Connection;
  before(async () => {
    const embedded = await embeddedPostgres();
    await embedded.exec(baseRoles.map((role) => `CREATE ROLE ${role};`).join(''));
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
    await db?.exec('DROP SCHEMA public, app CASCADE; CREATE SCHEMA public');
    await db?.exec(baseRoles.map((role) => `DROP ROLE ${role};`).join(''));
  });

  for (const one of [...relationDrifts, ...objectDrifts].filter((each) => runsOn(each, 18) && !each.server))
    it(titleOf(one), () => runCase(db, one));
});
