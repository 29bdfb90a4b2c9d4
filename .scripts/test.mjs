// Everything that a change must pass. `npm test -- unit editor` runs those parts alone. Prints each part's time, a
// failed part's output in full, and last of all the sum.
import { existsSync, mkdirSync, readFileSync, rmSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { run } from './process.mjs';

const root = join(dirname(fileURLToPath(import.meta.url)), '..');
const results = join(root, 'test/artefacts/results');
const unpacked = join(results, 'unpacked');
const bin = (path) => join(root, 'node_modules', path);

/**
 * A part: its program; the parts that must be over before (where they run at all); what else it must not run beside;
 * files with counts of tests, else it counts as one.
 */
const parts = [
  { name: 'types', program: [bin('typescript/bin/tsc'), '--noEmit'] },
  { name: 'lint', program: [bin('@biomejs/biome/bin/biome'), 'check', '.'] },
  { name: 'generated', program: ['--import', 'tsx', '.scripts/generate.ts', '--check'] },
  { name: 'build', program: ['.scripts/build.mjs', '--tests'] },
  { name: 'grammar', program: ['--import', 'tsx', 'test/grammar/run.ts'] },
  // Dry runs wait for servers much of the time: beside the others, they cost little more.
  mocha('rehearsal', 'test/unit/rehearsal/**/*.test.ts'),
  mocha('unit', 'test/unit/!(rehearsal)/**/*.test.ts'),
  {
    name: 'package',
    after: ['build'],
    program: ['.scripts/package.mjs', `--out=${results}/switchback.vsix`, `--unpack=${unpacked}`],
  },
  {
    // The suite runs what is shipped: the unpacked package.
    name: 'editor',
    after: ['build', 'package'],
    program: () => [
      '--import',
      'tsx',
      'test/host/run.ts',
      `--results=${results}`,
      ...(existsSync(unpacked) ? [`--extension=${join(unpacked, 'extension')}`] : []),
    ],
    counts: () => ['trusted', 'restricted'].map((suite) => readCounts(join(results, `${suite}.json`))),
  },
];

function mocha(name, files) {
  const output = join(results, `${name}.json`);
  return {
    name,
    after: ['build'],
    program: [bin('mocha/bin/mocha.js'), files, '--reporter=json', `--reporter-option=output=${output}`],
    counts: () => [mochaCounts(output)],
  };
}

for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP']) process.on(signal, () => process.exit(130));
const chosen = choose(process.argv.slice(2));
rmSync(results, { recursive: true, force: true });
mkdirSync(results, { recursive: true });
const started = performance.now();
const total = { passed: 0, failed: 0, skipped: 0 };
await runAll(chosen);
const { passed, failed, skipped } = total;
console.log(`${seconds(performance.now() - started)} in all`);
console.log(`${passed} passed, ${failed} failed${skipped > 0 ? `, ${skipped} skipped` : ''}`);
process.exit(failed > 0 || passed === 0 ? 1 : 0);

function choose(names) {
  const unknown = names.find((name) => !parts.some((part) => part.name === name));
  if (unknown !== undefined) {
    console.error(`no part called ${unknown}; there are: ${parts.map((part) => part.name).join(', ')}`);
    process.exit(1);
  }
  return names.length === 0 ? parts : parts.filter((part) => names.includes(part.name));
}

/** Each part once those before it are over; two at a time, as more would disturb each other on a small machine. */
async function runAll(selected) {
  const limit = slots(2);
  const running = new Map();
  for (const part of selected) {
    const before = (part.after ?? []).filter((name) => running.has(name));
    const start = async () => {
      const outcomes = await Promise.all(before.map((name) => running.get(name)));
      const failed = before.filter((_, index) => !outcomes[index]);
      if (failed.length === 0) return await limit(() => runPart(part));
      total.failed += 1;
      console.log(`✘ ${part.name.padEnd(9)} not run: ${failed.join(' and ')} failed`);
      return false;
    };
    running.set(part.name, start());
  }
  await Promise.all(running.values());
}

/** Answers whether the part passed. */
async function runPart(part) {
  const start = performance.now();
  const program = typeof part.program === 'function' ? part.program() : part.program;
  const outcome = await run(process.execPath, program, { cwd: root, timeout: 1_800_000 }).then(
    ({ stdout, stderr }) => ({ ok: true, output: stdout + stderr }),
    (error) => ({ ok: false, output: error.message }),
  );
  const counts = sum(part.counts?.().filter((each) => each !== undefined) ?? []);
  if (!outcome.ok && counts.failed === 0) counts.failed = 1;
  if (outcome.ok && counts.passed + counts.failed === 0) counts.passed = 1;
  for (const key of Object.keys(total)) total[key] += counts[key];
  const ok = outcome.ok && counts.failed === 0;
  const time = seconds(performance.now() - start);
  const tests =
    part.counts === undefined ? '' : `  ${counts.passed} of ${counts.passed + counts.failed} tests`;
  console.log(`${ok ? '✔' : '✘'} ${part.name.padEnd(9)} ${time.padStart(7)}${tests}`);
  if (!ok) console.log([...counts.failures, outcome.output].join('\n'));
  return ok;
}

function sum(counts) {
  const add = (key) => counts.reduce((so, each) => so + each[key], 0);
  const failures = counts.flatMap((each) => each.failures ?? []);
  return { passed: add('passed'), failed: add('failed'), skipped: add('skipped'), failures };
}

/** The counts that the editor's suite wrote, if it came so far. */
function readCounts(file) {
  return existsSync(file) ? JSON.parse(readFileSync(file, 'utf8')) : undefined;
}

/** The counts of Mocha's JSON reporter, with each failure as text. */
function mochaCounts(file) {
  const report = readCounts(file);
  if (report === undefined) return undefined;
  return {
    passed: report.stats.passes,
    failed: report.stats.failures,
    skipped: report.stats.pending,
    failures: report.failures.map(
      ({ file: path, fullTitle, err }) => `\n${fullTitle}\n  ${path}\n${err.stack ?? err.message}`,
    ),
  };
}

/** At most `free` at once, in the order they ask. */
function slots(free) {
  const waiting = [];
  return async (work) => {
    if (free > 0) free -= 1;
    else await new Promise((resolve) => waiting.push(resolve));
    try {
      return await work();
    } finally {
      const next = waiting.shift();
      if (next === undefined) free += 1;
      else next();
    }
  };
}

function seconds(ms) {
  return `${(ms / 1000).toFixed(1)} s`;
}
