import { grantSql } from '../inverse/objects/describe.ts';
import { sequenceOptions } from '../inverse/sequences.ts';
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
  if (from.identity && counter) {
    // The new one counts on where the old one stands, and then has its name.
    const own = counter.name;
    const other = { schema: own.schema, name: given.names.successor(table, own.name, '\0', taker) };
    const [now, next] = [own, other].map((one) => sqlName(facts, { name: one }));
    const options = [`SEQUENCE NAME ${next}`, ...sequenceOptions(counter)].join(' ');
    return [
      alter(
        `ALTER COLUMN ${quoteIdentifier(taker)} ADD GENERATED ${from.identity.toUpperCase()} AS IDENTITY (${options})`,
      ),
      `SELECT setval(${quoteLiteral(next ?? '')}, nextval(${quoteLiteral(now ?? '')}), false)`,
      alter(`ALTER COLUMN ${quoteIdentifier(giver)} DROP IDENTITY`),
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
