import { cp, mkdir, mkdtemp, realpath, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { parseArgs } from 'node:util';
import { runTests, TestRunFailedError } from '@vscode/test-electron';

/** The suites that run in VS Code, each in a window of its own. */
export type SuiteName = 'trusted' | 'restricted';

const root = resolve(__dirname, '../..');
/** Seconds: a suite that takes longer hangs. */
const limit = 180;

interface Options {
  /** In the desktop program, downloaded, instead of the browser host. */
  readonly desktop: boolean;
  readonly suite: SuiteName;
  /** Runs only the tests whose titles match. */
  readonly grep: string | undefined;
  /** Folder for `NAME.json`, the results as data. */
  readonly results: string | undefined;
}

/** Runs one suite on a copy of the examples, in folders that are gone afterwards. Answers whether it passed. */
async function runSuite(options: Options): Promise<boolean> {
  // A symbolic link in the temporary folder's path would give documents two names.
  const temporary = await realpath(await mkdtemp(join(tmpdir(), 'switchback-')));
  const workspace = join(temporary, 'examples');
  try {
    await cp(join(root, 'examples'), workspace, { recursive: true });
    await mkdir(join(temporary, 'extensions'));
    await runTests({
      ...(options.desktop ? {} : { vscodeExecutablePath: join(__dirname, 'vscode.cjs') }),
      extensionDevelopmentPath: root,
      extensionTestsPath: join(root, 'dist/test/index.js'),
      extensionTestsEnv: {
        SWITCHBACK_SUITE: options.suite,
        SWITCHBACK_GREP: options.grep ?? '',
        SWITCHBACK_RESULTS:
          options.results === undefined ? '' : join(options.results, `${options.suite}.json`),
        FORCE_COLOR: process.stdout.isTTY ? '1' : '',
      },
      launchArgs: [
        workspace,
        `--user-data-dir=${join(temporary, 'user')}`,
        `--extensions-dir=${join(temporary, 'extensions')}`,
        ...(options.desktop ? ['--disable-extensions'] : hostArguments(options.suite)),
      ],
    });
    return true;
  } catch (error) {
    if (!(error instanceof TestRunFailedError)) throw error;
    return false;
  } finally {
    await rm(temporary, { recursive: true, force: true, maxRetries: 5, retryDelay: 200 });
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
    },
  });
  // runTests() always starts the desktop program with trust switched off.
  const all: readonly SuiteName[] = values.desktop ? ['trusted'] : ['trusted', 'restricted'];
  const chosen = all.filter((suite) => values.suite === undefined || values.suite === suite);
  if (chosen.length === 0) throw new Error(`no suite called ${values.suite}; there are: ${all.join(', ')}`);
  let passed = true;
  for (const suite of chosen) {
    const { desktop, grep, results } = values;
    passed = (await runSuite({ desktop, suite, grep, results: results && resolve(results) })) && passed;
  }
  return passed ? 0 : 1;
}

main().then(
  (code) => process.exit(code),
  (error: Error) => {
    console.error(error.message);
    process.exit(1);
  },
);
