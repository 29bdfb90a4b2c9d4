import { spawn } from 'node:child_process';

/** Shell commands that make and destroy a clone of a database: `dry_run.clone` of .switchback.yaml. */
export interface CloneCommands {
  /** Prints the clone's URL as its last line. */
  readonly create: string;
  /** Gets the URL in SWITCHBACK_CLONE_URL. */
  readonly destroy: string;
  /** The folder in which they run: that of the settings file. */
  readonly folder: string;
}

/** ms */
const limit = 15 * 60 * 1000;

/** Makes a clone. Resolves with its URL, which may hold a password; rejects with a message for the user. */
export async function createClone(
  { create, folder }: CloneCommands,
  signal: AbortSignal | undefined,
): Promise<string> {
  const output = await runCommand('dry_run.clone.create', create, { folder, env: {}, signal });
  const url = output.trim().split('\n').at(-1)?.trim() ?? '';
  if (/^postgres(ql)?:\/\//.test(url)) return url;
  throw new Error(
    'dry_run.clone.create did not print a URL: its last line is to be the clone’s, postgres://user@host:port/database.',
  );
}

/** Destroys a clone. Rejects with a message for the user where the command fails. */
export async function destroyClone({ destroy, folder }: CloneCommands, url: string): Promise<void> {
  await runCommand('dry_run.clone.destroy', destroy, {
    folder,
    env: { SWITCHBACK_CLONE_URL: url },
    signal: undefined,
  });
}

interface Surroundings {
  readonly folder: string;
  readonly env: Readonly<Record<string, string>>;
  readonly signal: AbortSignal | undefined;
}

function runCommand(name: string, command: string, { folder, env, signal }: Surroundings): Promise<string> {
  signal?.throwIfAborted();
  const child = spawn(command, {
    cwd: folder,
    env: { ...process.env, ...env },
    shell: true,
    // A group of its own, so that all of a pipeline can be stopped.
    detached: process.platform !== 'win32',
    stdio: ['ignore', 'pipe', 'pipe'],
    windowsHide: true,
  });
  const kill = () => {
    if (child.pid === undefined) return;
    if (process.platform === 'win32') child.kill();
    else process.kill(-child.pid, 'SIGTERM');
  };
  let output = '';
  let errors = '';
  child.stdout.on('data', (data) => {
    output = `${output}${data}`.slice(-64_000);
  });
  child.stderr.on('data', (data) => {
    errors = `${errors}${data}`.slice(-4000);
  });
  return new Promise((resolve, reject) => {
    const timer = setTimeout(kill, limit);
    signal?.addEventListener('abort', kill, { once: true });
    const settle = () => {
      clearTimeout(timer);
      signal?.removeEventListener('abort', kill);
    };
    child.on('error', (error) => {
      settle();
      reject(new Error(`${name} could not be started: ${error.message}`));
    });
    child.on('close', (code, ended) => {
      settle();
      if (signal?.aborted) return reject(signal.reason);
      if (code === 0) return resolve(output);
      const why = ended ? `was stopped (${ended})` : `ended with exit code ${code}`;
      reject(new Error(`${name} ${why}. ${withoutPasswords(errors.trim().split('\n').at(-1) ?? '')}`.trim()));
    });
  });
}

/** URLs keep their user and lose their password. */
function withoutPasswords(text: string): string {
  return text
    .replaceAll(/(postgres(?:ql)?:\/\/[^:@/\s]*):[^@/\s]*@/g, '$1:***@')
    .replaceAll(/(password=)\S+/gi, '$1***');
}
