import { writeFile } from 'node:fs/promises';
import { format } from 'node:util';
import type { MochaOptions, Runner } from 'mocha';
import { canControl, control } from './control.ts';
import { closeAll } from './editor.ts';
import { screenshot } from './window.ts';

/** What test.mjs reads. */
interface Results {
  passed: number;
  failed: number;
  skipped: number;
}

/** VS Code calls this in the extension host; it rejects where a test failed. */
export async function run(): Promise<void> {
  const { default: Mocha } = await import('mocha');
  const options: MochaOptions = {
    ui: 'bdd',
    timeout: 30_000,
    slow: 2_000,
    reporter: 'spec',
    color: process.env.FORCE_COLOR === '1',
    ...(process.env.SWITCHBACK_GREP ? { grep: process.env.SWITCHBACK_GREP } : {}),
  };
  const mocha = new Mocha(options);
  const printed = printThroughHost(Mocha);
  // Defines describe() and it(), which the suites call as they are loaded.
  mocha.suite.emit('pre-require', globalThis as unknown as Mocha.MochaGlobals, '', mocha);
  // In this order: a suite's own hooks come before the root's.
  mocha.rootHooks({ afterEach: [keepPicture, closeAll] });
  await load();
  const results = await runAll(mocha);
  await printed();
  if (process.env.SWITCHBACK_RESULTS)
    await writeFile(process.env.SWITCHBACK_RESULTS, JSON.stringify(results));
  if (results.failed > 0) throw new Error(`${results.failed} failed`);
  if (results.passed === 0) throw new Error('no test ran');
}

/** What the window showed when a test failed, as a picture called after the test. */
async function keepPicture(this: Mocha.Context): Promise<void> {
  const test = this.currentTest;
  if (test?.state !== 'failed') return;
  await screenshot(`failed-${test.fullTitle().replace(/\W+/g, '-').toLowerCase()}`);
}

async function load(): Promise<void> {
  if (process.env.SWITCHBACK_SUITE === 'restricted') {
    await import('./suite/restricted.test.ts');
    return;
  }
  await import('./suite/activation.test.ts');
  await import('./suite/findings.test.ts');
  await import('./suite/fixes.test.ts');
  await import('./suite/dry-run.test.ts');
  await import('./suite/report.test.ts');
  await import('./suite/test-explorer.test.ts');
  await import('./suite/preview.test.ts');
  await import('./suite/exports.test.ts');
  await import('./suite/new-plan.test.ts');
  await import('./suite/server.test.ts');
  await import('./suite/writing.test.ts');
  await import('./suite/first-minutes.test.ts');
}

async function runAll(mocha: Mocha): Promise<Results> {
  const results: Results = { passed: 0, failed: 0, skipped: 0 };
  await new Promise<void>((resolve) => {
    const runner: Runner = mocha.run(() => resolve());
    runner.on('pass', () => (results.passed += 1));
    runner.on('fail', () => (results.failed += 1));
    runner.on('pending', () => (results.skipped += 1));
  });
  return results;
}

/** The browser host shows what reporters print, in order; the answer waits until it has all of it. */
function printThroughHost(mocha: typeof Mocha): () => Promise<unknown> {
  let last: Promise<unknown> = Promise.resolve();
  if (canControl()) {
    const base = mocha.reporters.Base as typeof mocha.reporters.Base & { consoleLog: typeof console.log };
    base.consoleLog = (...values) => {
      const text = `${format(...values)}\n`;
      last = last.then(() => control('print', { text }));
    };
  }
  return () => last;
}
