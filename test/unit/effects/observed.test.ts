import assert from 'node:assert/strict';
import type { SqlParser } from '../../../server/src/sql/model.ts';
import { loadSqlParser } from '../../../server/src/sql/parser.ts';
import { scenes } from '../../prove/forms/scenes.ts';
import { disagreements, judge } from '../../prove/judge.ts';
import { readObservations, witnesses } from '../../prove/observations.ts';
import { observeEmbedded } from '../../prove/observe/embedded.ts';
import type { Observations } from '../../prove/observe/model.ts';
import { observeServer } from '../../prove/observe/server.ts';
import { isInstalled } from '../../prove/postgres/binaries.ts';
import { withServer } from '../../prove/postgres/server.ts';
import { embeddedPostgres } from '../support/embedded-postgres.ts';

describe('effects, against what Postgres did', () => {
  let parser: SqlParser;

  /** Observed meanwhile: another process does the work. */
  let version18: Promise<Observations> | undefined;

  before(async () => {
    parser = await loadSqlParser();
    if (!isInstalled(18)) return;
    version18 = withServer(18, (connect) => observeServer(connect, 18, scenes, { everyAlone: 5 }));
    // Who asks for it is told.
    version18.catch(() => undefined);
  });

  after(() => version18?.catch(() => undefined));

  for (const witness of witnesses) {
    it(`${witness === 'pglite' ? 'the embedded Postgres' : `version ${witness}`}, as observed`, () => {
      const judged = judge(scenes, new Map([[witness, readObservations(witness)]]), parser);
      assert.ok(judged.length > 1000);
      assert.deepEqual(disagreements(judged), []);
    });
  }

  for (const scene of scenes) {
    it(`the embedded Postgres, observed now: ${scene.name}`, async function () {
      this.timeout(120_000);
      const outcomes = await observeEmbedded(await embeddedPostgres(), scene);
      assert.deepEqual(outcomes, readObservations('pglite')[scene.name]);
    });
  }

  it('version 18, observed now', async function () {
    this.timeout(180_000);
    if (!version18) {
      console.log('    Postgres 18 is not observed: embedded-postgres has no server for this platform');
      return this.skip();
    }
    const then = readObservations(18);
    for (const [scene, outcomes] of Object.entries(await version18))
      for (const [sql, outcome] of Object.entries(outcomes))
        assert.deepEqual(outcome, then[scene]?.[sql], `${scene}: ${sql}`);
  });
});
