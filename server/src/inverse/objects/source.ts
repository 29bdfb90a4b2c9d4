import type { Node } from '@pgsql/types';
import { expressionName, walk } from '../../schema/expressions.ts';
import { dependencyOf } from '../../schema/links.ts';
import type { Definition, QualifiedName, Relation, Renaming, Schema } from '../../schema/model.ts';
import { relationKey } from '../../schema/names.ts';
import { namesIn } from '../../schema/query-names.ts';
import {
  type ObjectName,
  parseName,
  quoteIdentifier,
  quoteLiteral,
  stringsOf,
  writeName,
} from '../../sql/names.ts';
import type { Range } from '../../text/range.ts';
import { type Tokens, tokensOf } from './tokens.ts';

/** How names are written: those that the session's search path finds need no schema. */
export interface Writing {
  /** What the definitions stand in. */
  readonly schema: Schema;
  /** Whether a name in the schema `public` may stand alone. */
  readonly plain: boolean;
}

/** A name as it has to be written. */
export function nameIn({ plain }: Pick<Writing, 'plain'>, { schema, name }: QualifiedName): string {
  return plain && schema === 'public' ? quoteIdentifier(name) : writeName({ schema, name });
}

export interface Edit extends Range {
  readonly text: string;
}

/** Names of a definition, as they were when it was made and as they are now. */
interface Following {
  readonly writing: Writing;
  readonly tokens: Tokens;
  readonly renames: readonly Renaming[];
  readonly places: readonly string[];
  readonly edits: Edit[];
  /** Something could not be followed. */
  failed: boolean;
}

/**
 * The source of a part of a definition with the names that its objects have now, each with its schema where the
 * search path would miss it; undefined where that cannot be told. `nodes` are the parse trees in `range`.
 */
export function sourceNow(
  writing: Writing,
  definition: Definition,
  nodes: readonly (Node | undefined)[],
  range: (tokens: Tokens) => readonly [from: number, to: number] | undefined,
  relation?: QualifiedName,
  more?: (tokens: Tokens) => readonly Edit[],
): string | undefined {
  const tokens = tokensOf(definition.read().statement);
  const bounds = tokens && range(tokens);
  if (!tokens || !bounds) return undefined;
  const following: Following = {
    writing,
    tokens,
    renames: definition.renames ?? [],
    places: ['pg_temp', ...definition.searchPath],
    edits: [],
    failed: false,
  };
  for (const node of nodes) if (node) followNames(following, node, relation);
  if (more) following.edits.push(...more(tokens));
  if (following.failed) return undefined;
  return edited(following, tokens.range(...bounds));
}

function edited({ tokens, edits }: Following, range: Range): string {
  let text = '';
  let at = range.start;
  const inside = edits.filter((one) => one.start >= range.start && one.end <= range.end);
  for (const edit of inside.sort((a, b) => a.start - b.start || a.end - b.end)) {
    if (edit.start < at) continue;
    text += tokens.statement.slice({ start: at, end: edit.start }) + edit.text;
    at = edit.end;
  }
  return text + tokens.statement.slice({ start: at, end: range.end });
}

function followNames(following: Following, node: Node, relation: QualifiedName | undefined): void {
  const own = new Set<string>();
  const aliases = new Set<string>();
  const moved = new Map<string, string>();
  for (const [kind, fields] of walk(node)) {
    if (kind === 'CommonTableExpr') own.add(String(fields.ctename));
    if (kind === 'Alias') aliases.add(String(fields.aliasname));
  }
  for (const [kind, fields] of walk(node)) {
    if (kind === 'RangeVar') followRelation(following, fields, own, moved);
    if (kind === 'FuncCall') followCall(following, fields);
    if (kind === 'TypeName') followType(following, fields);
    if (kind === 'TypeCast') followConstant(following, fields);
    for (const type of [fields.typeName, fields.argType, fields.returnType])
      if (typeof type === 'object' && type !== null && !('TypeName' in type))
        followType(following, type as Record<string, unknown>);
  }
  const past = relation && parseName(pastKey(following.renames, relationKey(relation)))?.name;
  if (relation && past !== undefined && past !== relation.name) moved.set(past, relation.name);
  for (const alias of aliases) moved.delete(alias);
  followColumns(following, node, moved, relation);
}

