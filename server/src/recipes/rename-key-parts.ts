import { syncName, syncTrigger } from '../rules/locks/sync-trigger.ts';
import { indexesOf, relationKey } from '../schema/lookup.ts';
import type { Constraint, Index, Table } from '../schema/model.ts';
import { quoteIdentifier } from '../sql/names.ts';
import { primaryKeyOf, rangeVar } from './facts.ts';
import type { Given } from './model.ts';
import { definitionOf, indexDefinition, type Twin } from './twin.ts';

/** A column that a trigger keeps like another, until it takes its place as key and as what the database numbers. */
export interface Renamed {
  readonly twin: Twin;
  /** The primary key that the column is in. */
  readonly key: Key | undefined;
  readonly references: readonly Reference[];
  /** Of the trigger and its function. Unquoted. */
  readonly sync: string;
}

export interface Key {
  readonly constraint: Constraint;
  readonly suffix: string;
  /** Names of unique indexes that are no constraints: on the new column until the key stands on it, on the old one since. */
  readonly next: string;
  readonly last: string;
  /** What stands behind the table's name when they are made. */
  readonly onNext: string;
  readonly onLast: string;
}

/** A foreign key to the column. The one that refers to the new column takes over its name. */
export interface Reference {
  readonly table: Table;
  readonly constraint: Constraint;
  /** Names, unquoted: of the new one until then, of the old one on the way back. */
  readonly next: string;
  readonly back: string;
}

export function renamedBy(given: Given, twin: Twin): Renamed {
  const { facts, names } = given;
  const { table, from, to } = twin;
  const constraint = primaryKeyOf(table);
  const index = [...indexesOf(facts.schema, relationKey(table.name))].find(
    (one) => one.constraint === constraint?.name,
  );
  return {
    twin,
    key: constraint?.columns.includes(from.name) && index ? keyOf(given, twin, constraint, index) : undefined,
    references: twin.facts.referencedBy.map((one) => ({
      ...one,
      next: names.successor(one.table, one.constraint.name, '\0', 'new'),
      back: names.successor(one.table, one.constraint.name, '\0', 'back'),
    })),
    sync: nameOfSync(given, twin, to),
  };
}

function keyOf(given: Given, twin: Twin, constraint: Constraint, index: Index): Key {
  const { names } = given;
  const { table, from, to } = twin;
  return {
    constraint,
    suffix: /(?: DEFERRABLE.*)$/.exec(constraint.definition)?.[0] ?? '',
    next: names.successor(table, index.name.name, from.name, to),
    last: names.successor(table, index.name.name, '\0', 'old'),
    onNext: indexDefinition(given, twin, index),
    onLast: definitionOf(given, given.facts.schema, index),
  };
}

/**
 * The trigger fires last, and copies what others have made of the row; but where others read the column it fires first, so
 * that they find a value in the one that they know.
 */
function nameOfSync({ facts, names }: Given, { table, from, facts: own }: Twin, to: string): string {
  const isRead = own.functions.length + own.triggers.length > 0;
  if (!isRead) return syncName(facts.schema, rangeVar(table), to, 'sync');
  const candidates = [undefined, 'aa', '00'].map((prefix) =>
    names.trigger(
      prefix === undefined
        ? table
        : { ...table, name: { ...table.name, name: `${prefix}_${table.name.name}` } },
      from.name,
      'sync',
    ),
  );
  return candidates.find((name) => table.triggers.every((other) => name < other)) ?? candidates.at(-1) ?? '';
}

/**
 * On INSERT the column decides that has no default, where it is given a value: the other one's may be the default. On
 * UPDATE the one that changes.
 */
export function sync({ twin, sync: name }: Renamed, numbers: 'old' | 'next') {
  const { table, from, to } = twin;
  const [old, next] = [from.name, to].map((column) => `NEW.${quoteIdentifier(column)}`);
  const [given, made] = numbers === 'old' ? [next, old] : [old, next];
  const was = `OLD.${quoteIdentifier(to)}`;
  return syncTrigger(rangeVar(table), name, [
    "IF TG_OP = 'INSERT' THEN",
    `  ${given} := coalesce(${given}, ${made});`,
    `  ${made} := ${given};`,
    `ELSIF ${next} IS DISTINCT FROM ${was} THEN`,
    `  ${old} := ${next};`,
    'ELSE',
    `  ${next} := ${old};`,
    'END IF;',
  ]);
}

/** The function alone, in the place of the one that is there. */
export function syncCode(one: Renamed, numbers: 'old' | 'next'): string {
  const { create } = sync(one, numbers);
  return create
    .slice(0, create.indexOf(';\nCREATE TRIGGER'))
    .replace('CREATE FUNCTION', 'CREATE OR REPLACE FUNCTION');
}
