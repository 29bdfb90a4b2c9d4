import { childrenOf, columnOf, constraintOf, relationKey } from '../schema/lookup.ts';
import type { Constraint, Index, Table } from '../schema/model.ts';
import { notNullOf } from '../schema/not-null.ts';
import { makeObjectName } from '../schema/object-names.ts';
import { quoteIdentifier } from '../sql/names.ts';
import { isSafelyBuilt, keyWords, uniqueIndex } from './indexes.ts';
import { isInUse, type Piece, parentsIn, type Stage, tableAt, type Way, written } from './way.ts';

/** What makes a table's constraints those that they were. */
export function constraintPieces(way: Way, before: Table, now: Table): readonly Piece[] {
  const pieces: Piece[] = [];
  const kept = new Set<Constraint>();
  for (const was of before.constraints) {
    const is = counterpart(now, was, way.pgVersion);
    if (!is) {
      if (canStand(was, now) && !comesWithParent(way, before, was))
        pieces.push(...addition(way, before, now, was));
      continue;
    }
    kept.add(is);
    if (becameOwn(way, now, was, is)) {
      pieces.push(...removal(way, before, now, is));
      continue;
    }
    pieces.push(...changed(way, before, now, was, is));
  }
  for (const is of now.constraints) {
    if (kept.has(is) || goesWithParent(way, now, is)) continue;
    pieces.push(...(validation(way, before, now, is) ?? removal(way, before, now, is)));
  }
  return pieces;
}

/** For a check that is there only to prove NOT NULL: it is validated, and stays until the column is NOT NULL. */
function validation(way: Way, before: Table, now: Table, is: Constraint): readonly Piece[] | undefined {
  const [column = ''] = is.columns;
  const wanted = notNullOf(before, column) && !notNullOf(now, column);
  if (is.kind !== 'check' || !wanted || is.name !== proofName(now, column)) return undefined;
  if (is.validated) return [];
  const sql = `ALTER TABLE ${written(way, now.name)} VALIDATE CONSTRAINT ${quoteIdentifier(is.name)}`;
  return [{ stage: 'validate', sql, alone: true }];
}

/** A child's constraint that a parent's was one with, and that the parent is about to hand down again: that makes it anew. */
function becameOwn(way: Way, now: Table, was: Constraint, is: Constraint): boolean {
  if (was.local !== false || is.local === false || is.parent !== undefined) return false;
  if (was.kind === 'not null' && way.pgVersion < 18) return false;
  return parentsIn(way, now).some(([old, own]) => {
    const [handed, there] = [inParent(old, was), inParent(own, was)];
    return handed?.inherits === true && there?.inherits !== true;
  });
}

/** Before 18 a NOT NULL has no name of its own. */
function counterpart(table: Table | undefined, one: Constraint, pgVersion: number): Constraint | undefined {
  if (one.kind !== 'not null') {
    const found = constraintOf(table, one.name);
    return found?.kind === one.kind ? found : undefined;
  }
  const found = notNullOf(table, one.columns[0] ?? '');
  return pgVersion < 18 || found?.name === one.name ? found : undefined;
}

/** Its columns are there again. */
function canStand({ columns }: Constraint, now: Table): boolean {
  return columns.every((name) => columnOf(now, name));
}

function comesWithParent(way: Way, table: Table, one: Constraint): boolean {
  if (one.parent !== undefined) return true;
  return parentsIn(way, table).some(([old, own]) => {
    const was = inParent(old, one);
    return was?.inherits && !inParent(own, one);
  });
}

function goesWithParent(way: Way, table: Table, one: Constraint): boolean {
  if (one.parent !== undefined) return true;
  if (one.local !== false) return false;
  return parentsIn(way, table).some(([old, own]) => inParent(own, one) && !inParent(old, one));
}

function inParent(parent: Table, { kind, name, columns }: Constraint): Constraint | undefined {
  if (kind === 'check') {
    const found = constraintOf(parent, name);
    return found?.kind === 'check' ? found : undefined;
  }
  return kind === 'not null' ? notNullOf(parent, columns[0] ?? '') : undefined;
}

