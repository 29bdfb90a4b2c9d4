import { findTable, indexesOf, relationKey } from '../../schema/lookup.ts';
import type { Table } from '../../schema/model.ts';
import { nameOfRangeVar, quoteIdentifier } from '../../sql/names.ts';
import { defineRule } from '../define-rule.ts';
import type { StatementAnalysis } from '../model.ts';
import { alterTable } from '../statements.ts';
import { shownKey } from '../use-words.ts';
import { nameRange } from './places.ts';

const app = '{ runs: v7, versions: { v7: ["SELECT id FROM orders"] } }';

/** A constraint or an index over several columns goes with one of them. */
export const dropColumnTakesMore = defineRule<undefined>({
  id: 'drop-column-takes-more',
  title: 'A dropped column takes a constraint or index of other columns along',
  severity: 'warning',
  concerns: ['AlterObjectSchemaStmt', 'AlterTableStmt', 'DropStmt', 'RenameStmt'],
  docs: {
    problem: `\`DROP COLUMN\` drops every index and every constraint of the table that the column has a part in, and says nothing. With
\`UNIQUE (shop_id, number)\` the rule that a number is unique within its shop goes, and with an index over two columns what kept
the queries on the other one fast. A partial index goes with the column in its WHERE.`,
    solution: `Build what should take its place first: an index over the columns that stay, built CONCURRENTLY, and the constraint from
it. Where it should go, drop it by name in the same step, so that the next reader knows that it was meant.`,
    manual: [
      { title: 'ALTER TABLE … DROP COLUMN', path: 'sql-altertable.html#SQL-ALTERTABLE-DESC-DROP-COLUMN' },
    ],
  },
  examples: {
    bad: [
      {
        schema:
          'CREATE TABLE orders (id bigint PRIMARY KEY, shop_id bigint, number bigint, UNIQUE (shop_id, number));',
        plan: { app },
        steps: `- step: There is but one shop
  sql: ALTER TABLE orders DROP COLUMN shop_id;
  rollback: { impossible: the shops are gone }
`,
        finds: 'shop_id',
      },
    ],
    good: [
      {
        schema: 'CREATE TABLE orders (id bigint PRIMARY KEY, shop_id bigint UNIQUE, number bigint);',
        plan: { app },
        steps: `- step: There is but one shop
  sql: ALTER TABLE orders DROP COLUMN shop_id;
  rollback: { impossible: the shops are gone }
`,
      },
    ],
  },
  *check(context) {
    for (const { placed, removal, made } of context.removals()) {
      if (removal.kind !== 'column' || removal.how !== 'dropped' || !removal.named) continue;
      if (placed.part === 'rollback' || made) continue;
      const along = goesAlong(placed.s, removal.name);
      if (along.length === 0) continue;
      const table = shownKey(placed.s.before, removal.key);
      yield {
        message: `Dropping ${table}.${quoteIdentifier(removal.name)} drops ${along.join(' and ')} with it, without a word. Build what should take its place first, or drop it by name, so that it is seen to be meant.`,
        range: nameRange(placed.s, removal.name, ['DROP', 'COLUMN']),
        step: placed.step.id,
        data: undefined,
      };
    }
  },
});

/** Constraints and indexes of the table that are about other columns too, and are gone afterwards. */
function goesAlong(s: StatementAnalysis, column: string): readonly string[] {
  const relation = alterTable(s)?.relation;
  const name = relation && nameOfRangeVar(relation);
  const [old, now] = [name && findTable(s.before, name), name && findTable(s.after, name)];
  if (!old || !now) return [];
  const stay = new Set(now.columns.map((one) => one.name));
  return [...constraints(old, now, column, stay), ...indexes(s, old, column, stay)];
}

function constraints(old: Table, now: Table, column: string, stay: ReadonlySet<string>): readonly string[] {
  return old.constraints.flatMap((one) => {
    const others = one.columns.filter((name) => stay.has(name));
    const goes = one.columns.includes(column) && !now.constraints.some(({ name }) => name === one.name);
    if (!goes || (others.length === 0 && one.kind !== 'primary key')) return [];
    return [`the ${one.kind} ${quoteIdentifier(one.name)} (${one.columns.map(quoteIdentifier).join(', ')})`];
  });
}

function indexes(
  s: StatementAnalysis,
  old: Table,
  column: string,
  stay: ReadonlySet<string>,
): readonly string[] {
  return [...indexesOf(s.before, relationKey(old.name))].flatMap((index) => {
    const columns = [
      ...new Set([...index.columns.flatMap((one) => one ?? []), ...index.include, ...index.reads]),
    ];
    const goes =
      index.constraint === undefined &&
      columns.includes(column) &&
      columns.some((one) => stay.has(one)) &&
      !s.after.relations.has(relationKey(index.name));
    return goes
      ? [`the index ${quoteIdentifier(index.name.name)} (${columns.map(quoteIdentifier).join(', ')})`]
      : [];
  });
}
