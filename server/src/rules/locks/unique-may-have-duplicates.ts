import type { Node } from '@pgsql/types';
import { columnOf, indexesOf, relationKey, tableByKey, tableOf } from '../../schema/lookup.ts';
import type { Table } from '../../schema/model.ts';
import { displayName } from '../../schema/names.ts';
import { nameOfRangeVar, quoteIdentifier, writeName } from '../../sql/names.ts';
import { sourceToEnd } from '../../sql/source.ts';
import type { Range } from '../../text/range.ts';
import { broughtConstraints } from '../alter-parts.ts';
import { defineRule } from '../define-rule.ts';
import { withFigures } from '../figures.ts';
import type { Fix, RuleContext, StatementAnalysis } from '../model.ts';
import { aroundStatement } from '../new-steps.ts';
import { alterTable, type PlacedStatement, sqlStatements, tokenRange, wordsRange } from '../statements.ts';
import { isVerifiedBefore, nameIn } from './asked-before.ts';

/** A unique index or constraint over columns that have values already. */
interface Uniqueness {
  readonly table: Table;
  readonly columns: readonly string[];
  /** Of a partial index. */
  readonly where: string | undefined;
  /** Two nulls count as the same. */
  readonly nullsToo: boolean;
  readonly range: Range;
  /** A failed build leaves an INVALID index. */
  readonly concurrent: boolean;
}

interface Data {
  readonly placed: PlacedStatement;
  readonly unique: Uniqueness;
}

/** Uniqueness that rows may break which are there already. */
export const uniqueMayHaveDuplicates = defineRule<Data>({
  id: 'unique-may-have-duplicates',
  title: 'Rows that are there already may break the new uniqueness',
  severity: 'info',
  docs: {
    problem: `A unique index or constraint over columns that have values already fails at the first pair of rows with the same
ones, perhaps after minutes of building; a concurrent build leaves an INVALID index behind then. A dry run on made-up rows cannot
show it: only production's data can.`,
    solution: `Ask before: a \`verify\` step, or a \`check\` in the checklist, that counts the values which occur more than once. This
rule is silent where the plan has one, where it deletes rows of the table first, and where the columns are new or hold a unique
key already.`,
    manual: [{ title: 'Unique Indexes', path: 'indexes-unique.html' }],
  },
  examples: {
    bad: [
      {
        steps: `- step: One account an email
  transaction: false
  sql: |
    SET lock_timeout = 0;
    CREATE UNIQUE INDEX CONCURRENTLY users_email_key ON users (email);
  rollback: { transaction: false, sql: DROP INDEX CONCURRENTLY users_email_key }
`,
        finds: 'CREATE UNIQUE INDEX',
        fixed: `- step: No email of users twice
  verify:
    sql: SELECT count(*) FROM (SELECT email FROM users WHERE email IS NOT NULL GROUP BY email HAVING count(*) > 1) AS duplicates
    expect: 0
- step: One account an email
  transaction: false
  sql: |
    SET lock_timeout = 0;
    CREATE UNIQUE INDEX CONCURRENTLY users_email_key ON users (email);
  rollback: { transaction: false, sql: DROP INDEX CONCURRENTLY users_email_key }
`,
      },
    ],
    good: [
      {
        steps: `- step: No email twice
  verify:
    sql: |
      SELECT count(*) FROM (
        SELECT email FROM users WHERE email IS NOT NULL GROUP BY email HAVING count(*) > 1
      ) AS duplicates
    expect: 0
- step: One account an email
  transaction: false
  sql: |
    SET lock_timeout = 0;
    CREATE UNIQUE INDEX CONCURRENTLY users_email_key ON users (email);
  rollback: { transaction: false, sql: DROP INDEX CONCURRENTLY users_email_key }
`,
      },
    ],
  },
  *check(context) {
    // Nothing in a plain file could say that it was asked.
    if (context.kind === 'sql') return;
    for (const placed of sqlStatements(context)) {
      const { s, step, part } = placed;
      if (part === 'rollback' || s.effects.builds.length === 0) continue;
      for (const unique of uniqueness(s)) {
        if (!mayHoldDuplicates(context, s, unique) || isAskedBefore(context, placed, unique.table)) continue;
        const columns = unique.columns.join(', ');
        const named = displayName(s.before, unique.table.name);
        const ruins = unique.concurrent ? ', and leaves an INVALID index behind' : '';
        yield {
          message: `This fails if two rows of ${withFigures(context, named)} have the same ${columns}${ruins}. Ask production before, in a verify step or the checklist: ${question(unique, named)}.`,
          range: unique.range,
          step: step.id,
          data: { placed, unique },
        };
      }
    }
  },
  fix: ({ data }, context) => verifyFirst(context, data),
});

