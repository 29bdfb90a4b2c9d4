import type { DropStmt, IndexStmt } from '@pgsql/types';
import { findIndex, relationKey, tableByKey, tableOf } from '../../schema/lookup.ts';
import type { Index, Schema } from '../../schema/model.ts';
import { displayKey, displayName } from '../../schema/names.ts';
import { nameOfObject } from '../../sql/names.ts';
import type { Range } from '../../text/range.ts';
import { defineRule } from '../define-rule.ts';
import { severityFor, withFigures } from '../figures.ts';
import { type PlacedStatement, sqlStatements, wordsRange } from '../statements.ts';

/** An index of old rows that a statement of the plan drops. */
interface Dropped {
  readonly placed: PlacedStatement;
  readonly index: Index;
  readonly range: Range;
}

/** An index that goes before the one that takes its place is there. */
export const indexDroppedBeforeReplacement = defineRule<undefined>({
  id: 'index-dropped-before-replacement',
  title: 'An index is dropped before the one that replaces it is built',
  severity: 'warning',
  concerns: ['IndexStmt'],
  docs: {
    problem: `From the drop until the new index is complete there is none: queries that used the old one read the whole table, just
when the build keeps the disk busy. A unique index that is gone lets duplicates in, and the new one then fails on them.`,
    solution: `Build the new index first, under another name where need be (\`ALTER INDEX … RENAME TO\` takes a moment), then drop the
old one.`,
    manual: [
      { title: 'CREATE INDEX', path: 'sql-createindex.html' },
      { title: 'ALTER INDEX', path: 'sql-alterindex.html' },
    ],
  },
  examples: {
    bad: [
      {
        schema: `CREATE TABLE users (id bigint PRIMARY KEY, email text, team_id bigint);
CREATE INDEX users_team_idx ON users (team_id);`,
        steps: `- step: The old index goes
  transaction: false
  sql: DROP INDEX CONCURRENTLY users_team_idx;
  rollback: { impossible: for the example }
- step: The new one also has the email
  transaction: false
  sql: |
    SET lock_timeout = 0;
    CREATE INDEX CONCURRENTLY users_team_email_idx ON users (team_id, email);
  rollback: { transaction: false, sql: DROP INDEX CONCURRENTLY users_team_email_idx }
`,
        finds: 'DROP INDEX CONCURRENTLY',
      },
    ],
    good: [
      {
        schema: `CREATE TABLE users (id bigint PRIMARY KEY, email text, team_id bigint);
CREATE INDEX users_team_idx ON users (team_id);`,
        steps: `- step: The new index also has the email
  transaction: false
  sql: |
    SET lock_timeout = 0;
    CREATE INDEX CONCURRENTLY users_team_email_idx ON users (team_id, email);
  rollback: { transaction: false, sql: DROP INDEX CONCURRENTLY users_team_email_idx }
- step: The old one goes
  transaction: false
  sql: DROP INDEX CONCURRENTLY users_team_idx;
  rollback: { impossible: for the example }
`,
      },
    ],
  },
  *check(context) {
    const dropped: Dropped[] = [];
    for (const placed of sqlStatements(context)) {
      if (placed.part === 'rollback') continue;
      const { node } = placed.s.statement;
      if ('DropStmt' in node) dropped.push(...droppedBy(placed, node.DropStmt));
      if (!('IndexStmt' in node) || dropped.length === 0) continue;
      const at = dropped.findIndex(({ index }) => replaces(placed, node.IndexStmt, index));
      const [old] = at < 0 ? [] : dropped.splice(at, 1);
      if (!old) continue;
      const { before } = old.placed.s;
      const table = displayKey(before, old.index.table);
      const duplicates = old.index.unique ? ', and duplicates can come in' : '';
      yield {
        message: `${displayName(before, old.index.name)} is dropped before the index that takes its place is built: until that is complete, queries that used it read all of ${withFigures(context, table)}${duplicates}. Build the new one first, then drop this.`,
        range: old.range,
        step: old.placed.step.id,
        severity: severityFor(context, table, 'warning'),
        related: [
          {
            message: 'This index takes its place.',
            range: wordsRange(placed.s, 'CREATE', ...createWords(node.IndexStmt)),
          },
        ],
        data: undefined,
      };
    }
  },
});

function createWords({ unique }: IndexStmt): readonly string[] {
  return unique ? ['UNIQUE', 'INDEX'] : ['INDEX'];
}

/** Indexes whose definition is known, of tables that have rows and are in use. */
function droppedBy(placed: PlacedStatement, { removeType, objects = [], concurrent }: DropStmt): Dropped[] {
  if (removeType !== 'OBJECT_INDEX') return [];
  const { s } = placed;
  const range = wordsRange(s, 'DROP', 'INDEX', ...(concurrent ? ['CONCURRENTLY'] : []));
  return objects.flatMap((object) => {
    const name = nameOfObject(object);
    const index = name && findIndex(s.before, name);
    const inUse = index && !index.madeByPlan && !isNew(s.before, index) && index.constraint === undefined;
    return inUse ? [{ placed, index, range }] : [];
  });
}

function isNew(schema: Schema, index: Index): boolean {
  return tableByKey(schema, index.table)?.madeByPlan === true;
}

/** Same table, and it begins with the columns of the old one or is what that begins with: it serves its queries. */
function replaces({ s }: PlacedStatement, { relation, indexParams = [] }: IndexStmt, old: Index): boolean {
  const table = tableOf(s.before, relation);
  if (!table || relationKey(table.name) !== old.table) return false;
  const columns = indexParams.map((node) => ('IndexElem' in node ? node.IndexElem.name : undefined));
  const shared = Math.min(columns.length, old.columns.length);
  return (
    shared > 0 &&
    old.columns.slice(0, shared).every((column, at) => column !== null && column === columns[at])
  );
}
