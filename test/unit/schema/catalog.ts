import type { PGlite } from '@electric-sql/pglite';
import type { Schema, Table } from '../../../server/src/schema/model.ts';

/** Tables, columns, constraints and indexes, as the catalogs and as the simulation know them. */
export interface Catalog {
  readonly relations: readonly string[];
  readonly columns: readonly string[];
  readonly constraints: readonly string[];
  readonly indexes: readonly string[];
  readonly types: readonly string[];
}

const own = `n.nspname !~ '^pg_' AND n.nspname <> 'information_schema'`;

const queries: Readonly<Record<keyof Catalog, string>> = {
  relations: `
    SELECT n.nspname || '.' || c.relname || ' ' || CASE c.relkind WHEN 'r' THEN 'table' WHEN 'p' THEN 'partitioned table' WHEN 'v' THEN 'view'
      WHEN 'm' THEN 'materialized view' WHEN 'S' THEN 'sequence' WHEN 'i' THEN 'index' WHEN 'I' THEN 'index' END AS line
    FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace WHERE ${own} AND c.relkind IN ('r', 'p', 'v', 'm', 'S', 'i', 'I')`,
  columns: `
    SELECT n.nspname || '.' || c.relname || '.' || a.attname || ' ' || format_type(a.atttypid, a.atttypmod)
      || CASE WHEN a.attnotnull THEN ' not null' ELSE '' END || CASE a.attidentity WHEN 'a' THEN ' always' WHEN 'd' THEN ' by default' ELSE '' END
      || CASE a.attgenerated WHEN 's' THEN ' stored' WHEN 'v' THEN ' virtual' ELSE '' END
      || CASE WHEN a.atthasdef THEN ' default' ELSE '' END AS line
    FROM pg_attribute a JOIN pg_class c ON c.oid = a.attrelid JOIN pg_namespace n ON n.oid = c.relnamespace
    WHERE ${own} AND c.relkind IN ('r', 'p') AND a.attnum > 0 AND NOT a.attisdropped`,
  constraints: `
    SELECT n.nspname || '.' || c.relname || '.' || o.conname || ' ' || o.contype::text || CASE WHEN o.convalidated THEN '' ELSE ' not valid' END
      || ' (' || coalesce((SELECT string_agg(a.attname, ',' ORDER BY k.n) FROM unnest(o.conkey) WITH ORDINALITY k(num, n)
           JOIN pg_attribute a ON a.attrelid = o.conrelid AND a.attnum = k.num), '') || ')'
      || coalesce((SELECT ' -> ' || o.confrelid::regclass::text || ' (' || string_agg(a.attname, ',' ORDER BY k.n) || ')'
           FROM unnest(o.confkey) WITH ORDINALITY k(num, n) JOIN pg_attribute a ON a.attrelid = o.confrelid AND a.attnum = k.num), '') AS line
    FROM pg_constraint o JOIN pg_class c ON c.oid = o.conrelid JOIN pg_namespace n ON n.oid = c.relnamespace WHERE ${own} AND o.contype <> 't'`,
  indexes: `
    SELECT n.nspname || '.' || c.relname || ' on ' || i.indrelid::regclass::text || CASE WHEN i.indisunique THEN ' unique' ELSE '' END || ' ' || m.amname
      || ' (' || (SELECT string_agg(coalesce(a.attname, '?'), ',' ORDER BY k.n) FROM unnest(i.indkey) WITH ORDINALITY k(num, n)
           LEFT JOIN pg_attribute a ON a.attrelid = i.indrelid AND a.attnum = k.num) || ')' || CASE WHEN i.indpred IS NULL THEN '' ELSE ' where' END AS line
    FROM pg_index i JOIN pg_class c ON c.oid = i.indexrelid JOIN pg_namespace n ON n.oid = c.relnamespace JOIN pg_am m ON m.oid = c.relam WHERE ${own}`,
  types: `
    SELECT n.nspname || '.' || t.typname || ' ' || t.typtype::text || ' ' || coalesce((SELECT string_agg(enumlabel, ',' ORDER BY enumsortorder) FROM pg_enum WHERE enumtypid = t.oid), '') AS line
    FROM pg_type t JOIN pg_namespace n ON n.oid = t.typnamespace LEFT JOIN pg_class c ON c.oid = t.typrelid
    WHERE ${own} AND t.typtype IN ('e', 'd', 'c', 'r') AND (c.relkind IS NULL OR c.relkind = 'c')`,
};

export async function catalogOf(db: PGlite): Promise<Catalog> {
  const read = async (query: string) =>
    (await db.query<{ line: string }>(query)).rows.map(({ line }) => line).sort();
  return {
    relations: await read(queries.relations),
    columns: await read(queries.columns),
    constraints: await read(queries.constraints),
    indexes: await read(queries.indexes),
    types: await read(queries.types),
  };
}

const letters = {
  'primary key': 'p',
  unique: 'u',
  'foreign key': 'f',
  check: 'c',
  exclusion: 'x',
  'not null': 'n',
} as const;
const typeLetters = { enum: 'e', domain: 'd', composite: 'c', range: 'r' } as const;

export function simulated(schema: Schema): Catalog {
  const relations = [...schema.relations.values()];
  const tables = relations.filter((relation) => relation.kind === 'table');
  const visible = (key: string) => {
    const [place, name] = key.split('.');
    return schema.searchPath.includes(place ?? '') ? name : key;
  };
  return {
    relations: relations
      .map(({ name, ...rest }) => {
        const kind = rest.kind === 'table' && rest.partitioned ? 'partitioned table' : rest.kind;
        return `${name.schema}.${name.name} ${kind}`;
      })
      .sort(),
    columns: tables.flatMap(columnLines).sort(),
    constraints: tables
      .flatMap((table) =>
        table.constraints.map((one) => {
          const to = one.references ? ` -> ${visible(one.references.table)} (${one.references.columns})` : '';
          const valid = one.validated ? '' : ' not valid';
          return `${table.name.schema}.${table.name.name}.${one.name} ${letters[one.kind]}${valid} (${one.columns})${to}`;
        }),
      )
      .sort(),
    indexes: relations
      .flatMap((one) =>
        one.kind === 'index'
          ? [
              `${one.name.schema}.${one.name.name} on ${visible(one.table)}${one.unique ? ' unique' : ''} ${one.method} (${[...one.columns.map((column) => column ?? '?'), ...one.include]})${one.predicate === undefined ? '' : ' where'}`,
            ]
          : [],
      )
      .sort(),
    types: [...schema.types.values()]
      .map(({ name, kind, labels }) => `${name.schema}.${name.name} ${typeLetters[kind]} ${labels.join(',')}`)
      .sort(),
  };
}

function columnLines(table: Table): readonly string[] {
  return table.columns.map(({ name, type, notNull, identity, generated, default: value }) =>
    [
      `${table.name.schema}.${table.name.name}.${name} ${type}`,
      notNull ? 'not null' : '',
      identity ?? '',
      generated ?? '',
      value === null ? '' : 'default',
    ]
      .filter((part) => part !== '')
      .join(' '),
  );
}
