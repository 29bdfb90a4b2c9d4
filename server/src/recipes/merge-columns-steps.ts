import { quoteIdentifier } from '../sql/names.ts';
import { addValidated, alterTable, wait } from './blocks.ts';
import { columnList, primaryKeyOf, sqlName } from './facts.ts';
import { script } from './finish.ts';
import type { Merge } from './merge-columns.ts';
import { carried, grantsThere } from './merge-columns-carried.ts';
import { hasOf, holds, matchOf, other, rowOf, same } from './merge-columns-words.ts';
import { renameAway } from './merge-facts.ts';
import { type Given, refuse, type SqlDraft, type StepDraft } from './model.ts';
import { dropSync, makeSync } from './table-sync.ts';
import { addTwin } from './twin.ts';

export function expand(given: Given, merge: Merge): readonly StepDraft[] {
  return [
    addColumns(given, merge),
    ...wholeness(given, merge),
    ...cascade(given, merge),
    {
      step: `What is written to ${merge.names.table} is written there too`,
      id: 'sync_there',
      sql: makeThere(given, merge),
      rollback: script(dropSync(merge.names.there, merge.names.table)),
    },
    {
      step: 'And the other way round',
      id: 'sync_back',
      why: 'By a view, whose name stays: the table is renamed in the end, and a request that waits for that would find it no more.',
      sql: makeBack(given, merge),
      rollback: script(dropBack(merge)),
    },
  ];
}

function addColumns(given: Given, merge: Merge): SqlDraft {
  const { into, moved } = merge;
  const steps = moved.map(({ own, next }) =>
    addTwin(
      given,
      {
        table: into,
        from: { ...own, default: null, grants: [] },
        to: next.name,
        type: own.type ?? 'text',
      },
      'add_columns',
    ),
  );
  const adds = steps.map(({ sql }) => sql[0]?.slice(sql[0].indexOf('ADD COLUMN')) ?? '');
  return {
    step: 'Add the columns',
    id: 'add_columns',
    why: 'Without defaults and NOT NULL: rows that had none of them have none there either.',
    sql: [
      alterTable(given.facts, into, ...adds),
      ...steps.flatMap(({ sql }) => sql.slice(1)),
      ...grantsThere(given, merge),
    ],
    expect: { rewrite: false },
  };
}

/** What NOT NULL said of a row, said of columns that most rows may be without. */
function wholeness(given: Given, { into, table, moved, required }: Merge): readonly StepDraft[] {
  if (required.length === 0 || moved.length === 1) return [];
  const all = columnList(moved.map(({ next }) => next.name));
  const [only, ...more] = required.map(quoteIdentifier);
  return addValidated(given, {
    table: into,
    name: given.names.constraint(into, table.name.name, 'whole'),
    id: 'whole',
    what: `there is all that ${table.name.name} requires, or nothing`,
    why: 'It stands for NOT NULL, and is what tells a row that had one from a row that had none.',
    definition: `CHECK (num_nonnulls(${all}) = 0 OR ${
      more.length === 0 ? `${only} IS NOT NULL` : `num_nulls(${[only, ...more].join(', ')}) = 0`
    })`,
  });
}

/** v2, which knows one table alone, could delete no row that the other one refers to. */
function cascade(given: Given, merge: Merge): readonly StepDraft[] {
  const { table, into, reference, names } = merge;
  if (/ON DELETE CASCADE/i.test(reference.definition)) return [];
  if ((table.partitioned || into.partitioned) && given.facts.pgVersion < 18)
    refuse(
      `${reference.name} has to say ON DELETE CASCADE: v2 deletes rows of ${names.into} and knows nothing of ${names.table}. Between partitioned tables Postgres before 18 makes a foreign key only by reading all rows while their writers wait: change it in a quiet hour first.`,
      'table',
    );
  const plain = reference.definition
    .replace(/ NOT VALID$/, '')
    .replace(/ ON DELETE (?:NO ACTION|RESTRICT|SET NULL(?: \([^)]*\))?|SET DEFAULT(?: \([^)]*\))?)/i, '');
  const at = plain.search(/ (?:NOT )?DEFERRABLE| INITIALLY /i);
  const definition =
    at < 0 ? `${plain} ON DELETE CASCADE` : `${plain.slice(0, at)} ON DELETE CASCADE${plain.slice(at)}`;
  return [
    ...addValidated(given, {
      table,
      name: given.names.constraint(table, reference.columns.join('_'), 'gone'),
      id: 'cascade',
      what: `what belongs to a row of ${names.into} goes with it`,
      why: 'v2 deletes a row there and knows nothing of this table, whose row would stand in its way.',
      definition,
    }),
    {
      step: 'The foreign key that stands in the way goes',
      id: 'release',
      sql: [alterTable(given.facts, table, `DROP CONSTRAINT ${quoteIdentifier(reference.name)}`)],
    },
  ];
}

