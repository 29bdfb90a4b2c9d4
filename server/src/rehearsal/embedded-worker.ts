/**
 * The worker in which the embedded Postgres lives: it starts from the snapshot beside it and answers one
 * request at a time. Its host stops it by ending the worker, since this Postgres heeds neither a cancel nor
 * statement_timeout.
 */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { parentPort, workerData } from 'node:worker_threads';
import { brotliDecompressSync } from 'node:zlib';
import { PGlite } from '@electric-sql/pglite';
import { createPlanKeeper, type PlanKeeper } from './embedded-plans.ts';
import { forbidEvaluation } from './forbid-evaluation.ts';
import type { DatabaseError, QueryResult } from './model.ts';

export interface WorkerStart {
  /** The folder of the built files. */
  readonly path: string;
  /** Names of the extensions that can be created. */
  readonly extensions: readonly string[];
  /** An archive of the data directory to start from; the one that ships where absent. */
  readonly data?: ArrayBuffer;
}

export type WorkerRequest =
  | {
      readonly id: number;
      readonly kind: 'query';
      readonly sql: string;
      readonly parameters: readonly unknown[];
      readonly often: boolean;
    }
  | { readonly id: number; readonly kind: 'exec'; readonly sql: string }
  | { readonly id: number; readonly kind: 'reset' }
  | { readonly id: number; readonly kind: 'keep' };

export type WorkerReply =
  | { readonly kind: 'ready'; readonly version: string }
  | {
      readonly kind: 'result';
      readonly id: number;
      readonly result: QueryResult;
    }
  | { readonly kind: 'kept'; readonly id: number; readonly data: ArrayBuffer }
  | {
      readonly kind: 'error';
      readonly id: number | undefined;
      readonly error: DatabaseError;
    };

/** As a real server is set, where this one can be: one session, no helpers, nothing on disk. */
const startParameters = [
  '--single',
  '-F',
  '-j',
  ...Object.entries({
    search_path: '"$user", public',
    exit_on_error: 'false',
    log_checkpoints: 'false',
    shared_buffers: '32MB',
    io_method: 'sync',
    max_worker_processes: '0',
    max_parallel_workers: '0',
    max_parallel_workers_per_gather: '0',
    max_parallel_maintenance_workers: '0',
  }).flatMap(([name, value]) => ['-c', `${name}=${value}`]),
];

const bool = 16;
const int8 = 20;
const numbers = new Set([21, 23, 26, 700, 701]);

async function start({ path, extensions, data }: WorkerStart): Promise<PGlite> {
  const snapshot = data ?? brotliDecompressSync(readFileSync(join(path, 'pgdata.tar.br')));
  // It finds pglite.wasm and pglite.data beside this bundle.
  const db = await PGlite.create({
    loadDataDir: new Blob([snapshot], { type: 'application/x-tar' }),
    startParams: startParameters,
    extensions: Object.fromEntries(
      extensions.map((name) => [name, pathToFileURL(join(path, 'extensions', `${name}.tar.gz`))]),
    ),
  });
  // Values come as Postgres prints them, but for booleans and numbers that lose nothing.
  for (const type of Object.keys(db.parsers)) {
    const oid = Number(type);
    if (oid === int8) db.parsers[oid] = exactNumber;
    else if (oid !== bool && !numbers.has(oid)) db.parsers[type] = (text: string) => text;
  }
  // Parameters go the same way: as the text that a query gave for them.
  for (const type of Object.keys(db.serializers)) db.serializers[type] = String;
  forbidEvaluation();
  return db;
}

function exactNumber(text: string): number | string {
  const value = Number(text);
  return Number.isSafeInteger(value) ? value : text;
}

async function answer(db: PGlite, plans: PlanKeeper, request: WorkerRequest): Promise<WorkerReply> {
  const notices: string[] = [];
  const onNotice = (notice: { message?: string }) => notices.push(notice.message ?? '');
  const started = performance.now();
  try {
    if (request.kind === 'keep') {
      await db.query('CHECKPOINT');
      const data = await (await db.dumpDataDir('none')).arrayBuffer();
      return { kind: 'kept', id: request.id, data };
    }
    if (request.kind !== 'query') {
      if (request.kind === 'reset') await plans.reset();
      else {
        plans.see(request.sql);
        await db.exec(request.sql, { onNotice });
      }
      return {
        kind: 'result',
        id: request.id,
        result: {
          rows: [],
          affectedRows: 0,
          ms: performance.now() - started,
          notices,
        },
      };
    }
    const kept = request.often ? await plans.execute(request.sql, request.parameters) : undefined;
    if (kept === undefined) plans.see(request.sql);
    const { rows, affectedRows } = await db.query<Record<string, unknown>>(
      kept ?? request.sql,
      kept === undefined ? [...request.parameters] : [],
      { onNotice },
    );
    return {
      kind: 'result',
      id: request.id,
      result: {
        rows,
        affectedRows: affectedRows ?? 0,
        ms: performance.now() - started,
        notices,
      },
    };
  } catch (error) {
    return { kind: 'error', id: request.id, error: plainError(error) };
  }
}

function plainError(error: unknown): DatabaseError {
  const fields = (error ?? {}) as Record<string, unknown>;
  const text = (name: string) => (typeof fields[name] === 'string' ? (fields[name] as string) : undefined);
  const position = Number(text('position'));
  return {
    message: text('message') ?? String(error),
    code: text('code'),
    detail: text('detail'),
    hint: text('hint'),
    position: position > 0 ? position : undefined,
  };
}

async function main(): Promise<void> {
  const port = parentPort;
  if (!port) throw new Error('The embedded Postgres runs in a worker.');
  const reply = (message: WorkerReply) => port.postMessage(message);
  try {
    const db = await start(workerData as WorkerStart);
    const { rows } = await db.query<{ server_version: string }>('SHOW server_version');
    const plans = createPlanKeeper(db);
    port.on('message', async (request: WorkerRequest) => reply(await answer(db, plans, request)));
    reply({ kind: 'ready', version: rows[0]?.server_version ?? '' });
  } catch (error) {
    reply({ kind: 'error', id: undefined, error: plainError(error) });
  }
}

void main();
