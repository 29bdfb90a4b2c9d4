import { columnOf, indexesOf, relationKey } from '../schema/lookup.ts';
import type { Column, Constraint, Table } from '../schema/model.ts';
import { quoteIdentifier } from '../sql/names.ts';
import { isRequired, tableStatements } from './application.ts';
import { alterTable, wait, withColumn } from './blocks.ts';
import { refuseBound } from './drop-column.ts';
import { type ColumnFacts, columnFacts, columnList, primaryKeyOf, sqlName } from './facts.ts';
import { backfillSource, script } from './finish.ts';
import {
  defineRecipe,
  type Given,
  type PlanDraft,
  refuse,
  type StepDraft,
  type VersionDraft,
} from './model.ts';
import { shortType } from './twin.ts';

export const moveColumn = defineRecipe({
  type: 'move_column',
  title: 'Move a column to another table',
  summary:
    'To a table that has one row for each at the most, by a foreign key. Triggers keep both columns in step while two versions of the application run side by side.',
  questions: [
    { id: 'table', prompt: 'From which table?', kind: 'table' },
    { id: 'column', prompt: 'Which column?', kind: 'column' },
    {
      id: 'to',
      prompt: 'To which table?',
      kind: 'table',
      validate(name, given) {
        const to = given.table('to');
        return columnOf(to, given.column().name)
          ? `${name} has a column ${given.column().name} already: rename that one first (switchback new rename_column).`
          : undefined;
      },
    },
  ],
  write,
});

interface Move {
  readonly from: Table;
  readonly to: Table;
  readonly column: Column;
  readonly own: ColumnFacts;
  /** Pairs of columns, of `from` and of `to`, that are the same for a row. */
  readonly pairs: readonly { readonly key: string; readonly reference: string }[];
  readonly next: Column;
  /** Names in SQL. */
  readonly names: {
    readonly from: string;
    readonly to: string;
    readonly column: string;
    readonly there: { readonly trigger: string; readonly code: string };
    readonly early: { readonly trigger: string; readonly code: string };
    readonly back: { readonly trigger: string; readonly code: string };
    readonly aside: string;
  };
}

function write(given: Given): PlanDraft {
  const move = moveOf(given);
  const { from, to, column, names } = move;
  const orphans = `SELECT count(*) FROM ${names.from} WHERE ${names.column} IS NOT NULL\n  AND NOT EXISTS (SELECT FROM ${names.to} WHERE ${matched(move)})`;
  return {
    title: `Move ${names.from}.${names.column} to ${names.to}`,
    intro: [
      `Moves a column to ${names.to}, which has one row at the most for each of ${names.from}. Triggers keep both columns in step until the old one goes.`,
      '',
      `A value whose row has none in ${names.to} stays where it is, and is kept aside in the end.`,
    ],
    tables: [from, to],
    versions: versionsOf(given, move),
    checklist: [
      {
        check: `Each value has a row of ${names.to} to go to`,
        sql: orphans,
        expect: 0,
      },
    ],
    phases: [
      { phase: 'Expand', risk: 'low', steps: expand(given, move) },
      { phase: 'Migrate', risk: 'medium', steps: migrate(move) },
      { phase: 'Contract', risk: 'medium', steps: contract(given, move) },
    ],
    queries: [{ name: `Values without a row in ${to.name.name}`, sql: orphans }],
    cleanup: [
      `Drop ${names.aside} once nobody will want what is in it`,
      `Give ${names.to}.${names.column} what constraints and indexes ${column.name} is to have there`,
    ],
  };
}

