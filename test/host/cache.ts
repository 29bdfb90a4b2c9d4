import { type SpawnOptions, spawn } from 'node:child_process';
import { existsSync, rmSync } from 'node:fs';
import { mkdir, mkdtemp, rename, writeFile } from 'node:fs/promises';
import { homedir } from 'node:os';
import { join } from 'node:path';

/** Where downloads live between runs, outside the checkout: `SWITCHBACK_CACHE`, or the user's cache folder. */
export function cacheFolder(): string {
  return (
    process.env.SWITCHBACK_CACHE ??
    join(process.env.XDG_CACHE_HOME ?? join(homedir(), '.cache'), 'switchback')
  );
}

/**
 * The folder `name` of the cache, filled by `fill` on first use. It appears whole or not at all, so an
 * interrupted download is never taken for a finished one, and of two at once the first to finish wins.
 */
export async function cached(name: string, fill: (folder: string) => Promise<void>): Promise<string> {
  const folder = join(cacheFolder(), name);
  if (existsSync(folder)) return folder;
  await mkdir(cacheFolder(), { recursive: true });
  const draft = await mkdtemp(join(cacheFolder(), `.${name}-`));
  const discard = () => rmSync(draft, { recursive: true, force: true, maxRetries: 3 });
  process.once('exit', discard);
  try {
    console.log(`installing ${name} into ${cacheFolder()} (once)`);
    await fill(draft);
    await rename(draft, folder).catch((error: unknown) => {
      if (!existsSync(folder)) throw error;
    });
  } finally {
    process.off('exit', discard);
    discard();
  }
  return folder;
}

/** Runs `npm install` without install scripts: `packages` into a bare folder, or what its manifest names. */
export async function npmInstall(folder: string, packages: readonly string[]): Promise<void> {
  if (packages.length > 0) await writeFile(join(folder, 'package.json'), '{ "private": true }\n');
  const args = ['install', '--ignore-scripts', '--omit=dev', '--no-audit', '--no-fund', ...packages];
  await runToEnd('npm', args, {
    cwd: folder,
    env: withoutNpm(process.env),
    shell: process.platform === 'win32',
  });
}

/** Runs a program that ends with this process at the latest. Rejects with its output where it fails. */
export async function runToEnd(
  command: string,
  args: readonly string[],
  options: SpawnOptions,
): Promise<void> {
  const child = spawn(command, args, { ...options, stdio: ['ignore', 'pipe', 'pipe'] });
  const end = () => child.kill('SIGKILL');
  // Before anything that waits to clean up after it.
  process.prependOnceListener('exit', end);
  let output = '';
  for (const stream of [child.stdout, child.stderr]) stream?.on('data', (data: Buffer) => (output += data));
  const code = await new Promise((resolve, reject) => child.on('error', reject).on('close', resolve));
  process.off('exit', end);
  if (code !== 0) throw new Error(`${command} ${args.join(' ')} failed (${code}):\n${output}`);
}

/** Under `npm test` the outer npm's own state (`npm_package_json`, `npm_config_local_prefix`, …) is inherited. */
function withoutNpm(env: NodeJS.ProcessEnv): NodeJS.ProcessEnv {
  const outer = /^(npm_package_|npm_lifecycle_|npm_command$|npm_config_local_prefix$|INIT_CWD$)/;
  return Object.fromEntries(Object.entries(env).filter(([key]) => !outer.test(key)));
}
