import type { Analysis } from '../analyze.ts';
import type { ChecklistEntry, SqlText } from '../plan/model.ts';
import type { SqlParser, Statement } from '../sql/model.ts';
import { isDatabaseError } from './errors.ts';
import { judge } from './expectation.ts';
import type { ChecklistReport, EntryReport, QueryResult } from './model.ts';
import {
  cancelBackend,
  connectServer,
  type ServerConnection,
  type ServerTarget,
} from './server-connection.ts';
import type { ServerIdentity } from './server-engine.ts';
import { serverName } from './server-errors.ts';
import { readFacts } from './server-facts.ts';
import { signsOf } from './server-production.ts';
import { refusalOnServer } from './server-refusals.ts';

export interface ChecklistOptions {
  readonly target: ServerTarget;
  /** The user's patterns of hosts and databases that are production. */
  readonly production?: readonly string[];
  readonly parser: SqlParser;
  /** Asked before any query of the plan is sent, with what looks like production. False: none is. */
  confirm(identity: ServerIdentity, signs: readonly string[]): Promise<boolean>;
  readonly signal?: AbortSignal;
}

/** ms that one query may take, and wait for a lock. */
const limits = { statement_timeout: 10_000, lock_timeout: 1000 };
/** More are not fetched: nobody compares them by hand. */
const mostRows = 1000;

/**
 * Asks a server what a plan's checklist asks, each query in a read-only transaction of its own that is undone. Undefined
 * where the user did not confirm the server. Rejects with a message for the user where it cannot be reached.
 */
export async function runChecklist(
  { plan }: Pick<Analysis, 'plan'>,
  { target, production = [], parser, confirm, signal }: ChecklistOptions,
): Promise<ChecklistReport | undefined> {
  const session = await connectServer(target, signal ? { signal } : {});
  const stop = () => void cancelBackend(target, session.pid).then(() => session.end());
  signal?.addEventListener('abort', stop, { once: true });
  try {
    // For every transaction from here on, whatever a query says.
    await session.query('SET default_transaction_read_only = on');
    const facts = await readFacts(session, target);
    const { version } = facts;
    const signs = signsOf(target, facts, production)
      .filter(({ sign }) => sign !== 'sessions')
      .map(({ message }) => message);
    const { host, port, user, database } = target;
    if (!(await confirm({ host, port, user, database, version, isClone: false }, signs))) return undefined;
    const entries: EntryReport[] = [];
    for (const entry of plan.checklist) {
      signal?.throwIfAborted();
      entries.push(await ask(session, entry, parser));
    }
    signal?.throwIfAborted();
    const isGood = entries.every(({ status }) => !['unmet', 'failed', 'refused'].includes(status));
    return {
      plan: plan.migration?.value ?? '',
      server: serverName(target),
      version,
      verdict: isGood ? 'passed' : 'failed',
      entries,
      notes: signs.length > 0 ? [...signs, 'The checklist only read it.'] : [],
    };
  } finally {
    signal?.removeEventListener('abort', stop);
    await session.end();
  }
}

async function ask(
  session: ServerConnection,
  { text, sql, expect, range }: ChecklistEntry,
  parser: SqlParser,
): Promise<EntryReport> {
  const about = { check: text.value, range, ms: 0 };
  if (!sql) return { ...about, status: 'by_hand', message: '' };
  const query = readable(sql, parser);
  if ('refused' in query) return { ...about, status: 'refused', message: query.refused };
  const since = performance.now();
  try {
    const result = await readOnly(session, query);
    const ms = performance.now() - since;
    if (!expect) return { ...about, ms, status: 'told', message: shown(result) };
    const judged = judge(expect.value, result);
    return judged.met
      ? { ...about, ms, status: 'met', message: judged.seen }
      : { ...about, ms, status: 'unmet', message: judged.message };
  } catch (error) {
    if (!isDatabaseError(error)) throw error;
    return { ...about, ms: performance.now() - since, status: 'failed', message: error.message };
  }
}

interface Query {
  readonly text: string;
  /** Fetched through a cursor, so that no more than enough comes. */
  readonly isSelect: boolean;
}

/**
 * A query that only reads, as far as its text tells; the read-only transaction tells the rest, but for functions that
 * reach outside of transactions.
 */
function readable(sql: SqlText, parser: SqlParser): Query | { readonly refused: string } {
  const { statements, problems } = parser.parse(sql.text);
  const [statement, ...more] = statements;
  if (problems[0]) return { refused: problems[0].message };
  if (!statement) return { refused: 'It is empty.' };
  if (more.length > 0) return { refused: 'These are several statements: an entry asks one query.' };
  const kind = kindOf(statement);
  if (kind === undefined) return { refused: 'This is no query: an entry takes SELECT, SHOW or EXPLAIN.' };
  const reach = refusalOnServer(statement);
  if (reach)
    return {
      refused: reach.message.replace(
        /: that reaches outside of .*$/,
        ', which more than this database feels: it was not sent.',
      ),
    };
  const called = heldFunction(statement.node);
  if (called !== undefined)
    return { refused: `This calls ${called}, which does more than to read: it was not sent.` };
  return { text: statement.text, isSelect: kind === 'select' };
}

function kindOf({ node }: Statement): 'select' | 'other' | undefined {
  if ('SelectStmt' in node) return 'select';
  if ('VariableShowStmt' in node) return 'other';
  const explained = 'ExplainStmt' in node ? node.ExplainStmt.query : undefined;
  return explained && 'SelectStmt' in explained ? 'other' : undefined;
}

/** What a read-only transaction does not hold back: locks of the application's, settings, WAL, statistics. */
const held =
  /^(pg_(try_)?advisory_\w+|set_config|pg_logical_emit_message|pg_stat_reset\w*|pg_notify|pg_stat_statements_reset)$/;

function heldFunction(value: unknown): string | undefined {
  if (typeof value !== 'object' || value === null) return undefined;
  const { funcname } = value as { readonly funcname?: unknown };
  const last = Array.isArray(funcname) ? funcname.at(-1)?.String?.sval : undefined;
  if (typeof last === 'string' && held.test(last)) return last;
  for (const child of Object.values(value)) {
    const found = heldFunction(child);
    if (found !== undefined) return found;
  }
  return undefined;
}

async function readOnly(session: ServerConnection, { text, isSelect }: Query): Promise<QueryResult> {
  await session.query('BEGIN READ ONLY');
  try {
    for (const [name, ms] of Object.entries(limits)) await session.query(`SET LOCAL ${name} = ${ms}`);
    if (!isSelect) return await session.query(text);
    await session.query(`DECLARE switchback_checklist NO SCROLL CURSOR FOR ${text}`);
    return await session.query(`FETCH ${mostRows} FROM switchback_checklist`);
  } finally {
    await session.query('ROLLBACK').catch(() => undefined);
  }
}

/** What a query gave, for an entry that expects nothing certain. */
function shown({ rows }: QueryResult): string {
  const [row, ...more] = rows;
  if (!row) return 'no row';
  if (more.length > 0) return rows.length < mostRows ? `${rows.length} rows` : `${mostRows} rows or more`;
  const values = Object.entries(row).map(([name, value]) => `${name} ${String(value ?? 'NULL')}`);
  const text = values.length === 1 ? String(Object.values(row)[0] ?? 'NULL') : values.join(', ');
  return text.length > 200 ? `${text.slice(0, 200)}…` : text;
}
