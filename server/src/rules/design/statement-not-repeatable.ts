import type { AlterTableCmd, CreateStmt } from '@pgsql/types';
import { nameOfObject, quoteIdentifier, writeName } from '../../sql/names.ts';
import { defineRule } from '../define-rule.ts';
import { alterCommands, alterTable, type PlacedStatement, sqlStatements } from '../statements.ts';

/** What a statement makes or removes that makes it fail the second time, and what guards against that. */
interface Unguarded {
  readonly what: string;
  readonly guard: string;
}

/** A statement outside of a transaction that fails when it is run again. */
export const statementNotRepeatable = defineRule<undefined>({
  id: 'statement-not-repeatable',
  title: 'A statement outside of a transaction fails when it is run again',
  severity: 'warning',
  off: true,
  docs: {
    problem: `What runs outside of a transaction is done statement by statement. When the third of five fails, two have
happened, and whoever runs the five again fails at the first: it exists already, or it is gone.`,
    solution: `Let them run in one transaction where Postgres allows that. Else guard them with IF NOT EXISTS or IF EXISTS.
For CREATE INDEX CONCURRENTLY that is not enough: one that failed leaves an INVALID index, which IF NOT EXISTS takes for the
real one. Drop it first, with DROP INDEX CONCURRENTLY IF EXISTS.`,
    manual: [
      { title: 'Building Indexes Concurrently', path: 'sql-createindex.html#SQL-CREATEINDEX-CONCURRENTLY' },
    ],
  },
  examples: {
    bad: [
      {
        steps: `- step: Forget the index
  transaction: false
  sql: DROP INDEX CONCURRENTLY users_email_idx;
  rollback: { impossible: for the example }
`,
        schema:
          'CREATE TABLE users (id bigint PRIMARY KEY, email text);\nCREATE INDEX users_email_idx ON users (email);',
        finds: 'DROP INDEX CONCURRENTLY users_email_idx',
      },
    ],
    good: [
      {
        steps: `- step: Index the email
  transaction: false
  sql: |
    SET lock_timeout = 0;
    DROP INDEX CONCURRENTLY IF EXISTS users_email_idx;
    CREATE INDEX CONCURRENTLY users_email_idx ON users (email);
  rollback: { transaction: false, sql: DROP INDEX CONCURRENTLY users_email_idx }
`,
      },
    ],
  },
  *check(context) {
    const cleared = new Set<string>();
    for (const placed of sqlStatements(context)) {
      if (placed.part !== 'step') continue;
      const fault = placed.s.inTransaction ? undefined : unguarded(placed, cleared);
      clear(placed, cleared);
      if (!fault) continue;
      yield {
        message: `Run again, this fails: ${fault.what}. ${fault.guard}`,
        range: placed.s.range,
        step: placed.step.id,
        data: undefined,
      };
    }
  },
});

/** @param cleared what a guarded DROP before it took away, should it have been there. */
function unguarded(placed: PlacedStatement, cleared: ReadonlySet<string>): Unguarded | undefined {
  const { node } = placed.s.statement;
  if ('CreateStmt' in node) return createTable(node.CreateStmt, cleared);
  if ('IndexStmt' in node) {
    const { idxname: name, if_not_exists: guarded, concurrent } = node.IndexStmt;
    if (!name || guarded || cleared.has(`index ${name}`)) return undefined;
    const drop = `Put DROP INDEX CONCURRENTLY IF EXISTS ${quoteIdentifier(name)} before it: a build that failed leaves an INVALID index.`;
    return {
      what: `the index ${quoteIdentifier(name)} exists already`,
      guard: concurrent ? drop : 'Add IF NOT EXISTS, or run all in one transaction.',
    };
  }
  if ('DropStmt' in node) {
    if (node.DropStmt.missing_ok) return undefined;
    const object = nameOfObject(node.DropStmt.objects?.[0]);
    return { what: `${object ? writeName(object) : 'what it drops'} is gone`, guard: 'Add IF EXISTS.' };
  }
  const table = alterTable(placed.s)?.relation?.relname ?? '';
  return alterCommands(placed.s)
    .map((command) => alteration(command, table, cleared))
    .find((fault) => fault !== undefined);
}

function createTable(
  { relation, if_not_exists: guarded, oncommit }: CreateStmt,
  cleared: ReadonlySet<string>,
): Unguarded | undefined {
  const name = relation?.relname ?? '';
  const goesBySelf = relation?.relpersistence === 't' && oncommit === 'ONCOMMIT_DROP';
  if (guarded || goesBySelf || cleared.has(`table ${name}`)) return undefined;
  return {
    what: `the table ${quoteIdentifier(name)} exists already`,
    guard: 'Add IF NOT EXISTS, or run all in one transaction.',
  };
}

function alteration(
  { subtype, name = '', def, missing_ok: guarded }: AlterTableCmd,
  table: string,
  cleared: ReadonlySet<string>,
): Unguarded | undefined {
  switch (subtype) {
    case 'AT_AddColumn': {
      const column = def && 'ColumnDef' in def ? (def.ColumnDef.colname ?? '') : '';
      if (guarded) return undefined;
      return { what: `the column ${quoteIdentifier(column)} exists already`, guard: 'Add IF NOT EXISTS.' };
    }
    case 'AT_DropColumn':
      return guarded
        ? undefined
        : { what: `the column ${quoteIdentifier(name)} is gone`, guard: 'Add IF EXISTS.' };
    case 'AT_DropConstraint':
      return guarded
        ? undefined
        : { what: `the constraint ${quoteIdentifier(name)} is gone`, guard: 'Add IF EXISTS.' };
    case 'AT_AddConstraint': {
      const constraint = def && 'Constraint' in def ? def.Constraint.conname : undefined;
      if (constraint === undefined || cleared.has(`constraint ${table}.${constraint}`)) return undefined;
      return {
        what: `the constraint ${quoteIdentifier(constraint)} exists already`,
        guard: `Put DROP CONSTRAINT IF EXISTS ${quoteIdentifier(constraint)} before it.`,
      };
    }
    default:
      return undefined;
  }
}

/** Notes what is surely not there after the statement, and forgets what it makes. */
function clear(placed: PlacedStatement, cleared: Set<string>): void {
  const { node } = placed.s.statement;
  if ('DropStmt' in node) {
    const kind = node.DropStmt.removeType === 'OBJECT_INDEX' ? 'index' : 'table';
    for (const object of node.DropStmt.objects ?? []) {
      const name = nameOfObject(object)?.name;
      if (name !== undefined) cleared.add(`${kind} ${name}`);
    }
  }
  if ('CreateStmt' in node) cleared.delete(`table ${node.CreateStmt.relation?.relname}`);
  if ('IndexStmt' in node) cleared.delete(`index ${node.IndexStmt.idxname}`);
  const table = alterTable(placed.s)?.relation?.relname ?? '';
  for (const { subtype, name, def } of alterCommands(placed.s)) {
    if (subtype === 'AT_DropConstraint') cleared.add(`constraint ${table}.${name}`);
    if (subtype === 'AT_AddConstraint' && def && 'Constraint' in def)
      cleared.delete(`constraint ${table}.${def.Constraint.conname}`);
  }
}
