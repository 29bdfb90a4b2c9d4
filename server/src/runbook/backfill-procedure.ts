import type { BackfillBatch } from '../effects/backfill.ts';
import { quoteIdentifier } from '../sql/names.ts';
import { postgresName } from './names.ts';
import { dollarQuoted, setTime } from './psql.ts';

export interface ProcedureOptions {
  /** Names the progress table; a step's id. */
  readonly id: string;
  /** ms after each batch. */
  readonly pause: number;
  /** ms; undefined for the server's own. */
  readonly lockTimeout: number | undefined;
  /** How often a batch that meets lock_timeout or a deadlock is tried again. */
  readonly retries: number;
  /** Bytes: no batch begins while a replica is further behind. Undefined: replicas are not looked at. */
  readonly maxLag?: number;
}

/** A backfill for psql: each part is a script. All of them may be run again at any time. */
export interface BackfillProcedure {
  /** The table that remembers how far the walk is. It is made by `setup` and dropped by `forget`. */
  readonly progressTable: string;
  /** Notes where the walk ends, unless that was done before. */
  readonly setup: string;
  /** Walks on from where the walk stands; each batch is committed with its progress. */
  readonly run: string;
  /** How far it is, from another session. */
  readonly progress: string;
  /** Drops the progress table: the next walk begins anew. */
  readonly forget: string;
}

/**
 * The walk that `effects/backfill.ts` lays out, as SQL that can be stopped at any moment and started again: a batch and
 * the key that it reached are committed together, so each row is visited once. The progress table takes the types of the
 * key's columns from the table itself.
 */
export function backfillProcedure(batch: BackfillBatch, options: ProcedureOptions): BackfillProcedure {
  // What another walk left behind must not be taken for this one's.
  const table = postgresName('switchback', options.id, batch.sql);
  const numbered = (of: (at: number) => string) => batch.key.map((_, at) => of(at + 1));
  const columns = batch.key.map(quoteIdentifier);
  const noted = (name: string) => columns.map((column, at) => `${column} AS ${name}_${at + 1}`);
  const ends = numbered((at) => `end_${at}`).join(', ');
  return {
    progressTable: table,
    setup: `${lockLimit(options)}BEGIN;
CREATE TABLE IF NOT EXISTS ${table} AS
  SELECT ${[...noted('end'), ...noted('reached')].join(', ')},
    0::bigint AS batches, 0::bigint AS rows_changed, false AS done, now() AS at
  FROM ${batch.table} WITH NO DATA;
LOCK TABLE ${table} IN EXCLUSIVE MODE;
INSERT INTO ${table} (${ends}, batches, rows_changed, done, at)
  SELECT ${columns.join(', ')}, 0, 0, false, now()
  FROM (${batch.endSql}) AS last_row
  WHERE NOT EXISTS (SELECT FROM ${table});
COMMIT;`,
    run: `${settings(options)}DO ${dollarQuoted(body(batch, table, options), 'backfill')};`,
    progress: `SELECT batches, rows_changed, done, at, ${numbered((at) => `reached_${at}`).join(', ')}, ${ends} FROM ${table};`,
    forget: `DROP TABLE IF EXISTS ${table};`,
  };
}

function lockLimit({ lockTimeout }: ProcedureOptions): string {
  return lockTimeout === undefined ? '' : `${setTime('lock_timeout', lockTimeout)}\n`;
}

function settings(options: ProcedureOptions): string {
  return [
    `${lockLimit(options)}-- It would count all batches together; each of them is a short transaction of its own.`,
    'SET statement_timeout = 0;',
    '-- So that the server stops soon after psql is killed.',
    "SET client_connection_check_interval = '2s';",
    '',
  ].join('\n');
}

