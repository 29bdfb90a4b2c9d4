import assert from 'node:assert/strict';
import { applyStatement, emptySchema } from '../../../server/src/schema/apply.ts';
import type { SqlParser } from '../../../server/src/sql/model.ts';
import { loadSqlParser } from '../../../server/src/sql/parser.ts';
import { embeddedPostgres } from '../support/embedded-postgres.ts';

/** Constraints whose definition changes with what they name. */
const scripts: Readonly<Record<string, string>> = {
  'as written': `CREATE TABLE o (id int PRIMARY KEY, k int, m int, UNIQUE (k, m)); CREATE TABLE t (a int REFERENCES o, b int REFERENCES o (id) ON DELETE CASCADE ON UPDATE SET NULL, c int, UNIQUE (a, b), FOREIGN KEY (b, c) REFERENCES o (k, m) MATCH FULL DEFERRABLE INITIALLY DEFERRED); ALTER TABLE t ADD CONSTRAINT n FOREIGN KEY (c) REFERENCES o ON DELETE SET NULL (c) NOT VALID`,
  'after the other table is renamed': `CREATE TABLE o (id int PRIMARY KEY); CREATE TABLE t (a int REFERENCES o, b int, FOREIGN KEY (b) REFERENCES o (id) ON DELETE CASCADE NOT ENFORCED); ALTER TABLE o RENAME TO "Other"; ALTER TABLE "Other" RENAME id TO "Id"`,
  'after it is moved': `CREATE SCHEMA app; CREATE TABLE o (id int PRIMARY KEY); CREATE TABLE t (a int REFERENCES o, b int); ALTER TABLE o SET SCHEMA app`,
  'after columns are renamed': `CREATE TABLE o (id int, PRIMARY KEY (id)); CREATE TABLE t (id int REFERENCES o ON DELETE SET NULL (id), cascade int REFERENCES o ON DELETE CASCADE, UNIQUE (id, cascade)); ALTER TABLE t RENAME id TO x; ALTER TABLE t RENAME cascade TO y; ALTER TABLE o RENAME id TO z`,
  'on another search path than it was made on, as a dump does': `CREATE SCHEMA app; SET search_path = ''; CREATE TABLE public.o (id int PRIMARY KEY); CREATE TABLE app.p (id int PRIMARY KEY); CREATE TABLE public.t (a int, b int); ALTER TABLE ONLY public.t ADD CONSTRAINT a FOREIGN KEY (a) REFERENCES public.o(id) ON DELETE CASCADE; ALTER TABLE ONLY public.t ADD CONSTRAINT b FOREIGN KEY (b) REFERENCES app.p(id) NOT VALID; SET search_path = public`,
  'of a table itself': `CREATE TABLE t (id int PRIMARY KEY, up int REFERENCES t (id)); ALTER TABLE t RENAME id TO key; ALTER TABLE t RENAME TO tree; ALTER TABLE tree RENAME up TO "Up"`,
};

describe('schema, definitions of constraints', () => {
  let parser: SqlParser;

  before(async function () {
    this.timeout(60_000);
    parser = await loadSqlParser();
    await embeddedPostgres();
  });

  for (const [name, script] of Object.entries(scripts)) {
    it(name, async () => {
      const db = await embeddedPostgres();
      await db.exec(script);
      const { rows } = await db.query<{ conname: string; definition: string }>(
        `SELECT conname, pg_get_constraintdef(oid) AS definition FROM pg_constraint WHERE contype IN ('f', 'p', 'u') AND conrelid <> 0 AND connamespace::regnamespace::text IN ('public', 'app')`,
      );
      let schema = emptySchema({ complete: true });
      for (const statement of parser.parse(script).statements)
        schema = applyStatement(schema, statement, { madeByPlan: true });
      const definitions = [...schema.relations.values()].flatMap((relation) =>
        relation.kind === 'table'
          ? relation.constraints.flatMap(({ kind, name: own, definition }) =>
              kind === 'not null' ? [] : [[own, definition] as const],
            )
          : [],
      );
      assert.deepEqual(
        Object.fromEntries(definitions),
        Object.fromEntries(rows.map(({ conname, definition }) => [conname, definition])),
      );
    });
  }
});
