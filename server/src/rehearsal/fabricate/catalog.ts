import type { Connection } from '../model.ts';

/** A table to fill, as the catalogs describe it. */
export interface FillTable {
  readonly oid: number;
  /** As `regclass` prints it. */
  readonly name: string;
  /** Its schema and its own name, as they are. */
  readonly schema: string;
  readonly relation: string;
  readonly partitioned: boolean;
  readonly columns: readonly FillColumn[];
  /** Expressions that every row must satisfy: CHECK constraints, and of a partitioned table that a partition takes it. */
  readonly checks: readonly FillCheck[];
  /** Column lists that must be unique; those over expressions are left to the index. */
  readonly unique: readonly (readonly string[])[];
  readonly foreignKeys: readonly ForeignKey[];
  /** Triggers that are the user's, with their `tgenabled`. */
  readonly triggers: readonly { readonly name: string; readonly enabled: string }[];
}

export interface FillColumn {
  readonly name: string;
  /** Place in the table, from 1. */
  readonly number: number;
  readonly type: TypeFacts;
  readonly notNull: boolean;
  readonly default: string | null;
  /** The sequence that feeds it, by identity or by default, or that it owns: a trigger may take from that. */
  readonly sequence: { readonly oid: number; readonly start: number; readonly increment: number } | null;
}

export interface TypeFacts {
  /** As `format_type` prints it, with its length or precision. */
  readonly name: string;
  /** The type below domains, printed the same way: a value can be made of it before a domain's checks are asked. */
  readonly baseName: string;
  /** The type below domains and lengths: `pg_type.typname`. */
  readonly base: string;
  readonly baseOid: number;
  /** `pg_type.typtype` below domains. */
  readonly kind: string;
  /** Length, precision or -1; of the base type. */
  readonly modifier: number;
  /** With `VALUE` for the value. */
  readonly domainChecks: readonly string[];
}

export interface FillCheck {
  readonly name: string;
  readonly expression: string;
  readonly columns: readonly string[];
}

export interface ForeignKey {
  readonly columns: readonly string[];
  readonly parent: number;
  readonly parentName: string;
  readonly parentColumns: readonly string[];
}

/** Element of an array, fields of a composite, subtype of a range, labels of an enum. */
export interface TypeParts {
  readonly labels: readonly string[];
  readonly element: TypeFacts | null;
  readonly fields: readonly TypeFacts[];
}

const userSchema = `n.nspname !~ '^pg_' AND n.nspname <> 'information_schema'`;

/** Follows domains down, gathering their checks: the lowest row is the base type. */
const typeFacts = (oid: string, modifier: string) => `(
  WITH RECURSIVE down AS (
    SELECT t.oid, t.typname, t.typtype, t.typbasetype, ${modifier} AS modifier, t.typtypmod, 0 AS depth
    FROM pg_catalog.pg_type t WHERE t.oid = ${oid}
    UNION ALL
    SELECT t.oid, t.typname, t.typtype, t.typbasetype, d.typtypmod, t.typtypmod, d.depth + 1
    FROM down d JOIN pg_catalog.pg_type t ON t.oid = d.typbasetype WHERE d.typtype = 'd')
  SELECT pg_catalog.json_build_object(
    'name', pg_catalog.format_type(${oid}, ${modifier}),
    'baseName', pg_catalog.format_type(d.oid, d.modifier), 'base', d.typname, 'baseOid', d.oid::int8, 'kind', d.typtype, 'modifier', d.modifier,
    'domainChecks', (SELECT coalesce(pg_catalog.json_agg(pg_catalog.pg_get_expr(c.conbin, 0) ORDER BY c.oid), '[]')
      FROM pg_catalog.pg_constraint c WHERE c.contypid IN (SELECT oid FROM down) AND c.contype = 'c'))
  FROM down d WHERE d.typtype <> 'd')`;

const names = (table: string, numbers: string) => `(
  SELECT pg_catalog.json_agg(named.attname ORDER BY listed.n)
  FROM pg_catalog.unnest(${numbers}) WITH ORDINALITY listed(attnum, n)
  JOIN pg_catalog.pg_attribute named ON named.attrelid = ${table} AND named.attnum = listed.attnum)`;