function body(batch: BackfillBatch, table: string, { pause, retries, maxLag }: ProcedureOptions): string {
  const each = (of: (at: number) => string) => batch.key.map((_, at) => of(at + 1)).join(', ');
  const row = (of: (at: number) => string) => (batch.key.length > 1 ? `(${each(of)})` : each(of));
  const last = (at: number) => `last_${at}`;
  const reached = (at: number) => `walk.reached_${at}`;
  const end = (at: number) => `walk.end_${at}`;
  return `
DECLARE
  walk record;
${batch.key.map((_, at) => `  last_${at + 1} ${table}.end_${at + 1}%TYPE;`).join('\n')}
  n bigint;
  tries int;
  told timestamptz := clock_timestamp();${maxLag === undefined ? '' : "\n  lag numeric;\n  shown boolean := pg_has_role('pg_read_all_stats', 'USAGE');"}
BEGIN${maxLag === undefined ? '' : blindness}
  LOOP${maxLag === undefined ? '' : waitForReplicas(maxLag)}
    SELECT * INTO walk FROM ${table} FOR UPDATE;
    IF NOT FOUND THEN
      RAISE NOTICE 'The table was empty: there is nothing to do.';
      EXIT;
    END IF;
    IF walk.done THEN
      RAISE NOTICE 'Done: % rows changed in % batches.', walk.rows_changed, walk.batches;
      EXIT;
    END IF;
    -- The last key of the next batch; the end of the walk where fewer rows than a batch are left.
    IF walk.batches = 0 THEN
      EXECUTE ${dollarQuoted(batch.firstBoundSql)}
        INTO ${each(last)};
    ELSE
      EXECUTE ${dollarQuoted(batch.nextBoundSql)}
        INTO ${each(last)} USING ${each(reached)};
    END IF;
    IF last_1 IS NULL OR ${row(last)} >= ${row(end)} THEN
${batch.key.map((_, at) => `      last_${at + 1} := walk.end_${at + 1};`).join('\n')}
    END IF;
    tries := 0;
    LOOP
      BEGIN
        IF walk.batches = 0 THEN
          EXECUTE ${dollarQuoted(batch.firstSql)}
            USING ${each(last)};
        ELSE
          EXECUTE ${dollarQuoted(batch.sql)}
            USING ${each(reached)}, ${each(last)};
        END IF;
        GET DIAGNOSTICS n = ROW_COUNT;
        EXIT;
      EXCEPTION WHEN lock_not_available OR deadlock_detected THEN
        tries := tries + 1;
        IF tries > ${retries} THEN
          RAISE;
        END IF;
        PERFORM pg_sleep(tries);
      END;
    END LOOP;
    UPDATE ${table} SET ${each((at) => `reached_${at} = last_${at}`)},
      batches = walk.batches + 1, rows_changed = walk.rows_changed + n,
      done = ${row(last)} = ${row(end)}, at = clock_timestamp();
    COMMIT;
    IF clock_timestamp() - told > interval '10 seconds' THEN
      told := clock_timestamp();
      RAISE NOTICE '% rows changed in % batches, up to ${batch.key.map(() => '%').join(', ')} of ${batch.key.map(() => '%').join(', ')}.',
        walk.rows_changed + n, walk.batches + 1, ${each(last)}, ${each(end)};
    END IF;${pause > 0 ? `\n    PERFORM pg_sleep(${pause / 1000});` : ''}
  END LOOP;
END
`;
}

/** Without the right, the view hides where the replicas are. */
const blindness = `
  IF NOT shown THEN
    RAISE WARNING 'How far replicas are behind is hidden from this user: not pausing for them. GRANT pg_monitor TO % shows it.', current_user;
  END IF;`;

/** A standby that is still being copied has no position yet, and one that is gone no row. */
function waitForReplicas(maxLag: number): string {
  return `
    LOOP
      EXIT WHEN NOT shown;
      SELECT max(pg_wal_lsn_diff(pg_current_wal_lsn(), replay_lsn)) INTO lag FROM pg_stat_replication;
      EXIT WHEN lag IS NULL OR lag <= ${maxLag};
      RAISE NOTICE 'A replica is % bytes behind, more than ${maxLag}: waiting.', lag;
      COMMIT;
      PERFORM pg_sleep(5);
    END LOOP;`;
}