function moveOf(given: Given): Move {
  const { facts } = given;
  const [from, to, column] = [given.table(), given.table('to'), given.column()];
  const [old, next] = [sqlName(facts, from), sqlName(facts, to)];
  const shown = `${old}.${quoteIdentifier(column.name)}`;
  const own =
    columnFacts(facts, from, column.name) ?? refuse(`${old} has no column ${column.name}.`, 'column');
  if (relationKey(from.name) === relationKey(to.name)) refuse(`${shown} is in ${next} already.`, 'to');
  refuseBound(given, own, shown);
  const [bound] = own.constraints;
  if (bound)
    refuse(`${bound.name} is on ${shown}: drop it first, and add it in ${next} after the plan.`, 'column');
  if (isRequired(column))
    refuse(
      `${shown} is NOT NULL and has no default, so that no row can be written without it: give it one, or drop NOT NULL first, in a plan of its own.`,
      'column',
    );
  if (column.notNull)
    refuse(
      `${shown} is NOT NULL, and rows without one in ${next} could not be: drop NOT NULL first.`,
      'column',
    );
  if (column.generated) refuse(`${shown} is a generated column: add one in ${next}, and drop it.`, 'column');
  const key = primaryKeyOf(from);
  const reference = to.constraints.find((one) => isOneToOne(given, from, to, one, key));
  if (!key || !reference?.references)
    refuse(
      `${next} has no foreign key to the primary key of ${old} that is unique: which of its rows a value goes to is not known. Add one first (switchback new add_foreign_key, add_unique).`,
      'to',
    );
  if (!primaryKeyOf(to))
    refuse(`${next} has no primary key: give it one first (switchback new change_primary_key).`, 'to');
  const { columns } = reference.references;
  const place = from.name.schema;
  const trigger = (table: Table, label: string) => {
    const name = given.names.trigger(table, column.name, label);
    return {
      trigger: quoteIdentifier(name),
      code: sqlName(facts, { name: { schema: table.name.schema, name } }),
    };
  };
  return {
    from,
    to,
    column,
    own,
    pairs: columns.map((one, at) => ({ key: one, reference: reference.columns[at] ?? '' })),
    next: { ...column, notNull: false, default: null },
    names: {
      from: old,
      to: next,
      column: quoteIdentifier(column.name),
      there: trigger(from, 'move'),
      early: trigger(to, 'fetch'),
      back: trigger(to, 'move'),
      aside: sqlName(facts, {
        name: { schema: place, name: given.names.relation(place, from.name.name, column.name, 'unmoved') },
      }),
    },
  };
}

function isOneToOne(
  { facts }: Given,
  from: Table,
  to: Table,
  one: Constraint,
  key: Constraint | undefined,
): boolean {
  if (one.kind !== 'foreign key' || one.references?.table !== relationKey(from.name)) return false;
  const isKey = [...one.references.columns].sort().join('\0') === [...(key?.columns ?? [])].sort().join('\0');
  const wanted = [...one.columns].sort().join('\0');
  return (
    isKey &&
    [...indexesOf(facts.schema, relationKey(to.name))].some(
      (index) =>
        index.unique && index.predicate === undefined && [...index.columns].sort().join('\0') === wanted,
    )
  );
}

/** That a row of the one is that of the other; by `row` (`NEW.`) where only one table is there. */
function matched({ pairs, names }: Move): string {
  return pairs
    .map((one) => `${names.to}.${quoteIdentifier(one.reference)} = ${names.from}.${quoteIdentifier(one.key)}`)
    .join(' AND ');
}

function create(
  { trigger, code }: Move['names']['there'],
  table: string,
  event: string,
  lines: readonly string[],
): readonly string[] {
  return [
    [
      `CREATE FUNCTION ${code}() RETURNS trigger LANGUAGE plpgsql AS $$`,
      'BEGIN',
      ...lines.map((line) => `  ${line}`),
      '  RETURN NEW;',
      'END $$',
    ].join('\n'),
    `CREATE TRIGGER ${trigger} ${event} ON ${table}\n  FOR EACH ROW EXECUTE FUNCTION ${code}()`,
  ];
}

