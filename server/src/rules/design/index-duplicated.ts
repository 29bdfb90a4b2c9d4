import type { IndexStmt } from '@pgsql/types';
import { displayName, findIndex, indexesOf, relationKey, tableOf } from '../../schema/lookup.ts';
import type { Index, Table } from '../../schema/model.ts';
import type { Token } from '../../sql/model.ts';
import { quoteIdentifier } from '../../sql/names.ts';
import { documentRange } from '../../text/offset-map.ts';
import type { Range } from '../../text/range.ts';
import { defineRule, type Fault } from '../define-rule.ts';
import { withFigures } from '../figures.ts';
import type { RuleContext, StatementAnalysis } from '../model.ts';
import { type PlacedStatement, sqlStatements, tokenRange } from '../statements.ts';
import { planEnd } from './plan-end.ts';

/** An index that finds nothing that another does not find as well. */
export const indexDuplicated = defineRule<undefined>({
  id: 'index-duplicated',
  title: 'An index repeats another',
  severity: 'warning',
  concerns: ['IndexStmt'],
  docs: {
    problem: `An index on the same columns as another finds nothing that the other does not, yet every INSERT and most
UPDATEs write both, VACUUM reads both, and both take memory and disk. A UNIQUE or PRIMARY KEY constraint has such an index
already. An index on the first columns of a wider one is seldom worth its cost either: that is a note.`,
    solution: `Leave it out, or drop the other in the same plan where this one is made to replace it (then nothing is
reported).`,
    manual: [{ title: 'Multicolumn Indexes', path: 'indexes-multicolumn.html' }],
  },
  examples: {
    bad: [
      {
        steps: `- step: Find users by name
  transaction: false
  sql: |
    SET lock_timeout = 0;
    CREATE INDEX CONCURRENTLY users_username_idx ON users (username);
  rollback: { transaction: false, sql: DROP INDEX CONCURRENTLY users_username_idx }
`,
        finds: 'users_username_idx',
      },
    ],
    good: [
      {
        schema: `CREATE TABLE users (id bigint PRIMARY KEY, username text);
CREATE INDEX users_username_old ON users (username);`,
        steps: `- step: Build it anew
  transaction: false
  sql: |
    SET lock_timeout = 0;
    CREATE INDEX CONCURRENTLY users_username_new ON users (username);
  rollback: { transaction: false, sql: DROP INDEX CONCURRENTLY users_username_new }
- step: Drop the bloated one
  transaction: false
  sql: |
    SET lock_timeout = 0;
    DROP INDEX CONCURRENTLY users_username_old;
  rollback:
    transaction: false
    sql: |
      SET lock_timeout = 0;
      CREATE INDEX CONCURRENTLY users_username_old ON users (username);
`,
      },
      {
        steps: `- step: Find users by name in any case
  transaction: false
  sql: |
    SET lock_timeout = 0;
    CREATE INDEX CONCURRENTLY users_lower_idx ON users (lower(username));
  rollback: { transaction: false, sql: DROP INDEX CONCURRENTLY users_lower_idx }
`,
      },
    ],
  },
  *check(context) {
    for (const placed of sqlStatements(context)) {
      const { node } = placed.s.statement;
      if (placed.part === 'step' && 'IndexStmt' in node) yield* faultsOf(context, placed, node.IndexStmt);
    }
  },
});

function* faultsOf(
  context: RuleContext,
  placed: PlacedStatement,
  statement: IndexStmt,
): Generator<Fault<undefined>> {
  for (const { table, made, other, kind } of context.fact(placed.s, overlaps)) {
    if (!remains(context, made) || !remains(context, other)) continue;
    const relation = displayName(placed.s.after, table.name);
    const theirs = other.constraint
      ? `the constraint ${quoteIdentifier(other.constraint)}`
      : quoteIdentifier(other.name.name);
    const columns = other.columns.map((column, at) => quoteIdentifier(column ?? other.columnNames[at] ?? ''));
    yield {
      message:
        kind === 'same'
          ? `${withFigures(context, relation)} has the same index already, by ${theirs}: this one finds nothing more, and every write pays for both. Leave it out, or drop the other in this plan.`
          : `${withFigures(context, relation)} has a wider index that begins with these columns, ${theirs} (${columns.join(', ')}): this one finds nothing more and is only smaller. Leave it out unless its size matters.`,
      range: statement.idxname
        ? nameRange(placed, statement.idxname)
        : tokenRange(placed.s, statement.relation?.location),
      step: placed.step.id,
      ...(kind === 'prefix' ? { severity: 'info' as const } : {}),
      data: undefined,
    };
    return;
  }
}

