import type { Node, TypeName } from '@pgsql/types';
import { quoteIdentifier, stringsOf } from './names.ts';

/** Types of `pg_catalog` by internal name, arrays left out. */
const builtInTypes = new Set(
  [
    '_record aclitem any anyarray anycompatible anycompatiblearray anycompatiblemultirange',
    'anycompatiblenonarray anycompatiblerange anyelement anyenum anymultirange anynonarray anyrange',
    'bit bool box bpchar bytea char cid cidr circle cstring date datemultirange daterange',
    'event_trigger fdw_handler float4 float8 gtsvector index_am_handler inet int2 int4 int4multirange',
    'int4range int8 int8multirange int8range internal interval json jsonb jsonpath language_handler',
    'line lseg macaddr macaddr8 money name numeric nummultirange numrange oid path',
    'pg_brin_bloom_summary pg_brin_minmax_multi_summary pg_ddl_command pg_dependencies pg_lsn',
    'pg_mcv_list pg_ndistinct pg_node_tree pg_snapshot point polygon record refcursor regclass',
    'regcollation regconfig regdictionary regnamespace regoper regoperator regproc regprocedure',
    'regrole regtype table_am_handler text tid time timestamp timestamptz timetz trigger tsm_handler',
    'tsmultirange tsquery tsrange tstzmultirange tstzrange tsvector txid_snapshot unknown uuid varbit',
    'varchar void xid xid8 xml',
  ].flatMap((line) => line.split(' ')),
);

/** What `format_type` prints where it is not the internal name. */
const printedNames: Readonly<Record<string, string>> = {
  bit: 'bit',
  bool: 'boolean',
  bpchar: 'character',
  char: '"char"',
  float4: 'real',
  float8: 'double precision',
  int2: 'smallint',
  int4: 'integer',
  int8: 'bigint',
  time: 'time without time zone',
  timestamp: 'timestamp without time zone',
  timestamptz: 'timestamp with time zone',
  timetz: 'time with time zone',
  varbit: 'bit varying',
  varchar: 'character varying',
};

const builtInPrinted: ReadonlySet<string> = new Set(
  [...builtInTypes].map((internal) => printedNames[internal] ?? internal).concat('bpchar'),
);

/** Whether `format_type` prints a built-in type so, modifiers and `[]` aside. */
export function isBuiltInTypeName(printed: string): boolean {
  return builtInPrinted.has(printed) || /^interval\b/.test(printed);
}

const serialTypes: Readonly<Record<string, string>> = {
  smallserial: 'smallint',
  serial2: 'smallint',
  serial: 'integer',
  serial4: 'integer',
  bigserial: 'bigint',
  serial8: 'bigint',
};

/** The integer type behind a serial one; undefined for any other type. */
export function serialBase(type: TypeName): string | undefined {
  const names = stringsOf(type.names);
  return names.length === 1 && !type.arrayBounds ? serialTypes[names[0] ?? ''] : undefined;
}

/** A type as the parse tree names it: built in, with its printed form; or somebody's own. */
export type NamedType =
  | { readonly kind: 'built-in'; readonly printed: string }
  | {
      readonly kind: 'user';
      readonly schema: string | undefined;
      readonly name: string;
      readonly suffix: string;
    };

/** Undefined for what the source alone does not tell, e.g. `users.id%TYPE`. */
export function namedType(type: TypeName): NamedType | undefined {
  const names = stringsOf(type.names);
  const last = names.at(-1);
  if (last === undefined || type.pct_type || type.setof) return undefined;
  const schema = names.length > 1 ? names.at(-2) : undefined;
  const underscored = last.startsWith('_') && builtInTypes.has(last.slice(1));
  const internal = underscored ? last.slice(1) : last;
  const array = type.arrayBounds?.length || underscored ? '[]' : '';
  if ((schema === undefined || schema === 'pg_catalog') && builtInTypes.has(internal)) {
    return {
      kind: 'built-in',
      printed: withModifiers(internal, modifiers(type)) + array,
    };
  }
  const numbers = modifiers(type);
  const suffix = (numbers.length > 0 ? `(${numbers.join(',')})` : '') + array;
  return { kind: 'user', schema, name: last, suffix };
}

/** As `format_type` prints it, a user's own type as its source says. Undefined where the source does not tell. */
export function typeNameText(type: TypeName): string | undefined {
  const named = namedType(type);
  if (!named) return undefined;
  if (named.kind === 'built-in') return named.printed;
  const name = named.schema === undefined ? '' : `${quoteIdentifier(named.schema)}.`;
  return `${name}${quoteIdentifier(named.name)}${named.suffix}`;
}

function modifiers(type: TypeName): readonly number[] {
  return (type.typmods ?? []).flatMap((node: Node) => {
    if (!('A_Const' in node)) return [];
    const constant = node.A_Const;
    return constant.ival ? [constant.ival.ival ?? 0] : [];
  });
}

function withModifiers(internal: string, numbers: readonly number[]): string {
  const printed = printedNames[internal] ?? internal;
  if (internal === 'interval') return intervalName(numbers);
  if (numbers.length === 0) return internal === 'bpchar' ? 'bpchar' : printed;
  if (internal === 'numeric') return `numeric(${numbers[0]},${numbers[1] ?? 0})`;
  // The precision of a time stands in the middle: timestamp(3) with time zone.
  return printed.replace(/^\w+( varying)?/, `$&(${numbers.join(',')})`);
}

const intervalFields: Readonly<Record<number, string>> = {
  4: 'year',
  2: 'month',
  8: 'day',
  1024: 'hour',
  2048: 'minute',
  4096: 'second',
  6: 'year to month',
  1032: 'day to hour',
  3080: 'day to minute',
  7176: 'day to second',
  3072: 'hour to minute',
  7168: 'hour to second',
  6144: 'minute to second',
};

function intervalName(numbers: readonly number[]): string {
  const [mask, precision] = numbers;
  const fields = mask === undefined ? undefined : intervalFields[mask];
  const digits = precision === undefined ? '' : `(${precision})`;
  return `interval${fields ? ` ${fields}` : ''}${digits}`;
}