/** Each writes only what differs, so that they do not call each other for ever. */
function triggers(move: Move): { readonly create: readonly string[]; readonly drop: readonly string[] } {
  const { pairs, names } = move;
  const { column } = names;
  const ofNew = pairs
    .map((one) => `${quoteIdentifier(one.reference)} = NEW.${quoteIdentifier(one.key)}`)
    .join(' AND ');
  const ofOld = pairs
    .map((one) => `${quoteIdentifier(one.key)} = NEW.${quoteIdentifier(one.reference)}`)
    .join(' AND ');
  return {
    create: [
      ...create(names.early, names.to, 'BEFORE INSERT', [
        `IF NEW.${column} IS NULL THEN`,
        `  NEW.${column} := (SELECT ${column} FROM ${names.from} WHERE ${ofOld});`,
        'END IF;',
      ]),
      ...create(names.there, names.from, `AFTER INSERT OR UPDATE OF ${column}`, [
        `UPDATE ${names.to} SET ${column} = NEW.${column}`,
        `  WHERE ${ofNew} AND ${column} IS DISTINCT FROM NEW.${column};`,
      ]),
      ...create(names.back, names.to, `AFTER INSERT OR UPDATE OF ${column}`, [
        `UPDATE ${names.from} SET ${column} = NEW.${column}`,
        `  WHERE ${ofOld} AND ${column} IS DISTINCT FROM NEW.${column};`,
      ]),
    ],
    drop: [
      { own: names.back, table: names.to },
      { own: names.there, table: names.from },
      { own: names.early, table: names.to },
    ].flatMap(({ own, table }) => [`DROP TRIGGER ${own.trigger} ON ${table}`, `DROP FUNCTION ${own.code}()`]),
  };
}

function expand({ facts }: Given, move: Move): readonly StepDraft[] {
  const { to, column, names } = move;
  const { create: sql, drop } = triggers(move);
  return [
    {
      step: 'Add the column there',
      id: 'add_column',
      sql: [alterTable(facts, to, `ADD COLUMN ${names.column} ${shortType(column.type ?? 'text')}`)],
      expect: { rewrite: false },
    },
    ...[0, 2, 4].map((at) => ({
      step: [
        'A new row there fetches the value',
        'What is written here is written there',
        'And the other way round',
      ][at / 2] as string,
      id: ['fetch', 'there', 'back'][at / 2] as string,
      sql: sql.slice(at, at + 2),
      rollback: script(drop.slice(4 - at, 6 - at)),
    })),
  ];
}

function migrate(move: Move): readonly StepDraft[] {
  const { to, names } = move;
  const found = `(SELECT ${names.from}.${names.column} FROM ${names.from} WHERE ${matched(move)})`;
  const differs = `${names.column} IS DISTINCT FROM ${found}`;
  return [
    {
      step: 'Copy the values that are there',
      id: 'copy_values',
      backfill: { table: to, set: `${names.column} = ${found}`, where: differs },
      rollback: { not_needed: 'the rollback of add_column drops the column' },
    },
    {
      step: 'None was missed',
      id: 'verify_copy',
      verify: { sql: `SELECT count(*) FROM ${names.to} WHERE ${differs}`, expect: 0 },
    },
    { step: `Use the column of ${to.name.name}`, id: 'deploy_v2', deploy: 'v2' },
    wait('last_look', 'A week without a wish to go back', '7d'),
  ];
}

