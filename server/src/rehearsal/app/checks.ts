import type { VersionAnalysis } from '../../rules/model.ts';
import type { Statement } from '../../sql/model.ts';
import type { LineIndex } from '../../text/line-index.ts';
import { isDatabaseError } from '../errors.ts';
import type { AppCheck, DatabaseError, EngineSession, QueryResult, StatementError } from '../model.ts';
import { placedError } from '../place.ts';
import type { Filled, ValueSource } from './values.ts';

export interface CheckInput {
  readonly session: EngineSession;
  readonly values: ValueSource;
  readonly lines: LineIndex;
  readonly at: AppCheck['at'];
  /** The moment, as a message says it: `after 'Deploy v4'`. */
  readonly when: string;
  /** A number that was not used before. */
  next(): number;
}

export type AppStatement = VersionAnalysis['statements'][number];

/** A statement that was tried, with the parameters that it was given first. */
export interface Tried {
  readonly one: AppStatement;
  readonly parameters: Filled['parameters'];
  readonly check: AppCheck;
}

/**
 * Runs what a version runs, each statement in what the ones before it left, and undoes it all. One that fails so is
 * tried by itself too: it may not be meant to follow the others. What cannot be tried here is left out.
 */
export async function checkVersion(
  input: CheckInput,
  { version, statements }: VersionAnalysis,
): Promise<Tried[]> {
  const { session } = input;
  const tried: Tried[] = [];
  await session.query('BEGIN');
  try {
    await session.query('SAVEPOINT start');
    for (const one of statements) {
      if (!isTried(one.statement, session)) continue;
      const filled = await input.values.fill(one.statement, input.next());
      const error = (await tryIn(input, one, filled)) && (await tryAlone(input, one));
      const check = toldCheck(input, version.name.value, one, error || undefined);
      tried.push({ one, parameters: filled.parameters, check });
    }
  } finally {
    await session.query('ROLLBACK').catch(() => {});
  }
  return tried;
}

/** Transaction control would end the transaction that undoes it all; what the engine refuses is no fault of the plan. */
export function isTried(statement: Statement, session: EngineSession): boolean {
  return (
    statement.kind !== 'TransactionStmt' &&
    statement.kind !== 'VacuumStmt' &&
    session.refusal(statement) === undefined
  );
}

async function tryIn(
  input: CheckInput,
  one: AppStatement,
  filled: Filled,
): Promise<StatementError | undefined> {
  const { session } = input;
  await session.query('SAVEPOINT statement');
  const error = await run(input, one, filled);
  if (error) await session.query('ROLLBACK TO SAVEPOINT statement');
  return error;
}

/** SQLSTATEs that the values bring about, and not the schema alone: duplicates, no parent, an exclusion. */
const ofValues = new Set(['23505', '23503', '23P01']);
const checkViolation = '23514';
const tries = 8;

/** From where the transaction began; with other values where the given ones may be the reason for its failure. */
async function tryAlone(input: CheckInput, one: AppStatement): Promise<StatementError | undefined> {
  const { session, values } = input;
  const attempt = async (filled: Filled) => {
    await session.query('ROLLBACK TO SAVEPOINT start');
    return run(input, one, filled);
  };
  const given = await attempt(await values.fill(one.statement, input.next()));
  let error = given;
  for (let count = 0; count < tries && error; count++) {
    const code = error.code ?? '';
    if (!ofValues.has(code) && code !== checkViolation) break;
    await session.query('ROLLBACK TO SAVEPOINT start');
    // A CHECK is for the application's own constants to keep; only values that were made up may be wrong.
    const filled =
      given?.code === checkViolation
        ? await values.fill(one.statement, input.next())
        : await values.refill(one.statement, input.next());
    if (!filled.varies) break;
    error = await attempt(filled);
  }
  await session.query('ROLLBACK TO SAVEPOINT start');
  return error;
}

async function run(
  input: CheckInput,
  { statement, sql }: AppStatement,
  filled: Filled,
): Promise<StatementError | undefined> {
  const { session } = input;
  const result = await send(session, filled);
  if ('affectedRows' in result) {
    const isIdle = changing.has(statement.kind) && result.affectedRows === 0;
    return isIdle ? runOnRow(input, { statement, sql }) : undefined;
  }
  // A procedure that commits cannot be undone, so it cannot be tried.
  if (result.code === '2D000') return undefined;
  const position = filled.sql === statement.text ? result.position : undefined;
  return placedError(session.explain({ ...result, message: result.message, position }), statement, sql);
}

const changing = new Set<string>(['UpdateStmt', 'DeleteStmt']);

/** What changes no row breaks no constraint: it is tried on a row that is there. */
async function runOnRow(
  { session, values, next }: CheckInput,
  { statement, sql }: Pick<AppStatement, 'statement' | 'sql'>,
): Promise<StatementError | undefined> {
  const filled = await values.refill(statement, next());
  if (!filled.varies) return undefined;
  await session.query('SAVEPOINT attempted');
  const result = await send(session, filled);
  if ('affectedRows' in result) return undefined;
  // Where it is the row's doing, nothing is said; the statement itself ran.
  if (ofValues.has(result.code ?? '')) {
    await session.query('ROLLBACK TO SAVEPOINT attempted');
    return undefined;
  }
  return placedError(
    session.explain({ ...result, message: result.message, position: undefined }),
    statement,
    sql,
  );
}

/** Inside a savepoint, which a failure leaves to be rolled back to. */
async function send(
  session: EngineSession,
  { sql, parameters }: Filled,
): Promise<QueryResult | DatabaseError> {
  try {
    return await session.query(sql, parameters);
  } catch (error) {
    if (!isDatabaseError(error) || error.code === undefined) throw error;
    return error;
  }
}

/** What a statement does, as in `v1 cannot …`. */
export function verbOf({ kind }: Pick<Statement, 'kind'>): string {
  return verbs[kind] ?? 'run a statement';
}

const verbs: Readonly<Record<string, string>> = {
  SelectStmt: 'select',
  InsertStmt: 'insert',
  UpdateStmt: 'update',
  DeleteStmt: 'delete',
  MergeStmt: 'merge',
};

function toldCheck(
  { at, when, lines }: CheckInput,
  version: string,
  { statement, range }: AppStatement,
  error: StatementError | undefined,
): AppCheck {
  const verb = verbOf(statement);
  return {
    version,
    statement: statement.text,
    at,
    ok: error === undefined,
    error: error && {
      ...error,
      message: `${version} cannot ${verb} ${when}: ${error.message}`,
      line: lines.positionAt((error.range ?? range).start).line,
    },
    range,
    line: lines.positionAt(range.start).line,
  };
}
