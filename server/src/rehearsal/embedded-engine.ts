import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import { Worker } from 'node:worker_threads';
import type { WorkerReply, WorkerRequest, WorkerStart } from './embedded-worker.ts';
import { asDatabaseError } from './errors.ts';
import type { Engine, EngineSession, OpenOptions, QueryResult } from './model.ts';
import { explainSandboxError, sandboxRefusal } from './sandbox.ts';

export interface EmbeddedEngineOptions {
  /** The folder that the build fills: `dist/embedded`. */
  readonly path: string;
}

type Answer = Extract<WorkerReply, { kind: 'result' | 'kept' }>;

interface Pending {
  resolve(answer: Answer): void;
  reject(reason: unknown): void;
}

/**
 * The Postgres that ships with Switchback: WebAssembly in a worker of its own, started from a snapshot (about
 * half a second). A sandbox: it sees neither the disk nor the network, and is gone when its session closes.
 */
export function createEmbeddedEngine({ path }: EmbeddedEngineOptions): Engine {
  return {
    open: (signal, options) => openSession(path, signal, options),
  };
}

async function openSession(
  path: string,
  signal: AbortSignal | undefined,
  options: OpenOptions | undefined,
): Promise<EngineSession> {
  signal?.throwIfAborted();
  const worker = new Worker(join(path, 'worker.mjs'), {
    workerData: {
      ...startOptions(path, options?.sql),
      ...(options?.start?.kind === 'files' && { data: options.start.data }),
    } satisfies WorkerStart,
    // Nothing of the host: no environment, no loaders, and not its output, which may carry a protocol.
    env: {},
    execArgv: [],
    stdin: false,
    stdout: true,
    stderr: true,
  });
  worker.stdout.resume();
  worker.stderr.resume();
  const abort = () => void worker.terminate();
  signal?.addEventListener('abort', abort, { once: true });
  try {
    return session(worker, await whenReady(worker));
  } catch (error) {
    await worker.terminate();
    signal?.throwIfAborted();
    throw error;
  } finally {
    signal?.removeEventListener('abort', abort);
  }
}

/** Extensions cost start time and memory, so only those that the SQL names are loaded. */
function startOptions(path: string, sql: string | undefined): WorkerStart {
  let files: readonly string[];
  try {
    files = readdirSync(join(path, 'extensions'));
  } catch {
    throw startError(new Error(`its files are not in ${path}`));
  }
  const shipped = files
    .filter((file) => file.endsWith('.tar.gz'))
    .map((file) => file.slice(0, -'.tar.gz'.length));
  if (sql === undefined) return { path, extensions: shipped };
  const wanted = new Set(shipped.filter((name) => sql.includes(name)));
  if (wanted.has('earthdistance')) wanted.add('cube');
  return { path, extensions: [...wanted] };
}

function whenReady(worker: Worker): Promise<string> {
  return new Promise((resolve, reject) => {
    worker.once('error', (error) => reject(startError(error)));
    worker.once('exit', () => reject(startError(new Error('its worker ended'))));
    worker.once('message', (reply: WorkerReply) => {
      if (reply.kind === 'ready') resolve(reply.version);
      else reject(startError(reply.kind === 'error' ? reply.error : new Error('an unexpected reply')));
    });
  });
}

function startError(cause: { readonly message: string }): Error {
  return new Error(`The embedded Postgres did not start: ${cause.message}`);
}

function session(worker: Worker, version: string): EngineSession {
  const pending = new Map<number, Pending>();
  let lastId = 0;
  let ended: string | undefined;

  const end = (reason: string) => {
    ended ??= reason;
    for (const { reject } of pending.values()) reject(asDatabaseError({ message: ended }));
    pending.clear();
  };
  worker.on('message', (reply: WorkerReply) => {
    if (reply.kind === 'ready' || reply.id === undefined) return;
    const request = pending.get(reply.id);
    pending.delete(reply.id);
    if (reply.kind === 'error') request?.reject(asDatabaseError(reply.error));
    else request?.resolve(reply);
  });
  worker.on('error', (error: Error & { code?: string }) =>
    end(
      error.code === 'ERR_WORKER_OUT_OF_MEMORY'
        ? 'The embedded Postgres ran out of memory.'
        : `The embedded Postgres crashed: ${error.message}`,
    ),
  );
  worker.on('messageerror', (error) =>
    end(`The embedded Postgres gave an unreadable answer: ${error.message}`),
  );
  worker.on('exit', () => end('The embedded Postgres stopped.'));

  const ask = (request: DistributiveOmit<WorkerRequest, 'id'>) =>
    new Promise<Answer>((resolve, reject) => {
      if (ended !== undefined) return reject(asDatabaseError({ message: ended }));
      lastId += 1;
      pending.set(lastId, { resolve, reject });
      worker.postMessage({ ...request, id: lastId });
    });

  const send = async (request: DistributiveOmit<WorkerRequest, 'id'>): Promise<QueryResult> => {
    const answer = await ask(request);
    return answer.kind === 'result' ? answer.result : { rows: [], affectedRows: 0 };
  };

  const name = `PostgreSQL ${version} (embedded)`;
  return {
    name,
    majorVersion: Number.parseInt(version, 10),
    observesConcurrent: false,
    isShared: false,
    refusal: sandboxRefusal,
    explain: (error) => explainSandboxError(error, name),
    query: (sql, parameters = [], { often = false } = {}) => send({ kind: 'query', sql, parameters, often }),
    exec: async (sql) => {
      await send({ kind: 'exec', sql });
    },
    reset: async () => {
      await send({ kind: 'reset' });
    },
    keep: async () => {
      const answer = await ask({ kind: 'keep' });
      end('The session was closed.');
      await worker.terminate();
      if (answer.kind !== 'kept') throw new Error('The embedded Postgres did not give its files.');
      return { start: { kind: 'files', data: answer.data }, drop: async () => {} };
    },
    close: async () => {
      end('The session was closed.');
      await worker.terminate();
    },
  };
}

type DistributiveOmit<T, K extends PropertyKey> = T extends unknown ? Omit<T, K> : never;
