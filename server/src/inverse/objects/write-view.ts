import type { Node } from '@pgsql/types';
import type { View } from '../../schema/model.ts';
import { quoteIdentifier, quoteLiteral, stringsOf } from '../../sql/names.ts';
import { type Edit, nameIn, sourceNow, type Writing } from './source.ts';
import type { Tokens } from './tokens.ts';

/** CREATE VIEW or CREATE MATERIALIZED VIEW; undefined where its query is not known, or cannot be followed. */
export function writeView(writing: Writing, view: View, { orReplace = false } = {}): string | undefined {
  const source = view.source;
  if (!source) return undefined;
  const { node } = source.read();
  const isView = 'ViewStmt' in node;
  const query = isView
    ? node.ViewStmt.query
    : 'CreateTableAsStmt' in node
      ? node.CreateTableAsStmt.query
      : undefined;
  const text = query && queryText(writing, view, node, query);
  if (text === undefined) return undefined;
  const { storage = {} } = view;
  const kind = isView ? 'VIEW' : 'MATERIALIZED VIEW';
  const words = [
    `CREATE ${orReplace ? 'OR REPLACE ' : ''}${view.name.schema === 'pg_temp' ? 'TEMPORARY ' : ''}${kind}`,
    view.name.schema === 'pg_temp' ? quoteIdentifier(view.name.name) : nameIn(writing, view.name),
    columnList(view, node),
    storage.method ? `USING ${quoteIdentifier(storage.method)}` : '',
    optionList(view.options),
    storage.tablespace ? `TABLESPACE ${quoteIdentifier(storage.tablespace)}` : '',
    `AS ${text}`,
    view.unpopulated ? 'WITH NO DATA' : '',
  ];
  return words.filter((word) => word !== '').join(' ');
}

/** `WITH (security_barrier=true)` */
function optionList(options: View['options']): string {
  const parts = Object.entries(options ?? {}).map(([name, value]) => `${name}=${setting(value)}`);
  return parts.length > 0 ? `WITH (${parts.join(', ')})` : '';
}

export function setting(value: string): string {
  return /^(?:[a-z_]+|-?\d+(?:\.\d+)?)$/i.test(value) ? value : quoteLiteral(value);
}

/** The view's own names, where the query does not give them. */
function columnList(view: View, node: Node): string {
  const given =
    'ViewStmt' in node
      ? node.ViewStmt.aliases
      : 'CreateTableAsStmt' in node
        ? node.CreateTableAsStmt.into?.colNames
        : undefined;
  if (!given && !view.columnsRenamed) return '';
  const names = view.columns ? view.columns.map(({ name }) => name) : stringsOf(given);
  return `(${names.map(quoteIdentifier).join(', ')})`;
}

function queryText(writing: Writing, view: View, node: Node, query: Node): string | undefined {
  const { source } = view;
  if (!source) return undefined;
  const recursive = isRecursive(node);
  // A star stands for the columns that were there when the view was made.
  if (hasStar(query) && !view.columns) return undefined;
  const text = sourceNow(
    writing,
    source,
    [query],
    (tokens) => queryRange(tokens, node),
    undefined,
    (tokens) => starEdits(writing, view, query, tokens),
  );
  if (text === undefined || recursive === undefined) return text;
  const names = recursive.columns.map(quoteIdentifier).join(', ');
  const name = quoteIdentifier(recursive.name);
  return `WITH RECURSIVE ${name} (${names}) AS (${text}) SELECT ${names} FROM ${name}`;
}

/** `CREATE RECURSIVE VIEW n (a) AS …` is `WITH RECURSIVE n (a) AS (…)` within. */
function isRecursive(node: Node) {
  if (!('ViewStmt' in node)) return undefined;
  const { view, query, aliases } = node.ViewStmt;
  const clause = query && 'SelectStmt' in query ? query.SelectStmt.withClause : undefined;
  const [only] = clause?.ctes ?? [];
  const table = only && 'CommonTableExpr' in only ? only.CommonTableExpr : undefined;
  // The grammar gives the clause no place of its own there.
  const made = clause?.recursive && (clause.location ?? -1) < 0 && table?.ctename === view?.relname;
  return made
    ? { name: view?.relname ?? '', columns: stringsOf(aliases ?? table?.aliascolnames) }
    : undefined;
}

/** `SELECT *` of one relation, written out once that has other columns than those that it had then. */
function starEdits(writing: Writing, view: View, query: Node, tokens: Tokens): readonly Edit[] {
  const select = 'SelectStmt' in query ? query.SelectStmt : undefined;
  const [target, ...others] = select?.targetList ?? [];
  const value = target && 'ResTarget' in target ? target.ResTarget.val : undefined;
  const [key, ...more] = view.reads;
  const isStar =
    value && 'ColumnRef' in value && (value.ColumnRef.fields ?? []).every((one) => 'A_Star' in one);
  if (!isStar || others.length > 0 || key === undefined || more.length > 0) return [];
  const relation = writing.schema.relations.get(key);
  const read = view.readsColumns?.[key];
  if (!read || !view.columns || read.length !== view.columns.length || !relation || !('columns' in relation))
    return [];
  const there = (relation.columns ?? []) as readonly { readonly name: string }[];
  const same =
    there.length === read.length &&
    there.every(({ name }, at) => name === read[at] && name === view.columns?.[at]?.name);
  if (same) return [];
  const list = read.map((name, at) => {
    const own = view.columns?.[at]?.name ?? name;
    return own === name ? quoteIdentifier(name) : `${quoteIdentifier(name)} AS ${quoteIdentifier(own)}`;
  });
  const at = tokens.at(value.ColumnRef.location);
  return at < 0 ? [] : [{ ...tokens.range(at, at + 1), text: list.join(', ') }];
}

function hasStar(query: Node): boolean {
  return JSON.stringify(query).includes('"A_Star"');
}

function queryRange(tokens: Tokens, node: Node): readonly [number, number] | undefined {
  const relation =
    'ViewStmt' in node
      ? node.ViewStmt.view
      : 'CreateTableAsStmt' in node
        ? node.CreateTableAsStmt.into?.rel
        : undefined;
  const start = tokens.at(relation?.location);
  if (start < 0) return undefined;
  const as = tokens.find(start + 1, 'as');
  const inSchema = tokens.statement.kind === 'CreateSchemaStmt';
  let end = inSchema ? tokens.find(as, 'create', 'grant') : tokens.all.length;
  const words = (from: number) =>
    tokens.all
      .slice(from, end)
      .map((_, at) => tokens.word(from + at))
      .join(' ');
  for (const length of [4, 3]) {
    if (
      /^with (?:no data|data|check option|local check option|cascaded check option)$/.test(
        words(end - length),
      )
    )
      end -= length;
  }
  if (words(end - 2) === 'with data') end -= 2;
  return [as + 1, end];
}
