import { createWriteStream } from 'node:fs';
import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { format, parseArgs } from 'node:util';
import type { Browser, Page } from 'playwright-core';
import { launchBrowser } from './browser.ts';
import { startCodeServer } from './code-server.ts';
import { controlVariable, screenshot, startControl } from './control.ts';
import { workbenchUrl } from './workbench.ts';

/** The arguments that VS Code would be given, as far as they matter here. */
interface Arguments {
  readonly folder: string;
  readonly extensionPath: string;
  readonly testsPath: string;
  readonly userDataDir: string;
  readonly extensionsDir: string;
  readonly restricted: boolean;
  /** Seconds the suite may take. */
  readonly limit: number;
  readonly artefacts: string;
  /** What its log and its last picture are called. */
  readonly name: string;
}

const size = { width: 1280, height: 800 };

/** Runs the suite as VS Code would: prints what it prints, and answers with its exit code. */
export async function runSuite(argv: readonly string[], stopped: AbortSignal): Promise<number> {
  const options = readArguments(argv);
  const closers: (() => Promise<unknown>)[] = [];
  try {
    return await Promise.race([hostSuite(options, closers), untilStopped(stopped), untilLate(options.limit)]);
  } finally {
    for (const close of closers.reverse()) await close();
  }
}

async function hostSuite(options: Arguments, closers: (() => Promise<unknown>)[]): Promise<number> {
  const page = deferred<Page>();
  const control = await startControl(page.promise, options.artefacts);
  closers.push(() => control.close());
  const [server, browser] = await bothOrNeither(
    startCodeServer({
      dataFolder: options.userDataDir,
      extensionsFolder: options.extensionsDir,
      enforceTrust: options.restricted,
      env: { [controlVariable]: control.url },
    }),
    launchBrowser(),
    closers,
  );
  return await runInPage(options, server.port, browser, page.resolve);
}

/** Starts both at once; whichever came up is closed at the end, also where the other failed. */
async function bothOrNeither<
  A extends { close(): Promise<unknown> },
  B extends { close(): Promise<unknown> },
>(first: Promise<A>, second: Promise<B>, closers: (() => Promise<unknown>)[]): Promise<[A, B]> {
  const keep = <T extends { close(): Promise<unknown> }>(it: T): T => {
    closers.push(() => it.close());
    return it;
  };
  const [a, b] = await Promise.allSettled([first.then(keep), second.then(keep)]);
  if (a.status === 'rejected') throw a.reason;
  if (b.status === 'rejected') throw b.reason;
  return [a.value, b.value];
}

async function runInPage(
  options: Arguments,
  port: number,
  browser: Browser,
  shown: (page: Page) => void,
): Promise<number> {
  const page = await browser.newPage({ viewport: size });
  const exit = deferred<number>();
  await mkdir(options.artefacts, { recursive: true });
  const log = createWriteStream(join(options.artefacts, `${options.name}.log`));
  await page.exposeFunction('codeAutomationLog', (type: string, args: unknown[]) => {
    log.write(`${new Date().toISOString()} ${type} ${format(...args)}\n`);
  });
  await page.exposeFunction('codeAutomationExit', (code: number) => exit.resolve(code));
  page.on('crash', () => exit.reject(new Error('the browser page crashed')));
  const { folder, extensionPath, testsPath } = options;
  await page.goto(workbenchUrl({ port, host: 'localhost', folder, extensionPath, testsPath }));
  shown(page);
  const code = await exit.promise;
  if (code === 0) return code;
  await screenshot(page, options.artefacts, `${options.name}-failed`).catch(() => undefined);
  console.log(`see ${options.name}.log and ${options.name}-failed.png in ${options.artefacts}`);
  return code;
}

function readArguments(argv: readonly string[]): Arguments {
  // Others are VS Code's own switches, which mean nothing here.
  const { values, positionals } = parseArgs({
    args: [...argv],
    strict: false,
    allowPositionals: true,
  });
  const text = (key: string): string => {
    const value = values[key];
    if (typeof value !== 'string') throw new Error(`--${key}= is missing`);
    return value;
  };
  const folder = positionals[0];
  if (folder === undefined) throw new Error('the folder to open is missing');
  return {
    folder,
    extensionPath: text('extensionDevelopmentPath'),
    testsPath: text('extensionTestsPath'),
    userDataDir: text('user-data-dir'),
    extensionsDir: text('extensions-dir'),
    restricted: values['restricted-mode'] === true,
    limit: Number(text('suite-limit')),
    artefacts: text('artefacts'),
    name: text('suite-name'),
  };
}

async function untilLate(seconds: number): Promise<number> {
  await sleep(seconds * 1000, undefined, { ref: false });
  console.error(`the suite was stopped: it took longer than ${seconds} s`);
  return 1;
}

async function untilStopped(signal: AbortSignal): Promise<number> {
  await new Promise<void>((resolve) => {
    if (signal.aborted) resolve();
    else signal.addEventListener('abort', () => resolve(), { once: true });
  });
  return 130;
}

interface Deferred<T> {
  readonly promise: Promise<T>;
  resolve(value: T): void;
  reject(error: Error): void;
}

function deferred<T>(): Deferred<T> {
  let resolve: (value: T) => void = () => undefined;
  let reject: (error: Error) => void = () => undefined;
  const promise = new Promise<T>((...settle) => {
    [resolve, reject] = settle;
  });
  return { promise, resolve, reject };
}
