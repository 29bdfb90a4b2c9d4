import type { Node, SubLink } from '@pgsql/types';
import { stringsOf } from '../sql/names.ts';

/** Every node below `root`, itself included, whatever its kind: `[kind, fields]`. Deep trees are walked without recursion. */
export function* walk(root: unknown): Generator<readonly [string, Record<string, unknown>]> {
  const stack: unknown[] = [root];
  while (stack.length > 0) {
    const value = stack.pop();
    if (typeof value !== 'object' || value === null) continue;
    if (Array.isArray(value)) {
      for (let at = value.length - 1; at >= 0; at--) stack.push(value[at]);
      continue;
    }
    const node = value as Record<string, unknown>;
    const keys = Object.keys(node);
    for (const key of keys) {
      const child = node[key];
      if (isKind(key) && typeof child === 'object' && child !== null)
        yield [key, child as Record<string, unknown>];
    }
    for (let at = keys.length - 1; at >= 0; at--) {
      const child = node[keys[at] as string];
      if (typeof child === 'object' && child !== null) stack.push(child);
    }
  }
}

/** The name of a node's kind begins with a capital letter, that of a field with a small one. */
function isKind(key: string): boolean {
  const first = key.charCodeAt(0);
  return first >= 65 && first <= 90;
}

/** Columns that an expression over one table reads, each once. */
export function columnsRead(expression: Node | undefined): readonly string[] {
  const names = new Set<string>();
  for (const [kind, fields] of walk(expression)) {
    if (kind !== 'ColumnRef') continue;
    const name = stringsOf(fields.fields as Node[]).at(-1);
    if (name !== undefined) names.add(name);
  }
  return [...names];
}

/** Columns that a true expression proves to be not null: `a IS NOT NULL`, alone or joined by AND. */
export function provesNotNull(expression: Node | undefined): readonly string[] {
  if (!expression) return [];
  if ('NullTest' in expression) {
    const test = expression.NullTest;
    if (test.nulltesttype !== 'IS_NOT_NULL' || !test.arg || !('ColumnRef' in test.arg)) return [];
    return stringsOf(test.arg.ColumnRef.fields).slice(-1);
  }
  if ('A_Expr' in expression && expression.A_Expr.kind === 'AEXPR_DISTINCT') {
    const { lexpr, rexpr } = expression.A_Expr;
    const isNull = rexpr && 'A_Const' in rexpr && rexpr.A_Const.isnull;
    return isNull && lexpr && 'ColumnRef' in lexpr ? stringsOf(lexpr.ColumnRef.fields).slice(-1) : [];
  }
  if (!('BoolExpr' in expression)) return [];
  const { boolop, args = [] } = expression.BoolExpr;
  if (boolop === 'AND_EXPR') return args.flatMap(provesNotNull);
  if (boolop === 'NOT_EXPR') return refutesNull(args[0]);
  const [first = [], ...others] = args.map(provesNotNull);
  return first.filter((column) => others.every((proved) => proved.includes(column)));
}

/** `NOT (a IS NULL)` */
function refutesNull(expression: Node | undefined): readonly string[] {
  if (!expression || !('NullTest' in expression)) return [];
  const { nulltesttype, arg } = expression.NullTest;
  return nulltesttype === 'IS_NULL' && arg && 'ColumnRef' in arg
    ? stringsOf(arg.ColumnRef.fields).slice(-1)
    : [];
}

/** The name that Postgres gives an index column made from an expression (`FigureIndexColname`). */
export function expressionName(expression: Node | undefined): string {
  return figure(expression)?.name ?? 'expr';
}

interface Figured {
  readonly name: string;
  /** 1: weak, a better one inside wins; 2: good. */
  readonly strength: 1 | 2;
}

const fixedNames: Readonly<Record<string, string>> = {
  GroupingFunc: 'grouping',
  A_ArrayExpr: 'array',
  RowExpr: 'row',
  CoalesceExpr: 'coalesce',
  XmlSerialize: 'xmlserialize',
  MergeSupportFunc: 'merge_action',
  JsonParseExpr: 'json',
  JsonScalarExpr: 'json_scalar',
  JsonSerializeExpr: 'json_serialize',
  JsonObjectConstructor: 'json_object',
  JsonArrayConstructor: 'json_array',
  JsonArrayQueryConstructor: 'json_array',
  JsonObjectAgg: 'json_objectagg',
  JsonArrayAgg: 'json_arrayagg',
};

function figure(node: Node | undefined): Figured | undefined {
  if (!node) return undefined;
  if ('ColumnRef' in node) return good(stringsOf(node.ColumnRef.fields).at(-1));
  if ('FuncCall' in node) return good(stringsOf(node.FuncCall.funcname).at(-1));
  if ('A_Indirection' in node) {
    return good(stringsOf(node.A_Indirection.indirection).at(-1)) ?? figure(node.A_Indirection.arg);
  }
  if ('A_Expr' in node) return node.A_Expr.kind === 'AEXPR_NULLIF' ? good('nullif') : undefined;
  if ('TypeCast' in node) {
    const inner = figure(node.TypeCast.arg);
    const type = stringsOf(node.TypeCast.typeName?.names).at(-1);
    return inner?.strength === 2 || type === undefined ? inner : { name: type, strength: 1 };
  }
  if ('CollateClause' in node) return figure(node.CollateClause.arg);
  if ('CaseExpr' in node) {
    const inner = figure(node.CaseExpr.defresult);
    return inner?.strength === 2 ? inner : { name: 'case', strength: 1 };
  }
  if ('MinMaxExpr' in node) return good(node.MinMaxExpr.op === 'IS_LEAST' ? 'least' : 'greatest');
  if ('SubLink' in node) return figureOfSubquery(node.SubLink);
  if ('SQLValueFunction' in node)
    return good(node.SQLValueFunction.op?.replace(/^SVFOP_|_N$/g, '').toLowerCase());
  if ('XmlExpr' in node) return good(node.XmlExpr.op?.replace('IS_', '').toLowerCase());
  if ('JsonFuncExpr' in node) return good(node.JsonFuncExpr.op?.replace(/_OP$/, '').toLowerCase());
  return good(fixedNames[Object.keys(node)[0] ?? '']);
}

function figureOfSubquery({ subLinkType, subselect }: SubLink): Figured | undefined {
  if (subLinkType === 'EXISTS_SUBLINK') return good('exists');
  if (subLinkType === 'ARRAY_SUBLINK') return good('array');
  if (subLinkType !== 'EXPR_SUBLINK' || !subselect || !('SelectStmt' in subselect)) return undefined;
  let select = subselect.SelectStmt;
  while (select.larg) select = select.larg;
  if (select.valuesLists) return good('column1');
  const [first] = select.targetList ?? [];
  if (!first || !('ResTarget' in first)) return undefined;
  return good(first.ResTarget.name ?? figure(first.ResTarget.val)?.name);
}

function good(name: string | undefined): Figured | undefined {
  return name === undefined ? undefined : { name, strength: 2 };
}

/** Replaces a name wherever an SQL source says it outside of strings; the new one stands quoted where needed. */
export function renameInSource(source: string, from: string, to: string): string {
  return source.replace(
    /'(?:[^']|'')*'|"(?:[^"]|"")+"|[A-Za-z_\u0080-\uffff][\w$\u0080-\uffff]*/g,
    (token) => {
      if (token[0] === "'") return token;
      const name = token[0] === '"' ? token.slice(1, -1).replaceAll('""', '"') : token.toLowerCase();
      return name === from ? to : token;
    },
  );
}