/** Each writes only what differs, so that they do not call each other for ever. */
function makeThere({ facts }: Given, merge: Merge): readonly string[] {
  const { moved, pairs, names } = merge;
  const set = (value: (name: string) => string) =>
    moved
      .map(({ own, next }) => `${quoteIdentifier(next.name)} = ${value(quoteIdentifier(own.name))}`)
      .join(', ');
  const isOther = pairs
    .map(({ own }) => `OLD.${quoteIdentifier(own)} <> NEW.${quoteIdentifier(own)}`)
    .join(' OR ');
  return makeSync(facts, names.there, {
    table: names.table,
    event: 'INSERT OR UPDATE OR DELETE',
    lines: [
      `IF TG_OP = 'DELETE' OR (TG_OP = 'UPDATE' AND ${pairs.length > 1 ? `(${isOther})` : isOther}) THEN`,
      `  UPDATE ${names.into} SET ${set(() => 'NULL')}`,
      `    WHERE ${matchOf(merge, 'OLD.', `${names.into}.`)} AND ${holds(merge, 'next', `${names.into}.`)};`,
      'END IF;',
      "IF TG_OP <> 'DELETE' THEN",
      `  UPDATE ${names.into} SET ${set((name) => `NEW.${name}`)}`,
      `    WHERE ${matchOf(merge, 'NEW.', `${names.into}.`)}`,
      `      AND ${rowOf(merge, 'next', `${names.into}.`)} ${other} ${rowOf(merge, 'own', 'NEW.')};`,
      'END IF;',
    ],
  });
}

/**
 * Through a view: a request that waits for the lock under which the table is renamed finds it by its name again, and would
 * find none.
 */
function makeBack({ facts }: Given, merge: Merge): readonly string[] {
  const { moved, pairs, unique, names } = merge;
  const { view } = names;
  const own = [...pairs.map((one) => one.own), ...moved.map((one) => one.own.name)];
  const next = [...pairs.map((one) => one.key), ...moved.map((one) => one.next.name)];
  const match = matchOf(merge, `${view}.`, 'NEW.');
  const set = moved.map((one) => `${quoteIdentifier(one.own.name)} = NEW.${quoteIdentifier(one.next.name)}`);
  return [
    `CREATE VIEW ${view} AS\n  SELECT ${columnList(own)} FROM ${names.table}`,
    ...makeSync(facts, names.back, {
      table: names.into,
      event: `INSERT OR UPDATE OF ${columnList(moved.map((one) => one.next.name))}`,
      lines: [
        `IF ${hasOf(merge, 'NEW.')} THEN`,
        `  UPDATE ${view} SET ${set.join(', ')}`,
        `    WHERE ${match} AND ${rowOf(merge, 'own', `${view}.`)} ${other} ${rowOf(merge, 'next', 'NEW.')};`,
        `  INSERT INTO ${view} (${columnList(own)})`,
        `    SELECT ${next.map((name) => `NEW.${quoteIdentifier(name)}`).join(', ')}`,
        `    WHERE NOT EXISTS (SELECT FROM ${view} WHERE ${match})`,
        `    ON CONFLICT (${columnList(unique)}) DO NOTHING;`,
        "ELSIF TG_OP = 'UPDATE' THEN",
        `  DELETE FROM ${view} WHERE ${match};`,
        'END IF;',
      ],
    }),
  ];
}

