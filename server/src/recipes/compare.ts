import { findType } from '../schema/lookup.ts';
import { parseName } from '../sql/names.ts';
import type { Facts } from './facts.ts';

/** Of these `=` says of no two values that they are the same which a reader could tell apart. */
const exact =
  /^(?:smallint|integer|bigint|oid|boolean|text|character varying(?:\(\d+\))?|name|uuid|bytea|date|time(?:stamp)?(?:\(\d\))? with(?:out)? time zone|inet|cidr|macaddr|double precision|real|numeric\(\d+,\d+\)|jsonb)$/;

/**
 * SQL: whether two values of a type are not the same; NULLs are. Some types have no `=` (`json`, `point`), or one that
 * takes for equal what is not the same (`citext`, `box`): they are compared as people read them.
 */
export function isOther({ schema }: Facts, type: string | undefined, one: string, other: string): string {
  const named = type === undefined ? undefined : parseName(type);
  const isEnum = named !== undefined && findType(schema, named)?.kind === 'enum';
  if (type === undefined || exact.test(type) || isEnum) return `${one} IS DISTINCT FROM ${other}`;
  const [a, b] = [one, other].map((value) =>
    /^[\w."]+$/.test(value) ? `${value}::text` : `(${value})::text`,
  );
  return `${a} IS DISTINCT FROM ${b}`;
}
