import { readFileSync } from 'node:fs';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { formsOf, type Scene } from '../forms/model.ts';
import { type Witness, witnesses } from '../observations.ts';
import type { Trial, Trials } from './model.ts';

const file = join(__dirname, '../rollbacks.jsonl');

/** What came of it when the servers were last asked; empty where they never were. */
export function readTrials(): ReadonlyMap<Witness, Trials> {
  const trials = new Map<Witness, Record<string, Record<string, Trial>>>(witnesses.map((one) => [one, {}]));
  for (const line of linesOf(file)) {
    const [scene, sql, groups] = JSON.parse(line) as [string, string, [Witness[], Trial][]];
    for (const [names, trial] of groups) {
      for (const name of names) {
        const own = trials.get(name) ?? {};
        own[scene] ??= {};
        own[scene][sql] = trial;
      }
    }
  }
  return trials;
}

function linesOf(path: string): readonly string[] {
  try {
    return readFileSync(path, 'utf8').trim().split('\n');
  } catch (error) {
    if ((error as { code?: string }).code === 'ENOENT') return [];
    throw error;
  }
}

/** One line a statement, with the versions that agree together. */
export async function writeTrials(
  scenes: readonly Scene[],
  trials: ReadonlyMap<Witness, Trials>,
): Promise<void> {
  const lines = scenes.flatMap((scene) =>
    formsOf(scene).flatMap(({ sql }) => {
      const groups = new Map<string, [Witness[], Trial]>();
      for (const witness of witnesses) {
        const trial = trials.get(witness)?.[scene.name]?.[sql];
        if (!trial) continue;
        const key = JSON.stringify(trial);
        const group = groups.get(key);
        if (group) group[0].push(witness);
        else groups.set(key, [[witness], trial]);
      }
      return groups.size > 0 ? [`${JSON.stringify([scene.name, sql, [...groups.values()]])}\n`] : [];
    }),
  );
  await writeFile(file, lines.join(''));
}