/** The name that what is written as `name` has now; undefined where it is nothing of the schema. */
function nameNow(
  { writing, renames, places }: Following,
  kind: 'relation' | 'type',
  { schema, name }: ObjectName,
): QualifiedName | undefined {
  const map = kind === 'relation' ? writing.schema.relations : writing.schema.types;
  for (const place of schema === undefined ? places : [schema]) {
    const now = followedName(renames, kind, relationKey({ schema: place, name }));
    const found = map.get(now);
    if (found) return found.name;
  }
  return undefined;
}

function followedName(renames: readonly Renaming[], kind: 'relation' | 'type', key: string): string {
  const start = dependencyOf(kind, key);
  const end = renames.reduce((now, one) => (one.kind === 'object' && one.from === now ? one.to : now), start);
  return end.slice(kind.length + 1);
}

function replaceName(following: Following, at: number, written: ObjectName, now: QualifiedName): void {
  const { tokens, writing } = following;
  const same = now.name === written.name && (written.schema === undefined || written.schema === now.schema);
  const found =
    written.schema !== undefined || (writing.plain && now.schema === 'public') || now.schema === 'pg_temp';
  if (same && found) return;
  const name = now.schema === 'pg_temp' ? quoteIdentifier(now.name) : nameIn(writing, now);
  if (at < 0) following.failed = true;
  else following.edits.push({ ...tokens.range(at, tokens.afterName(at)), text: name });
}

function followRelation(
  following: Following,
  fields: Record<string, unknown>,
  own: ReadonlySet<string>,
  moved: Map<string, string>,
): void {
  const written = {
    schema: (fields.schemaname as string | undefined) || undefined,
    name: String(fields.relname ?? ''),
  };
  if (written.schema === undefined && own.has(written.name)) return;
  const now = nameNow(following, 'relation', written);
  if (!now) return;
  replaceName(following, following.tokens.at(fields.location as number), written, now);
  if (now.name !== written.name && !fields.alias) moved.set(written.name, now.name);
}

function followType(following: Following, fields: Record<string, unknown>): void {
  const parts = stringsOf(fields.names as Node[]);
  const written = { schema: parts.at(-2), name: parts.at(-1) ?? '' };
  if (written.schema === 'pg_catalog') return;
  if (fields.pct_type) {
    if (following.renames.length > 0) following.failed = true;
    return;
  }
  const now = nameNow(following, 'type', written) ?? nameNow(following, 'relation', written);
  if (now) replaceName(following, following.tokens.at(fields.location as number), written, now);
}

function followCall(following: Following, fields: Record<string, unknown>): void {
  const { writing, renames, places, tokens } = following;
  const parts = stringsOf(fields.funcname as Node[]);
  const written = { schema: parts.at(-2), name: parts.at(-1) ?? '' };
  const args = (fields.args as Node[] | undefined) ?? [];
  if (['nextval', 'currval', 'setval', 'pg_get_serial_sequence'].includes(written.name))
    followText(following, args[0]);
  if (written.schema === 'pg_catalog') return;
  for (const place of written.schema === undefined ? places : [written.schema]) {
    const key = relationKey({ schema: place, name: written.name });
    const count = (dependency: string) => {
      const inside = dependency.slice(dependency.lastIndexOf('(') + 1, -1);
      return inside === '' ? 0 : inside.split(', ').length;
    };
    const first = renames.find(
      (one) =>
        one.kind === 'object' && one.from.startsWith(`function ${key}(`) && count(one.from) === args.length,
    );
    if (first) {
      const end = renames.reduce(
        (now, one) => (one.kind === 'object' && one.from === now ? one.to : now),
        first.from,
      );
      const name = parseName(end.slice('function '.length, end.lastIndexOf('(')));
      if (!name || name.schema === undefined) following.failed = true;
      else
        replaceName(following, tokens.at(fields.location as number), written, {
          schema: name.schema,
          name: name.name,
        });
      return;
    }
    const found = writing.schema.functions.get(key);
    if (!found) continue;
    replaceName(following, tokens.at(fields.location as number), written, found.name);
    return;
  }
}

