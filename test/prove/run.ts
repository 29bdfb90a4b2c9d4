import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { SqlParser } from '../../server/src/sql/model.ts';
import { loadSqlParser } from '../../server/src/sql/parser.ts';
import { embeddedPostgres } from '../unit/support/embedded-postgres.ts';
import { scenes } from './forms/scenes.ts';
import { disagreements, type Judged, judge, totals } from './judge.ts';
import { readObservations, type Witness, witnesses, writeObservations } from './observations.ts';
import { observeEmbedded } from './observe/embedded.ts';
import type { Observations, Outcome } from './observe/model.ts';
import { observeServer } from './observe/server.ts';
import { readOptions, usage } from './options.ts';
import { majors } from './postgres/binaries.ts';
import { withServer } from './postgres/server.ts';
import { proveRecipes } from './recipes/prove.ts';
import { sweepRecipes } from './recipes/sweep.ts';
import { proveRollbacks } from './rollbacks/prove.ts';
import { writeTable } from './table.ts';

async function prove(): Promise<number> {
  const options = readOptions(process.argv.slice(2));
  if (!options) {
    console.log(usage);
    return 0;
  }
  const { schema } = options;
  if (options.recipes && schema !== undefined) return (await sweepRecipes({ ...options, schema })) ? 0 : 1;
  if (options.recipes) return (await proveRecipes(options)) ? 0 : 1;
  const parser = await loadSqlParser();
  const agreed = !options.effects || (await proveEffects(!options.tableOnly, parser));
  const restored = await proveRollbacks(options, parser);
  return agreed && restored ? 0 : 1;
}

/**
 * Observes every statement on every version, or takes what was observed last; writes the table, and says where it
 * disagrees; true where it does not.
 */
async function proveEffects(again: boolean, parser: SqlParser): Promise<boolean> {
  const observed = again ? await observeAll() : new Map(witnesses.map((one) => [one, readObservations(one)]));
  if (again) for (const [witness, observations] of observed) await writeObservations(witness, observations);
  const judged = judge(scenes, observed, parser);
  await writeFile(join(__dirname, 'table.md'), writeTable(judged));
  return report(judged);
}

async function observeAll(): Promise<ReadonlyMap<Witness, Observations>> {
  const seen = new Map<Witness, Observations>();
  const queue = [...majors];
  const next = async (): Promise<void> => {
    for (let major = queue.shift(); major !== undefined; major = queue.shift()) {
      const version = major;
      const started = performance.now();
      seen.set(version, await withServer(version, (connect) => observeServer(connect, version, scenes)));
      console.log(`PostgreSQL ${version} observed in ${((performance.now() - started) / 1000).toFixed(1)} s`);
    }
  };
  await Promise.all([next(), next()]);
  seen.set('pglite', await embedded());
  return new Map(
    witnesses.flatMap((witness) => {
      const observations = seen.get(witness);
      return observations ? [[witness, observations] as const] : [];
    }),
  );
}

async function embedded(): Promise<Observations> {
  const observations: Record<string, Readonly<Record<string, Outcome>>> = {};
  for (const scene of scenes)
    observations[scene.name] = await observeEmbedded(await embeddedPostgres(), scene);
  return observations;
}

function report(judged: readonly Judged[]): boolean {
  for (const line of disagreements(judged)) console.log(`✘ ${line}`);
  console.log('           forms  agreed  refused  unknown  unseen  disagreed');
  for (const witness of witnesses) {
    const own = judged.filter((one) => one.witness === witness);
    const { agreed, refused, unknown, unseen, disagreed } = totals(own);
    const name = witness === 'pglite' ? 'PGlite' : `Postgres ${witness}`;
    console.log(
      name.padEnd(11) +
        [own.length, agreed, refused, unknown, unseen, disagreed]
          .map((count, at) => String(count).padStart([5, 8, 9, 9, 8, 11][at] ?? 0))
          .join(''),
    );
  }
  return totals(judged).disagreed === 0;
}

prove().then(
  (code) => process.exit(code),
  (error: unknown) => {
    console.error(error instanceof Error ? error.message : error);
    process.exit(1);
  },
);
