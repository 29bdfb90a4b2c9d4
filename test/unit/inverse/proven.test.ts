import assert from 'node:assert/strict';
import type { SqlParser } from '../../../server/src/sql/model.ts';
import { loadSqlParser } from '../../../server/src/sql/parser.ts';
import { formsOf, type Scene } from '../../prove/forms/model.ts';
import { scenes } from '../../prove/forms/scenes.ts';
import { versionOf, witnesses } from '../../prove/observations.ts';
import { isInstalled } from '../../prove/postgres/binaries.ts';
import { withServer } from '../../prove/postgres/server.ts';
import { tryChains } from '../../prove/rollbacks/chains.ts';
import { judgeTrials, totalsOf } from '../../prove/rollbacks/judge.ts';
import type { Trials } from '../../prove/rollbacks/model.ts';
import { embeddedPlace, serverPlace } from '../../prove/rollbacks/places.ts';
import { readTrials } from '../../prove/rollbacks/results.ts';
import { isTried, type Planned, tryForms, type Undo, undoOn } from '../../prove/rollbacks/trials.ts';
import { embeddedPostgres } from '../support/embedded-postgres.ts';

describe('inverse, against what Postgres did', () => {
  let parser: SqlParser;
  const undos = new Map<Scene, Undo>();
  const undoOf = (scene: Scene): Undo => {
    const known = undos.get(scene) ?? undoOn(scene, parser);
    undos.set(scene, known);
    return known;
  };
  const plannedOn = (scene: Scene, version: number): readonly Planned[] =>
    (scene.since ?? 0) > version
      ? []
      : formsOf(scene).map(({ sql }) => ({ sql, undo: undoOf(scene)(sql, version) }));

  /** Tried meanwhile, a part: another process does the work. */
  let version18: Promise<Trials> | undefined;

  before(async () => {
    parser = await loadSqlParser();
    if (!isInstalled(18)) return;
    version18 = withServer(18, async (connect) => {
      const trials: Record<string, Trials[string]> = {};
      for (const scene of scenes) {
        const place = await serverPlace(connect, scene);
        trials[scene.name] = await tryForms(
          place,
          plannedOn(scene, 18).filter((_, index) => index % 48 === 0),
        );
        await place.close();
      }
      return trials;
    });
    // Who asks for it is told.
    version18.catch(() => undefined);
  });

  after(() => version18?.catch(() => undefined));

  for (const witness of witnesses) {
    it(`${witness === 'pglite' ? 'the embedded Postgres' : `version ${witness}`}, as tried`, () => {
      const trials = readTrials().get(witness) ?? {};
      for (const scene of scenes)
        for (const planned of plannedOn(scene, versionOf(witness)))
          assert.ok(
            isTried(planned, trials[scene.name]?.[planned.sql]),
            `${scene.name}: ${planned.sql}: ${JSON.stringify(planned.undo)}\nwas not tried: npm run prove -- --rollbacks --changed`,
          );
      const judged = judgeTrials(scenes, new Map([[witness, trials]]), undoOf);
      const wrong = judged.filter(({ verdict }) => verdict === 'false');
      assert.deepEqual(
        wrong.map(({ scene, sql }) => `${scene}: ${sql}`),
        [],
      );
      const { reversible, restored } = totalsOf(judged);
      assert.ok(reversible > 700, `${reversible} reversible`);
      assert.ok(restored / reversible >= 0.95, `${restored} of ${reversible} restored`);
    });
  }

  for (const scene of scenes) {
    it(`the embedded Postgres, ten statements undone together: ${scene.name}`, async function () {
      this.timeout(120_000);
      const place = await embeddedPlace(embeddedPostgres, scene);
      const chains = await tryChains(place, scene, parser, { length: 10, seed: 10, pgVersion: 18 });
      assert.deepEqual(
        chains.filter(({ wrong }) => wrong.length > 0),
        [],
      );
    });
  }

  it('version 18, tried now', async function () {
    this.timeout(180_000);
    if (!version18) {
      console.log('    Postgres 18 is not asked: embedded-postgres has no server for this platform');
      return this.skip();
    }
    const then = readTrials().get(18);
    for (const [scene, trials] of Object.entries(await version18))
      for (const [sql, trial] of Object.entries(trials))
        assert.deepEqual(trial, then?.[scene]?.[sql], `${scene}: ${sql}`);
  });
});
