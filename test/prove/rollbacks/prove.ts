import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { SqlParser } from '../../../server/src/sql/model.ts';
import { embeddedPostgres } from '../../unit/support/embedded-postgres.ts';
import { formsOf, type Scene } from '../forms/model.ts';
import { scenes } from '../forms/scenes.ts';
import { nameOf } from '../markdown.ts';
import { versionOf, type Witness, witnesses } from '../observations.ts';
import type { ProveOptions } from '../options.ts';
import { withServer } from '../postgres/server.ts';
import { tryChains } from './chains.ts';
import { isRestored, type Judged, judgeTrials, totalsOf } from './judge.ts';
import type { Trial, Trials } from './model.ts';
import { embeddedPlace, type Place, serverPlace } from './places.ts';
import { readTrials, writeTrials } from './results.ts';
import { percent, writeRollbacks } from './table.ts';
import { isTried, type Planned, tryForms, type Undo, undoOn } from './trials.ts';
import { seenText, undoText } from './words.ts';

/** Tries what undoes each statement, writes data and table, and says which claims are false; true where none is. */
export async function proveRollbacks(options: ProveOptions, parser: SqlParser): Promise<boolean> {
  const undos = new Map(scenes.map((scene) => [scene, undoOn(scene, parser)]));
  const undoOf = (scene: Scene) => undos.get(scene) ?? undoOn(scene, parser);
  const known = readTrials();
  const plan = (witness: Witness) => planOn(witness, options, undoOf, known.get(witness) ?? {});
  const tried = new Map<Witness, Trials>();
  const keep = async (witness: Witness, trials: Trials) => {
    tried.set(witness, trials);
    await writeTrials(scenes, merge(known, tried));
  };
  if (!options.tableOnly) await tryOn(options, plan, keep);
  const trials = merge(known, tried);
  const judged = judgeTrials(scenes, trials, undoOf);
  await writeFile(join(__dirname, '../rollbacks.md'), writeRollbacks(judged));
  report(judged, options.tableOnly ? judged : judged.filter((one) => isAmong(one, tried)));
  const whole = tried.has('pglite') && !options.only && !options.changed;
  const chainsHold = !whole || (await proveChains(parser));
  return chainsHold && judged.every(({ verdict }) => verdict !== 'false');
}

/** Several statements undone together, on the embedded Postgres. */
async function proveChains(parser: SqlParser): Promise<boolean> {
  let wrong = 0;
  for (const length of [2, 3, 5]) {
    let restored = 0;
    for (const scene of scenes) {
      const place = await embeddedPlace(embeddedPostgres, scene);
      for (const chain of await tryChains(place, scene, parser, { length, seed: length, pgVersion: 18 })) {
        if (chain.wrong.length === 0) restored += 1;
        else {
          wrong += 1;
          const parts = [
            `${scene.name}: ${chain.sql.join('; ')}`,
            chain.undo.join('; '),
            chain.wrong.join('; '),
          ];
          console.log(`✘ ${parts.join('\n    ')}`);
        }
      }
    }
    console.log(`PGlite: ${restored} chains of up to ${length} statements restored`);
  }
  return wrong === 0;
}

type Plan = (witness: Witness) => readonly { readonly scene: Scene; readonly forms: readonly Planned[] }[];

function planOn(
  witness: Witness,
  { only, changed }: ProveOptions,
  undoOf: (scene: Scene) => Undo,
  known: Trials,
): ReturnType<Plan> {
  const version = versionOf(witness);
  return scenes.flatMap((scene) => {
    if (version < (scene.since ?? 0)) return [];
    const undo = undoOf(scene);
    const forms = formsOf(scene)
      .map(({ sql }) => ({ sql, undo: undo(sql, version) }))
      .filter((form) => !only || only.test(form.sql) || only.test(scene.name))
      .filter((form) => !changed || !isTried(form, known[scene.name]?.[form.sql]));
    return forms.length > 0 ? [{ scene, forms }] : [];
  });
}

