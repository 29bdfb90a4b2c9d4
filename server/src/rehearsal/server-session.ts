import { setTimeout as delay } from 'node:timers/promises';
import type { Statistics } from './fabricate/statistics.ts';
import type { Contents, EngineSession } from './model.ts';
import type { ServerConnection } from './server-connection.ts';
import { explainRunError } from './server-errors.ts';
import { createSpillCount, createWatcher } from './server-progress.ts';
import { usualSilence, watchPulse } from './server-pulse.ts';
import { type Runner, refusalOnServer } from './server-refusals.ts';
import { createTrapper } from './server-traps.ts';

interface Open {
  readonly version: { readonly version: string; readonly major: number };
  readonly place: string;
  /** Runs the plan. */
  readonly worker: ServerConnection;
  /** Watches it, and cancels what it runs. */
  readonly monitor: ServerConnection;
  readonly runner: Runner;
  /** The scratch database, which can be copied; undefined for a clone. */
  readonly database?: string;
  readonly contents: Contents | undefined;
  readonly statistics?: Statistics | undefined;
  readonly notes: readonly string[];
  /** ms; see `watchPulse`. */
  readonly silence?: number | undefined;
  /** Removes the database and ends the monitor. Never rejects. */
  readonly remove: () => Promise<void>;
  /** Opens another session on the database. */
  readonly connect: () => Promise<ServerConnection>;
}

/** A session on a database that is there for it alone. */
export function serverSession({
  version,
  place,
  worker,
  monitor,
  runner,
  database,
  contents,
  statistics,
  notes,
  silence = usualSilence,
  remove,
  connect,
}: Open): EngineSession {
  let closing: Promise<void> | undefined;
  const others: ServerConnection[] = [];
  // Without it, other runs take this one for dead, and drop its database: then it is.
  void monitor.gone.then(() => Promise.all([worker, ...others].map((each) => each.end())));
  const trapper = createTrapper(worker, connect);
  const watcher = createWatcher(worker, monitor);
  const spill = createSpillCount(worker, version.major);
  const stopPulse = watchPulse({
    ask: () =>
      monitor.query('SELECT').then(
        () => true,
        () => false,
      ),
    giveUp: () => void monitor.end(),
    silence,
  });
  const another = async () => {
    const other = await connect();
    // Else it would be in the way of removing the database.
    if (closing) await other.end();
    others.push(other);
    return other;
  };
  const close = async () => {
    stopPulse();
    // The others first: what they wait for is the worker's to give.
    if (!monitor.isGone()) await cancelAll(monitor, others);
    if (!monitor.isGone() && !worker.isGone()) await stopRunning(monitor, worker);
    await Promise.all([worker, ...others].map((each) => each.end()));
    await trapper.close();
    await remove();
  };
  const closeOnce = () => {
    closing ??= close();
    return closing;
  };
  return {
    name: `PostgreSQL ${version.version} at ${place}`,
    majorVersion: version.major,
    observesConcurrent: true,
    isShared: true,
    measuresTime: true,
    ...(contents === undefined ? {} : { contents }),
    statistics,
    notes,
    refusal: (statement) => refusalOnServer(statement, runner),
    explain: explainRunError,
    runTrapped: (sql, relations) => spill.during(() => watcher.during(() => trapper.run(sql, relations))),
    watch: watcher.listen,
    temporaryBytes: spill.sinceLast,
    another,
    query: (sql, parameters, options) =>
      spill.during(() => watcher.during(() => worker.query(sql, parameters, options))),
    reset: worker.reset,
    exec: (sql) => spill.during(() => worker.exec(sql)),
    keep:
      database === undefined
        ? undefined
        : async () => {
            // Nobody may be connected to what is copied.
            await worker.end();
            await trapper.close();
            return { start: { kind: 'database', name: database, contents }, drop: closeOnce };
          },
    close: closeOnce,
  };
}

/** Cancels what these sessions run, once; those that begin another statement end with their connection. */
async function cancelAll(monitor: ServerConnection, others: readonly ServerConnection[]): Promise<void> {
  if (others.length === 0) return;
  const pids = others.map(({ pid }) => pid);
  const cancel = monitor.query(
    'SELECT pg_catalog.pg_cancel_backend(pid) FROM pg_catalog.json_array_elements_text($1::json) AS t(text), LATERAL (SELECT text::int AS pid) AS one',
    [JSON.stringify(pids)],
  );
  await Promise.race([cancel.catch(() => undefined), delay(patience, undefined, { ref: false })]);
}

/** ms in which a cancelled statement is undone. */
const patience = 3000;

/** Cancels what the worker runs, and waits a little for it to be undone: dropping the database then is quick. */
async function stopRunning(monitor: ServerConnection, worker: ServerConnection): Promise<void> {
  const settled = worker.settled().then(() => true);
  if (await Promise.race([settled, delay(0, false)])) return;
  const deadline = performance.now() + patience;
  const within = (ms: number) => delay(ms, false, { ref: false });
  // Again and again: a statement that is still on its way is not there to be cancelled.
  while (performance.now() < deadline) {
    const cancel = monitor.query('SELECT pg_catalog.pg_cancel_backend($1)', [worker.pid]);
    await Promise.race([cancel.catch(() => undefined), within(patience)]);
    if (await Promise.race([settled, within(200)])) return;
  }
}
