import type { SqlParser, Statement } from '../sql/model.ts';
import { createLineIndex } from '../text/line-index.ts';
import type { Range } from '../text/range.ts';
import { codePointToUtf16 } from '../text/utf8.ts';
import { isDatabaseError } from './errors.ts';
import type { DatabaseError, EngineSession, Refusal, StatementError } from './model.ts';
import { quoteIdentifier } from './roles.ts';

export interface BaselineFile {
  /** As the plan writes it. */
  readonly path: string;
  readonly sql: string;
  /** It is the schema of the very database that the run is beside: its code is not the plan's. */
  readonly isDump?: boolean;
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
 * statements after them. Stops at the first error. What the embedded Postgres cannot do (an extension it does not
 * have and what that would have brought, a tablespace) is left out with a note.
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
  const notes = createLeftOut(file);
  const absent = new Set<string>();
  for (const statement of statements) {
    const refusal = ofOtherDatabase(statement) ? undefined : refusalIn(file, session.refusal(statement));
    if (refusal !== undefined) notes.add(statement, refusal.message);
    if (refusal !== undefined && bringsOthers(statement)) {
      absent.add(statement.text);
      await standIn(session, statement);
    }
    if (refusal !== undefined || ofOtherDatabase(statement)) continue;
    try {
      await session.query(statement.text);
    } catch (error) {
      if (!isDatabaseError(error)) throw error;
      const verdict = judgeFailure(statement, error, absent, session);
      if (verdict === 'ignore') continue;
      const told = session.explain(error);
      if (verdict === 'fail') return { error: failure(file, statement, told), notes: notes.all() };
      notes.add(statement, told.message);
      if (verdict === 'absent') await standIn(session, statement);
    }
  }
  // A fresh connection knows nothing of the settings that the dump made for itself.
  await session.query('ROLLBACK');
  await session.query('DISCARD ALL');
  return { error: undefined, notes: notes.all() };
}

function refusalIn({ isDump }: BaselineFile, refusal: Refusal | undefined): Refusal | undefined {
  return isDump && refusal?.isUnread ? undefined : refusal;
}

/** A dump of a whole server says which database to make and use; here there is one. */
function ofOtherDatabase({ kind, node }: Statement): boolean {
  if (/^(Createdb|Dropdb|AlterDatabase)/.test(kind)) return true;
  const { objtype, objectType } = Object.values(node)[0] as { objtype?: string; objectType?: string };
  return objtype === 'OBJECT_DATABASE' || objectType === 'OBJECT_DATABASE';
}

/** What is left out with it may be missed by the statements after it. */
function bringsOthers({ node }: Statement): boolean {
  return 'CreateExtensionStmt' in node || 'CreateFunctionStmt' in node || 'CreatePLangStmt' in node;
}

/** Foreign tables can be declared, though not read, over a wrapper that does nothing. */
async function standIn(session: EngineSession, { node }: Statement): Promise<void> {
  const name = 'CreateExtensionStmt' in node ? (node.CreateExtensionStmt.extname ?? '') : '';
  if (!name.endsWith('_fdw')) return;
  try {
    await session.query(`CREATE FOREIGN DATA WRAPPER ${quoteIdentifier(name)}`);
  } catch (error) {
    // Superusers alone may: what needs it is left out too.
    if (!isDatabaseError(error) || error.code !== '42501') throw error;
  }
}

const maxNotes = 8;

/** Notes on statements that were left out: the same reason once, and of many only the first. */
function createLeftOut(file: BaselineFile) {
  const byReason = new Map<string, { readonly place: string; more: number }>();
  return {
    add({ range }: Statement, reason: string): void {
      const known = byReason.get(reason);
      if (known) known.more += 1;
      else byReason.set(reason, { place: placeIn(file, range.start), more: 0 });
    },
    all(): string[] {
      const notes = [...byReason].map(([reason, { place, more }]) => {
        const others =
          more === 0 ? '' : ` and ${more} more ${more === 1 ? 'statement' : 'statements'} like it`;
        return `${place}${others}: left out. ${reason}`;
      });
      if (notes.length <= maxNotes) return notes;
      const rest = notes.length - maxNotes;
      return [...notes.slice(0, maxNotes), `${file.path}: ${rest} more were left out for want of these.`];
    },
  };
}

/** SQLSTATEs of what is not there: a type, a function, a relation, a schema, a column, an object of any other kind. */
const undefinedCodes = new Set(['42704', '42883', '42P01', '3F000', '42703']);

function judgeFailure(
  { node }: Statement,
  error: DatabaseError,
  absent: Set<string>,
  { isShared }: EngineSession,
): 'ignore' | 'note' | 'absent' | 'fail' {
  const unavailable = isShared ? ['0A000', '58P01', '42501'] : ['0A000'];
  if ('CreateExtensionStmt' in node && unavailable.includes(error.code ?? '')) {
    absent.add(node.CreateExtensionStmt.extname ?? '');
    return 'absent';
  }
  if ('CommentStmt' in node && node.CommentStmt.objtype === 'OBJECT_EXTENSION' && absent.size > 0)
    return 'ignore';
  // Not a superuser's run: an object that is given to others stays with who made it.
  if (isShared && error.code === '42501') return 'note';
  // No role is made on somebody's server.
  if (isShared && error.code === '42704' && /^role ".+" does not exist$/.test(error.message)) return 'note';
  // A dump of the roles names the superuser too.
  if ('CreateRoleStmt' in node && error.code === '42710') return 'ignore';
  // Every database has this one from the start, and pg_dump --schema=public makes it again.
  if ('CreateSchemaStmt' in node && node.CreateSchemaStmt.schemaname === 'public') return 'ignore';
  // A setting of another version.
  if ('VariableSetStmt' in node && error.code === '42704') return 'note';
  // What an absent extension would have brought, and what is made of that.
  return absent.size > 0 && undefinedCodes.has(error.code ?? '') ? 'note' : 'fail';
}

function failure(file: BaselineFile, statement: Statement, error: DatabaseError): StatementError {
  const offset = error.position === undefined ? 0 : codePointToUtf16(statement.text, error.position - 1);
  return baselineError(file, statement.range.start + offset, error);
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
