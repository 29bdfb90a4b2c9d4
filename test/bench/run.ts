// Measures what a person waits for. `npm run bench` prints a table; `--json` prints the figures alone.
import { findingsAfterEdit } from './findings-after-edit.ts';
import { firstStatement } from './first-statement.ts';

/** One measured figure. */
export interface Figure {
  readonly name: string;
  /** ms */
  readonly p50: number;
  /** ms */
  readonly p95: number;
  /** ms: what it should stay under. */
  readonly aim: number;
  readonly samples: number;
}

async function run(): Promise<void> {
  const figures: readonly Figure[] = [await findingsAfterEdit(), await firstStatement()];
  if (process.argv.includes('--json')) {
    console.log(JSON.stringify(figures, undefined, 2));
    return;
  }
  for (const { name, p50, p95, aim, samples } of figures)
    console.log(
      `${name}: p50 ${p50.toFixed(1)} ms, p95 ${p95.toFixed(1)} ms (aim ${aim} ms, ${samples} times)`,
    );
}

run().then(
  // The server's process may still be ending.
  () => process.exit(0),
  (error: unknown) => {
    console.error(error instanceof Error ? error.message : error);
    process.exit(1);
  },
);
