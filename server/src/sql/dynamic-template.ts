import type { Node } from '@pgsql/types';
import { tokenize } from './lexer.ts';

/** Stand-ins that nobody writes. */
const name = '"switchback stand in"';
const value = `'switchback stand in'`;

/**
 * The SQL that an expression makes, with a stand-in for each name and each value that comes in quoted as such. Undefined
 * where anything else comes in, or a stand-in is no token of its own: inside a string, its quotes would end that.
 */
export function dynamicTemplate(expression: Node | undefined): string | undefined {
  const parts = partsOf(expression);
  const sql = parts?.map((part) => ('constant' in part ? part.constant : part.standIn)).join('');
  if (parts === undefined || sql === undefined) return undefined;
  const wanted = parts.filter((part) => 'standIn' in part).length;
  const standing = [...tokenize(sql)].filter(({ start, end }) => {
    const token = sql.slice(start, end);
    return token === name || token === value;
  });
  return standing.length === wanted ? sql : undefined;
}

type Part = { readonly constant: string } | { readonly standIn: string };

function partsOf(node: Node | undefined): readonly Part[] | undefined {
  if (!node) return undefined;
  if ('A_Const' in node) {
    const { sval } = node.A_Const;
    return sval ? [{ constant: sval.sval ?? '' }] : undefined;
  }
  if ('A_Expr' in node) {
    const [operator] = node.A_Expr.name ?? [];
    if (
      node.A_Expr.name?.length !== 1 ||
      !operator ||
      !('String' in operator) ||
      operator.String.sval !== '||'
    )
      return undefined;
    return joined([node.A_Expr.lexpr, node.A_Expr.rexpr].map(partsOf));
  }
  if ('TypeCast' in node) return ofCast(node);
  return 'FuncCall' in node ? ofCall(node) : undefined;
}

function joined(parts: readonly (readonly Part[] | undefined)[]): readonly Part[] | undefined {
  return parts.some((part) => part === undefined) ? undefined : parts.flatMap((part) => part ?? []);
}

/** What regclass prints is quoted where it must be; whatever it is, cast on to text too. */
function ofCast({ TypeCast }: Extract<Node, { TypeCast: unknown }>): readonly Part[] | undefined {
  const type = lastOf(TypeCast.typeName?.names);
  if (type === 'regclass') return [{ standIn: name }];
  return type === 'text' ? partsOf(TypeCast.arg) : undefined;
}

function ofCall({ FuncCall: { funcname = [], args = [] } }: Extract<Node, { FuncCall: unknown }>) {
  // One of another schema may be anything.
  const [schema] = funcname.length > 1 ? funcname : [];
  if (schema && !('String' in schema && schema.String.sval === 'pg_catalog')) return undefined;
  switch (lastOf(funcname)) {
    case 'quote_ident':
      return [{ standIn: name }];
    case 'quote_literal':
    case 'quote_nullable':
      return [{ standIn: value }];
    case 'concat':
      return joined(args.map(partsOf));
    case 'format':
      return ofFormat(args);
    default:
      return undefined;
  }
}

/** https://www.postgresql.org/docs/18/functions-string.html#FUNCTIONS-STRING-FORMAT; what `%s` puts in must be readable. */
function ofFormat([first, ...args]: readonly Node[]): readonly Part[] | undefined {
  const pattern = first && 'A_Const' in first ? first.A_Const.sval?.sval : undefined;
  if (pattern === undefined) return undefined;
  const parts: Part[] = [];
  let at = 0;
  let next = 0;
  for (const match of pattern.matchAll(/%(?:%|(?:(\d+)\$)?(?:-?\d+)?([IL])|(?:(\d+)\$)?s|)/g)) {
    const [all, , quoted, position] = match;
    parts.push({ constant: pattern.slice(at, match.index) });
    at = match.index + all.length;
    if (all === '%%') parts.push({ constant: '%' });
    else if (quoted) parts.push({ standIn: quoted === 'I' ? name : value });
    else if (all.endsWith('s')) {
      const given = partsOf(args[position === undefined ? next : Number(position) - 1]);
      if (!given) return undefined;
      parts.push(...given);
    } else return undefined;
    const told = position ?? match[1];
    if (all !== '%%') next = told === undefined ? next + 1 : Number(told);
  }
  return [...parts, { constant: pattern.slice(at) }];
}

function lastOf(names: readonly Node[] | undefined): string {
  const last = names?.at(-1);
  return last && 'String' in last ? (last.String.sval ?? '') : '';
}
