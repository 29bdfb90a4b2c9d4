import type { Node, VariableSetStmt } from '@pgsql/types';
import { stringsOf } from '../sql/names.ts';
import type { Range } from '../text/range.ts';
import type { RuleContext, StatementAnalysis } from './model.ts';
import { type PlacedStatement, sqlStatements } from './statements.ts';

export const timeoutNames = [
  'lock_timeout',
  'statement_timeout',
  'idle_in_transaction_session_timeout',
] as const;
export type TimeoutName = (typeof timeoutNames)[number];

/** A timeout as it is in force. */
export interface Timeout {
  /** ms; 0 for none; undefined where it is set to what only the server knows. */
  readonly ms: number | undefined;
  /** What sets it, in the document: a statement, or the value under `session`. */
  readonly setAt: Range | undefined;
}

export type Timeouts = Readonly<Record<TimeoutName, Timeout>>;

/** Every statement of the plan's `sql` actions with the timeouts in force where it stands. */
export function* withTimeouts(
  context: RuleContext,
): Generator<{ readonly placed: PlacedStatement; readonly timeouts: Timeouts }> {
  const atStart = sessionTimeouts(context);
  let action: PlacedStatement['action'] | undefined;
  let state = startOf(atStart);
  for (const placed of sqlStatements(context)) {
    if (placed.action !== action) state = startOf(atStart);
    action = placed.action;
    state = after(state, placed.s);
    yield { placed, timeouts: state.local ? { ...state.session, ...state.local } : state.session };
  }
}

/** What every step begins with: the plan's session, and none of what it does not name. */
export function sessionTimeouts({ plan: { session } }: RuleContext): Timeouts {
  const lock = session.lockTimeoutUnreadable
    ? { ms: undefined, setAt: undefined }
    : located(session.lockTimeout);
  return {
    lock_timeout: lock,
    statement_timeout: located(session.statementTimeout),
    idle_in_transaction_session_timeout: none,
  };
}

/** Whether it stops anything; what only the server knows is taken to. */
export function limits({ ms }: Timeout): boolean {
  return ms !== 0;
}

const none: Timeout = { ms: 0, setAt: undefined };

function located(value: { readonly value: number; readonly range: Range } | undefined): Timeout {
  if (!value) return none;
  // A default of the project's settings stands nowhere in the plan.
  const isWritten = value.range.end > value.range.start;
  return { ms: value.value, setAt: isWritten ? value.range : undefined };
}

interface State {
  readonly session: Timeouts;
  /** What SET LOCAL says until the transaction ends. */
  readonly local: Partial<Timeouts> | undefined;
  /** What the session goes back to on ROLLBACK. */
  readonly saved: Timeouts;
}

const startOf = (session: Timeouts): State => ({ session, local: undefined, saved: session });

const allOff: Timeouts = {
  lock_timeout: none,
  statement_timeout: none,
  idle_in_transaction_session_timeout: none,
};

function after(state: State, s: StatementAnalysis): State {
  const { node } = s.statement;
  const inside = s.inTransaction ? state : startOf(state.session);
  if ('TransactionStmt' in node) {
    const { kind } = node.TransactionStmt;
    if (kind === 'TRANS_STMT_ROLLBACK') return startOf(inside.saved);
    return kind === 'TRANS_STMT_COMMIT' ? startOf(inside.session) : inside;
  }
  // DISCARD ALL resets every setting, back to what the server has.
  if ('DiscardStmt' in node && node.DiscardStmt.target === 'DISCARD_ALL') return startOf(allOff);
  if ('DoStmt' in node) return afterCode(inside, s);
  const set = 'VariableSetStmt' in node ? settingOf(node.VariableSetStmt) : setConfigOf(node);
  if (!set) return inside;
  if (set.name === undefined) return { ...inside, session: allOff, local: undefined };
  const timeout: Timeout = { ms: set.ms, setAt: s.range };
  if (!set.local) {
    const { [set.name]: _, ...local } = inside.local ?? {};
    return { ...inside, session: { ...inside.session, [set.name]: timeout }, local };
  }
  // Outside a transaction SET LOCAL lasts for nothing but itself.
  return s.inTransaction ? { ...inside, local: { ...inside.local, [set.name]: timeout } } : inside;
}

/** What a block of code sets is not known. */
function afterCode(state: State, s: StatementAnalysis): State {
  const text = s.statement.text.toLowerCase();
  const named = timeoutNames.filter((name) => text.includes(name));
  if (named.length === 0) return state;
  const unknown = named.map((name) => [name, { ms: undefined, setAt: s.range }] as const);
  return { ...state, session: { ...state.session, ...Object.fromEntries(unknown) } };
}

interface Setting {
  /** Undefined for all of them: RESET ALL. */
  readonly name: TimeoutName | undefined;
  readonly ms: number | undefined;
  readonly local: boolean;
}

function settingOf({ kind, name, args, is_local }: VariableSetStmt): Setting | undefined {
  if (kind === 'VAR_RESET_ALL') return { name: undefined, ms: 0, local: false };
  const timeout = timeoutOf(name);
  if (!timeout) return undefined;
  const ms = kind === 'VAR_SET_VALUE' ? msOf(constantOf(args?.[0])) : 0;
  return { name: timeout, ms, local: is_local === true };
}

/** `SELECT set_config('lock_timeout', '2s', false)`. */
function setConfigOf(node: Node): Setting | undefined {
  const target = 'SelectStmt' in node ? node.SelectStmt.targetList?.[0] : undefined;
  const call = target && 'ResTarget' in target ? target.ResTarget.val : undefined;
  if (!call || !('FuncCall' in call) || stringsOf(call.FuncCall.funcname).at(-1) !== 'set_config')
    return undefined;
  const [name, value, local] = call.FuncCall.args ?? [];
  const timeout = timeoutOf(String(constantOf(name)));
  return timeout && { name: timeout, ms: msOf(constantOf(value)), local: constantOf(local) === true };
}

function timeoutOf(name: string | undefined): TimeoutName | undefined {
  return timeoutNames.find((one) => one === name?.toLowerCase());
}

/** A constant's value; undefined for any other expression. */
function constantOf(node: Node | undefined): string | number | boolean | undefined {
  if (!node || !('A_Const' in node)) return undefined;
  // The tree leaves out zero, false and the empty string.
  const { ival, fval, sval, boolval } = node.A_Const;
  if (ival) return ival.ival ?? 0;
  if (fval) return Number(fval.fval ?? 0);
  if (boolval) return boolval.boolval ?? false;
  return sval ? (sval.sval ?? '') : undefined;
}

const unitMs: Readonly<Record<string, number>> = {
  us: 0.001,
  ms: 1,
  s: 1000,
  min: 60_000,
  h: 3_600_000,
  d: 86_400_000,
};

/** The whole milliseconds that Postgres reads; undefined for what is no constant, or none that it takes. */
function msOf(value: string | number | boolean | undefined): number | undefined {
  if (typeof value === 'number') return Math.round(value);
  const parts = typeof value === 'string' ? /^([-+]?[0-9a-fx.]+)\s*([a-z]*)$/i.exec(value.trim()) : null;
  const [amount, unit] = [Number(parts?.[1] ?? Number.NaN), unitMs[parts?.[2] || 'ms']];
  return Number.isNaN(amount) || unit === undefined ? undefined : Math.round(amount * unit);
}
