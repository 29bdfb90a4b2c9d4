import { grantSql } from '../inverse/objects/describe.ts';
import { sequenceOptions } from '../inverse/sequences.ts';
import type { Column, Sequence, Table } from '../schema/model.ts';
import { defaultGrants } from '../schema/privileges.ts';
import { quoteIdentifier, quoteLiteral } from '../sql/names.ts';
import { alterTable } from './blocks.ts';
import { sqlName } from './facts.ts';
import type { Given } from './model.ts';
import type { Twin } from './twin.ts';

/** A column's numbers go from one column to another. */
export interface Handing {
  readonly twin: Twin;
  /** Columns, unquoted, as they are called by then. */
  readonly giver: string;
  readonly taker: string;
  /** The type of the one that takes them. */
  readonly type: string | undefined;
}

/** What gives the column its numbers: the default and its sequence, or the identity, which counts on. */
export function counting(given: Given, { twin, giver, taker, type }: Handing): readonly string[] {
  const { facts } = given;
  const { table, from } = twin;
  const name = sqlName(facts, table);
  const alter = (change: string) => alterTable(facts, table, change);
  const [counter] = twin.facts.sequences;
  if (from.identity && counter)
    return moveIdentity(given, table, counter, {
      kind: from.identity,
      from: [table, giver],
      to: [table, taker],
      between: taker,
    });
  if (from.default == null) return [];
  const sequences = twin.facts.sequences.map((sequence) => sqlName(facts, sequence));
  return [
    alter(`ALTER COLUMN ${quoteIdentifier(taker)} SET DEFAULT ${from.default}`),
    alter(`ALTER COLUMN ${quoteIdentifier(giver)} DROP DEFAULT`),
    ...sequences.flatMap((sequence) => [
      `ALTER SEQUENCE ${sequence} OWNED BY ${name}.${quoteIdentifier(taker)}`,
      ...(/^(?:smallint|integer|bigint)$/.test(type ?? '') ? [`ALTER SEQUENCE ${sequence} AS ${type}`] : []),
    ]),
  ];
}

/** An identity goes from one column to another, which counts on where that one stands, by a sequence of the same name. */
export function moveIdentity(
  { facts, names }: Given,
  table: Table,
  counter: Sequence,
  {
    kind,
    from,
    to,
    between,
  }: {
    readonly kind: NonNullable<Column['identity']>;
    /** A column and its table, as they are called by then. */
    readonly from: readonly [Table, string];
    readonly to: readonly [Table, string];
    /** Told behind the sequence's name while there are two. */
    readonly between: string;
  },
): readonly string[] {
  const own = counter.name;
  const other = { schema: own.schema, name: names.successor(table, own.name, '\0', between) };
  const [now, next] = [sqlName(facts, counter), sqlName(facts, { name: other })];
  const options = [`SEQUENCE NAME ${next}`, ...sequenceOptions(counter)].join(' ');
  const alter = ([of, column]: readonly [Table, string], change: string) =>
    alterTable(facts, of, `ALTER COLUMN ${quoteIdentifier(column)} ${change}`);
  return [
    alter(to, `ADD GENERATED ${kind.toUpperCase()} AS IDENTITY (${options})`),
    `SELECT setval(${quoteLiteral(next)}, nextval(${quoteLiteral(now)}), false)`,
    alter(from, 'DROP IDENTITY'),
    `ALTER SEQUENCE ${next} RENAME TO ${quoteIdentifier(own.name)}`,
    ...(counter.grants
      ? grantSql(`SEQUENCE ${now}`, defaultGrants('sequence'), counter.grants, {
          owner: counter.owner,
          pgVersion: facts.pgVersion,
        })
      : []),
    ...(counter.comment === undefined
      ? []
      : [`COMMENT ON SEQUENCE ${now} IS ${quoteLiteral(counter.comment)}`]),
  ];
}
