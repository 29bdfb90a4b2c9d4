import { type LockMode, lockModes } from '../effects/model.ts';
import { isDatabaseError } from './errors.ts';
import {
  follow,
  type HeldLock,
  ownRungs,
  setTrap,
  type Trap,
  type TrappedRelation,
  type TrapSession,
} from './lock-trap.ts';
import type { Connection, QueryResult, TrappedRun } from './model.ts';
import type { ServerConnection } from './server-connection.ts';

/** Sessions that a run's traps take at most: a development server has a hundred for everybody. */
const maxTraps = 12;

export interface Trapper {
  /** Runs a statement through traps on these relations and their indexes. Rejects with its `DatabaseError`. */
  run(sql: string, relations: readonly string[]): Promise<TrappedRun>;
  close(): Promise<void>;
}

interface Spare extends TrapSession {
  readonly connection: ServerConnection;
}

/** Traps for what `worker` runs; their sessions come from `connect` and are kept for the next statement. */
export function createTrapper(worker: ServerConnection, connect: () => Promise<ServerConnection>): Trapper {
  const idle: Spare[] = [];
  const all: ServerConnection[] = [];
  let watcher: Spare | undefined;
  const take = async (): Promise<Spare> => {
    const spare = idle.pop();
    if (spare) return spare;
    const connection = await connect();
    all.push(connection);
    return { connection, pid: connection.pid, exec: connection.exec };
  };
  const giveBack = async (spare: Spare) => {
    await spare.exec('ROLLBACK');
    idle.push(spare);
  };
  return {
    async run(sql, names) {
      const relations = await relationsOf(worker, names);
      watcher ??= await take();
      const traps = new Map<number, Trap<Spare>>();
      for (const relation of relations.slice(0, maxTraps)) {
        const trap = await tryTrap(await take(), relation, giveBack);
        if (trap) traps.set(trap.session.pid, trap);
      }
      try {
        return await runTrapped({
          sql,
          relations,
          traps,
          worker,
          watcher: watcher.connection,
          take,
          giveBack,
        });
      } finally {
        await Promise.all([...traps.values()].map(({ session }) => giveBack(session)));
      }
    },
    async close() {
      await Promise.all(all.map((connection) => connection.end()));
    },
  };
}

/** The relations of these names (as regclass prints them) and their indexes. */
async function relationsOf(db: Connection, names: readonly string[]): Promise<TrappedRelation[]> {
  const { rows } = await db.query(
    `WITH named AS (SELECT to_regclass(name) AS oid FROM json_array_elements_text($1::json) name),
       held AS (SELECT oid FROM named UNION SELECT i.indexrelid FROM pg_catalog.pg_index i JOIN named n ON n.oid = i.indrelid)
     SELECT c.oid::int8 AS oid, c.oid::regclass::text AS name, c.relkind::text AS kind
     FROM held h JOIN pg_catalog.pg_class c ON c.oid = h.oid ORDER BY c.relkind NOT IN ('r', 'p', 'm'), c.oid`,
    [JSON.stringify(names)],
  );
  return rows.map(({ oid, name, kind }) => ({ oid: Number(oid), name: String(name), kind: String(kind) }));
}

/** What cannot be held (a relation of another owner) is not trapped. */
async function tryTrap(
  session: Spare,
  relation: TrappedRelation,
  giveBack: (session: Spare) => Promise<void>,
): Promise<Trap<Spare> | undefined> {
  const rungs = ownRungs(relation);
  try {
    if (rungs.length > 0) return await setTrap(session, rungs);
  } catch (error) {
    if (!isDatabaseError(error) || error.code === undefined) throw error;
  }
  await giveBack(session);
  return undefined;
}

interface Trapped {
  readonly sql: string;
  readonly relations: readonly TrappedRelation[];
  readonly traps: Map<number, Trap<Spare>>;
  readonly worker: ServerConnection;
  readonly watcher: Connection;
  readonly take: () => Promise<Spare>;
  readonly giveBack: (session: Spare) => Promise<void>;
}

