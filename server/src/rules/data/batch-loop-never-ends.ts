import type { Node, UpdateStmt } from '@pgsql/types';
import { columnsRead, provesNotNull, walk } from '../../schema/expressions.ts';
import { columnOf, findRelation } from '../../schema/lookup.ts';
import type { Table } from '../../schema/model.ts';
import { nameOfRangeVar, stringsOf } from '../../sql/names.ts';
import { defineRule } from '../define-rule.ts';
import { withFigures } from '../figures.ts';
import type { StatementAnalysis } from '../model.ts';
import { sqlStatements, wordsRange } from '../statements.ts';
import { changedTable } from './batch-loops.ts';

/** A loop over batches whose WHERE stays true for rows that it has changed. */
export const batchLoopNeverEnds = defineRule<undefined>({
  id: 'batch-loop-never-ends',
  title: 'A loop over batches changes the same rows again and again',
  severity: 'error',
  eachStep: true,
  concerns: ['UpdateStmt'],
  docs: {
    problem: `A loop that takes a batch of rows by a condition and ends when no row is left relies on each row leaving the condition
once it is changed. Where it does not (the new value is NULL and the condition is \`IS NULL\`, or the condition does not look at
what is set), the same rows are changed in every pass: the loop never ends, and dead rows and WAL pile up until somebody
stops it.`,
    solution: `Use a \`backfill\`, which walks along the key and takes each row once. In a loop of your own add what makes the row leave
the condition: \`AND source IS NOT NULL\`.`,
    manual: [
      { title: 'Simple Loops', path: 'plpgsql-control-structures.html#PLPGSQL-CONTROL-STRUCTURES-LOOPS' },
    ],
  },
  examples: {
    bad: [
      {
        schema: 'CREATE TABLE users (id bigint PRIMARY KEY, email text, contact text);',
        steps: `- step: Copy the addresses
  transaction: false
  sql: |
    DO $$
    BEGIN
      LOOP
        UPDATE users SET contact = email WHERE id IN (
          SELECT id FROM users WHERE contact IS NULL LIMIT 10000
        );
        EXIT WHEN NOT FOUND;
        COMMIT;
      END LOOP;
    END $$;
  rollback: { not_needed: nothing reads contact yet }
`,
        finds: 'UPDATE',
      },
    ],
    good: [
      {
        schema: 'CREATE TABLE users (id bigint PRIMARY KEY, email text, contact text);',
        steps: `- step: Copy the addresses
  transaction: false
  sql: |
    DO $$
    BEGIN
      LOOP
        UPDATE users SET contact = email WHERE id IN (
          SELECT id FROM users WHERE contact IS NULL AND email IS NOT NULL LIMIT 10000
        );
        EXIT WHEN NOT FOUND;
        COMMIT;
      END LOOP;
    END $$;
  rollback: { not_needed: nothing reads contact yet }
`,
      },
    ],
  },
  *check(context) {
    for (const { step, s } of sqlStatements(context)) {
      const why = s.repeats ? staysBecause(s) : undefined;
      const table = changedTable(s);
      if (why === undefined || table === undefined) continue;
      yield {
        message: `Rows of ${withFigures(context, table)} still meet the condition after this UPDATE (${why}): the loop changes the same ones in every pass and never ends, while dead rows and WAL pile up. Use a backfill step, which takes each row once, or make the condition leave out what is done.`,
        range: wordsRange(s, 'UPDATE'),
        step: step.id,
        data: undefined,
      };
    }
  },
});

/** Why a changed row meets the condition of a batch again, in words; undefined where it leaves it, or nobody knows. */
function staysBecause({ statement: { node }, before }: StatementAnalysis): string | undefined {
  if (!('UpdateStmt' in node)) return undefined;
  const { relation, targetList = [] } = node.UpdateStmt;
  const table = relation && findRelation(before, nameOfRangeVar(relation));
  const batch = batchCondition(node.UpdateStmt);
  if (table?.kind !== 'table' || !table.columnsComplete || !batch) return undefined;
  const assigned = new Map(
    targetList.flatMap((target) =>
      'ResTarget' in target ? [[target.ResTarget.name ?? '', target.ResTarget.val] as const] : [],
    ),
  );
  const read = batch.flatMap(columnsRead);
  // A variable of the block may say which rows are next.
  if (read.some((name) => !columnOf(table, name))) return undefined;
  if (!read.some((name) => assigned.has(name)))
    return `it looks at ${list(read)}, and sets ${list([...assigned.keys()])}`;
  const [only, other] = batch;
  if (!only || other) return undefined;
  for (const column of nullTests(only)) {
    const value = assigned.get(column);
    const source = value && nullableSource(table, value);
    if (source !== undefined && !provesNotNull(only).includes(source))
      return `where ${source} is NULL, so is the new ${column}`;
  }
  return undefined;
}

/** The conditions that pick the rows of a batch, that of `IN (SELECT … LIMIT)` included; undefined for no batch. */
function batchCondition({ whereClause }: UpdateStmt): readonly Node[] | undefined {
  if (!whereClause) return undefined;
  for (const [kind, fields] of walk(whereClause)) {
    if (kind !== 'SelectStmt' || !fields.limitCount) continue;
    return fields.whereClause ? [fields.whereClause as Node] : undefined;
  }
  return undefined;
}

/** Columns that a condition wants to be NULL, alone or joined by AND. */
function nullTests(condition: Node): readonly string[] {
  if ('BoolExpr' in condition && condition.BoolExpr.boolop === 'AND_EXPR')
    return (condition.BoolExpr.args ?? []).flatMap(nullTests);
  if (!('NullTest' in condition) || condition.NullTest.nulltesttype !== 'IS_NULL') return [];
  const { arg } = condition.NullTest;
  return arg && 'ColumnRef' in arg ? stringsOf(arg.ColumnRef.fields).slice(-1) : [];
}

/** Functions that give NULL for NULL. */
const strict: ReadonlySet<string> = new Set(
  'abs btrim ceil date_trunc floor initcap left length lower ltrim md5 replace right round rtrim substr substring trim trunc upper'.split(
    ' ',
  ),
);

/** The column that a value is made from, where it may be NULL and the value then is too. */
function nullableSource(table: Table, value: Node): string | undefined {
  if ('ColumnRef' in value) {
    const name = stringsOf(value.ColumnRef.fields).at(-1) ?? '';
    return columnOf(table, name)?.notNull === false ? name : undefined;
  }
  for (const part of strictParts(value)) {
    const source = nullableSource(table, part);
    // `tags || NULL` is an array still.
    if (source !== undefined && !columnOf(table, source)?.type?.endsWith('[]')) return source;
  }
  return undefined;
}

/** Operands of which one that is NULL makes the whole so. Operators of Postgres on scalars are strict. */
function strictParts(value: Node): readonly Node[] {
  if ('TypeCast' in value) return value.TypeCast.arg ? [value.TypeCast.arg] : [];
  if ('A_Expr' in value && value.A_Expr.kind === 'AEXPR_OP') {
    const { lexpr, rexpr } = value.A_Expr;
    return [lexpr, rexpr].filter((part) => part !== undefined);
  }
  if (!('FuncCall' in value)) return [];
  const name = stringsOf(value.FuncCall.funcname).at(-1) ?? '';
  return strict.has(name) ? (value.FuncCall.args ?? []) : [];
}

function list(names: readonly string[]): string {
  return [...new Set(names)].join(', ');
}
