import type { PGlite } from '@electric-sql/pglite';
import * as fc from 'fast-check';
import { applyStatement, emptySchema } from '../../../../server/src/schema/apply.ts';
import type { Schema } from '../../../../server/src/schema/model.ts';
import type { SqlParser } from '../../../../server/src/sql/model.ts';
import { catalogOf } from '../catalog.ts';
import { differences } from '../simulated.ts';
import { alterForms, weighted } from './alter-forms.ts';
import { objectForms } from './object-forms.ts';
import { tableForms } from './table-forms.ts';
import { createWorld } from './world.ts';

const forms = weighted([...tableForms, ...alterForms, ...objectForms]);

/** An empty database is filled first. */
const starting = weighted(tableForms.slice(0, 3));

/** The choices that make one statement. */
export interface Step {
  readonly form: number;
  readonly choices: readonly number[];
}

export const steps: fc.Arbitrary<readonly Step[]> = fc.array(
  fc.record({
    form: fc.nat(forms.length - 1),
    choices: fc.array(fc.nat(999), { minLength: 24, maxLength: 24 }),
  }),
  { minLength: 10, maxLength: 24, size: 'max' },
);

/** The statement that a step makes of the schema as it is. */
export function statementOf(schema: Schema, { form, choices }: Step): string | undefined {
  const few = schema.relations.size < 5 ? starting : forms;
  return few[form % few.length]?.(createWorld(schema, choices));
}

export interface Outcome {
  /** What ran, without what Postgres refused. */
  readonly script: readonly string[];
  /** Where the simulation and Postgres ended apart. */
  readonly differences: readonly string[];
  /** What Postgres refused as being there already, missing or needed, and the simulation did not. */
  readonly unrefused: readonly string[];
}

/** SQLSTATEs of statements that the names in a schema forbid. */
const byName = new Set(['42P07', '42701', '42710', '42P06', '2BP01', '42P01', '42703', '42704', '3F000']);

/** Runs statements on an empty database and on the simulation alike; each may depend on what came of those before. */
export async function follow(
  db: PGlite,
  parser: SqlParser,
  statements: Iterable<(schema: Schema) => string | undefined>,
): Promise<Outcome> {
  await clear(db);
  let schema = emptySchema({ complete: true });
  const script: string[] = [];
  const unrefused: string[] = [];
  const apply = async (sql: string) => {
    const [statement] = parser.parse(sql).statements;
    if (!statement) return;
    const after = applyStatement(schema, statement, { madeByPlan: true });
    const error = await errorOf(db, sql);
    if (error === undefined) {
      script.push(sql);
      schema = after;
      return;
    }
    if (byName.has(error) && after !== schema) unrefused.push(`${sql} (${error})`);
    // A transaction in which something failed can only be rolled back.
    if (schema.transaction) await apply('ROLLBACK');
  };
  for (const make of statements) {
    const sql = make(schema);
    if (sql !== undefined) await apply(sql);
  }
  if (schema.transaction) await apply('COMMIT');
  await apply('RESET search_path');
  return { script, differences: differences(await catalogOf(db), schema), unrefused };
}

async function errorOf(db: PGlite, sql: string): Promise<string | undefined> {
  try {
    await db.exec(sql);
    return undefined;
  } catch (error) {
    return (error as { code?: string }).code ?? String(error);
  }
}

async function clear(db: PGlite): Promise<void> {
  const { rows } = await db.query<{ nspname: string }>(
    `SELECT quote_ident(nspname) AS nspname FROM pg_namespace WHERE nspname !~ '^pg_' AND nspname <> 'information_schema'`,
  );
  const drops = rows.map(({ nspname }) => `DROP SCHEMA ${nspname} CASCADE;`).join('\n');
  await db.exec(`DISCARD ALL`);
  await db.exec(`SET client_min_messages = error; ${drops} CREATE SCHEMA public`);
}