function uniqueness(s: StatementAnalysis): readonly Uniqueness[] {
  const { node } = s.statement;
  if ('IndexStmt' in node) {
    const {
      unique,
      relation,
      indexParams = [],
      concurrent,
      nulls_not_distinct,
      whereClause,
    } = node.IndexStmt;
    const table = unique ? tableOf(s.before, relation) : undefined;
    const columns = indexParams.map((item) => ('IndexElem' in item ? item.IndexElem.name : undefined));
    if (!table || !columns.every((column) => column !== undefined)) return [];
    return [
      {
        table,
        columns,
        where: whereClause && sourceToEnd(s.statement, 'where'),
        nullsToo: nulls_not_distinct === true,
        range: wordsRange(s, 'CREATE', 'UNIQUE', 'INDEX'),
        concurrent: concurrent === true,
      },
    ];
  }
  const table = tableOf(s.before, alterTable(s)?.relation);
  return broughtConstraints(s).flatMap(({ node: constraint, columns }) => {
    const { contype, indexname, location, nulls_not_distinct } = constraint;
    if (!table || indexname || (contype !== 'CONSTR_UNIQUE' && contype !== 'CONSTR_PRIMARY')) return [];
    const nullsToo = nulls_not_distinct === true;
    return [
      { table, columns, where: undefined, nullsToo, range: tokenRange(s, location), concurrent: false },
    ];
  });
}

/** Not where a column is the plan's own, whose values are made in it, nor where some of the columns are unique already. */
function mayHoldDuplicates(
  { baseline }: RuleContext,
  { before }: StatementAnalysis,
  { table, columns, nullsToo }: Uniqueness,
): boolean {
  if (table.empty || table.madeByPlan) return false;
  const key = relationKey(table.name);
  const old = baseline.relations.get(key);
  const original = old?.kind === 'table' ? old : undefined;
  if (columns.some((name) => !columnOf(original, name))) return false;
  if (nullsToo) return true;
  for (const index of indexesOf(before, key)) {
    const known = index.unique && index.predicate === undefined;
    if (known && index.columns.every((column) => column !== null && columns.includes(column))) return false;
  }
  return true;
}

/** Whether the plan counts or deletes rows of the table, or of what it is a part of, before the statement. */
function isAskedBefore(context: RuleContext, placed: PlacedStatement, table: Table): boolean {
  const wholes = table.partition
    ? table.parents.flatMap((key) => tableByKey(placed.s.before, key) ?? [])
    : [];
  if (wholes.some((whole) => isAskedBefore(context, placed, whole))) return true;
  const name = nameIn(table.name.name);
  const asks = (sql: string) => name.test(sql) && /\bgroup\s+by\b|\bdistinct\b|\bover\s*\(/i.test(sql);
  const said = (text: string) => name.test(text) && /\b(?:duplicates?|unique|twice|same)\b/i.test(text);
  if (context.plan.checklist.some(({ text }) => said(text.value))) return true;
  if (isVerifiedBefore(context, placed, asks)) return true;
  for (const { step, action } of context.steps) {
    for (const { statement } of action?.statements ?? []) {
      if (statement === placed.s.statement) return false;
      if (deletesFrom(statement.node, table)) return true;
    }
    if (step === placed.step) return false;
  }
  return false;
}

function deletesFrom(node: Node, table: Table): boolean {
  const relation = 'DeleteStmt' in node ? node.DeleteStmt.relation : undefined;
  return relation !== undefined && nameOfRangeVar(relation).name === table.name.name;
}

/** The query whose every row is a duplicate. */
function question({ columns, where, nullsToo }: Uniqueness, table: string): string {
  const list = columns.map(quoteIdentifier).join(', ');
  const set = nullsToo ? [] : columns.map((column) => `${quoteIdentifier(column)} IS NOT NULL`);
  const conditions = [...(where === undefined ? [] : [`(${where})`]), ...set];
  const filter = conditions.length > 0 ? ` WHERE ${conditions.join(' AND ')}` : '';
  return `SELECT ${list} FROM ${table}${filter} GROUP BY ${list} HAVING count(*) > 1`;
}

function verifyFirst(context: RuleContext, { placed, unique }: Data): readonly Fix[] {
  const { table, columns } = unique;
  const name = writeName(
    placed.s.before.searchPath.includes(table.name.schema)
      ? { ...table.name, schema: undefined }
      : table.name,
  );
  const sql = `SELECT count(*) FROM (${question(unique, name)}) AS duplicates`;
  const edits = aroundStatement(context, placed, {
    before: [{ name: `No ${columns.join(', ')} of ${name} twice`, verify: { sql, expect: 0 } }],
    after: [],
  });
  return edits ? [{ title: 'Count the duplicates in a verify step before', edits, safe: false }] : [];
}
