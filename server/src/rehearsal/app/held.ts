import type { App } from '../../plan/model.ts';
import type { VersionAnalysis } from '../../rules/model.ts';
import { isDatabaseError } from '../errors.ts';
import { heldHint, heldMessage } from '../held-words.ts';
import type { DatabaseError, EngineSession } from '../model.ts';
import { quoteLiteral } from '../roles.ts';
import { heldPrefix } from '../session-reset.ts';
import { type AppStatement, isTried, type Tried } from './checks.ts';
import type { Filled } from './values.ts';

/**
 * What the connections of the live version's pool have prepared, in the session that plays them. PREPARE is not undone
 * with a transaction, and DDL leaves the statement there: it is parsed anew at the next execution, with the types that
 * its parameters had, and refused where its result is another then (RevalidateCachedQuery of plancache.c).
 */
export interface HeldStatements {
  /** Prepares what the version runs, unless it is. What another version had is let go: its connections are closed. */
  hold(version: VersionAnalysis | undefined): Promise<void>;
  /**
   * Why statements cannot be executed any more as they are prepared, which are let go with that. `values`: those that
   * work where they are prepared anew, with the parameters that they did with.
   */
  failing(values: ReadonlyMap<AppStatement, Filled['parameters']>): Promise<Map<AppStatement, DatabaseError>>;
  /** Lets go of all: the schema has been another one meanwhile. */
  letGo(): Promise<void>;
}

/** Tells of the statements that work, and do not where a connection has them prepared since before. */
export async function withHeld(
  held: HeldStatements,
  tried: readonly Tried[],
  when: string,
  app: App | undefined,
): Promise<readonly Tried[]> {
  const works = tried.filter(({ check }) => check.ok);
  const failing = await held.failing(new Map(works.map(({ one, parameters }) => [one, parameters])));
  return tried.map((each) => {
    const error = failing.get(each.one);
    if (!error) return each;
    const { check } = each;
    const { code, detail } = error;
    const message = heldMessage(check.version, when, error.message);
    const hint = heldHint(app?.orm?.value, code);
    const { range, line } = check;
    return { ...each, check: { ...check, prepared: { message, code, detail, hint, range, line } } };
  });
}

const preparable = new Set<string>(['SelectStmt', 'InsertStmt', 'UpdateStmt', 'DeleteStmt', 'MergeStmt']);

export function createHeld(session: EngineSession): HeldStatements {
  const names = new Map<AppStatement, string>();
  let made = 0;
  const release = async (statement: AppStatement) => {
    const name = names.get(statement);
    names.delete(statement);
    // The plan may have taken it away itself: DISCARD ALL.
    if (name !== undefined) await errorOf(session.query(`DEALLOCATE ${name}`));
  };
  return {
    async hold(version) {
      const wanted = new Set(version?.statements);
      for (const statement of [...names.keys()]) if (!wanted.has(statement)) await release(statement);
      for (const one of wanted) {
        if (names.has(one) || !preparable.has(one.statement.kind) || !isTried(one.statement, session))
          continue;
        const name = `${heldPrefix}${made++}`;
        // One that cannot be prepared cannot be run either, which its check tells.
        const error = await errorOf(session.query(`PREPARE ${name} AS ${one.statement.text}`));
        if (!error) names.set(one, name);
      }
    },
    async failing(values) {
      const found = new Map<AppStatement, DatabaseError>();
      const calls = [...values].flatMap(([one, parameters]) => {
        const name = names.get(one);
        return name === undefined ? [] : [{ one, sql: executing(name, parameters) }];
      });
      if (calls.length === 0) return found;
      const script = calls.map(({ sql }) => sql).join(';\n');
      if (!(await errorOf(session.exec(script)))) return found;
      for (const { one, sql } of calls) {
        const error = await errorOf(session.query(sql));
        // What a domain or a type refuses is the value's doing: its check found another one that works.
        if (!error || ofValue.test(error.code ?? '')) continue;
        await release(one);
        if (error.code !== isNotThere) found.set(one, error);
      }
      return found;
    },
    async letGo() {
      for (const statement of [...names.keys()]) await release(statement);
    },
  };
}

/** data_exception, integrity_constraint_violation. */
const ofValue = /^2[23]/;

/** invalid_sql_statement_name: a DISCARD ALL of the plan took it away, which no other connection has to do with. */
const isNotThere = '26000';

/**
 * EXPLAIN takes parameters and the plan as EXECUTE does (ExplainExecuteQuery and ExecuteQuery of prepare.c), and is
 * refused where that is; it reads and writes nothing, which the statement's check has done already.
 */
function executing(name: string, parameters: Filled['parameters']): string {
  const values = parameters.map((value) => (value === null ? 'NULL' : quoteLiteral(value)));
  return `EXPLAIN EXECUTE ${name}${values.length > 0 ? `(${values.join(', ')})` : ''}`;
}

/** What Postgres refuses it with; undefined where it does not. */
async function errorOf(sent: Promise<unknown>): Promise<DatabaseError | undefined> {
  try {
    await sent;
    return undefined;
  } catch (error) {
    if (!isDatabaseError(error) || error.code === undefined) throw error;
    return error;
  }
}
