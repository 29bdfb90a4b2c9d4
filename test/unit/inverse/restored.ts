import assert from 'node:assert/strict';
import type { PGlite } from '@electric-sql/pglite';
import type { Inverse } from '../../../server/src/inverse/inverse.ts';
import { inverseOf } from '../../../server/src/inverse/inverse.ts';
import {
  compareFingerprints,
  type Drift,
  type Fingerprint,
  takeFingerprint,
} from '../../../server/src/rehearsal/fingerprint.ts';
import { baselineSchema } from '../../../server/src/schema/apply.ts';
import type { SqlParser, Statement } from '../../../server/src/sql/model.ts';
import { embeddedPostgres } from '../support/embedded-postgres.ts';

/** A filled database, statements run on it, and what is said to undo them run after them. */
export interface World {
  readonly db: PGlite;
  readonly parser: SqlParser;
  readonly baseline: string;
}

export interface Undone {
  readonly inverse: Inverse;
  readonly drift: readonly Drift[];
  /** Tables whose rows are not what they were. */
  readonly rows: readonly string[];
}

export function statementOf(parser: SqlParser, sql: string): Statement {
  const [statement] = parser.parse(sql).statements;
  assert.ok(statement, `${sql} does not parse`);
  return statement;
}

export async function worldOf(parser: SqlParser, baseline: string): Promise<World> {
  const db = await embeddedPostgres();
  await db.exec(baseline);
  return { db, parser, baseline };
}

/** Runs the statement and its inverse; the database is the baseline's again afterwards. */
export async function undo({ db, parser, baseline }: World, sql: string, pgVersion = 18): Promise<Undone> {
  const inverse = inverseOf(statementOf(parser, sql), baselineSchema(parser.parse(baseline)), pgVersion);
  const before = { schema: await fingerprint(db), rows: await rowsOf(db) };
  const inBlock = inverse.transactional && !/concurrently/i.test(sql);
  if (inBlock) await db.exec('BEGIN');
  try {
    await db.exec(sql);
    for (const line of inverse.sql) await db.exec(line);
    const after = { schema: await fingerprint(db), rows: await rowsOf(db) };
    const tables = new Set([...before.rows.keys(), ...after.rows.keys()]);
    return {
      inverse,
      drift: compareFingerprints(before.schema, after.schema).filter(({ kind }) => kind !== 'information'),
      rows: [...tables].filter((table) => before.rows.get(table) !== after.rows.get(table)),
    };
  } finally {
    if (inBlock) await db.exec('ROLLBACK');
    else {
      await embeddedPostgres();
      await db.exec(baseline);
    }
  }
}

function fingerprint(db: PGlite): Promise<Fingerprint> {
  return takeFingerprint({
    query: async (sql, parameters) => {
      const { rows } = await db.query<Record<string, unknown>>(sql, [...(parameters ?? [])]);
      return { rows, affectedRows: 0 };
    },
    exec: async (sql) => {
      await db.exec(sql);
    },
  });
}

/** Each table's rows, whatever the order of them and of the columns. */
async function rowsOf(db: PGlite): Promise<ReadonlyMap<string, string>> {
  const { rows: tables } = await db.query<{ name: string }>(
    `SELECT c.oid::regclass::text AS name FROM pg_class c JOIN pg_namespace n ON n.oid = relnamespace
     WHERE relkind = 'r' AND nspname !~ '^pg_' AND nspname <> 'information_schema'`,
  );
  const found = new Map<string, string>();
  for (const { name } of tables) {
    const { rows } = await db.query<{ all: string }>(
      `SELECT coalesce(string_agg(row, ',' ORDER BY row), '') AS all FROM (SELECT to_jsonb(t)::text AS row FROM ONLY ${name} t) x`,
    );
    found.set(name, rows[0]?.all ?? '');
  }
  return found;
}
