import type { Connection } from './model.ts';
import { quoteIdentifier, quoteLiteral } from './roles.ts';

/** The rows of every table at one moment, as hashes. */
export interface DataDigest {
  /** By name, as `regclass` prints it. */
  readonly tables: ReadonlyMap<string, TableDigest>;
}

export interface TableDigest {
  readonly table: DigestTable;
  /** Changes whenever rows or columns may have; for the same table in the same database alone. */
  readonly stamp: string;
  readonly count: number;
  /** By key; of a table without a primary key a list under the empty key. Undefined: too many to hold. */
  readonly rows: ReadonlyMap<string, string> | readonly string[] | undefined;
  /** Every how many rows one is held: 1 for all. */
  readonly stride: number;
}

/** A table or materialized view whose rows are compared; a partition's belong to its whole. */
export interface DigestTable {
  readonly oid: number;
  readonly name: string;
  readonly columns: readonly DigestColumn[];
  /** Numbers of the columns of the primary key, or else of a unique index that holds no nulls. */
  readonly key: readonly number[];
  readonly partitioned: boolean;
  /** A materialized view, whose rows are what its query found at the last REFRESH. */
  readonly isView: boolean;
  /** Files of its data. */
  readonly files: string;
}

export interface DigestColumn {
  readonly name: string;
  readonly number: number;
  readonly type: string;
  /** A trigger writes the time of each UPDATE into it, or counts them there. */
  readonly stamped: boolean;
}

/** Rows of a table that are held at most; of more, an even sample. */
const maxRows = 20_000;

/** In PL/pgSQL: `NEW.updated_at := now()`, `NEW.version = OLD.version + 1`. %1$s is the column, as a pattern. */
const stamping =
  '\\mnew\\s*\\.\\s*("%1$s"|%1$s\\M)\\s*:?=\\s*((pg_catalog\\.)?(now|clock_timestamp|statement_timestamp|transaction_timestamp)\\s*\\(|current_timestamp\\M|localtimestamp\\M|current_date\\M|(old|new)\\s*\\.\\s*("%1$s"|%1$s\\M)\\s*\\+)';

const tablesQuery = `
  SELECT c.oid::int8 AS oid, c.oid::regclass::text AS name, c.relkind = 'p' AS partitioned, c.relkind = 'm' AS is_view,
    (SELECT coalesce(pg_catalog.json_agg(pg_catalog.json_build_object('name', a.attname, 'number', a.attnum,
        'type', pg_catalog.format_type(a.atttypid, a.atttypmod), 'stamped', EXISTS (
          SELECT FROM pg_catalog.pg_trigger t JOIN pg_catalog.pg_proc p ON p.oid = t.tgfoid
          WHERE t.tgrelid = c.oid AND NOT t.tgisinternal AND t.tgenabled IN ('O', 'A') AND t.tgtype & 19 = 19
            AND p.prosrc ~* pg_catalog.format(${quoteLiteral(stamping)}, pg_catalog.regexp_replace(a.attname::text, '(\\W)', '\\\\\\1', 'g')))
        ) ORDER BY a.attnum), '[]')
      FROM pg_catalog.pg_attribute a
      WHERE a.attrelid = c.oid AND a.attnum > 0 AND NOT a.attisdropped)::text AS columns,
    coalesce((SELECT pg_catalog.array_to_json(k.conkey) FROM pg_catalog.pg_constraint k
      WHERE k.conrelid = c.oid AND k.contype = 'p'), (
      SELECT pg_catalog.array_to_json(pg_catalog.string_to_array(i.indkey::text, ' ')::int2[])
      FROM pg_catalog.pg_index i
      WHERE i.indrelid = c.oid AND i.indisunique AND i.indisvalid AND i.indimmediate
        AND i.indpred IS NULL AND i.indexprs IS NULL AND i.indnatts = i.indnkeyatts
        AND NOT EXISTS (SELECT FROM pg_catalog.pg_attribute a WHERE a.attrelid = c.oid AND NOT a.attnotnull
          AND a.attnum = ANY (pg_catalog.string_to_array(i.indkey::text, ' ')::int2[]))
      ORDER BY i.indexrelid LIMIT 1), '[]')::text AS key,
    CASE WHEN c.relkind IN ('r', 'm') THEN pg_catalog.pg_relation_filenode(c.oid)::text ELSE (
      SELECT pg_catalog.string_agg(pg_catalog.pg_relation_filenode(p.relid)::text, ' ' ORDER BY p.relid)
      FROM pg_catalog.pg_partition_tree(c.oid) p WHERE p.isleaf) END AS files
  FROM pg_catalog.pg_class c JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace
  WHERE (c.relkind IN ('r', 'p') OR c.relkind = 'm' AND c.relispopulated) AND NOT c.relispartition AND c.relpersistence <> 't'
    AND n.nspname !~ '^pg_' AND n.nspname <> 'information_schema'
    AND NOT EXISTS (SELECT FROM pg_catalog.pg_depend e
      WHERE e.classid = 'pg_class'::regclass AND e.objid = c.oid AND e.deptype = 'e')
  ORDER BY c.oid`;

export interface Digester {
  /** Digests what changed since the last time; the digest of a table that did not is the same object. */
  take(): Promise<DataDigest>;
  /** To be called once tables may be other ones, or have other columns or files. */
  schemaChanged(): void;
  /** Sets of column numbers that were a table's primary key at some time, or that of another one of its name. */
  keysOf(oid: number): readonly (readonly number[])[];
  /** Tables that had its name at some other time: one that takes a name may give its rows back to that. */
  namesakes(table: DigestTable): readonly DigestTable[];
}

