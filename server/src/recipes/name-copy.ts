import { syncName } from '../rules/locks/sync-trigger.ts';
import { indexesOf, relationKey } from '../schema/lookup.ts';
import type { Constraint, Table } from '../schema/model.ts';
import { quoteIdentifier } from '../sql/names.ts';
import { alterTable } from './blocks.ts';
import { isOther } from './compare.ts';
import { columnFacts, rangeVar, sqlName } from './facts.ts';
import type { Given } from './model.ts';
import { indexDefinition, isSteady, type Twin } from './twin.ts';
import { rowConstraints } from './twin-constraints.ts';

/** A copy of a column, under the name that the column has before, or after. */
export interface Copy {
  readonly twin: Twin;
  /** For the moment in which the names change places. Unquoted. */
  readonly between: string;
  readonly indexes: readonly CopiedIndex[];
  /** Checks and foreign keys, with the copy's names for them: what a version may not write is refused by the column that it knows. */
  readonly constraints: readonly { readonly like: Constraint; readonly name: string }[];
  readonly triggers: Triggers;
}

/** An index like one of the column's: what a version finds rows by. */
export interface CopiedIndex {
  readonly table: Table;
  /** The column's own, for people, and the copy's. Unquoted. */
  readonly like: string;
  readonly name: string;
  readonly unique: boolean;
  /** What stands behind the table's name. */
  readonly definition: string;
}

/**
 * Names of triggers, which are their functions' too. The last one copies what others have made of the row. Where there are
 * others, the first one brings them what was written to the copy.
 */
export interface Triggers {
  readonly first: string | undefined;
  readonly last: string;
}

export function copyOf(given: Given, twin: Twin): Copy {
  const { facts, names } = given;
  const { table, from, to } = twin;
  const last = syncName(facts.schema, rangeVar(table), to, 'sync');
  return {
    twin,
    between: names.column(table, to, 'between'),
    indexes: copiedIndexes(given, twin),
    constraints: rowConstraints(twin)
      .filter(({ validated }) => validated)
      .map((like) => ({
        like,
        name: names.successor(table, like.name, '\0', 'copy'),
      })),
    triggers: { first: table.triggers.length > 0 ? firstName(given, table, from.name) : undefined, last },
  };
}

/** Postgres fires BEFORE triggers in the order of their names' bytes. */
function firstName({ names }: Given, table: Table, column: string): string {
  const candidates = ['', 'aa_', '00_'].map((prefix) =>
    names.trigger({ ...table, name: { ...table.name, name: `${prefix}${table.name.name}` } }, column, 'take'),
  );
  return candidates.find((name) => table.triggers.every((other) => name < other)) ?? candidates.at(-1) ?? '';
}

function copiedIndexes(given: Given, twin: Twin): readonly CopiedIndex[] {
  const { facts, names } = given;
  const { from } = twin;
  return [twin.table, ...twin.facts.heirs].flatMap((table) => {
    const own = columnFacts(facts, table, from.name);
    const keys = new Set(
      own?.constraints.flatMap(({ kind, index, parent }) =>
        (kind === 'primary key' || kind === 'unique') && parent === undefined && index !== undefined
          ? [index]
          : [],
      ),
    );
    const all = [...indexesOf(facts.schema, relationKey(table.name))].filter(
      (index) => own?.indexes.includes(index) || (keys.has(index.name.name) && index.parent === undefined),
    );
    return all.map((index) => ({
      table,
      like: index.name.name,
      name: names.successor(table, index.name.name, '\0', 'copy'),
      unique: index.unique,
      definition: indexDefinition(given, twin, index),
    }));
  });
}

/** How the column is called, and the copy. */
export interface Called {
  readonly column: string;
  readonly copy: string;
}

/** SQL that makes the triggers, or puts other code behind them; names stand as they are then. */
export function triggerSql(
  given: Given,
  { twin, triggers }: Copy,
  called: Called,
): {
  readonly create: readonly string[];
  readonly replace: readonly string[];
  readonly drop: readonly string[];
} {
  const { facts } = given;
  const { table } = twin;
  const codes = codesOf(given, twin, triggers, called).map(({ name, lines }) => {
    const quoted = sqlName(facts, { name: { schema: table.name.schema, name } });
    const body = ['BEGIN', ...lines.map((line) => `  ${line}`), '  RETURN NEW;', 'END'].join('\n');
    const quote = body.includes('$$') ? '$body$' : '$$';
    const code = `FUNCTION ${quoted}() RETURNS trigger LANGUAGE plpgsql AS ${quote}\n${body} ${quote}`;
    return { name, quoted, code };
  });
  return {
    create: codes.flatMap(({ name, quoted, code }) => [
      `CREATE ${code}`,
      `CREATE TRIGGER ${quoteIdentifier(name)} BEFORE INSERT OR UPDATE ON ${sqlName(facts, table)}\n  FOR EACH ROW EXECUTE FUNCTION ${quoted}()`,
    ]),
    replace: codes.map(({ code }) => `CREATE OR REPLACE ${code}`),
    drop: codes.flatMap(({ name, quoted }) => [
      `DROP TRIGGER ${quoteIdentifier(name)} ON ${sqlName(facts, table)}`,
      `DROP FUNCTION ${quoted}()`,
    ]),
  };
}

/** What a version wrote to the copy is told by its change, or by what a new row has by default. */
function codesOf({ facts }: Given, { from, type }: Twin, { first, last }: Triggers, called: Called) {
  const [column, copy] = [called.column, called.copy].map(quoteIdentifier);
  const isGiven =
    from.default != null && isSteady(from)
      ? isOther(facts, type, `NEW.${copy}`, `(${from.default})::${type}`)
      : `NEW.${copy} IS NOT NULL`;
  const take = [
    `IF TG_OP = 'INSERT' AND ${isGiven}`,
    `  OR TG_OP = 'UPDATE' AND ${isOther(facts, type, `NEW.${copy}`, `OLD.${copy}`)}`,
    'THEN',
    `  NEW.${column} := NEW.${copy};`,
    'END IF;',
  ];
  const keep = `NEW.${copy} := NEW.${column};`;
  return first === undefined
    ? [{ name: last, lines: [...take, keep] }]
    : [
        { name: first, lines: take },
        { name: last, lines: [keep] },
      ];
}

/** The three renamings by which column and copy change names. */
export function changeNames({ facts }: Given, { twin, between }: Copy): readonly string[] {
  const [old, next, free] = [twin.from.name, twin.to, between].map(quoteIdentifier);
  return [
    [next, free],
    [old, next],
    [free, old],
  ].map(([is, becomes]) => alterTable(facts, twin.table, `RENAME COLUMN ${is} TO ${becomes}`));
}
