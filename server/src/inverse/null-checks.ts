import type { Node } from '@pgsql/types';
import { walk } from '../schema/expressions.ts';
import { parseWritten } from '../sql/parser.ts';

/** Nodes in which a null makes the whole null, or that stand for no column. */
const strict: ReadonlySet<string> = new Set([
  'A_Expr',
  'A_Const',
  'A_ArrayExpr',
  'BoolExpr',
  'ColumnRef',
  'List',
  'String',
  'TypeCast',
  'TypeName',
]);
const strictOperators: ReadonlySet<string> = new Set([
  'AEXPR_OP',
  'AEXPR_OP_ANY',
  'AEXPR_IN',
  'AEXPR_LIKE',
  'AEXPR_ILIKE',
  'AEXPR_BETWEEN',
]);

/** Whether a check of one column surely passes where that is null: a comparison with null is neither true nor false. */
export function isSureOfNull(expression: string | undefined, column: string): boolean {
  if (expression === undefined) return false;
  const [statement] = parseWritten(`SELECT (${expression})`);
  if (!statement || !('SelectStmt' in statement.node)) return false;
  const [target] = statement.node.SelectStmt.targetList ?? [];
  const node = target && 'ResTarget' in target ? target.ResTarget.val : undefined;
  return node !== undefined && passes(node, column);
}

function passes(node: Node, column: string): boolean {
  if ('BoolExpr' in node) {
    const { boolop, args = [] } = node.BoolExpr;
    if (boolop === 'AND_EXPR') return args.every((one) => passes(one, column));
    if (boolop === 'OR_EXPR') return args.some((one) => passes(one, column));
  }
  if ('NullTest' in node) {
    const { nulltesttype, arg } = node.NullTest;
    return nulltesttype === 'IS_NULL' && arg !== undefined && 'ColumnRef' in arg && reads(arg, column);
  }
  let named = false;
  for (const [kind, fields] of walk(node)) {
    if (!strict.has(kind)) return false;
    if (kind === 'A_Expr' && !strictOperators.has(String(fields.kind))) return false;
    if (kind === 'ColumnRef') named ||= reads({ ColumnRef: fields }, column);
  }
  return named;
}

function reads(node: Node, column: string): boolean {
  if (!('ColumnRef' in node)) return false;
  const last = node.ColumnRef.fields?.at(-1);
  return last !== undefined && 'String' in last && last.String.sval === column;
}
