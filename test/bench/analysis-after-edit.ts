// Run as a bundle, as the product is: prints what the analysis after an edit takes against the bare YAML parse.
import { parseDocument } from 'yaml';
import { type AnalyzeOptions, analyze, loadParsers } from '../../server/src/analyze.ts';
import { benchPlan, benchSchema } from './bench-plan.ts';
import { type Comparison, median } from './comparison.ts';

/** Where one types: the word that the character is added to. */
const places: Readonly<Record<string, RegExp>> = {
  "a step's name": /- step: \w+/g,
  'the SQL of a step': /(?:ADD COLUMN|ADD CONSTRAINT|INDEX|CONCURRENTLY) \w+/g,
  'a comment': /# \w+/g,
  "a table's rows": /rows: 8/g,
  "an application's statement": /email = 'ada/g,
  'the traffic': /traffic: 2/g,
};

const warmUp = 6;

async function run(): Promise<void> {
  const comparisons: Comparison[] = [];
  for (const [steps, samples] of [
    [50, 150],
    [1000, 40],
  ] as const) {
    for (const [place, pattern] of Object.entries(places))
      comparisons.push(await measure(steps, samples, place, pattern));
  }
  console.log(JSON.stringify(comparisons));
}

/** Interleaved, so that what else runs on the machine slows both alike. */
async function measure(steps: number, samples: number, place: string, pattern: RegExp): Promise<Comparison> {
  const original = benchPlan(steps);
  const schema = benchSchema();
  const options: AnalyzeOptions = {
    parsers: await loadParsers(),
    kind: 'plan',
    readFile: () => ({ text: schema }),
  };
  const places = [...original.matchAll(pattern)].length;
  const ours: number[] = [];
  const bare: number[] = [];
  let text = original;
  for (let i = 0; i < warmUp + samples; i++) {
    // Each time one character more, here and there in the plan.
    const match = [...text.matchAll(pattern)][(i * 37) % places];
    const at = match ? match.index + match[0].length : 0;
    text = `${text.slice(0, at)}${i % 10}${text.slice(at)}`;
    const times = [time(() => analyze(text, options).findings), time(() => parseDocument(text))] as const;
    if (i < warmUp) continue;
    ours.push(times[0]);
    bare.push(times[1]);
  }
  return {
    name: `an edit in ${place}, plan of ${steps} steps`,
    ours: median(ours),
    theirs: median(bare),
    bar: 1.5,
  };
}

function time(work: () => unknown): number {
  const started = performance.now();
  work();
  return performance.now() - started;
}

run().catch((error: unknown) => {
  console.error(error);
  process.exitCode = 1;
});