function addition(way: Way, before: Table, now: Table, one: Constraint): readonly Piece[] {
  const table = written(way, now.name);
  const add = (stage: Stage, definition: string): Piece => ({
    stage,
    sql: `ALTER TABLE ${table} ADD CONSTRAINT ${quoteIdentifier(one.name)} ${definition}`,
  });
  const bare = one.definition.replace(/ NOT VALID$/, '');
  switch (one.kind) {
    case 'not null':
      return requiring(way, before, now, one);
    case 'check':
      return proven(way, now, one, add('add checks', bare));
    case 'foreign key': {
      const target = one.references && tableAt(way.now, one.references.table);
      if (!target) return [];
      // Before 18 a partitioned table takes no NOT VALID, and of a key to one VALIDATE leaves out the parts.
      const waits = way.pgVersion < 18 && (now.partitioned || (target.partitioned && one.validated));
      return waits ? [add('add foreign keys', bare)] : proven(way, now, one, add('add foreign keys', bare));
    }
    default:
      return keyed(way, before, now, one, add('add keys', keyWords(way, before, one)));
  }
}

/** NOT VALID first, so that the lock is short; then VALIDATE, which lets writes go on. */
function proven(way: Way, now: Table, one: Constraint, add: Piece): readonly Piece[] {
  if (one.enforced === false) return [add];
  if (!one.validated) return [{ ...add, sql: `${add.sql} NOT VALID` }];
  return isInUse(way, now) ? [{ ...add, sql: `${add.sql} NOT VALID`, alone: true }] : [add];
}

/** NOT NULL again: proven by a constraint of its own from 18 on, before that by a check that goes again. */
function requiring(way: Way, before: Table, now: Table, one: Constraint): readonly Piece[] {
  const [column = ''] = one.columns;
  const table = written(way, now.name);
  const own = makeObjectName(before.name.name, column, 'not_null') === one.name;
  const plain = one.inherits && one.validated && (own || way.pgVersion < 18);
  const quoted = quoteIdentifier(column);
  if (!isInUse(way, now) && plain)
    return [{ stage: 'add checks', sql: `ALTER TABLE ${table} ALTER COLUMN ${quoted} SET NOT NULL` }];
  if (way.pgVersion >= 18) {
    const words = `ADD CONSTRAINT ${quoteIdentifier(one.name)} NOT NULL ${quoted}${one.inherits ? '' : ' NO INHERIT'}`;
    const alone = one.validated ? { alone: true } : {};
    return [{ stage: 'add checks', sql: `ALTER TABLE ${table} ${words} NOT VALID`, ...alone }];
  }
  if (hasProof(now, column))
    return [{ stage: 'add checks', sql: `ALTER TABLE ${table} ALTER COLUMN ${quoted} SET NOT NULL` }];
  if (constraintOf(now, proofName(now, column))) return [];
  const proof = quoteIdentifier(proofName(now, column));
  const check = `ALTER TABLE ${table} ADD CONSTRAINT ${proof} CHECK (${quoted} IS NOT NULL) NOT VALID`;
  return [{ stage: 'add checks', sql: check, alone: true }];
}

function hasProof(now: Table, column: string): boolean {
  return now.constraints.some(
    ({ kind, validated, provesNotNull, enforced }) =>
      kind === 'check' && validated && enforced !== false && provesNotNull.includes(column),
  );
}

export function proofName(table: Table, column: string): string {
  return makeObjectName(table.name.name, column, 'proof');
}

/** A key: its index is built first, while writes go on, and taken over. */
function keyed(way: Way, before: Table, now: Table, one: Constraint, add: Piece): readonly Piece[] {
  const index = indexOf(way, before, one);
  if (now.partitioned) return partitionedKey(way, now, add);
  if (
    !index ||
    one.kind === 'exclusion' ||
    !isSafelyBuilt(way, now) ||
    /WITHOUT OVERLAPS/.test(one.definition)
  )
    return [add];
  const key = relationKey(index.name);
  if (!way.now.relations.has(key))
    return [{ stage: 'make indexes', sql: uniqueIndex(way, now, index), alone: true }];
  const word = one.kind === 'primary key' ? 'PRIMARY KEY' : 'UNIQUE';
  const deferrable = /(?: DEFERRABLE.*)$/.exec(one.definition)?.[0] ?? '';
  return [
    {
      ...add,
      sql: `${add.sql.slice(0, -keyWords(way, before, one).length)}${word} USING INDEX ${quoteIdentifier(index.name.name)}${deferrable}`,
    },
  ];
}

