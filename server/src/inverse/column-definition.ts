import { relationKey, sequencesOf } from '../schema/lookup.ts';
import type { Column, Table } from '../schema/model.ts';
import { notNullOf } from '../schema/not-null.ts';
import { makeObjectName } from '../schema/object-names.ts';
import { quoteIdentifier } from '../sql/names.ts';
import { placeholder } from './placeholders.ts';
import { sequenceOptions } from './sequences.ts';
import { isInUse, type Way, written } from './way.ts';

/**
 * A column as ADD COLUMN and CREATE TABLE take it. Storage, statistics and the like are set afterwards, and so is a
 * default that no row of now has to take.
 */
export function columnDefinition(way: Way, table: Table, column: Column): string {
  const { name, type, collation, generated, identity } = column;
  const required = notNullOf(table, name);
  const inline = required?.validated && required.inherits && required.local !== false;
  const words = [
    quoteIdentifier(name),
    type,
    collation && `COLLATE ${collation}`,
    generated
      ? `GENERATED ALWAYS AS (${column.default}) ${generated.toUpperCase()}`
      : defaultWords(way, table, column),
    identity && identityClause(way, table, column),
    inline && notNullWords(way, table, column, required.name),
  ];
  return words.filter((word) => word).join(' ');
}

/** A new row takes it from the first; where rows are there already only NOT NULL needs one. */
function defaultWords(way: Way, table: Table, column: Column): string | undefined {
  if (column.default != null) return `DEFAULT ${column.default}`;
  const value = isInUse(way, table) ? placeholder(way, table, column) : undefined;
  return value && `DEFAULT ${value}`;
}

/** With its name where Postgres 18 would choose another. */
function notNullWords({ pgVersion }: Way, table: Table, column: Column, name: string): string {
  const chosen = makeObjectName(table.name.name, column.name, 'not_null');
  return pgVersion < 18 || name === chosen ? 'NOT NULL' : `CONSTRAINT ${quoteIdentifier(name)} NOT NULL`;
}

/** GENERATED … AS IDENTITY with the sequence that it had. */
export function identityClause(way: Way, table: Table, { name, identity = 'always' }: Column): string {
  const [sequence] = sequencesOf(way.before, relationKey(table.name), name);
  const chosen = makeObjectName(table.name.name, name, 'seq');
  const own = sequence?.name.name === chosen && sequence.name.schema === table.name.schema;
  const options = sequence
    ? [...(own ? [] : [`SEQUENCE NAME ${written(way, sequence.name)}`]), ...sequenceOptions(sequence)]
    : [];
  return `GENERATED ${identity.toUpperCase()} AS IDENTITY${options.length > 0 ? ` (${options.join(' ')})` : ''}`;
}
