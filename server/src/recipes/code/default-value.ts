/** What a column's default says, as far as both tools have a word for it. */
export type DefaultValue =
  | { readonly kind: 'text'; readonly value: string }
  | { readonly kind: 'number'; readonly value: string }
  | { readonly kind: 'boolean'; readonly value: boolean }
  | { readonly kind: 'now' }
  | { readonly kind: 'sql'; readonly value: string };

/** Reads a default's source: `'none'::text`, `0`, `now()`; what is none of these stays SQL. NULL is no default: undefined. */
export function defaultValueOf(source: string | null): DefaultValue | undefined {
  if (source === null) return undefined;
  const value = source.trim();
  const bare = value.replace(/::\s*[\w" .]+(?:\([\d, ]*\))?$/, '').trim();
  if (/^null$/i.test(bare)) return undefined;
  const text = /^'((?:[^'\\]|'')*)'$/.exec(bare)?.[1];
  if (text !== undefined) return { kind: 'text', value: text.replaceAll("''", "'") };
  if (/^-?\d+(?:\.\d+)?$/.test(bare)) return { kind: 'number', value: bare };
  if (/^(?:true|false)$/i.test(bare)) return { kind: 'boolean', value: bare.toLowerCase() === 'true' };
  if (/^(?:now\s*\(\s*\)|current_timestamp)$/i.test(value)) return { kind: 'now' };
  return { kind: 'sql', value: value.replace(/\s*\n\s*/g, ' ') };
}
