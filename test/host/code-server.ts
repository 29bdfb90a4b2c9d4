import { type ChildProcess, spawn } from 'node:child_process';
import { cp, mkdir, writeFile } from 'node:fs/promises';
import { createServer } from 'node:net';
import { join } from 'node:path';
import { cached, npmInstall } from './cache.ts';

/** VS Code 1.100, the oldest that the extension supports. */
const version = '4.100.3';

/** Nothing is looked up on the network. */
const noGallery = { EXTENSIONS_GALLERY: '{}' };

/** Runs in the server: when the process that holds its standard input is gone, nothing of it stays behind. */
const endWithOwner = `if (process.argv[1].endsWith('server-main.js'))
  process.stdin.resume().on('end', () => process.kill(-process.pid, 'SIGKILL'));`;

export interface CodeServer {
  readonly port: number;
  /** Ends the server and every process it started. */
  close(): Promise<void>;
}

export interface ServerOptions {
  /** Holds settings, state and logs; the caller owns it. */
  readonly dataFolder: string;
  readonly extensionsFolder: string;
  /** With trust enforced, an unknown folder opens in Restricted Mode. */
  readonly enforceTrust: boolean;
  /** Added to the environment of the server, and so of the extension host. */
  readonly env: Readonly<Record<string, string>>;
  /** A free one where absent. */
  readonly port?: number;
  /** Added to the user's settings. */
  readonly settings?: Readonly<Record<string, unknown>>;
}

/** Makes sure that the VS Code server is on this machine; answers with the folder of its `out/`. */
export async function installCodeServer(): Promise<string> {
  const folder = await cached(`code-server-${version}`, async (draft) => {
    const ripgrep = `@vscode/ripgrep-${process.platform}-${process.arch}`;
    await npmInstall(draft, [`code-server@${version}`, `${ripgrep}@1.18.0`]);
    const vscode = join(draft, 'node_modules/code-server/lib/vscode');
    await npmInstall(vscode, []);
    // The search program, which an install script would have downloaded.
    await cp(join(draft, 'node_modules', ripgrep, 'bin'), join(vscode, 'node_modules/@vscode/ripgrep/bin'), {
      recursive: true,
    });
    // Its native part stays uncompiled; the extension host polls for its parent's death besides.
    await mkdir(join(vscode, 'node_modules/native-watchdog'), {
      recursive: true,
    });
    await writeFile(
      join(vscode, 'node_modules/native-watchdog/index.js'),
      'exports.start = () => undefined;\n',
    );
  });
  return join(folder, 'node_modules/code-server/lib/vscode');
}

/** Starts the server on a free port of 127.0.0.1. Rejects with its output when it does not come up. */
export async function startCodeServer(options: ServerOptions): Promise<CodeServer> {
  const vscode = await installCodeServer();
  // The server logs before it makes the folder.
  await mkdir(join(options.dataFolder, 'data/logs'), { recursive: true });
  await mkdir(options.extensionsFolder, { recursive: true });
  await writeSettings(join(options.dataFolder, 'data/User'), options.settings);
  const port = options.port ?? (await freePort());
  const server = spawn(
    process.execPath,
    [
      `--import=data:text/javascript,${encodeURIComponent(endWithOwner)}`,
      join(vscode, 'out/server-main.js'),
      '--host=127.0.0.1',
      `--port=${port}`,
      '--without-connection-token',
      '--accept-server-license-terms',
      '--disable-telemetry',
      ...(options.enforceTrust ? [] : ['--disable-workspace-trust']),
      `--server-data-dir=${options.dataFolder}`,
      `--extensions-dir=${options.extensionsFolder}`,
    ],
    // A process group of its own, so that the whole family can be ended at once.
    {
      env: { ...process.env, ...noGallery, ...options.env },
      stdio: ['pipe', 'pipe', 'pipe'],
      detached: true,
    },
  );
  // The last resort where this process ends without closing.
  const endGroup = () => signalGroup(server, 'SIGKILL');
  process.once('exit', endGroup);
  await untilListening(server);
  return {
    port,
    close: async () => {
      process.off('exit', endGroup);
      await endServer(server);
    },
  };
}

async function writeSettings(folder: string, more: Readonly<Record<string, unknown>> = {}): Promise<void> {
  await mkdir(folder, { recursive: true });
  const settings = {
    'extensions.ignoreRecommendations': true,
    'security.workspace.trust.banner': 'never',
    'security.workspace.trust.startupPrompt': 'never',
    'telemetry.telemetryLevel': 'off',
    'workbench.startupEditor': 'none',
    'workbench.tips.enabled': false,
    'window.commandCenter': false,
    ...more,
  };
  await writeFile(join(folder, 'settings.json'), JSON.stringify(settings, undefined, 2));
}

async function freePort(): Promise<number> {
  const probe = createServer();
  await new Promise<void>((resolve, reject) => probe.on('error', reject).listen(0, '127.0.0.1', resolve));
  const address = probe.address();
  await new Promise((resolve) => probe.close(resolve));
  if (address === null || typeof address === 'string') throw new Error('no free port');
  return address.port;
}

async function untilListening(server: ChildProcess): Promise<void> {
  let output = '';
  await new Promise<void>((resolve, reject) => {
    const timer = setTimeout(() => reject(new Error(`the VS Code server did not start:\n${output}`)), 30_000);
    const read = (data: Buffer) => {
      if (output.length < 10_000) output += data;
      if (!output.includes('agent listening')) return;
      clearTimeout(timer);
      resolve();
    };
    server.stdout?.on('data', read);
    server.stderr?.on('data', read);
    server.on('error', reject);
    server.on('exit', (code) => reject(new Error(`the VS Code server ended (${code}):\n${output}`)));
  });
}

async function endServer(server: ChildProcess): Promise<void> {
  const ended = new Promise<void>((resolve) => {
    if (server.exitCode !== null || server.signalCode !== null) resolve();
    else server.once('exit', () => resolve());
  });
  signalGroup(server, 'SIGTERM');
  const timer = setTimeout(() => signalGroup(server, 'SIGKILL'), 2_000);
  await ended;
  clearTimeout(timer);
  signalGroup(server, 'SIGKILL');
}

/** The group outlives its first member: an extension host may still be there after the server. */
function signalGroup(server: ChildProcess, signal: NodeJS.Signals): void {
  if (server.pid === undefined) return;
  try {
    process.kill(-server.pid, signal);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ESRCH') throw error;
  }
}
