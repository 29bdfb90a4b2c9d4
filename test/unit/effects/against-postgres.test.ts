import assert from 'node:assert/strict';
import type { PGlite } from '@electric-sql/pglite';
import { effectsOf } from '../../../server/src/effects/effects.ts';
import type { Effects } from '../../../server/src/effects/model.ts';
import { applyStatement, baselineSchema } from '../../../server/src/schema/apply.ts';
import { descendantsOf, displayKey, relationKey } from '../../../server/src/schema/lookup.ts';
import type { Schema } from '../../../server/src/schema/model.ts';
import type { SqlParser, Statement } from '../../../server/src/sql/model.ts';
import { loadSqlParser } from '../../../server/src/sql/parser.ts';
import { embeddedPostgres } from '../support/embedded-postgres.ts';
import { cases } from './cases.ts';
import { fixture } from './fixture.ts';
import { type Observed, observe } from './observe.ts';
import { treesCases, treesFixture } from './trees.ts';

compare('effects, against Postgres', fixture, cases);
compare('effects, against Postgres, of trees', treesFixture, treesCases);

function compare(title: string, setup: string, groups: Readonly<Record<string, string>>): void {
  describe(title, () => {
    let db: PGlite;
    let parser: SqlParser;
    let schema: Schema;

    before(async function () {
      this.timeout(60_000);
      db = await embeddedPostgres();
      parser = await loadSqlParser();
      await db.exec(setup);
      await db.exec('ANALYZE');
      const parsed = parser.parse(setup);
      assert.deepEqual(parsed.problems, []);
      schema = baselineSchema(parsed);
    });

    for (const [group, lines] of Object.entries(groups)) {
      describe(group, () => {
        for (const sql of lines.trim().split('\n')) {
          it(sql, async () => {
            const statement = statementOf(parser, sql);
            const effects = effectsOf(statement, schema, { pgVersion: 18, timeZone: 'UTC' });
            const seen = await observe(db, sql, /where|^insert into \S+ values/.test(sql));
            assert.deepEqual(foretold(effects), { locks: seen.locks, rewrites: rewritesOf(statement, seen) });
            if (effects.class !== 'unknown') {
              const ignored = plannersChoice(effects, statement, schema);
              assert.deepEqual(
                without(readInFull(effects), ignored),
                without(scansOf(statement, seen), ignored),
              );
            }
          });
        }
      });
    }
  });
}

function statementOf(parser: SqlParser, sql: string): Statement {
  const [statement] = parser.parse(sql).statements;
  assert.ok(statement, `${sql} does not parse`);
  return statement;
}

function foretold(effects: Effects): Pick<Observed, 'locks' | 'rewrites'> {
  const locks = effects.locks
    .filter(({ isNew }) => !isNew)
    .map(({ relation, mode }) => [relation, mode] as const);
  return {
    locks: Object.fromEntries(locks),
    rewrites: effects.rewrites.map(({ relation }) => relation).sort(),
  };
}

/** Emptying swaps files as a rewrite does: only the command tells them apart. */
function empties({ node }: Statement): boolean {
  return (
    'TruncateStmt' in node || ('RefreshMatViewStmt' in node && node.RefreshMatViewStmt.skipData === true)
  );
}

function rewritesOf(statement: Statement, seen: Observed): readonly string[] {
  return empties(statement) ? [] : [...seen.rewrites].sort();
}

function readInFull(effects: Effects): readonly string[] {
  return [...effects.scans, ...effects.builds, ...effects.rewrites].map(({ relation }) => relation);
}

function scansOf(statement: Statement, seen: Observed): readonly string[] {
  return empties(statement) ? [] : [...seen.scans, ...seen.rewrites];
}

/** A foreign key's test reads the referenced table by index or in full, a refresh its sources, as the planner likes. */
function plannersChoice(effects: Effects, statement: Statement, schema: Schema): ReadonlySet<string> {
  const after = applyStatement(schema, statement, { madeByPlan: true });
  const work = readInFull(effects);
  const chosen = new Set<string>();
  for (const [key, relation] of after.relations) {
    if (!work.includes(displayKey(after, key))) continue;
    if (relation.kind === 'table') {
      for (const { references } of relation.constraints)
        for (const read of references ? withPartitions(after, references.table) : [])
          chosen.add(displayKey(after, read));
    }
    if (relation.kind === 'materialized view')
      for (const read of relation.reads) chosen.add(displayKey(after, read));
  }
  for (const relation of effects.builds) chosen.delete(relation.relation);
  return chosen;
}

function withPartitions(schema: Schema, key: string): readonly string[] {
  return [key, ...descendantsOf(schema, key).map(({ name }) => relationKey(name))];
}

function without(names: readonly string[], ignored: ReadonlySet<string>): readonly string[] {
  return [...new Set(names)].filter((name) => !ignored.has(name)).sort();
}
