import { spawn } from 'node:child_process';
import { existsSync } from 'node:fs';
import { mkdir, mkdtemp, rename, rm, writeFile } from 'node:fs/promises';
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
  try {
    console.log(`installing ${name} into ${cacheFolder()} (once)`);
    await fill(draft);
    await rename(draft, folder).catch((error: unknown) => {
      if (!existsSync(folder)) throw error;
    });
  } finally {
    await rm(draft, { recursive: true, force: true });
  }
  return folder;
}

/** Runs `npm install` without install scripts: `packages` into a bare folder, or what its manifest names. */
export async function npmInstall(folder: string, packages: readonly string[]): Promise<void> {
  if (packages.length > 0) await writeFile(join(folder, 'package.json'), '{ "private": true }\n');
  const args = ['install', '--ignore-scripts', '--omit=dev', '--no-audit', '--no-fund', ...packages];
  const npm = spawn('npm', args, {
    cwd: folder,
    env: withoutNpm(process.env),
    stdio: ['ignore', 'pipe', 'pipe'],
    shell: process.platform === 'win32',
  });
  let output = '';
  for (const stream of [npm.stdout, npm.stderr]) stream.on('data', (data: Buffer) => (output += data));
  const code = await new Promise<number | null>((resolve, reject) =>
    npm.on('error', reject).on('close', resolve),
  );
  if (code !== 0) throw new Error(`npm ${args.join(' ')} failed (${code}):\n${output}`);
}

/** Under `npm test` the outer npm's own state (`npm_package_json`, `npm_config_local_prefix`, …) is inherited. */
function withoutNpm(env: NodeJS.ProcessEnv): NodeJS.ProcessEnv {
  const outer = /^(npm_package_|npm_lifecycle_|npm_command$|npm_config_local_prefix$|INIT_CWD$)/;
  return Object.fromEntries(Object.entries(env).filter(([key]) => !outer.test(key)));
}
