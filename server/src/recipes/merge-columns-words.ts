import { quoteIdentifier } from '../sql/names.ts';
import type { Merge } from './merge-columns.ts';

/**
 * `*=` and `*<>` compare records as they are stored: NULLs with NULLs, and types that have no equality, or one for which
 * values are equal that are not the same (citext). Without the cast, rows are compared column by column, by other operators.
 */
export const same = '*=';
export const other = '*<>';

/** That a row of the one belongs to one of the other: `own` and `key` stand before the columns' names. */
export function matchOf({ pairs }: Merge, own: string, key: string): string {
  return pairs
    .map((one) => `${own}${quoteIdentifier(one.own)} = ${key}${quoteIdentifier(one.key)}`)
    .join(' AND ');
}

/** The columns that move, as one value. */
export function rowOf({ moved }: Merge, side: 'own' | 'next', of: string): string {
  return `ROW(${moved.map((one) => `${of}${quoteIdentifier(one[side].name)}`).join(', ')})::record`;
}

/** That a row there has what a row of the old table would have. */
export function hasOf(merge: Merge, of: string): string {
  const [first] = merge.required;
  return first === undefined ? holds(merge, 'next', of) : `${of}${quoteIdentifier(first)} IS NOT NULL`;
}

/** That any of the columns has a value. */
export function holds({ moved }: Merge, side: 'own' | 'next', of: string): string {
  const [first, ...more] = moved.map((one) => `${of}${quoteIdentifier(one[side].name)}`);
  return more.length === 0 ? `${first} IS NOT NULL` : `num_nonnulls(${[first, ...more].join(', ')}) > 0`;
}

export function hasNot({ required, moved }: Merge): string {
  const [first] = required;
  if (first !== undefined) return `${quoteIdentifier(first)} IS NULL`;
  const [only, ...more] = moved.map(({ next }) => quoteIdentifier(next.name));
  return more.length === 0 ? `${only} IS NULL` : `num_nonnulls(${[only, ...more].join(', ')}) = 0`;
}
