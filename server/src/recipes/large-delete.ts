import { referencesTo, relationKey } from '../schema/lookup.ts';
import type { Table } from '../schema/model.ts';
import { quoteIdentifier } from '../sql/names.ts';
import { requiredColumns, tableStatements } from './application.ts';
import { alterTable, wait } from './blocks.ts';
import { columnList, primaryKeyOf, sqlName } from './facts.ts';
import { backfillSource, script } from './finish.ts';
import { defineRecipe, type Given, type PlanDraft, refuse, type StepDraft } from './model.ts';

/**
 * Batches are those of a backfill, which has all that is needed: a walk by the key, pauses, progress, a Job that can be
 * resumed, a measured time. It updates, so it marks, and a trigger takes each marked row away in the same transaction.
 * A loop of DELETEs in a DO block would be one statement: cancelled by statement_timeout, blind to the replicas' lag, and
 * begun anew where it was stopped. The price is a second version of each row, which the vacuum takes away with the first.
 */
export const largeDelete = defineRecipe({
  type: 'large_delete',
  title: 'Delete many rows',
  summary:
    'Rows go in small batches with pauses, and are kept in a table of their own until nobody wants them back: the whole delete can be undone.',
  questions: [
    { id: 'table', prompt: 'From which table?', kind: 'table' },
    {
      id: 'where',
      prompt: "Which rows? (a condition in SQL: created_at < '2024-01-01')",
      kind: 'expression',
      validate(condition) {
        const word =
          /\b(?:now|current_date|current_timestamp|localtimestamp|clock_timestamp|statement_timestamp|random|gen_random_uuid)\b/i.exec(
            condition,
          )?.[0];
        if (word !== undefined)
          return `${word} has another value in each batch, so that nobody could say which rows went: give a fixed value, such as a date.`;
        return /^\s*(?:true|1\s*=\s*1)\s*$/i.test(condition)
          ? 'That is every row: TRUNCATE a table that nobody uses, or drop it (switchback new drop_table).'
          : undefined;
      },
    },
    {
      id: 'keep',
      prompt: 'What becomes of the rows?',
      kind: 'choice',
      choices: [
        { value: 'aside', label: 'Keep them in a table', detail: 'The delete can be undone' },
        { value: 'none', label: 'Let them go', detail: 'The delete is a point of no return' },
      ],
      default: () => 'aside',
    },
  ],
  write,
});

interface Purge {
  readonly table: Table;
  readonly key: readonly string[];
  /** Columns that a row is put back by: not the generated ones. Unquoted. */
  readonly columns: readonly string[];
  /** Names in SQL. */
  readonly name: string;
  readonly mark: string;
  readonly condition: string;
  /** The table that the rows are kept in; undefined where they go for good. */
  readonly kept: string | undefined;
  readonly trigger: { readonly name: string; readonly code: string };
  readonly backTrigger: { readonly name: string; readonly code: string };
}

function write(given: Given): PlanDraft {
  const purge = purgeOf(given);
  const { table, name, mark, condition, kept } = purge;
  const reading = requiredColumns(table)
    .slice(0, 5)
    .map((one) => one.name);
  return {
    title: `Delete many rows of ${name}`,
    intro: [
      `Deletes the rows of ${name} where ${oneLine(given.answer('where'))}, in batches that are over in a moment.`,
      ...(kept === undefined
        ? []
        : ['', `They are kept in ${kept}, from which the rollback puts them back, until that is dropped.`]),
    ],
    tables: [table],
    versions: [
      {
        name: 'v1',
        says: 'need not change',
        statements: tableStatements(given.facts, table, { reads: reading, writes: {} }),
        uses: [{ table, columns: table.columns, dual: [], reads: {}, lookup: undefined }],
      },
    ],
    checklist: [
      `Nobody writes rows any more where ${oneLine(given.answer('where'))}`,
      ...(table.triggers.length > 0
        ? [`It is meant that the triggers of ${name} fire for each of the rows: ${table.triggers.join(', ')}`]
        : []),
    ],
    phases: [
      { phase: 'Prepare', risk: 'low', steps: prepare(given, purge) },
      { phase: 'Delete', risk: kept === undefined ? 'high' : 'medium', steps: remove(given, purge) },
      {
        phase: 'Contract',
        risk: 'low',
        steps: [
          {
            step: 'The mark goes, and its trigger',
            id: 'drop_mark',
            sql: [
              `DROP TRIGGER ${purge.trigger.name} ON ${name}`,
              `DROP FUNCTION ${purge.trigger.code}()`,
              alterTable(given.facts, table, `DROP COLUMN ${mark}`),
            ],
            rollback: script([
              alterTable(given.facts, table, `ADD COLUMN ${mark} boolean`),
              ...trigger(purge),
            ]),
          },
        ],
      },
    ],
    queries: [
      {
        name: 'Rows that still meet the condition',
        sql: `SELECT count(*) FROM ${name} WHERE ${condition}`,
      },
      ...(kept === undefined ? [] : [{ name: 'Rows that are gone', sql: `SELECT count(*) FROM ${kept}` }]),
    ],
    cleanup: [
      `VACUUM (ANALYZE) ${name}: the room of the rows is used again, and given back to the disk only by a rewrite (pg_repack)`,
      ...(kept === undefined ? [] : [`Dump and drop ${kept} once nobody will want the rows back`]),
    ],
  };
}