function dropBack({ names }: Merge): readonly string[] {
  return [...dropSync(names.back, names.into), `DROP VIEW ${names.view}`];
}

export function migrate(given: Given, merge: Merge): readonly StepDraft[] {
  const { table, into, moved, names } = merge;
  const matched = matchOf(merge, `${names.table}.`, `${names.into}.`);
  const [there, here] = [rowOf(merge, 'next', `${names.into}.`), rowOf(merge, 'own', `${names.table}.`)];
  const key = primaryKeyOf(table)?.columns ?? [];
  const { own } = moved.find((one) => !key.includes(one.own.name)) ?? moved[0] ?? {};
  const first = quoteIdentifier(own?.name ?? '');
  const missed = `NOT EXISTS (SELECT FROM ${names.into} WHERE ${matched} AND ${there} ${same} ${here})`;
  return [
    {
      step: 'Copy what is there',
      id: 'copy_rows',
      why: 'By the trigger: each row that differs is written as it is. A copy that reads one table and writes the other could bring back what a request has just replaced.',
      backfill: { table, set: `${first} = ${first}`, where: missed },
      rollback: { not_needed: 'the rollback of add_columns drops the columns' },
    },
    {
      step: 'None was missed',
      id: 'verify_copy',
      verify: { sql: `SELECT count(*) FROM ${names.table} WHERE ${missed}`, expect: 0 },
    },
    ...carried(given, merge),
    { step: `Find them in ${into.name.name}`, id: 'deploy_v2', deploy: 'v2' },
    wait('last_look', 'A week without a wish to go back', '7d'),
    {
      step: 'Both are still in step',
      id: 'verify_sync',
      verify: {
        sql: `SELECT (SELECT count(*) FROM ${names.table} WHERE ${missed})\n  + (SELECT count(*) FROM ${names.into} WHERE ${hasOf(merge, `${names.into}.`)} AND NOT EXISTS (SELECT FROM ${names.table} WHERE ${matched}))`,
        expect: 0,
      },
    },
  ];
}

export function contract(given: Given, merge: Merge): readonly StepDraft[] {
  const { facts } = given;
  const { table, left, pairs, away, names } = merge;
  const gone = sqlName(facts, away);
  const key = pairs.map((one) => one.own);
  const kept = sqlName(facts, {
    name: {
      schema: table.name.schema,
      name: given.names.relation(table.name.schema, table.name.name, undefined, 'left'),
    },
  });
  return [
    {
      step: `What is written to ${table.name.name} stays there`,
      id: 'drop_there',
      why: 'No version writes it any more: only the other trigger does.',
      sql: dropSync(names.there, names.table),
    },
    ...renameAway(
      names.table,
      away,
      'Whoever still uses it fails now, while it is back in a moment, with all that is written meanwhile.',
    ),
    ...(left.length === 0
      ? []
      : [
          {
            step: 'Keep aside what did not move',
            id: 'keep_left',
            why: 'Nobody writes it any more. Reading it all locks nobody out.',
            sql: [
              `CREATE TABLE ${kept} AS\n  SELECT ${columnList([...key, ...left.map(({ name }) => name)])} FROM ${gone}`,
              `ALTER TABLE ${kept} ADD PRIMARY KEY (${columnList(key)})`,
            ],
            rollback: `DROP TABLE ${kept};`,
          },
        ]),
    {
      step: `${table.name.name} is written no longer`,
      id: 'drop_back',
      why: 'Last of all: until here the old table has all that was written.',
      sql: dropSync(names.back, names.into),
      rollback: {
        impossible: `from here on ${gone} lacks what is written to ${names.into}, and the next step drops it`,
      },
    },
    {
      step: 'Drop it',
      id: 'drop_table',
      sql: [`DROP VIEW ${names.view}`, `DROP TABLE ${gone}`],
      rollback: {
        impossible: `${names.into} has the rows${left.length === 0 ? '' : `, and ${kept} what did not move`}; the table itself would have to be made and filled from there by hand`,
      },
    },
  ];
}
