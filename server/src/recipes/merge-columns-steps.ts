import { quoteIdentifier } from '../sql/names.ts';
import { addValidated, alterTable, wait } from './blocks.ts';
import { columnList, sqlName } from './facts.ts';
import { backfillSource, script } from './finish.ts';
import type { Merge } from './merge-columns.ts';
import { carried, grantsThere } from './merge-columns-carried.ts';
import { dropSync, makeSync } from './merge-facts.ts';
import type { Given, SqlDraft, StepDraft } from './model.ts';
import { addTwin } from './twin.ts';

/**
 * `*=` and `*<>` compare records as they are stored: NULLs with NULLs, and types that have no equality, or one for which
 * values are equal that are not the same (citext). Without the cast, rows are compared column by column, by other operators.
 */
const [same, other] = ['*=', '*<>'];

interface Words {
  /** `a = $b.a AND …`, of a row of the one and a row of the other. */
  readonly matched: string;
  /** The columns that move, as values: of a row there, and of one here. */
  readonly there: string;
  readonly here: string;
  /** That a row there has what a row here would have. */
  readonly has: string;
}

function wordsOf(merge: Merge): Words {
  const { names } = merge;
  return {
    matched: matchOf(merge, `${names.table}.`, `${names.into}.`),
    there: rowOf(merge, 'next', `${names.into}.`),
    here: rowOf(merge, 'own', `${names.table}.`),
    has: hasOf(merge, `${names.into}.`),
  };
}

function matchOf({ pairs }: Merge, own: string, key: string): string {
  return pairs
    .map((one) => `${own}${quoteIdentifier(one.own)} = ${key}${quoteIdentifier(one.key)}`)
    .join(' AND ');
}

function rowOf({ moved }: Merge, side: 'own' | 'next', of: string): string {
  return `ROW(${moved.map((one) => `${of}${quoteIdentifier(one[side].name)}`).join(', ')})::record`;
}

export function hasOf(merge: Merge, of: string): string {
  const [first] = merge.required;
  return first === undefined ? holds(merge, 'next', of) : `${of}${quoteIdentifier(first)} IS NOT NULL`;
}

/** That any of the columns has a value. */
function holds({ moved }: Merge, side: 'own' | 'next', of: string): string {
  const [first, ...more] = moved.map((one) => `${of}${quoteIdentifier(one[side].name)}`);
  return more.length === 0 ? `${first} IS NOT NULL` : `num_nonnulls(${[first, ...more].join(', ')}) > 0`;
}

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
      sql: makeBack(given, merge),
      rollback: script(dropSync(merge.names.back, merge.names.into)),
    },
  ];
}

function addColumns(given: Given, { table, into, moved }: Merge): SqlDraft {
  const steps = moved.map(({ own, next }) =>
    addTwin(
      given,
      {
        table: into,
        from: { ...own, default: null, grants: grantsThere(table, into, own) },
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
    sql: [alterTable(given.facts, into, ...adds), ...steps.flatMap(({ sql }) => sql.slice(1))],
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
  const { table, reference, names } = merge;
  if (/ON DELETE CASCADE/i.test(reference.definition)) return [];
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
  const { moved, pairs, names, shared } = merge;
  const set = (value: (name: string) => string) =>
    moved
      .map(({ own, next }) => `${quoteIdentifier(next.name)} = ${value(quoteIdentifier(own.name))}`)
      .join(', ');
  const key = (of: string) => `ROW(${pairs.map((one) => `${of}${quoteIdentifier(one.own)}`).join(', ')})`;
  return makeSync(facts, names.there, {
    table: names.table,
    event: 'INSERT OR UPDATE OR DELETE',
    definer: shared,
    lines: [
      `IF TG_OP = 'DELETE' OR (TG_OP = 'UPDATE' AND ${key('OLD.')} IS DISTINCT FROM ${key('NEW.')}) THEN`,
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

function makeBack({ facts }: Given, merge: Merge): readonly string[] {
  const { moved, pairs, unique, names, shared } = merge;
  const own = [...pairs.map((one) => one.own), ...moved.map((one) => one.own.name)];
  const next = [...pairs.map((one) => one.key), ...moved.map((one) => one.next.name)];
  const match = matchOf(merge, `${names.table}.`, 'NEW.');
  return makeSync(facts, names.back, {
    table: names.into,
    event: `INSERT OR UPDATE OF ${columnList(moved.map((one) => one.next.name))}`,
    definer: shared,
    lines: [
      `IF ${hasOf(merge, 'NEW.')} THEN`,
      `  UPDATE ${names.table} SET ${moved.map((one) => `${quoteIdentifier(one.own.name)} = NEW.${quoteIdentifier(one.next.name)}`).join(', ')}`,
      `    WHERE ${match} AND ${rowOf(merge, 'own', `${names.table}.`)} ${other} ${rowOf(merge, 'next', 'NEW.')};`,
      `  INSERT INTO ${names.table} (${columnList(own)})`,
      `    SELECT ${next.map((name) => `NEW.${quoteIdentifier(name)}`).join(', ')}`,
      `    WHERE NOT EXISTS (SELECT FROM ${names.table} WHERE ${match})`,
      `    ON CONFLICT (${columnList(unique)}) DO NOTHING;`,
      "ELSIF TG_OP = 'UPDATE' THEN",
      `  DELETE FROM ${names.table} WHERE ${match};`,
      'END IF;',
    ],
  });
}

export function migrate(given: Given, merge: Merge): readonly StepDraft[] {
  const { table, into, moved, names } = merge;
  const { matched, there, here } = wordsOf(merge);
  const first = quoteIdentifier(moved[0]?.own.name ?? '');
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
  const { table, into, moved, left, pairs, away, names } = merge;
  const { matched, there, here, has } = wordsOf(merge);
  const first = quoteIdentifier(moved[0]?.next.name ?? '');
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
      why: 'No version writes it any more. A trigger of its own step each: one table is locked for a moment, and no other with it.',
      sql: dropSync(names.there, names.table),
    },
    {
      step: `${table.name.name} is written no longer`,
      id: 'drop_back',
      sql: dropSync(names.back, names.into),
      rollbackThen: [
        {
          backfill: backfillSource(given, {
            table: into,
            set: `${first} = ${first}`,
            where: `CASE WHEN ${has}\n  THEN NOT EXISTS (SELECT FROM ${names.table} WHERE ${matched} AND ${here} ${same} ${there})\n  ELSE EXISTS (SELECT FROM ${names.table} WHERE ${matched} AND ${holds(merge, 'own', `${names.table}.`)}) END`,
          }),
        },
      ],
      rollbackWhy: 'the trigger brings the old table up to what was written meanwhile',
    },
    {
      step: 'Rename it away',
      id: 'rename_away',
      why: 'Whoever still uses it fails now, while it is back in a moment.',
      sql: [`ALTER TABLE ${names.table} RENAME TO ${quoteIdentifier(away.name.name)}`],
    },
    wait('watch', 'A week without anybody missing it', '7d'),
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
      step: 'Drop it',
      id: 'drop_table',
      sql: [`DROP TABLE ${gone}`],
      rollback: {
        impossible: `${names.into} has the rows${left.length === 0 ? '' : `, and ${kept} what did not move`}; the table itself is gone, and would have to be made and filled from there by hand`,
      },
    },
  ];
}
