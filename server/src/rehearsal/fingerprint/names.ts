import type { Place } from './model.ts';

/** A name as people write it: quoted only where it has to be. */
export function identifier(name: string): string {
  return /^[a-z_][a-z0-9_$]*$/.test(name) ? name : `"${name.replaceAll('"', '""')}"`;
}

/** A name with its schema, as Postgres prints it where the path holds nothing. */
export function fullName(schema: string, name: string): string {
  return `${identifier(schema)}.${identifier(name)}`;
}

/** A name with its schema, which is left out for `public`. */
export function qualified(schema: string | undefined, name: string): string {
  return schema === undefined || schema === 'public'
    ? identifier(name)
    : `${identifier(schema)}.${identifier(name)}`;
}

/** What is on a relation and shares no name space with other relations' parts. */
const onRelation = new Set(['constraint', 'trigger', 'rule', 'policy']);

/** What an object is called. */
export function keyOf(kind: string, { schema, on, name, suffix }: Place): string {
  if (kind === 'column') return `column ${qualified(schema, on ?? '')}.${identifier(name)}`;
  if (kind === 'published table')
    return `table ${qualified(schema, on ?? '')} in publication ${identifier(name)}`;
  if (onRelation.has(kind)) return `${kind} ${identifier(name)} on ${qualified(schema, on ?? '')}`;
  if (kind === 'operator')
    return `${kind} ${schema === 'public' ? '' : `${schema}.`}${name}${suffix === undefined ? '' : withoutPublic(suffix)}`;
  return `${kind} ${name === '' ? '' : qualified(schema, name)}${suffix === undefined ? '' : withoutPublic(suffix)}`;
}

/** Types as they are mostly written. */
const shortTypes: readonly (readonly [RegExp, string])[] = [
  [/\bcharacter varying\b/g, 'varchar'],
  [/\bcharacter\b/g, 'char'],
  [/\btimestamp(\(\d+\))? without time zone\b/g, 'timestamp$1'],
  [/\btimestamp(\(\d+\))? with time zone\b/g, 'timestamptz$1'],
  [/\btime(\(\d+\))? without time zone\b/g, 'time$1'],
  [/\btime(\(\d+\))? with time zone\b/g, 'timetz$1'],
];

export function shortType(type: string): string {
  return shortTypes.reduce((text, [long, short]) => text.replace(long, short), type);
}

/** Without the schema that goes without saying. */
export function withoutPublic(text: string): string {
  return text.replace(/(?<![\w.])public\./g, '');
}
