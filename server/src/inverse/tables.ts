import { indexesOf, relationKey } from '../schema/lookup.ts';
import type { Table } from '../schema/model.ts';
import { quoteIdentifier } from '../sql/names.ts';
import { columnDefinition } from './column-definition.ts';
import { columnPieces } from './columns.ts';
import { constraintPieces } from './constraints.ts';
import { attachPieces, indexPieces } from './indexes.ts';
import { changedKeys } from './objects/pieces.ts';
import { optionPieces, writeOptions } from './options.ts';
import { type Piece, tableAt, type Way, written } from './way.ts';

/** What makes tables, with their columns, constraints, indexes and settings, those that they were. */
export function tablePieces(way: Way): readonly Piece[] {
  const { before, now } = way;
  const keys = changedKeys(before.relations, now.relations);
  const pieces: Piece[] = [];
  const marked = new Set<string>();
  for (const key of keys) {
    const [was, is] = [before.relations.get(key), now.relations.get(key)];
    if (was?.kind === 'index') marked.add(was.table);
    if (is?.kind === 'index') marked.add(is.table);
    if (is?.kind === 'table' && !was && !is.parents.some((one) => isNew(way, one)))
      pieces.push({ stage: 'drop relations', sql: `DROP TABLE ${written(way, is.name)}` });
    if (was?.kind !== 'table') continue;
    marked.add(key);
    if (is?.kind !== 'table') pieces.push(...creation(way, was));
    else
      pieces.push(
        ...membership(way, was, is),
        ...columnPieces(way, was, is),
        ...constraintPieces(way, was, is),
        ...settings(way, was, is),
      );
  }
  for (const key of marked) {
    const [was, is] = [tableAt(before, key), tableAt(now, key)];
    if (was && is) pieces.push(...marks(way, was, is));
  }
  return [...pieces, ...indexPieces(way, keys), ...attachPieces(way, keys)];
}

function isNew({ before }: Way, key: string): boolean {
  return !before.relations.has(key);
}

function creation(way: Way, was: Table): readonly Piece[] {
  if (was.parents.some((key) => !way.now.relations.has(key))) return [];
  const partition = was.partition && !way.byAttaching;
  const own = was.columns.filter((column) => column.local !== false || (was.partition && way.byAttaching));
  const parents = was.parents.map((key) => {
    const parent = tableAt(way.now, key);
    return parent ? written(way, parent.name) : key;
  });
  const heir = was.parents.length > 0 && !was.partition;
  const words = [
    `CREATE ${was.persistence === 'unlogged' ? 'UNLOGGED ' : was.persistence === 'temporary' ? 'TEMPORARY ' : ''}TABLE`,
    was.persistence === 'temporary' ? quoteIdentifier(was.name.name) : written(way, was.name),
    partition
      ? `PARTITION OF ${parents[0]} ${was.bound}`
      : `(${own.map((column) => columnDefinition(way, was, column)).join(', ')})`,
    heir ? `INHERITS (${parents.join(', ')})` : '',
    was.partitionBy ?? '',
    was.accessMethod === undefined ? '' : `USING ${quoteIdentifier(was.accessMethod)}`,
    was.options ? `WITH (${writeOptions(was.options)})` : '',
    was.tablespace === undefined ? '' : `TABLESPACE ${quoteIdentifier(was.tablespace)}`,
  ];
  return [{ stage: 'make tables', sql: words.filter((word) => word !== '').join(' ') }];
}

/** Partitions and heirs: what it belongs to. */
function membership(way: Way, was: Table, is: Table): readonly Piece[] {
  const { now } = way;
  const name = written(way, is.name);
  const pieces: Piece[] = [];
  for (const key of is.parents) {
    const parent = tableAt(now, key);
    if (was.parents.includes(key) || !parent) continue;
    const sql = is.partition
      ? `ALTER TABLE ${written(way, parent.name)} DETACH PARTITION ${name}`
      : `ALTER TABLE ${name} NO INHERIT ${written(way, parent.name)}`;
    pieces.push({ stage: 'release', sql });
  }
  for (const key of was.parents) {
    const parent = tableAt(now, key);
    if (is.parents.includes(key) || !parent) continue;
    const sql = was.partition
      ? `ALTER TABLE ${written(way, parent.name)} ATTACH PARTITION ${name} ${was.bound}`
      : `ALTER TABLE ${name} INHERIT ${written(way, parent.name)}`;
    pieces.push({ stage: 'attach', sql });
  }
  return pieces;
}

function settings(way: Way, was: Table, is: Table): readonly Piece[] {
  const pieces: Piece[] = [];
  const alter = (words: string) =>
    pieces.push({ stage: 'set tables', sql: `ALTER TABLE ${written(way, is.name)} ${words}` });
  if (was.persistence !== is.persistence && was.persistence !== 'temporary')
    alter(was.persistence === 'unlogged' ? 'SET UNLOGGED' : 'SET LOGGED');
  for (const words of optionPieces(was.options, is.options)) alter(words);
  if ((was.rowSecurity ?? false) !== (is.rowSecurity ?? false))
    alter(`${was.rowSecurity ? 'ENABLE' : 'DISABLE'} ROW LEVEL SECURITY`);
  if ((was.forcesRowSecurity ?? false) !== (is.forcesRowSecurity ?? false))
    alter(`${was.forcesRowSecurity ? '' : 'NO '}FORCE ROW LEVEL SECURITY`);
  if (was.tablespace !== is.tablespace)
    alter(`SET TABLESPACE ${quoteIdentifier(was.tablespace ?? 'pg_default')}`);
  if (was.accessMethod !== is.accessMethod)
    alter(
      `SET ACCESS METHOD ${was.accessMethod ? quoteIdentifier(was.accessMethod) : is.partitioned ? 'DEFAULT' : 'heap'}`,
    );
  if (was.ofType !== is.ofType) alter(was.ofType === undefined ? 'NOT OF' : `OF ${was.ofType}`);
  return pieces;
}

/** REPLICA IDENTITY and CLUSTER ON name an index, which has to be there. */
function marks(way: Way, was: Table, is: Table): readonly Piece[] {
  const pieces: Piece[] = [];
  const alter = (words: string) =>
    pieces.push({ stage: 'set tables', sql: `ALTER TABLE ${written(way, is.name)} ${words}` });
  const key = relationKey(is.name);
  const marked = (schema: Way['now'], mark: 'clustered' | 'replicaIdentity') => {
    return [...indexesOf(schema, key)].find((one) => one[mark])?.name.name;
  };
  const isThere = (name: string) => [...indexesOf(way.now, key)].some((one) => one.name.name === name);
  const [identity, now] = [marked(way.before, 'replicaIdentity'), marked(way.now, 'replicaIdentity')];
  if (was.replicaIdentity !== is.replicaIdentity || identity !== now) {
    if (was.replicaIdentity !== 'index')
      alter(`REPLICA IDENTITY ${was.replicaIdentity?.toUpperCase() ?? 'DEFAULT'}`);
    else if (identity !== undefined && isThere(identity))
      alter(`REPLICA IDENTITY USING INDEX ${quoteIdentifier(identity)}`);
  }
  const [clustered, clusteredNow] = [marked(way.before, 'clustered'), marked(way.now, 'clustered')];
  if (clustered !== clusteredNow) {
    if (clustered === undefined) alter('SET WITHOUT CLUSTER');
    else if (isThere(clustered)) alter(`CLUSTER ON ${quoteIdentifier(clustered)}`);
  }
  return pieces;
}
