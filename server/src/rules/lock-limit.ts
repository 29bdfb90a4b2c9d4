import type { Node, VariableSetStmt } from '@pgsql/types';
import { stringsOf } from '../sql/names.ts';
import type { RuleContext, StatementAnalysis } from './model.ts';
import { type PlacedStatement, sqlStatements } from './statements.ts';

/** Every statement of the plan's `sql` actions, and whether a lock_timeout is in force where it stands. */
export function* withLockLimit(
  context: RuleContext,
  atStart: boolean,
): Generator<{ readonly placed: PlacedStatement; readonly limited: boolean }> {
  let action: PlacedStatement['action'] | undefined;
  let limit = startOf(atStart);
  for (const placed of sqlStatements(context)) {
    if (placed.action !== action) limit = startOf(atStart);
    action = placed.action;
    limit = after(limit, placed.s);
    yield { placed, limited: limit.local ?? limit.session };
  }
}

interface Limit {
  readonly session: boolean;
  /** What SET LOCAL says until the transaction ends. */
  readonly local: boolean | undefined;
  /** What the session goes back to on ROLLBACK. */
  readonly saved: boolean;
}

const startOf = (limited: boolean): Limit => ({ session: limited, local: undefined, saved: limited });

function after(limit: Limit, s: StatementAnalysis): Limit {
  const { node } = s.statement;
  const inside = s.inTransaction ? limit : startOf(limit.session);
  if ('TransactionStmt' in node) {
    const { kind } = node.TransactionStmt;
    if (kind === 'TRANS_STMT_ROLLBACK') return startOf(inside.saved);
    return kind === 'TRANS_STMT_COMMIT' ? startOf(inside.session) : inside;
  }
  // DISCARD ALL resets every setting, back to what the server has.
  if ('DiscardStmt' in node && node.DiscardStmt.target === 'DISCARD_ALL') return startOf(false);
  // What a block of code sets is not known: a limit that it may set is taken for set.
  if ('DoStmt' in node && /lock_timeout/i.test(s.statement.text)) return { ...inside, session: true };
  const set = 'VariableSetStmt' in node ? settingOf(node.VariableSetStmt) : setConfigOf(node);
  if (!set) return inside;
  if (!set.local) return { ...inside, session: set.limited, local: undefined };
  // Outside a transaction SET LOCAL lasts for nothing but itself.
  return s.inTransaction ? { ...inside, local: set.limited } : inside;
}

interface Setting {
  readonly limited: boolean;
  readonly local: boolean;
}

function settingOf({ kind, name, args, is_local }: VariableSetStmt): Setting | undefined {
  if (kind === 'VAR_RESET_ALL') return { limited: false, local: false };
  if (name?.toLowerCase() !== 'lock_timeout') return undefined;
  const limited = kind === 'VAR_SET_VALUE' && limits(constantOf(args?.[0]));
  return { limited, local: is_local === true };
}

/** `SELECT set_config('lock_timeout', '2s', false)`. */
function setConfigOf(node: Node): Setting | undefined {
  const target = 'SelectStmt' in node ? node.SelectStmt.targetList?.[0] : undefined;
  const call = target && 'ResTarget' in target ? target.ResTarget.val : undefined;
  if (!call || !('FuncCall' in call) || stringsOf(call.FuncCall.funcname).at(-1) !== 'set_config')
    return undefined;
  const [name, value, local] = call.FuncCall.args ?? [];
  if (String(constantOf(name)).toLowerCase() !== 'lock_timeout') return undefined;
  return { limited: limits(constantOf(value)), local: constantOf(local) === true };
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

/** Whether Postgres reads more than zero milliseconds. What is no constant may be any value: taken for a limit. */
function limits(value: string | number | boolean | undefined): boolean {
  if (typeof value === 'number') return Math.round(value) !== 0;
  const parts = typeof value === 'string' ? /^([-+]?[0-9a-fx.]+)\s*([a-z]*)$/i.exec(value.trim()) : null;
  const [amount, unit] = [Number(parts?.[1] ?? Number.NaN), unitMs[parts?.[2] || 'ms']];
  if (Number.isNaN(amount) || unit === undefined) return true;
  return Math.round(amount * unit) !== 0;
}
