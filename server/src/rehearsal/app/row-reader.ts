import type { FillColumn, FillTable, ForeignKey } from '../fabricate/catalog.ts';
import type { Connection, QueryResult } from '../model.ts';
import { quoteIdentifier } from '../roles.ts';

/** Reads values of rows that are there, all columns of one row for the same `n`. */
export interface RowReader {
  /** null where the row has nothing there, or there is no row. */
  value(table: FillTable, column: FillColumn, n: number): Promise<string | null>;
  /** The value that a foreign key's column takes for it to refer to a row; null where there is none to refer to. */
  parentValue(table: FillTable, key: ForeignKey, column: FillColumn, n: number): Promise<string | null>;
  /** To be called once rows may be gone: they are read once else. */
  changed(): void;
}

/** Few rows of those that are there are used, so that most stay untouched for the comparison. */
const usedRows = 5;

export function createRowReader(db: Connection): RowReader {
  const known = new Map<number, Promise<QueryResult['rows']>>();
  const rowsOf = (table: FillTable) => {
    const rows = known.get(table.oid) ?? readRows(db, table);
    known.set(table.oid, rows);
    return rows;
  };
  return {
    changed: () => known.clear(),
    async value(table, column, n) {
      const rows = await rowsOf(table);
      return text(rows[n % Math.max(rows.length, 1)]?.[`c${column.number}`]);
    },
    async parentValue(table, key, { name }, n) {
      const { foreignKeys, unique } = table;
      const column = quoteIdentifier(key.parentColumns[key.columns.indexOf(name)] ?? name);
      // Of several parents each is gone through at another pace: no pair of them comes again soon.
      const at = foreignKeys.indexOf(key);
      const turn = n * (at + 1) + at;
      const find = async (condition: string) => {
        const from = `FROM ${key.parentName} AS parent ${condition}`;
        const { rows } = await db.query(
          `SELECT parent.${column}::text AS v ${from}
            ORDER BY ${key.parentColumns.map((one) => `parent.${quoteIdentifier(one)}`).join(', ')}
            LIMIT 1 OFFSET (SELECT ${turn}::int8 % greatest(count(*), 1) ${from})`,
        );
        return text(rows[0]?.v);
      };
      const isAlone = unique.some((one) => one.every((each) => key.columns.includes(each)));
      return (isAlone ? await find(`WHERE ${isFree(table, key)}`) : null) ?? find('');
    },
  };
}

/** That no row refers to the parent yet. */
function isFree({ name }: FillTable, { columns, parentColumns }: ForeignKey): string {
  const same = columns.map(
    (column, at) =>
      `child.${quoteIdentifier(column)} = parent.${quoteIdentifier(parentColumns[at] ?? column)}`,
  );
  return `NOT EXISTS (SELECT FROM ${name} AS child WHERE ${same.join(' AND ')})`;
}

async function readRows(db: Connection, table: FillTable): Promise<QueryResult['rows']> {
  const columns = table.columns.map(({ name, number }) => `${quoteIdentifier(name)}::text AS c${number}`);
  if (columns.length === 0) return [];
  const key = table.unique[0] ?? table.columns.map(({ name }) => name);
  const order = key.map((name) => `${quoteIdentifier(name)}::text`);
  const { rows } = await db.query(
    `SELECT ${columns.join(', ')} FROM ${table.name} ORDER BY ${order.join(', ')} LIMIT ${usedRows}`,
  );
  return rows;
}

function text(value: unknown): string | null {
  return value === undefined || value === null ? null : String(value);
}
