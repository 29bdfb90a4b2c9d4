import type { PGlite } from '@electric-sql/pglite';
import * as fc from 'fast-check';
import { applyStatement, emptySchema } from '../../../../server/src/schema/apply.ts';
import type { Schema } from '../../../../server/src/schema/model.ts';
import type { SqlParser } from '../../../../server/src/sql/model.ts';
import { catalogOf } from '../catalog.ts';
import { differences } from '../simulated.ts';
import { alterForms, weighted } from './alter-forms.ts';
import { dependencyForms, indexForms, sessionForms, triggerForms } from './object-forms.ts';
import { creatingForms, partitionForms, tableForms } from './table-forms.ts';
import { createWorld, type Form } from './world.ts';

const starting = weighted(creatingForms);

/** What a sequence is mostly about: everything, partitions, or what depends on what. */
const profiles: readonly (readonly Form[])[] = [
  weighted([
    ...creatingForms,
    ...partitionForms,
    ...tableForms,
    ...alterForms,
    ...indexForms,
    ...triggerForms,
    ...dependencyForms,
    ...sessionForms,
  ]),
  weighted([
    ...partitionForms,
    ...partitionForms,
    ...alterForms,
    ...indexForms,
    ...triggerForms,
    ...triggerForms,
  ]),
  weighted([
    ...creatingForms,
    ...tableForms,
    ...alterForms,
    ...indexForms,
    ...triggerForms,
    ...dependencyForms,
    ...dependencyForms,
    ...sessionForms,
  ]),
];

/** The choices that make one statement. */
export interface Step {
  readonly form: number;
  readonly choices: readonly number[];
}

export interface Sequence {
  readonly profile: number;
  readonly steps: readonly Step[];
}

export const sequences: fc.Arbitrary<Sequence> = fc.record({
  profile: fc.nat(profiles.length - 1),
  steps: fc.array(
    fc.record({
      form: fc.nat(9999),
      choices: fc.array(fc.nat(999), { minLength: 24, maxLength: 24 }),
    }),
    { minLength: 15, maxLength: 40, size: 'max' },
  ),
});

/** The statements of a sequence, each made of the schema as it is by then: an empty database is filled first. */
export function statementsOf({
  profile,
  steps,
}: Sequence): readonly ((schema: Schema) => string | undefined)[] {
  const forms = profiles[profile % profiles.length] ?? starting;
  return steps.map(({ form, choices }) => (schema) => {
    const list = schema.relations.size < 5 ? starting : forms;
    return list[form % list.length]?.(createWorld(schema, choices));
  });
}

export interface Outcome {
  /** What ran, without what Postgres refused. */
  readonly script: readonly string[];
  readonly schema: Schema;
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
  return { script, schema, differences: differences(await catalogOf(db), schema), unrefused };
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