function oneLine(text: string): string {
  return text.replace(/\s+/g, ' ').trim();
}

function purgeOf(given: Given): Purge {
  const { facts, names } = given;
  const table = given.table();
  const name = sqlName(facts, table);
  const key = primaryKeyOf(table)?.columns ?? [];
  if (key.length === 0)
    refuse(
      `${name} has no primary key, by which each row is found, and put back. Give it one first (switchback new change_primary_key).`,
      'table',
    );
  if (table.foreign) refuse(`${name} is a foreign table: delete on the server that has it.`, 'table');
  const [rule] = table.rules ?? [];
  if (rule !== undefined) refuse(`${name} has a rule, ${rule}: replace it by a trigger first.`, 'table');
  const place = table.name.schema;
  const inPlace = (one: string) => sqlName(facts, { name: { schema: place, name: one } });
  const named = (label: string) => names.trigger(table, undefined, label);
  const [there, back] = [named('purge'), named('put_back')];
  return {
    table,
    key,
    columns: table.columns.filter((one) => !one.generated).map((one) => one.name),
    name,
    mark: quoteIdentifier(names.column(table, 'to', 'purge')),
    condition: `(${given.answer('where').trim()})${stillReferred(given, table, name)}`,
    kept:
      given.answer('keep') === 'aside'
        ? inPlace(names.relation(place, table.name.name, undefined, 'purged'))
        : undefined,
    trigger: { name: quoteIdentifier(there), code: inPlace(there) },
    backTrigger: { name: quoteIdentifier(back), code: inPlace(back) },
  };
}

/** Rows that others refer to stay; what would take those along, or change them, is refused. */
function stillReferred({ facts }: Given, table: Table, name: string): string {
  const all = [...referencesTo(facts.schema, relationKey(table.name))].filter(
    ({ constraint }) => constraint.parent === undefined,
  );
  return all
    .map(({ table: other, constraint }) => {
      const shown = sqlName(facts, other);
      const action = /ON DELETE (CASCADE|SET NULL|SET DEFAULT)/i.exec(constraint.definition)?.[1];
      if (action !== undefined)
        refuse(
          `${constraint.name} of ${shown} has ON DELETE ${action.toUpperCase()}: rows of ${shown} would ${action.toUpperCase() === 'CASCADE' ? 'go' : 'change'} too, and nothing would bring them back. Delete those first, by a plan of their own, and let the foreign key have NO ACTION.`,
          'table',
        );
      const alias = 'child';
      const pairs = constraint.columns.map((column, at) => {
        const to = constraint.references?.columns[at] ?? '';
        return `${alias}.${quoteIdentifier(column)} = ${name}.${quoteIdentifier(to)}`;
      });
      return `\n  AND NOT EXISTS (SELECT FROM ${shown} AS ${alias} WHERE ${pairs.join(' AND ')})`;
    })
    .join('');
}

/** Of OLD, since a trigger before it may have changed NEW. */
function trigger({ table, key, name, mark, kept, trigger: own }: Purge): readonly string[] {
  const all = table.columns.map((one) => quoteIdentifier(one.name));
  const found = key.map((one) => `${quoteIdentifier(one)} = OLD.${quoteIdentifier(one)}`).join(' AND ');
  return [
    [
      `CREATE FUNCTION ${own.code}() RETURNS trigger LANGUAGE plpgsql AS $$`,
      'BEGIN',
      ...(kept === undefined
        ? []
        : [
            `  INSERT INTO ${kept} (${all.join(', ')})`,
            `    VALUES (${all.map((one) => `OLD.${one}`).join(', ')});`,
          ]),
      `  DELETE FROM ${name} WHERE ${found};`,
      '  RETURN NULL;',
      'END $$',
    ].join('\n'),
    [
      `CREATE TRIGGER ${own.name} AFTER UPDATE OF ${mark} ON ${name}`,
      `  FOR EACH ROW WHEN (NEW.${mark}) EXECUTE FUNCTION ${own.code}()`,
    ].join('\n'),
  ];
}