const tablesQuery = `
  SELECT c.oid::int8 AS oid, c.oid::regclass::text AS name, n.nspname::text AS schema, c.relname::text AS relation,
    c.relkind = 'p' AS partitioned,
    (SELECT coalesce(pg_catalog.json_agg(pg_catalog.json_build_object(
        'name', a.attname, 'number', a.attnum,
        'notNull', a.attnotnull OR EXISTS (SELECT FROM pg_catalog.pg_type t WHERE t.oid = a.atttypid AND t.typnotnull),
        'type', ${typeFacts('a.atttypid', 'a.atttypmod')},
        'default', pg_catalog.pg_get_expr(d.adbin, d.adrelid),
        'sequence', (SELECT pg_catalog.json_build_object('oid', s.seqrelid::int8, 'start', s.seqstart, 'increment', s.seqincrement)
          FROM pg_catalog.pg_sequence s JOIN pg_catalog.pg_depend p ON
            (p.classid = 'pg_class'::regclass AND p.objid = s.seqrelid AND p.deptype IN ('i', 'a')
              AND p.refclassid = 'pg_class'::regclass AND p.refobjid = c.oid AND p.refobjsubid = a.attnum)
            OR (p.classid = 'pg_attrdef'::regclass AND p.objid = d.oid
              AND p.refclassid = 'pg_class'::regclass AND p.refobjid = s.seqrelid)
          LIMIT 1)) ORDER BY a.attnum), '[]')
      FROM pg_catalog.pg_attribute a
      LEFT JOIN pg_catalog.pg_attrdef d ON d.adrelid = a.attrelid AND d.adnum = a.attnum
      WHERE a.attrelid = c.oid AND a.attnum > 0 AND NOT a.attisdropped AND a.attgenerated = '')::text AS columns,
    (SELECT coalesce(pg_catalog.json_agg(pg_catalog.json_build_object(
        'name', k.conname, 'expression', pg_catalog.pg_get_expr(k.conbin, k.conrelid),
        'columns', coalesce(${names('c.oid', 'k.conkey')}, '[]')) ORDER BY k.conname), '[]')
      FROM pg_catalog.pg_constraint k WHERE k.conrelid = c.oid AND k.contype = 'c')::text AS checks,
    (SELECT coalesce(pg_catalog.json_agg(${names('c.oid', "pg_catalog.string_to_array(i.indkey::text, ' ')::int2[]")}
        ORDER BY i.indisprimary DESC, i.indexrelid), '[]')
      FROM pg_catalog.pg_index i
      WHERE i.indrelid = c.oid AND i.indisunique AND i.indexprs IS NULL)::text AS unique,
    (SELECT coalesce(pg_catalog.json_agg(pg_catalog.json_build_object(
        'columns', ${names('k.conrelid', 'k.conkey')}, 'parent', k.confrelid::int8,
        'parentName', k.confrelid::regclass::text, 'parentColumns', ${names('k.confrelid', 'k.confkey')})
        ORDER BY k.conname), '[]')
      FROM (
        SELECT DISTINCT ON (f.confrelid, ${names('f.conrelid', 'f.conkey')}::text) f.*
        FROM pg_catalog.pg_constraint f
        WHERE f.contype = 'f' AND (f.conrelid = c.oid OR f.conparentid = 0 AND c.relkind = 'p'
          AND f.conrelid IN (SELECT relid FROM pg_catalog.pg_partition_tree(c.oid)))
        ORDER BY f.confrelid, ${names('f.conrelid', 'f.conkey')}::text, f.conrelid <> c.oid, f.conname) k
      )::text AS foreign_keys,
    (SELECT coalesce(pg_catalog.json_agg(pg_catalog.json_build_object('name', t.tgname, 'enabled', t.tgenabled)), '[]')
      FROM pg_catalog.pg_trigger t WHERE t.tgrelid = c.oid AND NOT t.tgisinternal)::text AS triggers,
    CASE WHEN c.relkind = 'p' THEN (
      WITH RECURSIVE part AS (
        SELECT i.inhrelid FROM pg_catalog.pg_inherits i WHERE i.inhparent = c.oid
        UNION ALL
        SELECT i.inhrelid FROM part JOIN pg_catalog.pg_inherits i ON i.inhparent = part.inhrelid)
      SELECT coalesce(pg_catalog.string_agg(
        '(' || coalesce(pg_catalog.pg_get_partition_constraintdef(inhrelid), 'true') || ')', ' OR '), 'false')
      FROM part JOIN pg_catalog.pg_class l ON l.oid = inhrelid WHERE l.relkind = 'r') END AS partitions,
    CASE WHEN c.relkind = 'p' THEN (
      SELECT pg_catalog.json_agg(DISTINCT a.attname)
      FROM pg_catalog.pg_partition_tree(c.oid) t
      JOIN pg_catalog.pg_partitioned_table p ON p.partrelid = t.relid
      JOIN pg_catalog.pg_attribute a ON a.attrelid = p.partrelid
        AND a.attnum = ANY (pg_catalog.string_to_array(p.partattrs::text, ' ')::int2[]))::text END AS partition_key
  FROM pg_catalog.pg_class c JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace
  WHERE c.relkind IN ('r', 'p') AND NOT c.relispartition AND c.relpersistence <> 't' AND ${userSchema}
    AND NOT EXISTS (SELECT FROM pg_catalog.pg_depend e
      WHERE e.classid = 'pg_class'::regclass AND e.objid = c.oid AND e.deptype = 'e')
  ORDER BY c.oid`;

