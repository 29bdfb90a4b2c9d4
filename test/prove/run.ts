import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { loadSqlParser } from '../../server/src/sql/parser.ts';
import { embeddedPostgres } from '../unit/support/embedded-postgres.ts';
import { scenes } from './forms/scenes.ts';
import { disagreements, type Judged, judge, totals } from './judge.ts';
import { readObservations, type Witness, witnesses, writeObservations } from './observations.ts';
import { observeEmbedded } from './observe/embedded.ts';
import type { Observations, Outcome } from './observe/model.ts';
import { observeServer } from './observe/server.ts';
import { majors } from './postgres/binaries.ts';
import { withServer } from './postgres/server.ts';
import { writeTable } from './table.ts';

/**
 * Observes every statement on every version, or with `--table` takes what was observed last; writes the table, and
 * says where it disagrees.
 */
async function prove(again: boolean): Promise<number> {
  const observed = again ? await observeAll() : new Map(witnesses.map((one) => [one, readObservations(one)]));
  if (again) for (const [witness, observations] of observed) await writeObservations(witness, observations);
  const judged = judge(scenes, observed, await loadSqlParser());
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

function report(judged: readonly Judged[]): number {
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
  return totals(judged).disagreed === 0 ? 0 : 1;
}

prove(!process.argv.includes('--table')).then(
  (code) => process.exit(code),
  (error: unknown) => {
    console.error(error instanceof Error ? error.message : error);
    process.exit(1);
  },
);
