import { renameInSource } from '../../schema/expressions.ts';
import { constraintOf, indexesOf, relationKey, sequencesOf } from '../../schema/lookup.ts';
import type { Column, Index, Schema, Table } from '../../schema/model.ts';
import { displayName } from '../../schema/names.ts';
import { quoteIdentifier } from '../../sql/names.ts';

/** An index on a column that is replaced, and the one that takes its place. Names are those of SQL. */
export interface MovedIndex {
  readonly name: string;
  readonly next: string;
  /** Here and below: with the schema where the search path does not find it. */
  readonly qualified: string;
  readonly qualifiedNext: string;
  readonly last: string;
  readonly qualifiedLast: string;
  readonly unique: boolean;
  /** The constraint that the index backs. */
  readonly constraint: { readonly name: string; readonly kind: 'PRIMARY KEY' | 'UNIQUE' } | undefined;
  /** What stands behind ON, with another column in the place of the old one. */
  on(column: string): string;
}

/** What has to move with a column beside its values, its default and NOT NULL. */
export interface MovedKeys {
  readonly indexes: readonly MovedIndex[];
  /** The sequence that its default asks, which it owns. */
  readonly sequence: string | undefined;
}

/** Undefined where some of it cannot be moved, or is not known well enough. */
export function movedKeys(schema: Schema, table: Table, column: Column): MovedKeys | undefined {
  const key = relationKey(table.name);
  const using = [...indexesOf(schema, key)].filter((index) =>
    [...index.columns, ...index.include, ...index.reads].includes(column.name),
  );
  const indexes = using.map((index) => movedIndex(schema, table, column, index));
  const [sequence, ...more] = sequencesOf(schema, key, column.name);
  const known = indexes.filter((index) => index !== undefined);
  const held = sequence !== undefined && !/\bnextval\s*\(/i.test(column.default ?? '');
  if (known.length < indexes.length || more.length > 0 || held) return undefined;
  return { indexes: known, sequence: sequence && displayName(schema, sequence.name) };
}

function movedIndex(schema: Schema, table: Table, column: Column, index: Index): MovedIndex | undefined {
  const { schema: place, name } = index.name;
  const constraint = index.constraint === undefined ? undefined : constraintOf(table, index.constraint);
  const on = index.constraint === undefined ? placeOf(index, column) : keyOn(schema, table, index);
  const kinds = { 'primary key': 'PRIMARY KEY', unique: 'UNIQUE' } as const;
  const kind = kinds[constraint?.kind as keyof typeof kinds];
  const names = { next: `${name}_new`, last: `${name}_old` };
  const taken = [names.next, names.last].some(
    (one) => one.length > 63 || schema.relations.has(relationKey({ schema: place, name: one })),
  );
  // A name that stands for two things would be changed in both.
  const twice = [name, table.name.name].includes(column.name);
  if (on === undefined || taken || twice || (index.constraint !== undefined && !kind)) return undefined;
  if (constraint && /\bdeferrable\b|\bnulls\s+not\b|\boverlaps\b/i.test(constraint.definition))
    return undefined;
  return {
    name: quoteIdentifier(name),
    next: quoteIdentifier(names.next),
    qualified: displayName(schema, index.name),
    qualifiedNext: displayName(schema, { schema: place, name: names.next }),
    last: quoteIdentifier(names.last),
    qualifiedLast: displayName(schema, { schema: place, name: names.last }),
    unique: index.unique,
    constraint: constraint && kind ? { name: quoteIdentifier(constraint.name), kind } : undefined,
    on: (other) => renameInSource(on, column.name, other),
  };
}

/** Behind the ON of the CREATE INDEX. */
function placeOf({ definition }: Index, column: Column): string | undefined {
  const name = String.raw`(?:"(?:[^"]|"")+"|[\w$\u0080-\uffff]+)`;
  const head = new RegExp(
    String.raw`^create\s+(?:unique\s+)?index\s+(?:concurrently\s+)?(?:if\s+not\s+exists\s+)?(?:${name}\s+)?on\s+`,
    'i',
  );
  const on = head.test(definition) ? definition.replace(head, '') : undefined;
  return on !== undefined && !/^only\s/i.test(on) && renameInSource(on, column.name, '') !== on
    ? on
    : undefined;
}

function keyOn(schema: Schema, table: Table, { columns, include }: Index): string | undefined {
  if (columns.some((column) => column === null)) return undefined;
  const list = (names: readonly (string | null)[]) =>
    names.map((name) => quoteIdentifier(name ?? '')).join(', ');
  const more = include.length > 0 ? ` INCLUDE (${list(include)})` : '';
  return `${displayName(schema, table.name)} (${list(columns)})${more}`;
}
