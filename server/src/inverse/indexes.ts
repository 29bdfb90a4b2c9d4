import { childrenOf, columnOf, indexesOf, relationKey } from '../schema/lookup.ts';
import type { Constraint, Index, Relation, Table } from '../schema/model.ts';
import { quoteIdentifier } from '../sql/names.ts';
import { parseWritten } from '../sql/parser.ts';
import { optionPieces, writeOptions } from './options.ts';
import { isInUse, type Piece, tableAt, type Way, written } from './way.ts';

/** What makes the indexes those that they were, but for those behind constraints. */
export function indexPieces(way: Way, keys: readonly string[]): readonly Piece[] {
  const { before, now } = way;
  const pieces: Piece[] = [];
  for (const key of keys) {
    const [was, is] = [before.relations.get(key), now.relations.get(key)];
    if (is?.kind !== 'index') continue;
    if (was?.kind === 'index' && isLike(was, is)) pieces.push(...settings(way, was, is));
    else if (was?.kind === 'index' && awaitsKey(was, is)) continue;
    else if (was?.kind === 'index' && wasAttached(now, was, is)) pieces.push(dropWhole(way, is));
    else if (is.constraint === undefined && is.parent === undefined && !goesWithColumn(way, is))
      pieces.push({ stage: 'drop indexes', sql: `DROP INDEX ${written(way, is.name)}` });
  }
  for (const key of keys) {
    const was = before.relations.get(key);
    if (was?.kind !== 'index' || now.relations.has(key) || was.constraint !== undefined) continue;
    const owner = now.relations.get(was.table);
    if (owner && hasColumns(owner, was)) pieces.push(...creation(way, owner, was));
  }
  return pieces;
}

/** What cannot be altered is the same. */
function isLike(was: Index, is: Index): boolean {
  const shape = (one: Index) =>
    JSON.stringify([one.table, one.constraint, one.parent, one.unique, one.method, one.columns, one.include]);
  return (
    shape(was) === shape(is) &&
    was.signature === is.signature &&
    tailOf(was.definition) === tailOf(is.definition)
  );
}

/** An index cannot be detached from the whole that it is a part of: that is dropped, and both are made again. */
function wasAttached(now: Way['now'], was: Index, is: Index): boolean {
  const whole = is.parent === undefined ? undefined : now.relations.get(is.parent);
  return was.parent === undefined && whole?.kind === 'index' && whole.constraint === undefined;
}

function dropWhole(way: Way, part: Index): Piece {
  let top = part;
  for (let whole = way.now.relations.get(part.parent ?? ''); whole?.kind === 'index'; ) {
    top = whole;
    whole = way.now.relations.get(whole.parent ?? '');
  }
  return { stage: 'drop indexes', sql: `DROP INDEX ${written(way, top.name)}` };
}

/** Built for a key that takes it over next, or on a partition for one that it is attached to. */
function awaitsKey(was: Index, is: Index): boolean {
  const shape = (one: Index) => JSON.stringify([one.table, one.unique, one.method, one.columns, one.include]);
  const bare = is.constraint === undefined && is.parent === undefined;
  return bare && (was.constraint !== undefined || was.parent !== undefined) && shape(was) === shape(is);
}

function hasColumns(owner: Relation, { columns, include, reads }: Index): boolean {
  if (owner.kind !== 'table') return owner.kind === 'materialized view';
  return [...columns, ...include, ...reads].every((name) => name === null || columnOf(owner, name));
}

function goesWithColumn({ before }: Way, { table, columns, include, reads }: Index): boolean {
  const owner = before.relations.get(table);
  if (!owner) return true;
  if (owner.kind !== 'table') return false;
  return [...columns, ...include, ...reads].some((name) => name !== null && !columnOf(owner, name));
}

/** Built while writes go on; on a partitioned table by its partitions, which take part in it once they are built. */
function creation(way: Way, owner: Relation, index: Index): readonly Piece[] {
  if (owner.kind !== 'table')
    return [{ stage: 'make indexes', sql: createIndex(way, index, { alone: false }) }];
  if (index.parent !== undefined) return partOf(way, owner, index);
  if (!owner.partitioned) {
    const alone = isSafelyBuilt(way, owner);
    return [{ stage: 'make indexes', sql: createIndex(way, index, { alone }), ...(alone ? { alone } : {}) }];
  }
  const only = !childrenOf(way.now, relationKey(owner.name)).next().done;
  return [{ stage: 'make indexes', sql: createIndex(way, index, { alone: false, only }) }];
}

/** The partition's index first by itself; then it is attached. */
function partOf(way: Way, owner: Table, index: Index): readonly Piece[] {
  if (!way.now.relations.has(index.parent ?? '')) return [];
  const { parent: _, ...own } = index;
  return creation(way, owner, own);
}

export function attachPieces(way: Way, keys: readonly string[]): readonly Piece[] {
  const { before, now } = way;
  const pieces: Piece[] = [];
  for (const key of keys) {
    const was = before.relations.get(key);
    if (was?.kind !== 'index' || was.parent === undefined) continue;
    const is = now.relations.get(key);
    const whole = now.relations.get(was.parent);
    if (is?.kind !== 'index' || is.parent !== undefined || whole?.kind !== 'index') continue;
    if (!tableAt(now, is.table)?.parents.includes(whole.table)) continue;
    const sql = `ALTER INDEX ${written(way, whole.name)} ATTACH PARTITION ${written(way, is.name)}`;
    pieces.push({ stage: 'attach', sql });
  }
  return pieces;
}

