import type { Column } from '../schema/model.ts';
import { quoteIdentifier, quoteLiteral } from '../sql/names.ts';
import { refuse } from './model.ts';
import { namesIn } from './typed-names.ts';

export function labelsIn(text: string): readonly string[] {
  return namesIn(text).flatMap((one) => {
    const label = /^".*"$/.test(one) ? one.slice(1, -1).replaceAll('""', '"') : one;
    return label === '' ? [] : [label];
  });
}

export function pairsIn(text: string | undefined): ReadonlyMap<string, string> {
  return new Map(
    labelsIn(text ?? '').map((pair) => {
      const at = pair.indexOf('=');
      return [pair.slice(0, Math.max(at, 0)).trim(), pair.slice(at + 1).trim()];
    }),
  );
}

export function problemOfPairs(
  text: string,
  from: readonly string[],
  to: readonly string[],
): string | undefined {
  for (const [old, next] of pairsIn(text)) {
    if (!from.includes(old)) return `${old || text} is none of ${from.join(', ')}: write pairs as old=new.`;
    if (!to.includes(next)) return `${next} is none of ${to.join(', ')}.`;
  }
  return undefined;
}

/** `CASE status::text WHEN 'a' THEN 'b' ELSE status::text END::other`: no cast leads from one enum to another. */
export function mapped(value: string, pairs: ReadonlyMap<string, string>, type: string): string {
  return pairs.size === 0 ? `${value}::text::${type}` : `(${textOf(value, pairs)})::${type}`;
}

/** What the old column has already stays, where it is what the new value was made from: two may have become one. */
export function kept(
  row: string,
  old: string,
  column: string,
  there: ReadonlyMap<string, string>,
  value: string,
): string {
  const own = `${row}${quoteIdentifier(old)}`;
  const made = textOf(own, there);
  return `CASE WHEN ${made} = ${row}${quoteIdentifier(column)}::text THEN ${own} ELSE ${value} END`;
}

function textOf(value: string, pairs: ReadonlyMap<string, string>): string {
  if (pairs.size === 0) return `${value}::text`;
  const whens = [...pairs].map(([from, to]) => `WHEN ${quoteLiteral(from)} THEN ${quoteLiteral(to)}`);
  return `CASE ${value}::text ${whens.join(' ')} ELSE ${value}::text END`;
}

/** The default as one of the new type: a cast to the old one would be refused. */
export function defaultOf(column: Column, there: ReadonlyMap<string, string>): Pick<Column, 'default'> {
  if (column.default == null) return { default: column.default };
  const label = /^'((?:[^']|'')*)'(?:::.*)?$/s.exec(column.default)?.[1]?.replaceAll("''", "'");
  if (label === undefined)
    refuse(
      `The default of ${column.name} is ${column.default}, and what it is in the new type is not known: give it a plain value first.`,
      'enum',
    );
  return { default: quoteLiteral(there.get(label) ?? label) };
}