function followConstant(following: Following, fields: Record<string, unknown>): void {
  const type = fields.typeName as { readonly names?: Node[] } | undefined;
  if (stringsOf(type?.names).at(-1) === 'regclass') followText(following, fields.arg as Node | undefined);
}

/** A relation that a string constant names. */
function followText(following: Following, node: Node | undefined): void {
  const text = node && 'A_Const' in node ? node.A_Const : undefined;
  const written = text?.sval?.sval === undefined ? undefined : parseName(text.sval.sval);
  const now = written && nameNow(following, 'relation', written);
  if (!written || !now) return;
  const { tokens, writing } = following;
  const same =
    now.name === written.name &&
    (written.schema === now.schema ||
      (written.schema === undefined && writing.plain && now.schema === 'public'));
  const at = tokens.at(text?.location);
  if (same) return;
  if (at < 0) following.failed = true;
  else following.edits.push({ ...tokens.range(at, at + 1), text: quoteLiteral(nameIn(writing, now)) });
}

/** Columns that have other names now, and relations that stand before a column's name. */
function followColumns(
  following: Following,
  node: Node,
  moved: ReadonlyMap<string, string>,
  relation: QualifiedName | undefined,
): void {
  const { renames, tokens, edits } = following;
  const hasColumns = renames.some(({ kind }) => kind === 'column');
  if (!hasColumns && moved.size === 0) return;
  const changes = hasColumns ? columnChanges(following, node, relation) : new Map<number, string>();
  if (!changes) {
    following.failed = true;
    return;
  }
  const changedAt = new Set<number>();
  for (const [kind, fields] of walk(node)) {
    if (kind === 'JoinExpr' && hasColumns && (fields.usingClause || fields.isNatural))
      following.failed = true;
    if (kind !== 'ColumnRef') continue;
    const parts = (fields.fields as Node[]) ?? [];
    const at = tokens.at(fields.location as number);
    const now = changes.get(fields.location as number);
    if (now !== undefined) {
      const last = at + 2 * (parts.length - 1);
      edits.push({ ...tokens.range(last, last + 1), text: quoteIdentifier(now) });
      changedAt.add(fields.location as number);
    }
    const before = parts.length > 1 ? stringsOf([parts.at(-2) as Node])[0] : undefined;
    const other = before === undefined ? undefined : moved.get(before);
    if (other !== undefined) {
      const place = at + 2 * (parts.length - 2);
      edits.push({ ...tokens.range(place, place + 1), text: quoteIdentifier(other) });
      if (parts.length > 2) following.failed = true;
    }
  }
  keepOutputNames(following, node, changedAt);
}

/** A column of a result is named after what it was selected from: the name stays. */
function keepOutputNames(
  { tokens, edits, ...following }: Following,
  node: Node,
  changedAt: ReadonlySet<number>,
): void {
  for (const [kind, fields] of walk(node)) {
    if (kind !== 'SelectStmt') continue;
    for (const target of (fields.targetList as Node[] | undefined) ?? []) {
      const item = 'ResTarget' in target ? target.ResTarget : undefined;
      if (!item?.val || item.name) continue;
      const changed = [...walk(item.val)].some(
        ([inner, ref]) => inner === 'ColumnRef' && changedAt.has(ref.location as number),
      );
      if (!changed) continue;
      if (!('ColumnRef' in item.val)) {
        const name = expressionName(item.val);
        const named = [...walk(item.val)].some(
          ([inner, ref]) => inner === 'ColumnRef' && stringsOf(ref.fields as Node[]).at(-1) === name,
        );
        if (named) (following as Following).failed = true;
        continue;
      }
      const at = tokens.at(item.val.ColumnRef.location);
      const end = tokens.range(at, tokens.afterName(at)).end;
      edits.push({ start: end, end, text: ` AS ${quoteIdentifier(expressionName(item.val))}` });
    }
  }
}