/** CONCURRENTLY: others may write to the table, and it is no partitioned one. */
export function isSafelyBuilt(way: Way, table: Table): boolean {
  return way.concurrently && !table.partitioned && isInUse(way, table);
}

interface Manner {
  /** CONCURRENTLY, outside of a transaction. */
  readonly alone: boolean;
  /** ON ONLY: none of the partitions. */
  readonly only?: boolean;
}

/** CREATE INDEX, under the name that the index has. */
export function createIndex(way: Way, index: Index, { alone, only = false }: Manner): string {
  const owner = way.now.relations.get(index.table);
  return [
    `CREATE ${index.unique ? 'UNIQUE ' : ''}INDEX`,
    alone ? 'CONCURRENTLY' : '',
    quoteIdentifier(index.name.name),
    only ? 'ON ONLY' : 'ON',
    owner ? written(way, owner.name) : '',
    index.method === 'btree' ? '' : `USING ${quoteIdentifier(index.method)}`,
    bodyOf(index),
    settingsWords(index),
    index.predicate === undefined ? '' : `WHERE ${index.predicate}`,
  ]
    .filter((word) => word !== '')
    .join(' ');
}

/** The columns in parentheses and what stands behind them, without options, tablespace and predicate. */
function bodyOf(index: Index): string {
  const tail = tailOf(index.definition);
  const keys = tail === '' ? columnsOf(index) : tail;
  const include =
    index.include.length > 0 ? ` INCLUDE (${index.include.map(quoteIdentifier).join(', ')})` : '';
  return `${keys}${include}${index.nullsNotDistinct ? ' NULLS NOT DISTINCT' : ''}`;
}

function columnsOf({ columns }: Index): string {
  return `(${columns.map((name) => quoteIdentifier(name ?? '')).join(', ')})`;
}

function settingsWords({ options, tablespace }: Index): string {
  return [
    options ? `WITH (${writeOptions(options)})` : '',
    tablespace === undefined ? '' : `TABLESPACE ${quoteIdentifier(tablespace)}`,
  ]
    .filter((word) => word !== '')
    .join(' ');
}

/** The columns of a CREATE INDEX, parentheses included; empty where there is none. */
export function tailOf(definition: string): string {
  if (definition === '') return '';
  const [statement] = parseWritten(definition);
  if (!statement || !('IndexStmt' in statement.node)) return '';
  const tokens = statement.tokens();
  const open = tokens.findIndex((token) => statement.slice(token) === '(');
  let depth = 0;
  for (let at = open; at >= 0 && at < tokens.length; at++) {
    const token = tokens[at];
    const text = token && token.kind === 'punctuation' ? statement.slice(token) : '';
    depth += text === '(' ? 1 : text === ')' ? -1 : 0;
    if (depth === 0 && token && tokens[open])
      return statement.slice({ start: tokens[open].start, end: token.end }).replace(/\s+/g, ' ');
  }
  return '';
}

/** The unique index that a key takes over, under the key's name. */
export function uniqueIndex(way: Way, table: Table, index: Index): string {
  const { constraint: _, ...own } = { ...index, unique: true };
  return createIndex(way, { ...own, constraint: undefined, table: relationKey(table.name) }, { alone: true });
}

/** A key as ADD CONSTRAINT takes it, with the settings of its index. */
export function keyWords(way: Way, table: Table, one: Constraint): string {
  const index = [...indexesOf(way.before, relationKey(table.name))].find(
    ({ constraint }) => constraint === one.name,
  );
  const deferrable = /(?: DEFERRABLE.*)$/.exec(one.definition)?.[0] ?? '';
  if (one.kind === 'exclusion' || !index) return one.definition;
  const bare = one.definition.slice(0, one.definition.length - deferrable.length);
  const options = index.options ? ` WITH (${writeOptions(index.options)})` : '';
  const place =
    index.tablespace === undefined ? '' : ` USING INDEX TABLESPACE ${quoteIdentifier(index.tablespace)}`;
  return `${bare}${options}${place}${deferrable}`;
}

function settings(way: Way, was: Index, is: Index): readonly Piece[] {
  const alter = (words: string): Piece => ({
    stage: 'set tables',
    sql: `ALTER INDEX ${written(way, is.name)} ${words}`,
  });
  const numbers = new Set([...Object.keys(was.statistics ?? {}), ...Object.keys(is.statistics ?? {})]);
  const differing = [...numbers].filter(
    (number) => was.statistics?.[Number(number)] !== is.statistics?.[Number(number)],
  );
  return [
    ...optionPieces(was.options, is.options).map(alter),
    ...(was.tablespace === is.tablespace
      ? []
      : [alter(`SET TABLESPACE ${quoteIdentifier(was.tablespace ?? 'pg_default')}`)]),
    ...differing.map((number) =>
      alter(`ALTER COLUMN ${number} SET STATISTICS ${was.statistics?.[Number(number)] ?? -1}`),
    ),
  ];
}
