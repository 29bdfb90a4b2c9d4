import type { Node, RangeVar } from '@pgsql/types';

/** Words that cannot stand as a name without quotes: all keywords of Postgres but the unreserved ones. */
const keywords = new Set(
  [
    'all analyse analyze and any array as asc asymmetric authorization between bigint binary bit',
    'boolean both case cast char character check coalesce collate collation column concurrently',
    'constraint create cross current_catalog current_date current_role current_schema current_time',
    'current_timestamp current_user dec decimal default deferrable desc distinct do else end except',
    'exists extract false fetch float for foreign freeze from full grant greatest group grouping',
    'having ilike in initially inner inout int integer intersect interval into is isnull join json',
    'json_array json_arrayagg json_exists json_object json_objectagg json_query json_scalar',
    'json_serialize json_table json_value lateral leading least left like limit localtime',
    'localtimestamp merge_action national natural nchar none normalize not notnull null nullif',
    'numeric offset on only or order out outer overlaps overlay placing position precision primary',
    'real references returning right row select session_user setof similar smallint some substring',
    'symmetric system_user table tablesample then time timestamp to trailing treat trim true union',
    'unique user using values varchar variadic verbose when where window with xmlattributes xmlconcat',
    'xmlelement xmlexists xmlforest xmlnamespaces xmlparse xmlpi xmlroot xmlserialize xmltable',
  ].flatMap((line) => line.split(' ')),
);

/** A name as Postgres' `quote_identifier` prints it: in double quotes only where it needs them. */
export function quoteIdentifier(name: string): string {
  const plain = /^[a-z_][a-z0-9_]*$/.test(name) && !keywords.has(name);
  return plain ? name : `"${name.replaceAll('"', '""')}"`;
}

/** A string constant. */
export function quoteLiteral(value: string): string {
  const quoted = `'${value.replaceAll("'", "''").replaceAll('\\', '\\\\')}'`;
  return value.includes('\\') ? `E${quoted}` : quoted;
}

/** A name that may say its schema. */
export interface ObjectName {
  readonly schema: string | undefined;
  readonly name: string;
}

/** `app.users`, quoted where needed. */
export function writeName({ schema, name }: ObjectName): string {
  return schema === undefined ? quoteIdentifier(name) : `${quoteIdentifier(schema)}.${quoteIdentifier(name)}`;
}

/** The name of a relation in the parse tree. */
export function nameOfRangeVar(relation: RangeVar): ObjectName {
  return {
    schema: relation.schemaname || undefined,
    name: relation.relname ?? '',
  };
}

/** The strings of a list of `String` nodes, as names and column lists are kept. */
export function stringsOf(nodes: readonly Node[] | undefined): readonly string[] {
  return (nodes ?? []).flatMap((node) => ('String' in node ? [node.String.sval ?? ''] : []));
}

/** The name that a list of `String` nodes spells: the last part, and the schema before it. */
export function nameOfStrings(parts: readonly string[]): ObjectName {
  return { schema: parts.at(-2), name: parts.at(-1) ?? '' };
}

/** The name in a DROP, RENAME or COMMENT: a `List` of strings, a type name, or a plain string. */
export function nameOfObject(node: Node | undefined): ObjectName | undefined {
  if (!node) return undefined;
  if ('List' in node) return nameOfStrings(stringsOf(node.List.items));
  if ('TypeName' in node) return nameOfStrings(stringsOf(node.TypeName.names));
  if ('ObjectWithArgs' in node) return nameOfStrings(stringsOf(node.ObjectWithArgs.objname));
  if ('String' in node) return { schema: undefined, name: node.String.sval ?? '' };
  return undefined;
}

/** Reads a name as a person writes it: `users`, `app.users`, `"Odd Name"`. Undefined where it is none. */
export function parseName(text: string): ObjectName | undefined {
  const part = /\s*(?:"((?:[^"]|"")+)"|([A-Za-z_\u0080-\uffff][\w$\u0080-\uffff]*))\s*(\.|$)/y;
  const parts: string[] = [];
  let at = 0;
  do {
    part.lastIndex = at;
    const found = part.exec(text);
    if (!found) return undefined;
    parts.push(found[1]?.replaceAll('""', '"') ?? (found[2] ?? '').toLowerCase());
    at = part.lastIndex;
    if (found[3] === '') break;
  } while (parts.length < 3);
  return parts.length <= 2 && at === text.length ? nameOfStrings(parts) : undefined;
}
