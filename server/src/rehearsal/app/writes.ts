import type { VersionAnalysis } from '../../rules/model.ts';
import type { Statement } from '../../sql/model.ts';
import { isDatabaseError } from '../errors.ts';
import type { EngineSession } from '../model.ts';
import { noteTouched, type Witness } from '../touched-rows.ts';
import { isTried } from './checks.ts';
import type { ValueSource } from './values.ts';

export interface WriteInput {
  readonly session: EngineSession;
  readonly values: ValueSource;
  readonly witness: Witness;
  /** A number that was not used before. */
  next(): number;
}

const writing = new Set<string>(['InsertStmt', 'UpdateStmt', 'DeleteStmt', 'MergeStmt']);
const tries = 4;
/** A statement that changes more of the rows that were there would leave nothing to compare: it is undone. */
const mostChanged = 5;
const mostInserted = 100;

/**
 * Runs the writing statements of a version for good, with values of their own, as the application would meanwhile. What
 * fails is undone; that it fails, its check tells.
 */
export async function writeRows(input: WriteInput, { statements }: VersionAnalysis): Promise<void> {
  for (const { statement } of statements) {
    if (!writing.has(statement.kind) || !isTried(statement, input.session)) continue;
    for (let count = 0; count < tries; count++) if (await write(input, statement)) break;
  }
}

/** What a statement names to write to; undefined where it does not say. */
function columnsNamed({ node }: Pick<Statement, 'node'>): string[] | undefined {
  const named = (targets: readonly object[] = []) =>
    targets.flatMap((target) =>
      'ResTarget' in target ? ((target.ResTarget as { name?: string }).name ?? []) : [],
    );
  if ('UpdateStmt' in node) return named(node.UpdateStmt.targetList);
  if ('InsertStmt' in node) {
    const { cols = [], onConflictClause } = node.InsertStmt;
    return cols.length === 0 ? undefined : [...named(cols), ...named(onConflictClause?.targetList)];
  }
  return [];
}

/** Whether an UPDATE may give a row another key; by the column's name alone. */
function setsKey({ node }: Statement, { digest }: Witness): boolean {
  if (!('UpdateStmt' in node)) return false;
  const set = columnsNamed({ node });
  const keys = [...digest.tables.values()].flatMap(({ table: { columns, key } }) =>
    columns.filter(({ number }) => key.includes(number)).map(({ name }) => name),
  );
  return set?.some((name) => keys.includes(name)) === true;
}

/** Whether it is done, one way or the other; false where another value may do. */
async function write({ session, values, witness, next }: WriteInput, statement: Statement): Promise<boolean> {
  await session.exec('BEGIN');
  try {
    const { sql, parameters, varies } = await values.refill(statement, next());
    const changesKeys = setsKey(statement, witness);
    try {
      const noted = await noteTouched(
        session,
        { ...witness, columns: columnsNamed(statement) },
        () => session.query(sql, parameters),
        changesKeys,
      );
      if (noted.rows > (statement.kind === 'InsertStmt' ? mostInserted : mostChanged)) {
        await session.query('ROLLBACK');
        return true;
      }
      await session.query('COMMIT');
      noted.commit();
      return true;
    } catch (error) {
      if (!isDatabaseError(error) || error.code === undefined) throw error;
      await session.query('ROLLBACK');
      return !(varies && error.code.startsWith('23'));
    }
  } catch (error) {
    await session.query('ROLLBACK').catch(() => {});
    throw error;
  }
}