/** By location, the columns whose name has changed; undefined where names alone do not tell. */
function columnChanges(
  following: Following,
  node: Node,
  relation: QualifiedName | undefined,
): ReadonlyMap<number, string> | undefined {
  const changes = new Map<number, string>();
  const { renames } = following;
  const select = relation && overTable(node, pastKey(renames, relationKey(relation)));
  if (relation && !select) {
    for (const [kind, fields] of walk(node)) {
      if (kind !== 'ColumnRef') continue;
      const name = stringsOf(fields.fields as Node[]).at(-1);
      if (name === undefined) continue;
      const key = pastKey(renames, relationKey(relation));
      const now = columnNow(renames, key, name);
      if (now !== name) changes.set(fields.location as number, now);
    }
    return changes;
  }
  const query = select ?? node;
  if (!('SelectStmt' in query)) return undefined;
  const { columns, missing } = namesIn(query, pastSchema(following));
  if (missing.length > 0) return undefined;
  for (const { key, column, certain, location } of columns) {
    if (column === null) continue;
    const now = columnNow(renames, key, column);
    if (now === column) continue;
    if (!certain || location === undefined) return undefined;
    changes.set(location, now);
  }
  return changes;
}

/** An expression with a subquery in it, as a query over its table; undefined for one without. */
function overTable(node: Node, key: string): Node | undefined {
  const name = parseName(key);
  const hasQuery = [...walk(node)].some(([kind]) => kind === 'SubLink');
  if (!hasQuery || name?.schema === undefined) return undefined;
  const from = { schemaname: name.schema, relname: name.name, inh: true, relpersistence: 'p' };
  return { SelectStmt: { targetList: [{ ResTarget: { val: node } }], fromClause: [{ RangeVar: from }] } };
}

/** The name that a column of the relation that had this key has now. */
function columnNow(renames: readonly Renaming[], key: string, column: string): string {
  let now = { key, column };
  for (const one of renames) {
    if (one.kind === 'object') {
      if (one.from === dependencyOf('relation', now.key))
        now = { ...now, key: one.to.slice('relation '.length) };
    } else if (one.of === now.key && one.from === now.column) now = { ...now, column: one.to };
  }
  return now.column;
}

function pastKey(renames: readonly Renaming[], key: string): string {
  return [...renames]
    .reverse()
    .reduce(
      (now, one) =>
        one.kind === 'object' && one.to === dependencyOf('relation', now)
          ? one.from.slice('relation '.length)
          : now,
      key,
    );
}

/** The schema with the names that its relations and their columns had when the definition was made. */
function pastSchema({ writing, renames, places }: Following): Schema {
  const touched = new Set<string>();
  for (const one of renames) {
    if (one.kind === 'column') touched.add(one.of);
    else if (one.to.startsWith('relation ')) touched.add(one.to.slice('relation '.length));
  }
  const relations = new Map(writing.schema.relations);
  for (const key of touched) {
    const now = relations.get(key);
    if (!now || !('columns' in now)) continue;
    const past = [...renames].reverse().reduce(undone, { key, relation: now as Relation });
    relations.delete(key);
    const name = parseName(past.key);
    if (name?.schema !== undefined)
      relations.set(past.key, {
        ...past.relation,
        name: { schema: name.schema, name: name.name },
      } as Relation);
  }
  return { ...writing.schema, relations, searchPath: places.slice(1), complete: true };
}

function undone(past: { readonly key: string; readonly relation: Relation }, one: Renaming) {
  if (one.kind === 'object')
    return one.to === dependencyOf('relation', past.key)
      ? { ...past, key: one.from.slice('relation '.length) }
      : past;
  const { relation } = past;
  if (one.of !== past.key || !('columns' in relation) || relation.kind === 'index') return past;
  const columns = (relation.columns ?? []).map((column) =>
    column.name === one.to ? { ...column, name: one.from } : column,
  );
  return { ...past, relation: { ...relation, columns } as Relation };
}

export { columnNow, pastKey };
