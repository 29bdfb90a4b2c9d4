import { referencesTo, relationKey } from '../schema/lookup.ts';
import { quoteIdentifier } from '../sql/names.ts';
import { alterTable, wait } from './blocks.ts';
import { columnList, sqlName } from './facts.ts';
import { backfillSource, script } from './finish.ts';
import { renameAway } from './merge-facts.ts';
import { type RowMerge, uniqueThere } from './merge-rows.ts';
import type { Given, StepDraft } from './model.ts';
import { dropSync, makeSync } from './table-sync.ts';

export function prepare({ table, into }: RowMerge): readonly StepDraft[] {
  return [
    { step: 'Find rows in both', id: 'deploy_v2', deploy: 'v2' },
    wait('watch_v2', 'Watch v2 for a day', '24h'),
    { step: `Write new rows into ${into.name.name} alone`, id: 'deploy_v3', deploy: 'v3' },
    wait('watch_v3', `A day without a new row in ${table.name.name}`, '24h'),
  ];
}

/** That a row has the key of another one. */
function matched(key: readonly string[], one: string, other: string): string {
  return key.map((name) => `${one}${quoteIdentifier(name)} = ${other}${quoteIdentifier(name)}`).join(' AND ');
}

/** GENERATED ALWAYS AS IDENTITY takes no value but by these words. */
function overriding(table: RowMerge['table']): string {
  return table.columns.some(({ identity }) => identity === 'always') ? ' OVERRIDING SYSTEM VALUE' : '';
}

function makeThere({ facts }: Given, merge: RowMerge): readonly string[] {
  const { into, key, columns, names } = merge;
  const values = (list: readonly string[]) => list.map((name) => `NEW.${quoteIdentifier(name)}`).join(', ');
  return makeSync(facts, names.there, {
    table: names.table,
    event: `UPDATE OF ${names.mark}`,
    when: `NEW.${names.mark}`,
    lines: [
      `INSERT INTO ${names.into} (${columnList(columns)})${overriding(into)}`,
      `  VALUES (${values(columns)}) ON CONFLICT DO NOTHING;`,
      'IF FOUND THEN',
      `  INSERT INTO ${names.moved} (${columnList(key)}) VALUES (${values(key)}) ON CONFLICT DO NOTHING;`,
      `  DELETE FROM ${names.table} WHERE ${matched(key, '', 'NEW.')};`,
      'END IF;',
    ],
  });
}

/** A row that others refer to stays, with the lock that keeps new ones from doing so taken before that is looked at. */
function makeBack({ facts }: Given, merge: RowMerge): readonly string[] {
  const { table, into, key, columns, names } = merge;
  const found = matched(key, '', 'NEW.');
  const references = [...referencesTo(facts.schema, relationKey(into.name))].filter(
    ({ constraint }) => constraint.parent === undefined,
  );
  const unreferred = references.map(({ table: child, constraint }) => {
    const pairs = constraint.columns.map(
      (name, at) =>
        `child.${quoteIdentifier(name)} = ${names.into}.${quoteIdentifier(constraint.references?.columns[at] ?? '')}`,
    );
    return `    AND NOT EXISTS (SELECT FROM ${sqlName(facts, child)} AS child WHERE ${pairs.join(' AND ')})`;
  });
  return makeSync(facts, names.back, {
    table: names.moved,
    event: 'UPDATE',
    lines: [
      `PERFORM 1 FROM ${names.into} WHERE ${found} FOR UPDATE;`,
      `INSERT INTO ${names.table} (${columnList(columns)})${overriding(table)}`,
      `  SELECT ${columnList(columns)} FROM ${names.into} WHERE ${found}`,
      ...unreferred,
      '  ON CONFLICT DO NOTHING;',
      'IF FOUND THEN',
      `  DELETE FROM ${names.into} WHERE ${found};`,
      'END IF;',
      `DELETE FROM ${names.moved} WHERE ${found};`,
    ],
  });
}

export function migrate(given: Given, merge: RowMerge): readonly StepDraft[] {
  const { facts } = given;
  const { table, into, key, names } = merge;
  const first = quoteIdentifier(key[0] ?? '');
  const isThere = (columns: readonly string[]) =>
    `EXISTS (SELECT FROM ${names.into} WHERE ${matched(columns, `${names.into}.`, `${names.table}.`)})`;
  const isHeld = uniqueThere(given, into).map(isThere).join('\n  OR ');
  const walk = backfillSource(given, { table, set: `${first} = ${first}`, moves: true });
  return [
    {
      step: 'Keep the keys of rows that move',
      id: 'create_moved',
      sql: [
        `CREATE TABLE ${names.moved} AS\n  SELECT ${columnList(key)} FROM ${names.table} WITH NO DATA`,
        `ALTER TABLE ${names.moved} ADD PRIMARY KEY (${columnList(key)})`,
      ],
      rollback: `DROP TABLE ${names.moved};`,
    },
    {
      step: 'A mark, and a trigger that moves what has it',
      id: 'add_mark',
      why: 'A backfill sets the mark, batch by batch, and each row moves in the transaction that does: it is in one of the tables at each moment, as it was written last.',
      sql: [alterTable(facts, table, `ADD COLUMN ${names.mark} boolean`), ...makeThere(given, merge)],
      expect: { rewrite: false },
      rollback: [
        { sql: script([...dropSync(names.there, names.table), ...makeBack(given, merge)]) },
        { backfill: { ...walk, table: names.moved, where: undefined } },
        {
          sql: script([
            ...dropSync(names.back, names.moved),
            alterTable(facts, table, `DROP COLUMN ${names.mark}`),
          ]),
        },
      ],
      rollbackWhy: 'the rows that moved come back, in batches too',
    },
    {
      step: 'Move them all',
      id: 'move_rows',
      backfill: { table, set: `${names.mark} = true`, where: `NOT ${isThere(key)}`, moves: true },
      rollback: { not_needed: 'the rollback of add_mark brings the rows back' },
    },
    {
      step: 'None is left that can move',
      id: 'verify_moved',
      verify: { sql: `SELECT count(*) FROM ${names.table}\nWHERE NOT (${isHeld})`, expect: 0 },
    },
    { step: `Forget ${table.name.name}`, id: 'deploy_v4', deploy: 'v4' },
    wait('last_look', 'A week without a wish to go back', '7d'),
  ];
}

export function contract(given: Given, merge: RowMerge): readonly StepDraft[] {
  const { table, key, columns, away, names } = merge;
  const gone = sqlName(given.facts, away);
  return [
    {
      step: 'Nothing moves any more',
      id: 'drop_move',
      sql: dropSync(names.there, names.table),
    },
    ...renameAway(names.table, away, 'Whoever still uses it fails now, while it is back in a moment.'),
    {
      step: 'Keep aside what could not move',
      id: 'keep_left',
      sql: [
        `CREATE TABLE ${names.left} AS\n  SELECT ${columnList(columns)} FROM ${gone}`,
        `ALTER TABLE ${names.left} ADD PRIMARY KEY (${columnList(key)})`,
      ],
      rollback: `DROP TABLE ${names.left};`,
    },
    {
      step: 'Drop it',
      id: 'drop_table',
      sql: [`DROP TABLE ${gone}`],
      rollback: {
        impossible: `${names.into} has the rows of ${table.name.name}, and ${names.left} what could not move; the table itself would have to be made again by hand`,
      },
    },
  ];
}
