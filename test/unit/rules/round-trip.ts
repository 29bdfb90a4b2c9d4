import type { PGlite } from '@electric-sql/pglite';
import type { Analysis } from '../../../server/src/analyze.ts';
import { backfillBatchSql } from '../../../server/src/effects/backfill.ts';
import { judge } from '../../../server/src/rehearsal/expectation.ts';
import { compareFingerprints, takeFingerprint } from '../../../server/src/rehearsal/fingerprint.ts';
import type { ActionAnalysis } from '../../../server/src/rules/model.ts';
import type { Schema } from '../../../server/src/schema/model.ts';
import { connectionTo } from '../support/connection.ts';
import { embeddedPostgres } from '../support/embedded-postgres.ts';

/** A database to run a plan on, and what its users go on doing meanwhile. */
export interface Setting {
  readonly schema: string;
  /** SQL that fills it. */
  readonly rows?: string;
  /** SQL of a running application, with `$n` for a number that is new each time. It must never fail. */
  readonly write?: string;
}

/**
 * Runs the plan's steps up to each one, and then their rollbacks, the last one first, with rows written all the time.
 * Returns what went wrong, in words: nothing may fail, and each time the schema and the rows are as they were before.
 */
export async function roundTrips(analysis: Analysis, setting: Setting): Promise<readonly string[]> {
  const faults: string[] = [];
  for (let steps = analysis.steps.length; steps > 0; steps--) {
    const found = await roundTrip(analysis, setting, steps);
    faults.push(...found.map((fault) => `${steps} of ${analysis.steps.length} steps: ${fault}`));
  }
  return faults;
}

async function roundTrip(analysis: Analysis, setting: Setting, count: number): Promise<readonly string[]> {
  const db = await embeddedPostgres();
  await db.exec(`${setting.schema}\n${setting.rows ?? ''}`);
  const connection = connectionTo(db);
  const before = await takeFingerprint(connection);
  const rows = await rowsOf(db);
  const done = analysis.steps.slice(0, count);
  for (const { step, action, before: schema } of done) {
    const fault = (action && (await run(db, action, schema))) ?? (await write(db, setting));
    if (fault !== undefined) return [`"${step.name.value}": ${fault}`];
  }
  for (const { step, rollback, after } of done.toReversed()) {
    // A point of no return.
    if (step.rollback?.kind === 'impossible') return [];
    for (const action of rollback) {
      const schema = action.statements[0]?.before ?? after;
      const fault = (await run(db, action, schema)) ?? (await write(db, setting));
      if (fault !== undefined) return [`rollback of "${step.name.value}": ${fault}`];
    }
  }
  const left = new Set(await rowsOf(db));
  const lost = rows.filter((row) => !left.has(row));
  return [
    ...compareFingerprints(before, await takeFingerprint(connection))
      .filter(({ kind, message }) => kind === 'schema' && !isOfNewerPostgres(message, analysis.pgVersion))
      .map(({ message }) => message),
    ...lost.slice(0, 1).map((row) => `a row is lost or changed: ${row}`),
  ];
}

/** Postgres 18, on which the plan is tried here, gave NOT NULL constraints names. */
function isOfNewerPostgres(message: string, version: number): boolean {
  return version < 18 && / (?:name|inheritance) of NOT NULL /.test(message);
}

/** Runs an action as its plan says; resolves with the reason why it failed. */
async function run(db: PGlite, { action, statements }: ActionAnalysis, schema: Schema) {
  await db.query('DISCARD ALL');
  try {
    if (action.kind === 'sql') {
      const sql = statements.map(({ statement }) => statement.text);
      if (action.transaction) await db.exec(['BEGIN', ...sql, 'COMMIT'].join(';\n'));
      else for (const one of sql) await db.query(one);
    } else if (action.kind === 'verify') {
      const { rows } = await db.query<Record<string, unknown>>(statements[0]?.statement.text ?? '');
      const judgement = action.expect && judge(action.expect.value, { rows, affectedRows: 0 });
      if (judgement?.met === false) return judgement.message;
    } else if (action.kind === 'backfill') {
      return await backfill(db, backfillBatchSql({ ...action, batch: 2 }, schema));
    }
    return undefined;
  } catch (error) {
    await db.exec('ROLLBACK');
    return error instanceof Error ? error.message : String(error);
  }
}

async function backfill(db: PGlite, walk: ReturnType<typeof backfillBatchSql>) {
  if ('unknown' in walk) return walk.unknown;
  const keyFrom = async (sql: string, from: readonly unknown[]) => {
    const { rows } = await db.query<Record<string, unknown>>(sql, [...from]);
    return rows[0] && walk.key.map((column) => rows[0]?.[column]);
  };
  const end = await keyFrom(walk.endSql, []);
  let bound = end && (await keyFrom(walk.firstBoundSql, []));
  if (!end) return undefined;
  await db.query(walk.firstSql, bound ?? end);
  while (bound) {
    const next = await keyFrom(walk.nextBoundSql, bound);
    await db.query(walk.sql, [...bound, ...(next ?? end)]);
    bound = String(next) === String(end) ? undefined : next;
  }
  return undefined;
}

let written = 1000;

async function write(db: PGlite, setting: Setting): Promise<string | undefined> {
  if (setting.write === undefined) return undefined;
  written++;
  try {
    await db.exec(setting.write.replaceAll('$n', String(written)));
    return undefined;
  } catch (error) {
    return `the application's write fails after it: ${error instanceof Error ? error.message : error}`;
  }
}

async function rowsOf(db: PGlite): Promise<readonly string[]> {
  const { rows: tables } = await db.query<{ name: string }>(
    `SELECT oid::regclass::text AS name FROM pg_class WHERE relkind = 'r' AND oid >= 16384
       AND relnamespace NOT IN (SELECT oid FROM pg_namespace WHERE nspname ~ '^pg_|^information_schema$')`,
  );
  const found: string[] = [];
  for (const { name } of tables) {
    const { rows } = await db.query<{ row: string }>(`SELECT to_jsonb(t)::text AS row FROM ONLY ${name} t`);
    found.push(...rows.map(({ row }) => `${name} ${row}`));
  }
  return found;
}