const heldBy = `
  SELECT locktype::text AS locktype, relation::int8 AS relation, mode,
    CASE WHEN NOT granted THEN array_to_json(pg_catalog.pg_blocking_pids(pid))::text END AS blockers
  FROM pg_catalog.pg_locks WHERE pid = $1`;

/** Asked after the locks: an index that is in use by then was so when its lock was read. */
const indexesInUse = 'SELECT indexrelid::int8 AS oid FROM pg_catalog.pg_index WHERE indislive';

async function runTrapped({
  sql,
  relations,
  traps,
  worker,
  watcher,
  take,
  giveBack,
}: Trapped): Promise<TrappedRun> {
  const started = performance.now();
  // Waiting in the traps is not the statement's own time.
  let waited = 0;
  let looked = started;
  let wasWaiting = false;
  let result: QueryResult | undefined;
  let failure: unknown;
  const indexes = new Set(relations.flatMap(({ oid, kind }) => (/^i$/i.test(kind) ? [oid] : [])));
  let inUse: ReadonlySet<number> = indexes;
  const trapped = new Set(
    [...traps.values()].flatMap(({ rungs }) => rungs.flatMap(({ takes }) => [...takes.keys()])),
  );
  let ended = started;
  const running = worker.query(sql).then(
    (answer) => {
      result = answer;
      ended = performance.now();
    },
    (error) => {
      failure = error;
    },
  );
  const locks = await follow(
    {
      traps,
      take,
      giveBack,
      async look() {
        const { rows } = await watcher.query(heldBy, [worker.pid]);
        const found = await watcher.query(indexesInUse);
        inUse = new Set(found.rows.map(({ oid }) => Number(oid)));
        const now = performance.now();
        const held = rows.map(heldLock);
        const isWaiting = held.some(({ blockers }) => blockers !== null);
        // Between one look and the next it began or ended, in the middle for all that is known.
        if (wasWaiting || isWaiting) waited += (now - looked) / (wasWaiting && isWaiting ? 1 : 2);
        looked = now;
        wasWaiting = isWaiting;
        return held;
      },
      // On one that is on its way out, or gone by now, a lock stops nobody any more.
      ignores: ({ relation }) => indexes.has(relation) && !inUse.has(relation),
    },
    running,
  );
  await running;
  if (!result) throw failure;
  const ms = Math.max(0, ended - started - waited);
  const watched = relations.filter(({ oid }) => trapped.has(oid));
  return {
    result: { ...result, ms },
    locks: strongest(locks, watched),
    watched: watched.map(({ name }) => name),
  };
}

function heldLock({ locktype, relation, mode, blockers }: Readonly<Record<string, unknown>>): HeldLock {
  return {
    locktype: String(locktype),
    relation: Number(relation),
    mode: mode as LockMode,
    blockers: blockers === null ? null : (JSON.parse(String(blockers)) as number[]),
  };
}

/** The strongest mode by relation; on indexes only what stops somebody. */
function strongest(
  locks: readonly { readonly relation: number; readonly mode: LockMode }[],
  relations: readonly TrappedRelation[],
): TrappedRun['locks'] {
  const strength = (mode: LockMode) => lockModes.indexOf(mode);
  return relations
    .flatMap(({ oid, name, kind }) => {
      const own = locks.filter(({ relation }) => relation === oid).map(({ mode }) => mode);
      const mode = own.reduce<LockMode | undefined>(
        (top, each) => (top && strength(top) > strength(each) ? top : each),
        undefined,
      );
      const isIndex = kind === 'i' || kind === 'I';
      if (!mode || (isIndex && strength(mode) <= strength('RowExclusiveLock'))) return [];
      return [{ relation: name, mode }];
    })
    .sort(
      (one, other) => strength(other.mode) - strength(one.mode) || (one.relation < other.relation ? -1 : 1),
    );
}