/** Every table of the user's that rows can be put into; a partition's rows come by way of its parent. */
export async function readTables(db: Connection): Promise<FillTable[]> {
  const { rows } = await db.query(tablesQuery);
  return rows.map((row) => {
    const json = <T>(column: string): T => JSON.parse(String(row[column])) as T;
    const checks = json<FillCheck[]>('checks');
    const partitions = row.partitions;
    return {
      oid: Number(row.oid),
      name: String(row.name),
      schema: String(row.schema),
      relation: String(row.relation),
      partitioned: row.partitioned === true,
      columns: json('columns'),
      checks:
        typeof partitions === 'string'
          ? [
              ...checks,
              {
                name: 'partitions',
                expression: partitions,
                columns: json<string[] | null>('partition_key') ?? [],
              },
            ]
          : checks,
      unique: json<(string[] | null)[]>('unique').filter((columns) => columns !== null),
      foreignKeys: json('foreign_keys'),
      triggers: json('triggers'),
    };
  });
}

/** The type with an OID; undefined where it is a pseudo-type, of which there are no values. */
export async function readType(db: Connection, oid: number): Promise<TypeFacts | undefined> {
  const { rows } = await db.query(
    `SELECT ${typeFacts('asked.oid', '-1')}::text AS facts FROM pg_catalog.pg_type asked
      WHERE asked.oid = $1 AND asked.typtype <> 'p'`,
    [oid],
  );
  return rows[0] && (JSON.parse(String(rows[0].facts)) as TypeFacts);
}

/** What a type that is made of others is made of. */
export async function readTypeParts(db: Connection, type: TypeFacts): Promise<TypeParts> {
  const { rows } = await db.query(
    `SELECT
      (SELECT coalesce(pg_catalog.json_agg(enumlabel ORDER BY enumsortorder), '[]')
        FROM pg_catalog.pg_enum WHERE enumtypid = t.oid)::text AS labels,
      (SELECT ${typeFacts('e.oid', '-1')} FROM pg_catalog.pg_type e WHERE e.oid = coalesce(
        nullif(t.typelem, 0),
        (SELECT rngsubtype FROM pg_catalog.pg_range WHERE rngtypid = t.oid),
        (SELECT rngtypid FROM pg_catalog.pg_range WHERE rngmultitypid = t.oid)))::text AS element,
      (SELECT coalesce(pg_catalog.json_agg(${typeFacts('a.atttypid', 'a.atttypmod')} ORDER BY a.attnum), '[]')
        FROM pg_catalog.pg_attribute a
        WHERE a.attrelid = t.typrelid AND a.attnum > 0 AND NOT a.attisdropped)::text AS fields
    FROM pg_catalog.pg_type t WHERE t.oid = $1`,
    [type.baseOid],
  );
  const row = rows[0] ?? {};
  return {
    labels: JSON.parse(String(row.labels ?? '[]')),
    element: JSON.parse(String(row.element ?? 'null')),
    fields: JSON.parse(String(row.fields ?? '[]')),
  };
}