/** A digester of one session's database. */
export function createDigester(db: Connection): Digester {
  let last = new Map<number, TableDigest>();
  let tables: readonly DigestTable[] | undefined;
  const strides = new Map<number, number>();
  const keys = new Map<number, (readonly number[])[]>();
  const namesakes = new Map<string, Map<number, DigestTable>>();
  const note = (table: DigestTable) => {
    const others = namesakes.get(table.name) ?? new Map<number, DigestTable>();
    namesakes.set(table.name, others.set(table.oid, table));
    const known = [...(keys.get(table.oid) ?? [])];
    for (const one of others.values()) {
      const key = numbersIn(table, one, one.key);
      if (key.length > 0 && !known.some((other) => other.join() === key.join())) known.push(key);
    }
    keys.set(table.oid, known);
  };
  return {
    keysOf: (oid) => keys.get(oid) ?? [],
    namesakes: ({ name, oid }) => [...(namesakes.get(name)?.values() ?? [])].filter((one) => one.oid !== oid),
    schemaChanged() {
      tables = undefined;
    },
    async take() {
      tables ??= await readTables(db);
      const stamps = await readStamps(db, tables);
      const now = new Map<number, TableDigest>();
      for (const table of tables) {
        note(table);
        const { count, newest } = stamps.get(table.oid) ?? { count: 0, newest: '' };
        const stamp = [table.files, count, newest, JSON.stringify(table.columns), table.key].join('|');
        const known = last.get(table.oid);
        if (known?.stamp === stamp) {
          now.set(table.oid, known.table.name === table.name ? known : { ...known, table });
          continue;
        }
        const stride = strides.get(table.oid) ?? Math.max(1, Math.ceil(count / maxRows));
        strides.set(table.oid, stride);
        now.set(table.oid, { table, stamp, count, stride, rows: await readRows(db, table, stride) });
      }
      last = now;
      return { tables: new Map([...now.values()].map((digest) => [digest.table.name, digest])) };
    },
  };
}

async function readTables(db: Connection): Promise<DigestTable[]> {
  const { rows } = await db.query(tablesQuery, [], { often: true });
  return rows.map(({ oid, name, partitioned, is_view, columns, key, files }) => ({
    oid: Number(oid),
    name: String(name),
    partitioned: partitioned === true,
    isView: is_view === true,
    columns: JSON.parse(String(columns)),
    key: JSON.parse(String(key)),
    files: String(files ?? ''),
  }));
}

/** How many rows there are, and the last transaction that wrote one: rows do not change without one of the two. */
async function readStamps(db: Connection, tables: readonly DigestTable[]) {
  const stamps = new Map<number, { count: number; newest: string }>();
  if (tables.length === 0) return stamps;
  const each = tables.map(
    (table) =>
      `SELECT ${table.oid}::int8 AS oid, count(*)::int8 AS count, max(xmin::text::int8)::text AS newest FROM ${from(table)}`,
  );
  const { rows } = await db.query(each.join('\nUNION ALL '));
  for (const { oid, count, newest } of rows)
    stamps.set(Number(oid), { count: Number(count), newest: String(newest ?? '') });
  return stamps;
}

async function readRows(db: Connection, table: DigestTable, stride: number): Promise<TableDigest['rows']> {
  const row = rowExpression(table);
  const key = keyExpression(table, table.key);
  if (key === undefined) {
    if (stride > 1) return undefined;
    const { rows } = await db.query(
      `SELECT pg_catalog.string_agg(${row}, E'\\n') AS all, count(*)::int8 AS n FROM ${from(table)}`,
    );
    return Number(rows[0]?.n) === 0 ? [] : String(rows[0]?.all).split('\n');
  }
  const sampled =
    stride > 1 ? ` WHERE pg_catalog.abs(pg_catalog.hashtext(${key})::int8) % ${stride} = 0` : '';
  // One value, not a row for each: that costs a third. JSON has no line breaks or tabs of its own.
  const { rows } = await db.query(
    `SELECT pg_catalog.string_agg(${key} || E'\\t' || ${row}, E'\\n') AS all FROM ${from(table)}${sampled}`,
  );
  const all = rows[0]?.all;
  if (all === null || all === undefined) return new Map();
  return new Map(
    String(all)
      .split('\n')
      .map((line) => line.split('\t') as [string, string]),
  );
}

/** The table in a FROM, without the rows of those that inherit from it. */
export function from({ name, partitioned }: DigestTable): string {
  return partitioned ? name : `ONLY ${name}`;
}

/** The numbers that the columns with these numbers in another table have in this one; none where one is not there. */
export function numbersIn(table: DigestTable, other: DigestTable, key: readonly number[]): readonly number[] {
  const found = key.flatMap((number) => {
    const name = other.columns.find((column) => column.number === number)?.name;
    return table.columns.find((column) => column.name === name)?.number ?? [];
  });
  return found.length === key.length ? found : [];
}

/** SQL of a row as text: a hash for each of its columns, `-` for NULL. */
export function rowExpression({ columns }: DigestTable): string {
  const hashes = columns.map(
    ({ name }) => `coalesce(pg_catalog.hashtext(${quoteIdentifier(name)}::text)::text, '-')`,
  );
  return hashes.length > 0 ? `pg_catalog.concat_ws(' ', ${hashes.join(', ')})` : `''`;
}

/** SQL of a row's key as text; undefined where one of its columns is not there, or there is no key. */
export function keyExpression({ columns }: DigestTable, key: readonly number[]): string | undefined {
  const names = key.map((number) => columns.find((column) => column.number === number)?.name);
  if (names.length === 0 || names.includes(undefined)) return undefined;
  return `pg_catalog.json_build_array(${names.map((name) => quoteIdentifier(name ?? '')).join(', ')})::text`;
}