function indexOf(way: Way, table: Table, { index }: Constraint): Index | undefined {
  const found =
    index === undefined
      ? undefined
      : way.before.relations.get(relationKey({ schema: table.name.schema, name: index }));
  return found?.kind === 'index' ? found : undefined;
}

/** On the whole with the keys of its partitions, which are named as Postgres names them. */
function partitionedKey(_way: Way, _now: Table, add: Piece): readonly Piece[] {
  return [add];
}

function removal(way: Way, before: Table, now: Table, one: Constraint): readonly Piece[] {
  const table = written(way, now.name);
  const goes = one.columns.some((column) => !columnOf(before, column));
  if (goes) return [];
  const drop = (stage: Stage): Piece => ({
    stage,
    sql: `ALTER TABLE ${table} DROP CONSTRAINT ${quoteIdentifier(one.name)}`,
  });
  if (one.kind === 'foreign key') return [drop('drop foreign keys')];
  if (one.kind !== 'not null') return [drop('drop constraints')];
  const named = way.pgVersion >= 18 && notNullOf(before, one.columns[0] ?? '') !== undefined;
  if (named) return [drop('drop constraints')];
  const stage = now.constraints.some(({ kind }) => kind === 'primary key')
    ? 'drop indexes'
    : 'drop constraints';
  return [
    {
      stage,
      sql: `ALTER TABLE ${table} ALTER COLUMN ${quoteIdentifier(one.columns[0] ?? '')} DROP NOT NULL`,
    },
  ];
}

function changed(way: Way, before: Table, now: Table, was: Constraint, is: Constraint): readonly Piece[] {
  const same = (one: Constraint) =>
    JSON.stringify([one.definition, one.validated, one.enforced ?? true, one.inherits, one.columns]);
  if (
    same(was) === same(is) ||
    (was.kind === 'not null' && way.pgVersion < 18 && was.validated === is.validated)
  )
    return [];
  if (comesFromParent(way, now, was, same)) return [];
  const table = written(way, now.name);
  const name = quoteIdentifier(was.name);
  const alter = (words: string): readonly Piece[] => [
    { stage: 'set columns', sql: `ALTER TABLE ${table} ${words}` },
  ];
  const core = ({ definition }: Constraint) =>
    definition.replace(/ (?:NOT )?(?:DEFERRABLE|VALID|ENFORCED).*$/, '');
  const alike = core(was) === core(is);
  if (alike && was.validated && !is.validated && was.enforced !== false && is.enforced !== false)
    return [{ stage: 'validate', sql: `ALTER TABLE ${table} VALIDATE CONSTRAINT ${name}`, alone: true }];
  if (was.kind === 'not null' && was.inherits !== is.inherits)
    return alter(`ALTER CONSTRAINT ${name} ${was.inherits ? 'INHERIT' : 'NO INHERIT'}`);
  const sameCore = was.kind === 'foreign key' && alike;
  if (sameCore && (was.enforced ?? true) !== (is.enforced ?? true))
    return alter(`ALTER CONSTRAINT ${name} ${was.enforced === false ? 'NOT ENFORCED' : 'ENFORCED'}`);
  if (sameCore && was.validated === is.validated) {
    const words = / (DEFERRABLE(?: INITIALLY DEFERRED)?)/.exec(was.definition)?.[1];
    return alter(`ALTER CONSTRAINT ${name} ${words ?? 'NOT DEFERRABLE'}`);
  }
  return removal(way, before, now, is);
}

function comesFromParent(way: Way, now: Table, one: Constraint, same: (one: Constraint) => string): boolean {
  if (one.parent !== undefined) return true;
  return parentsIn(way, now).some(([old, own]) => {
    const [was, is] = [inParent(old, one), inParent(own, one)];
    return was !== undefined && is !== undefined && same(was) !== same(is);
  });
}

export function hasChildren(way: Way, table: Table): boolean {
  return !childrenOf(way.now, relationKey(table.name)).next().done;
}