function contract(given: Given, move: Move): readonly StepDraft[] {
  const { facts } = given;
  const { from, own, names } = move;
  const { column, aside } = names;
  const key = primaryKeyOf(from)?.columns ?? [];
  const there = `(SELECT ${names.to}.${column} FROM ${names.to} WHERE ${matched(move)})`;
  const has = `EXISTS (SELECT FROM ${names.to} WHERE ${matched(move)})`;
  const same = key
    .map((one) => `kept.${quoteIdentifier(one)} = ${names.from}.${quoteIdentifier(one)}`)
    .join(' AND ');
  const found = `FROM ${aside} AS kept WHERE ${same} AND kept.moved IS NOT DISTINCT FROM ${there}`;
  const value = `CASE WHEN EXISTS (SELECT ${found}) THEN (SELECT kept.${column} ${found}) ELSE ${there} END`;
  const { drop } = triggers(move);
  const plain = own.indexes.map((index) => sqlName(facts, index));
  return [
    {
      step: 'What is written to the old column stays there',
      id: 'drop_there',
      why: 'A trigger of its own step each: one table is locked for a moment, and no other with it.',
      sql: drop.slice(2, 4),
    },
    {
      step: 'The old column is written no longer',
      id: 'drop_back',
      sql: drop.slice(0, 2),
      rollbackThen: [
        {
          backfill: backfillSource(given, {
            table: from,
            set: `${column} = ${there}`,
            where: `${has} AND ${column} IS DISTINCT FROM ${there}`,
          }),
        },
      ],
    },
    {
      step: 'New rows fetch nothing from it',
      id: 'drop_fetch',
      sql: drop.slice(4, 6),
    },
    ...(plain.length === 0
      ? []
      : [
          {
            step: 'Drop the indexes on it',
            id: 'drop_indexes',
            transaction: false as const,
            sql: plain.map((one) => `DROP INDEX CONCURRENTLY ${one}`),
          },
        ]),
    {
      step: 'Keep aside what is not there',
      id: 'keep_values',
      why: 'Values without a row to go to. Reading them locks nobody out.',
      sql: [
        `CREATE TABLE ${aside} AS\n  SELECT ${columnList([...key, move.column.name])}, ${there} AS moved FROM ${names.from}\n  WHERE ${column} IS DISTINCT FROM ${there}`,
        `ALTER TABLE ${aside} ADD PRIMARY KEY (${columnList(key)})`,
      ],
      rollback: `DROP TABLE ${aside};`,
    },
    {
      step: 'Drop the old column',
      id: 'drop_column',
      sql: [alterTable(facts, from, `DROP COLUMN ${column}`)],
      rollbackThen: [
        {
          backfill: backfillSource(given, {
            table: from,
            set: `${column} = ${value}`,
            where: `${column} IS DISTINCT FROM ${value}`,
          }),
        },
      ],
      rollbackWhy: 'the values come back from where they went, or were kept',
    },
  ];
}

function versionsOf(
  { facts }: Given,
  { from, to, column, next, pairs, names }: Move,
): readonly VersionDraft[] {
  const reading = (table: Table) =>
    table.columns
      .filter((one) => isRequired(one) && one !== column)
      .slice(0, 4)
      .map((one) => one.name);
  const own = { [column.name]: [] };
  // There is one row at the most: whoever writes it has to do with one that is there.
  const target = columnList(pairs.map((one) => one.reference));
  const upsert = (statements: readonly string[], then: string) =>
    statements.map((sql) => (sql.startsWith('INSERT') ? `${sql} ON CONFLICT (${target}) DO ${then}` : sql));
  const rest: Table = { ...from, columns: from.columns.filter((one) => one.name !== column.name) };
  const whole = withColumn(to, next);
  const use = (...tables: readonly Table[]) =>
    tables.map((table) => ({ table, columns: table.columns, dual: [], reads: {}, lookup: undefined }));
  return [
    {
      name: 'v1',
      says: `finds ${column.name} in ${from.name.name}`,
      statements: [
        ...tableStatements(facts, from, { reads: [column.name, ...reading(from)], writes: own }),
        ...upsert(tableStatements(facts, to, { reads: reading(to), writes: {} }), 'NOTHING'),
      ],
      uses: use(from, to),
    },
    {
      name: 'v2',
      says: `finds ${column.name} in ${to.name.name}`,
      statements: [
        ...tableStatements(facts, rest, { reads: reading(from), writes: {} }),
        ...upsert(
          tableStatements(facts, whole, { reads: [column.name, ...reading(to)], writes: own }),
          `UPDATE SET ${names.column} = EXCLUDED.${names.column}`,
        ),
      ],
      uses: use(rest, whole),
    },
  ];
}
