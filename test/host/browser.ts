import { execFile } from 'node:child_process';
import { existsSync } from 'node:fs';
import { mkdir, rm, writeFile } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { delimiter, join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { promisify } from 'node:util';
import { type Browser, chromium } from 'playwright-core';
import { cached, cacheFolder, npmInstall, runToEnd } from './cache.ts';

/** The last of its line that runs on Node 20. */
const packaged = '@sparticuz/chromium@143.0.4';
/** Chromium brings no monospaced font along. */
const fonts = 'dejavu-fonts-ttf@2.37.3';

const run = promisify(execFile);

interface Candidate {
  readonly path: string;
  readonly env: NodeJS.ProcessEnv;
}

/**
 * Starts a headless Chromium: `SWITCHBACK_BROWSER` where set, else the machine's, else one from npm (Linux on
 * x64). Rejects with advice where there is none that runs.
 */
export async function launchBrowser(): Promise<Browser> {
  const tried: string[] = [];
  for (const path of installedBrowsers()) {
    const browser = await launch({ path, env: process.env }).catch((error: Error) => {
      tried.push(`${path}: ${error.message.split('\n', 1)[0]}`);
    });
    if (browser !== undefined) return browser;
  }
  if (process.platform === 'linux' && process.arch === 'x64') return await launch(await packagedBrowser());
  throw new Error(
    [
      'No Chromium, Chrome or Edge was found.',
      'Install one, name one in SWITCHBACK_BROWSER, or use: npm run test:desktop',
      ...tried,
    ].join('\n'),
  );
}

async function launch({ path, env }: Candidate): Promise<Browser> {
  return await chromium.launch({
    executablePath: path,
    env: definedOnly(env),
    args: ['--font-render-hinting=none', '--disable-dev-shm-usage', '--disable-gpu'],
    // The host closes it itself, in order.
    handleSIGINT: false,
    handleSIGTERM: false,
    handleSIGHUP: false,
    timeout: 30_000,
  });
}

function installedBrowsers(): string[] {
  const named = process.env.SWITCHBACK_BROWSER;
  if (named !== undefined) return [named];
  const names = ['chromium', 'google-chrome-stable', 'google-chrome', 'chromium-browser', 'microsoft-edge'];
  const folders = (process.env.PATH ?? '').split(delimiter).filter((folder) => folder !== '');
  const onPath = names.flatMap((name) => folders.map((folder) => join(folder, name)));
  const onMac = ['Google Chrome', 'Chromium', 'Microsoft Edge'].map(
    (name) => `/Applications/${name}.app/Contents/MacOS/${name}`,
  );
  const onWindows = [process.env.ProgramFiles, process.env['ProgramFiles(x86)']]
    .filter((folder) => folder !== undefined)
    .flatMap((folder) => [
      join(folder, 'Google/Chrome/Application/chrome.exe'),
      join(folder, 'Microsoft/Edge/Application/msedge.exe'),
    ]);
  return [...onPath, ...onMac, ...onWindows].filter((path) => existsSync(path));
}

/** The browser inside the npm package, unpacked once. */
async function packagedBrowser(): Promise<Candidate> {
  const name = 'chromium-143.0.4-dejavu-2.37.3';
  const folder = await cached(name, async (draft) => {
    await npmInstall(draft, [packaged, fonts]);
    await mkdir(join(draft, 'unpacked'));
    const entry = createRequire(join(draft, 'package.json')).resolve('@sparticuz/chromium');
    const script = `import(${JSON.stringify(pathToFileURL(entry).href)})
      .then((module) => (module.default.default ?? module.default).executablePath())`;
    // It unpacks into the temporary folder; its libraries too where it takes this for a cloud function.
    const env = {
      ...process.env,
      TMPDIR: join(draft, 'unpacked'),
      CODEBUILD_BUILD_IMAGE: 'nodejs20',
    };
    await runToEnd(process.execPath, ['--eval', script], { env });
    await rm(join(draft, 'node_modules/@sparticuz'), { recursive: true });
    await writeFile(join(draft, 'fonts.conf'), fontConfig(join(cacheFolder(), name)));
  });
  const unpacked = join(folder, 'unpacked');
  const path = join(unpacked, 'chromium');
  const plain: Candidate = { path, env: { ...process.env, FONTCONFIG_FILE: join(folder, 'fonts.conf') } };
  // The machine's own libraries where it has them all, else the package's.
  if (await starts(plain)) return plain;
  const libraries = [join(unpacked, 'al2023/lib'), process.env.LD_LIBRARY_PATH].filter(Boolean).join(':');
  return { path, env: { ...plain.env, LD_LIBRARY_PATH: libraries } };
}

/** The same fonts on every machine, also where it has none. */
function fontConfig(folder: string): string {
  return `<?xml version="1.0"?>
<!DOCTYPE fontconfig SYSTEM "fonts.dtd">
<fontconfig>
  <dir>${folder}/node_modules/dejavu-fonts-ttf/ttf</dir>
  <cachedir>${folder}/fontconfig</cachedir>
  <alias binding="same"><family>monospace</family><prefer><family>DejaVu Sans Mono</family></prefer></alias>
  <match target="pattern">
    <edit name="family" mode="append_last"><string>DejaVu Sans</string></edit>
  </match>
</fontconfig>
`;
}

async function starts({ path, env }: Candidate): Promise<boolean> {
  return await run(path, ['--version'], { env, timeout: 10_000 }).then(
    () => true,
    () => false,
  );
}

function definedOnly(env: NodeJS.ProcessEnv): Record<string, string> {
  return Object.fromEntries(
    Object.entries(env).filter((entry): entry is [string, string] => entry[1] !== undefined),
  );
}