/** Two servers at a time; what is through is kept, whatever becomes of the others. */
async function tryOn(
  { on, committed }: ProveOptions,
  plan: Plan,
  keep: (witness: Witness, trials: Trials) => Promise<void>,
): Promise<void> {
  const queue = on.filter((witness) => plan(witness).length > 0);
  const next = async (): Promise<void> => {
    for (let witness = queue.shift(); witness !== undefined; witness = queue.shift()) {
      const started = performance.now();
      await keep(witness, await tryOnWitness(witness, plan(witness), committed));
      console.log(`${nameOf(witness)}: tried in ${((performance.now() - started) / 1000).toFixed(1)} s`);
    }
  };
  await Promise.all([next(), next()]);
}

async function tryOnWitness(witness: Witness, plan: ReturnType<Plan>, committed: boolean): Promise<Trials> {
  const tryScenes = async (open: (scene: Scene) => Promise<Place>): Promise<Trials> => {
    const trials: Record<string, Readonly<Record<string, Trial>>> = {};
    for (const { scene, forms } of plan) {
      const place = await open(scene);
      trials[scene.name] = await tryForms(place, forms, { committed });
      await place.close();
    }
    return trials;
  };
  return witness === 'pglite'
    ? tryScenes((scene) => embeddedPlace(embeddedPostgres, scene))
    : withServer(witness, (connect) => tryScenes((scene) => serverPlace(connect, scene)));
}

function merge(
  known: ReadonlyMap<Witness, Trials>,
  tried: ReadonlyMap<Witness, Trials>,
): ReadonlyMap<Witness, Trials> {
  return new Map(
    witnesses.map((witness) => {
      const [old, now] = [known.get(witness) ?? {}, tried.get(witness) ?? {}];
      const names = new Set([...Object.keys(old), ...Object.keys(now)]);
      return [witness, Object.fromEntries([...names].map((name) => [name, { ...old[name], ...now[name] }]))];
    }),
  );
}

function isAmong({ witness, scene, sql }: Judged, tried: ReadonlyMap<Witness, Trials>): boolean {
  return tried.get(witness)?.[scene]?.[sql] !== undefined;
}

/** What is to be done of what was tried now: the false claims, then what is not restored; and the totals of all. */
function report(all: readonly Judged[], shown: readonly Judged[]): void {
  const told = new Map<string, Witness[]>();
  const tell = (sign: string, { scene, sql, witness, ...one }: Judged) => {
    const undo = undoText({ scene, sql, witness, ...one });
    const lines = [`${scene}: ${sql}`, ...(undo ? [undo] : []), seenText({ scene, sql, witness, ...one })];
    const text = `${sign} ${lines.join('\n    ')}`;
    told.set(text, [...(told.get(text) ?? []), witness]);
  };
  for (const one of shown) {
    if (one.verdict === 'false') tell('✘', one);
    else if (one.verdict === 'unseen' || (one.verdict === 'weak' && one.reversible)) tell('?', one);
    else if (one.reversible && !isRestored(one.verdict)) tell('–', one);
  }
  for (const [text, on] of [...told].sort(([one], [other]) => order(other) - order(one)))
    console.log(`${text}\n    on ${on.map(nameOf).join(', ')}`);
  console.log(
    '            forms  refused  unchanged  irreversible  reversible  restored            claims  false',
  );
  for (const witness of witnesses) {
    const totals = totalsOf(all.filter((one) => one.witness === witness));
    const { forms, refused, unchanged, irreversible, reversible, restored, claims } = totals;
    const columns: readonly (readonly [string | number, number])[] = [
      [forms, 5],
      [refused, 9],
      [unchanged, 11],
      [irreversible, 14],
      [reversible, 12],
      [restored, 10],
      [percent(restored, reversible), 10],
      [claims, 10],
      [totals.false, 7],
    ];
    const name = witness === 'pglite' ? 'PGlite' : `Postgres ${witness}`;
    console.log(name.padEnd(12) + columns.map(([text, width]) => String(text).padStart(width)).join(''));
  }
}

function order(text: string): number {
  return ['✘', '?', '–'].indexOf(text.charAt(0));
}
