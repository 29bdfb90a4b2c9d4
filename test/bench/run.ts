// Measures what a person waits for. `npm run bench` prints a table; `--json` prints the figures alone.
//   SWITCHBACK_PEER_CASES: a file of SQL cases for the comparison with other linters, which is left out without it.
import { existsSync } from 'node:fs';
import { runBundled } from './bundled.ts';
import { type Comparison, comparisonLine, heading } from './comparison.ts';
import { findingsAfterEdit } from './findings-after-edit.ts';
import { firstStatement } from './first-statement.ts';
import { againstPeers } from './peer-tools.ts';

async function run(): Promise<void> {
  const json = process.argv.includes('--json');
  const all: Comparison[] = [];
  const show = (comparisons: readonly Comparison[]) => {
    all.push(...comparisons);
    if (!json) for (const one of comparisons) console.log(comparisonLine(one));
  };
  if (!json) console.log(heading);
  show(await runBundled('analysis-after-edit.ts'));
  show(await peers(json));
  show(await findingsAfterEdit());
  show(await firstStatement());
  if (json) console.log(JSON.stringify(all, undefined, 2));
}

async function peers(quiet: boolean): Promise<readonly Comparison[]> {
  const path = process.env.SWITCHBACK_PEER_CASES;
  if (path !== undefined && existsSync(path)) return againstPeers(path);
  if (!quiet) console.log('Other linters: not measured, SWITCHBACK_PEER_CASES names no file of cases.');
  return [];
}

run().then(
  // The server's process may still be ending.
  () => process.exit(0),
  (error: unknown) => {
    console.error(error instanceof Error ? error.message : error);
    process.exit(1);
  },
);