interface Overlap {
  readonly table: Table;
  readonly made: Index;
  readonly other: Index;
  readonly kind: 'same' | 'prefix';
}

/** Indexes that were there and do what the one does that the statement makes. */
function overlaps(s: StatementAnalysis): readonly Overlap[] {
  const { node } = s.statement;
  const table = 'IndexStmt' in node ? tableOf(s.after, node.IndexStmt.relation) : undefined;
  const made = table && 'IndexStmt' in node && madeIndex(s, node.IndexStmt, relationKey(table.name));
  if (!made) return [];
  return [...indexesOf(s.before, relationKey(table.name))].flatMap((other) => {
    const kind = overlap(made, other);
    return kind ? [{ table, made, other, kind }] : [];
  });
}

function nameRange({ s }: PlacedStatement, name: string): Range {
  const { statement } = s;
  const spelled = (token: Token) => {
    const text = statement.slice(token);
    return token.kind === 'quoted' ? text.slice(1, -1).replaceAll('""', '"') : text.toLowerCase();
  };
  const found = statement.tokens().find((token) => spelled(token) === name);
  return found ? documentRange(s.sql.map, found) : s.range;
}

/** The index that the statement made; undefined where IF NOT EXISTS met one that is there. */
function madeIndex(s: StatementAnalysis, { idxname, relation }: IndexStmt, table: string): Index | undefined {
  if (idxname) {
    const name = { schema: relation?.schemaname || undefined, name: idxname };
    const index = findIndex(s.after, name);
    return index && !s.before.relations.has(relationKey(index.name)) ? index : undefined;
  }
  for (const index of indexesOf(s.after, table))
    if (!s.before.relations.has(relationKey(index.name))) return index;
  return undefined;
}

/** Whether it is there when the plan is done: one that is replaced or temporary repeats nothing for long. */
function remains(context: RuleContext, index: Index): boolean {
  const last = planEnd(context).relations.get(relationKey(index.name));
  return last?.kind === 'index' && last.table === index.table && last.definition === index.definition;
}

/** `same`: the other index does all that the made one would; `prefix`: it does as well, but is wider. */
function overlap(made: Index, other: Index): 'same' | 'prefix' | undefined {
  if (made.columns[0] !== other.columns[0]) return undefined;
  const [mine, theirs] = [keysOf(made), keysOf(other)];
  const alike = made.method === other.method && other.valid !== false && mine && theirs;
  if (!alike || made.predicate !== other.predicate) return undefined;
  if (made.include.some((column) => !other.include.includes(column))) return undefined;
  const uniqueToo = !made.unique || (other.unique && made.nullsNotDistinct === other.nullsNotDistinct);
  if (mine.join() === theirs.join()) return uniqueToo ? 'same' : undefined;
  const leads = theirs.length > mine.length && mine.every((key, at) => key === theirs[at]);
  return leads && made.method === 'btree' && !made.unique ? 'prefix' : undefined;
}

/** The keys of an index of plain columns in their usual order; undefined where an expression, an operator class,
 * a collation or an order other than the usual takes part: names alone do not tell then what it finds. */
function keysOf({ columns, definition, constraint }: Index): readonly string[] | undefined {
  if (columns.some((column) => column === null)) return undefined;
  const names = columns as readonly string[];
  if (constraint !== undefined && !/\bindex\b/i.test(definition)) return names;
  const list = /\(([^()]*)\)/.exec(definition)?.[1];
  if (list === undefined) return undefined;
  const written = list.split(',').map((part) => part.trim().replace(/\s+asc$/i, ''));
  const plain =
    written.length === names.length && written.every((part) => /^("[^"]+"|[\w$\u0080-\uffff]+)$/.test(part));
  return plain ? names : undefined;
}
