import type { SqlParser, Statement } from '../sql/model.ts';
import { createLineIndex } from '../text/line-index.ts';
import type { Range } from '../text/range.ts';
import { codePointToUtf16 } from '../text/utf8.ts';
import { isDatabaseError } from './errors.ts';
import type { DatabaseError, EngineSession, StatementError } from './model.ts';
import { explainSandboxError, sandboxRefusal } from './sandbox.ts';

export interface BaselineFile {
  /** As the plan writes it. */
  readonly path: string;
  readonly sql: string;
  /** The path's place in the plan: where its errors are shown. */
  readonly range: Range | undefined;
}

export interface BaselineResult {
  /** Why the baseline could not be loaded. */
  readonly error: StatementError | undefined;
  readonly notes: readonly string[];
}

/**
 * Runs the baseline's DDL, one statement after the other, as psql would: a dump's settings hold for the
 * statements after them. Stops at the first error. What the embedded Postgres cannot do and later statements may
 * not need (an extension it does not have, a tablespace) is left out with a note.
 */
export async function loadBaseline(
  session: EngineSession,
  file: BaselineFile,
  parser: SqlParser,
): Promise<BaselineResult> {
  const { statements, problems } = parser.parseScript(file.sql);
  const problem = problems[0];
  if (problem)
    return { error: baselineError(file, problem.range.start, { message: problem.message }), notes: [] };
  const notes: string[] = [];
  const absent = new Set<string>();
  for (const statement of statements) {
    const refusal = sandboxRefusal(statement);
    if (refusal !== undefined) {
      notes.push(`${placeIn(file, statement.range.start)}: left out. ${refusal}`);
      continue;
    }
    try {
      await session.query(statement.text);
    } catch (error) {
      if (!isDatabaseError(error)) throw error;
      const verdict = judgeFailure(statement, error, absent);
      if (verdict === 'ignore') continue;
      const told = explainSandboxError(error, session);
      if (verdict === 'note')
        notes.push(`${placeIn(file, statement.range.start)}: left out. ${told.message}`);
      else return { error: failure(file, statement, told, absent), notes };
    }
  }
  // A fresh connection knows nothing of the settings that the dump made for itself.
  await session.query('ROLLBACK');
  await session.query('DISCARD ALL');
  return { error: undefined, notes };
}

function judgeFailure(
  statement: Statement,
  error: DatabaseError,
  absent: Set<string>,
): 'ignore' | 'note' | 'fail' {
  const { node } = statement;
  if ('CreateExtensionStmt' in node && error.code === '0A000') {
    absent.add(node.CreateExtensionStmt.extname ?? '');
    return 'note';
  }
  if ('CommentStmt' in node && node.CommentStmt.objtype === 'OBJECT_EXTENSION' && absent.size > 0)
    return 'ignore';
  // Every database has this one from the start, and pg_dump --schema=public makes it again.
  if ('CreateSchemaStmt' in node && node.CreateSchemaStmt.schemaname === 'public') return 'ignore';
  // A setting of another version.
  if ('VariableSetStmt' in node && error.code === '42704') return 'note';
  return 'fail';
}

function failure(
  file: BaselineFile,
  statement: Statement,
  error: DatabaseError,
  absent: ReadonlySet<string>,
): StatementError {
  const offset = error.position === undefined ? 0 : codePointToUtf16(statement.text, error.position - 1);
  const told = baselineError(file, statement.range.start + offset, error);
  if (absent.size === 0) return told;
  return { ...told, hint: `It may need what was left out: ${[...absent].join(', ')}.` };
}

function baselineError(
  file: BaselineFile,
  offset: number,
  error: Partial<DatabaseError> & { readonly message: string },
): StatementError {
  const { message, code, detail, hint } = error;
  return { message: `${placeIn(file, offset)}: ${message}`, code, detail, hint, range: file.range };
}

function placeIn({ path, sql }: BaselineFile, offset: number): string {
  return `${path}, line ${createLineIndex(sql).positionAt(offset).line + 1}`;
}