function prepare(given: Given, purge: Purge): readonly StepDraft[] {
  const { table, key, name, mark, kept } = purge;
  return [
    ...(kept === undefined
      ? []
      : [
          {
            step: 'A table for the rows that go',
            id: 'create_kept',
            sql: [
              `CREATE TABLE ${kept} (LIKE ${name}, PRIMARY KEY (${columnList(key)}))`,
              `ALTER TABLE ${kept} ADD COLUMN ${mark} boolean`,
            ],
            rollback: `DROP TABLE ${kept};`,
          },
        ]),
    {
      step: 'A mark, and a trigger that takes away what has it',
      id: 'add_mark',
      why: 'A backfill goes through the table in batches and sets the mark. Nobody else knows of it, so that no other update pays for the trigger.',
      sql: [alterTable(given.facts, table, `ADD COLUMN ${mark} boolean`), ...trigger(purge)],
      expect: { rewrite: false },
      rollback: script([
        `DROP TRIGGER ${purge.trigger.name} ON ${name}`,
        `DROP FUNCTION ${purge.trigger.code}()`,
        alterTable(given.facts, table, `DROP COLUMN ${mark}`),
      ]),
    },
  ];
}

function remove(given: Given, purge: Purge): readonly StepDraft[] {
  const { table, key, name, mark, condition, kept, columns, backTrigger: back } = purge;
  const found = (row: string) =>
    key.map((one) => `${quoteIdentifier(one)} = ${row}${quoteIdentifier(one)}`).join(' AND ');
  const walk = backfillSource(given, { table, set: `${mark} = true`, where: condition, moves: true });
  const isAlways = table.columns.some(({ identity }) => identity === 'always');
  const putBack =
    kept === undefined
      ? undefined
      : [
          {
            sql: script([
              [
                `CREATE FUNCTION ${back.code}() RETURNS trigger LANGUAGE plpgsql AS $$`,
                'BEGIN',
                `  INSERT INTO ${name} (${columnList(columns)})${isAlways ? ' OVERRIDING SYSTEM VALUE' : ''}`,
                `    VALUES (${columns.map((one) => `NEW.${quoteIdentifier(one)}`).join(', ')});`,
                `  DELETE FROM ${kept} WHERE ${found('NEW.')};`,
                '  RETURN NULL;',
                'END $$',
              ].join('\n'),
              [
                `CREATE TRIGGER ${back.name} AFTER UPDATE OF ${mark} ON ${kept}`,
                `  FOR EACH ROW WHEN (NEW.${mark}) EXECUTE FUNCTION ${back.code}()`,
              ].join('\n'),
            ]),
          },
          { backfill: { ...walk, table: kept, set: `${mark} = true`, where: undefined } },
          { sql: script([`DROP TRIGGER ${back.name} ON ${kept}`, `DROP FUNCTION ${back.code}()`]) },
        ];
  return [
    {
      step: 'Delete them, batch by batch',
      id: 'delete_rows',
      backfill: { table, set: `${mark} = true`, where: condition, moves: true },
      ...(putBack === undefined
        ? { rollback: { impossible: 'the rows are gone, but for those in a backup' } }
        : { rollback: putBack, rollbackWhy: 'they come back, in batches too, from where they are kept' }),
    },
    kept === undefined
      ? {
          step: 'What was marked is gone',
          id: 'verify_gone',
          verify: { sql: `SELECT count(*) FROM ${name} WHERE ${mark}`, expect: 0 },
        }
      : {
          step: 'What is kept is gone from the table',
          id: 'verify_gone',
          verify: {
            sql: `SELECT count(*) FROM ${kept} AS kept\nWHERE EXISTS (SELECT FROM ${name} AS live WHERE ${key
              .map((one) => `live.${quoteIdentifier(one)} = kept.${quoteIdentifier(one)}`)
              .join(' AND ')})`,
            expect: 0,
          },
        },
    wait('watch', 'Watch it for a day', '24h'),
  ];
}
