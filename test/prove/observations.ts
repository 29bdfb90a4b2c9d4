import { readFileSync } from 'node:fs';
import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { Observations, Outcome } from './observe/model.ts';
import { type Major, majors } from './postgres/binaries.ts';

/** Who saw it: a server, or the embedded Postgres that dry runs use. */
export type Witness = Major | 'pglite';

export const witnesses: readonly Witness[] = [...majors, 'pglite'];

/** The version that a witness is of. */
export function versionOf(witness: Witness): Major {
  return witness === 'pglite' ? 18 : witness;
}

const folder = join(__dirname, 'observations');

/** What was seen when the servers were last asked. Throws where they never were. */
export function readObservations(witness: Witness): Observations {
  const observations: Record<string, Record<string, Outcome>> = {};
  for (const line of readFileSync(fileOf(witness), 'utf8').trim().split('\n')) {
    const [scene, sql, outcome] = JSON.parse(line) as [string, string, Outcome];
    observations[scene] ??= {};
    observations[scene][sql] = outcome;
  }
  return observations;
}

/** One line a statement, in the order of the scenes: a change of one shows as one changed line. */
export async function writeObservations(witness: Witness, observations: Observations): Promise<void> {
  const lines = Object.entries(observations).flatMap(([scene, outcomes]) =>
    Object.entries(outcomes).map(([sql, outcome]) => `${JSON.stringify([scene, sql, outcome])}\n`),
  );
  await mkdir(folder, { recursive: true });
  await writeFile(fileOf(witness), lines.join(''));
}

function fileOf(witness: Witness): string {
  return join(folder, `${witness}.jsonl`);
}
