import { join, resolve } from 'node:path';
import { parseArgs } from 'node:util';
import { runTests, TestRunFailedError } from '@vscode/test-electron';
import { copyExamples, root } from './examples.ts';

/** The suites that run in VS Code, each in a window of its own. */
export type SuiteName = 'trusted' | 'restricted';

/** Seconds: a suite that takes longer hangs. */
const limit = 300;

interface Options {
  /** In the desktop program, downloaded, instead of the browser host. */
  readonly desktop: boolean;
  readonly suite: SuiteName;
  /** Runs only the tests whose titles match. */
  readonly grep: string | undefined;
  /** The extension's folder. */
  readonly extension: string;
  /** Folder for `NAME.json`, the results as data. */
  readonly results: string | undefined;
}

/** Runs one suite on a copy of the examples, in folders that are gone afterwards. Answers whether it passed. */
async function runSuite(options: Options): Promise<boolean> {
  const copy = await copyExamples();
  try {
    await runTests({
      ...(options.desktop ? {} : { vscodeExecutablePath: join(__dirname, 'vscode.cjs') }),
      extensionDevelopmentPath: options.extension,
      extensionTestsPath: join(root, 'dist/test/index.js'),
      extensionTestsEnv: {
        SWITCHBACK_SUITE: options.suite,
        SWITCHBACK_GREP: options.grep ?? '',
        SWITCHBACK_RESULTS:
          options.results === undefined ? '' : join(options.results, `${options.suite}.json`),
        ...(process.stdout.isTTY ? { FORCE_COLOR: '1' } : { NO_COLOR: '1', FORCE_COLOR: undefined }),
      },
      launchArgs: [
        copy.workspace,
        `--user-data-dir=${copy.userData}`,
        `--extensions-dir=${copy.extensions}`,
        ...(options.desktop ? ['--disable-extensions'] : hostArguments(options.suite)),
      ],
    });
    return true;
  } catch (error) {
    if (!(error instanceof TestRunFailedError)) throw error;
    return false;
  } finally {
    await copy.remove();
  }
}

function hostArguments(suite: SuiteName): string[] {
  return [
    ...(suite === 'restricted' ? ['--restricted-mode'] : []),
    `--suite-name=${suite}`,
    `--suite-limit=${limit}`,
    `--artefacts=${join(root, 'test/artefacts')}`,
  ];
}

async function main(): Promise<number> {
  const { values } = parseArgs({
    options: {
      desktop: { type: 'boolean', default: false },
      suite: { type: 'string' },
      grep: { type: 'string' },
      results: { type: 'string' },
      extension: { type: 'string', default: root },
    },
  });
  // runTests() always starts the desktop program with trust switched off.
  const all: readonly SuiteName[] = values.desktop ? ['trusted'] : ['trusted', 'restricted'];
  const chosen = all.filter((suite) => values.suite === undefined || values.suite === suite);
  if (chosen.length === 0) throw new Error(`no suite called ${values.suite}; there are: ${all.join(', ')}`);
  const stop = stopSignal();
  let passed = true;
  for (const suite of chosen) {
    if (stop.aborted) return 130;
    const { desktop, grep } = values;
    const extension = resolve(values.extension);
    const results = values.results && resolve(values.results);
    passed = (await runSuite({ desktop, suite, grep, extension, results })) && passed;
  }
  if (stop.aborted) return 130;
  return passed ? 0 : 1;
}

/** Set once somebody wants this to end. runTests() ends its window on SIGINT alone, so the others become one. */
function stopSignal(): AbortSignal {
  const stop = new AbortController();
  process.on('SIGINT', () => stop.abort());
  // Nobody may be left to read what is said; there is still something to tidy up.
  for (const stream of [process.stdout, process.stderr]) stream.on('error', () => undefined);
  for (const signal of ['SIGTERM', 'SIGHUP'] as const) process.on(signal, () => process.emit('SIGINT'));
  return stop.signal;
}

main().then(
  (code) => process.exit(code),
  (error: Error) => {
    console.error(error.message);
    process.exit(1);
  },
);
