import { syncName, syncTrigger } from '../rules/locks/sync-trigger.ts';
import { columnOf } from '../schema/lookup.ts';
import type { Column, Table } from '../schema/model.ts';
import { quoteIdentifier } from '../sql/names.ts';
import { requiredColumns, tableStatements } from './application.ts';
import { alterTable, wait, withColumn } from './blocks.ts';
import { refuseCheckedDomain, refuseDomainColumn, refuseInherited } from './bound.ts';
import { refuseBound } from './drop-column.ts';
import { expressionsIn, inRow } from './expressions.ts';
import { type ColumnFacts, columnFacts, columnList, primaryKeyOf, sqlName } from './facts.ts';
import { backfillSource } from './finish.ts';
import {
  defineRecipe,
  type Given,
  type PlanDraft,
  refuse,
  type StepDraft,
  type VersionDraft,
} from './model.ts';
import { shortType } from './twin.ts';
import { namesIn } from './typed-names.ts';

export const splitColumn = defineRecipe({
  type: 'split_column',
  title: 'Split a column',
  summary:
    'Several columns take the place of one. A trigger splits what the old version writes and joins what the new one does, so that both run side by side.',
  questions: [
    { id: 'table', prompt: 'Of which table?', kind: 'table' },
    { id: 'column', prompt: 'Which column?', kind: 'column' },
    {
      id: 'into',
      prompt: 'Into which columns? (new names, with commas)',
      kind: 'text',
      validate(text, given) {
        const names = namesOf(text);
        const table = given.table();
        const taken = names.find((one) => columnOf(table, one));
        const long = names.find((one) => new TextEncoder().encode(one).length > 63);
        if (names.length < 2)
          return 'Name two columns at least, with a comma between them: first_name,last_name.';
        if (new Set(names).size < names.length) return 'Each of the names may be there once.';
        if (taken !== undefined)
          return `${sqlName(given.facts, table)} has a column ${taken} already: give another name.`;
        return long === undefined
          ? undefined
          : `${long} is longer than the 63 bytes that Postgres keeps of a name.`;
      },
    },
    {
      id: 'using',
      prompt:
        'What does each of them get of a value? (SQL of the old column, in the same order, with ; between)',
      kind: 'text',
      validate(text, given) {
        const found = expressionsIn(text);
        const names = namesOf(given.answer('into'));
        if (!found) return `${text} is no SQL, or not several expressions with ; between them.`;
        return found.length === names.length
          ? undefined
          : `${names.length === 1 ? 'One expression is' : `${names.length} expressions are`} needed, for ${names.join(', ')}, and there ${found.length === 1 ? 'is one' : `are ${found.length}`}: put ; between them.`;
      },
    },
    {
      id: 'join',
      prompt: 'And what is the old value, made of the new ones? (SQL of the new columns)',
      kind: 'expression',
    },
    {
      id: 'types',
      prompt: 'Of which types are they? (with ; between; that of the old column where empty)',
      kind: 'text',
      optional: true,
      validate(text, given) {
        const types = text.split(';').map((one) => one.trim());
        const count = namesOf(given.answer('into')).length;
        return types.length === count && expressionsIn(types.map((one) => `NULL::${one}`).join(';'))
          ? undefined
          : `${text} is not ${count} types with ; between them.`;
      },
    },
  ],
  write,
});

function namesOf(text: string): readonly string[] {
  return namesIn(text).flatMap((one) => {
    const name = /^".*"$/.test(one) ? one.slice(1, -1).replaceAll('""', '"') : one;
    return name === '' ? [] : [name];
  });
}

interface Split {
  readonly table: Table;
  readonly column: Column;
  readonly own: ColumnFacts;
  readonly parts: readonly { readonly column: Column; readonly value: string }[];
  readonly join: string;
  /** With the new columns too. */
  readonly whole: Table;
  readonly key: readonly string[];
  readonly trigger: { readonly create: string; readonly drop: string };
  /** Name in SQL of the table for values that the join does not give back. */
  readonly aside: string;
}

function write(given: Given): PlanDraft {
  const split = splitOf(given);
  const { table, column, parts, aside } = split;
  const name = sqlName(given.facts, table);
  const shown = `${name}.${quoteIdentifier(column.name)}`;
  const names = parts.map((one) => one.column.name);
  return {
    title: `Split ${shown} into ${names.map(quoteIdentifier).join(' and ')}`,
    intro: [
      `Several columns take the place of ${shown}. While two versions of the application run, a trigger splits what the one writes and joins what the other does.`,
    ],
    tables: [table],
    versions: versionsOf(given, split),
    phases: [
      { phase: 'Expand', risk: 'low', steps: expand(given, split) },
      { phase: 'Migrate', risk: 'medium', steps: migrate(given, split) },
      { phase: 'Contract', risk: 'medium', steps: contract(given, split) },
    ],
    queries: [
      {
        name: 'Values that the join does not give back',
        sql: `SELECT count(*) FROM ${name} WHERE ${quoteIdentifier(column.name)} IS DISTINCT FROM ${split.join}`,
      },
    ],
    cleanup: [`Drop ${aside} once nobody will want the old values back`, 'Update the API documentation'],
  };
}

function splitOf(given: Given): Split {
  const { facts, names } = given;
  const table = given.table();
  const column = given.column();
  const name = sqlName(facts, table);
  const shown = `${name}.${quoteIdentifier(column.name)}`;
  const own =
    columnFacts(facts, table, column.name) ?? refuse(`${name} has no column ${column.name}.`, 'column');
  refuseInherited(facts, table, own);
  refuseDomainColumn(facts, table, own);
  refuseBound(given, own, shown);
  const bound =
    own.constraints.find(({ kind }) => kind !== 'check')?.name ??
    own.indexes.find(({ unique }) => unique)?.name.name;
  if (bound !== undefined)
    refuse(
      `${bound} is on ${shown}, and what it means for the parts is not known: add one on them later, and drop this one first.`,
      'column',
    );
  if (column.generated)
    refuse(`${shown} is a generated column: add others beside it, and drop it.`, 'column');
  const key = primaryKeyOf(table)?.columns ?? [];
  if (key.length === 0)
    refuse(
      `${name} has no primary key by which values that are kept aside would find their rows again. Give it one first (switchback new change_primary_key).`,
      'table',
    );
  const values = expressionsIn(given.answer('using')) ?? [];
  const types = given.optional('types')?.split(';');
  const parts = namesOf(given.answer('into')).map((one, at) => {
    const value = values[at] ?? '';
    refuseCheckedDomain(facts, types?.[at]?.trim(), one, 'types');
    if (inRow(value, { ...table, columns: [column] }, '.') === value)
      refuse(`${value} does not name ${column.name}: say what ${one} gets of its value.`, 'using');
    return {
      value: `(${value})`,
      column: {
        name: one,
        type: types?.[at]?.trim() ?? shortType(column.type ?? 'text'),
        notNull: false,
        default: null,
        identity: undefined,
        generated: undefined,
        collation: undefined,
      },
    };
  });
  const whole = parts.reduce((made, part) => withColumn(made, part.column), table);
  const join = `(${given.answer('join').trim()})`;
  const missing = parts.find((part) => inRow(join, { ...table, columns: [part.column] }, '.') === join);
  if (missing)
    refuse(
      `${join} does not name ${missing.column.name}: the old value is made of all the new ones.`,
      'join',
    );
  return {
    table,
    column,
    own,
    parts,
    join,
    whole,
    key,
    trigger: triggerOf(given, table, column, parts, join, whole),
    aside: sqlName(facts, {
      name: {
        schema: table.name.schema,
        name: names.relation(table.name.schema, table.name.name, column.name, 'unsplit'),
      },
    }),
  };
}

/**
 * Whoever writes the old column has it split; whoever writes the new ones has them joined. A backfill, which writes just
 * what the split gives, changes nothing else, nor does one that writes what the join gives.
 */
function triggerOf(
  { facts }: Given,
  table: Table,
  column: Column,
  parts: Split['parts'],
  join: string,
  whole: Table,
) {
  const { schema, name } = table.name;
  const target = schema === 'public' ? { relname: name } : { relname: name, schemaname: schema };
  const old = quoteIdentifier(column.name);
  const names = parts.map((one) => quoteIdentifier(one.column.name));
  const made = parts.map(({ value }) => inRow(value, whole, 'NEW.'));
  const assign = (indent: string) => names.map((one, at) => `${indent}NEW.${one} := ${made[at]};`);
  const joined = `NEW.${old} := ${inRow(join, whole, 'NEW.')};`;
  const row = (values: readonly string[]) => `ROW(${values.join(', ')})`;
  const [now, before] = ['NEW.', 'OLD.'].map((of) => row(names.map((one) => `${of}${one}`)));
  return syncTrigger(target, syncName(facts.schema, target, column.name, 'split'), [
    "IF TG_OP = 'INSERT' THEN",
    `  IF ${names.map((one) => `NEW.${one} IS NULL`).join(' AND ')} THEN`,
    ...assign('    '),
    '  ELSE',
    `    ${joined}`,
    '  END IF;',
    `ELSIF NEW.${old} IS DISTINCT FROM OLD.${old} THEN`,
    `  IF NEW.${old} IS DISTINCT FROM ${inRow(join, whole, 'NEW.')} THEN`,
    ...assign('    '),
    '  END IF;',
    `ELSIF ${now} IS DISTINCT FROM ${before}`,
    `  AND ${now} IS DISTINCT FROM ${row(made)} THEN`,
    `  ${joined}`,
    'END IF;',
  ]);
}

function versionsOf({ facts }: Given, { table, column, parts, whole }: Split): readonly VersionDraft[] {
  const others = requiredColumns(table)
    .filter((one) => one.name !== column.name)
    .slice(0, 4)
    .map((one) => one.name);
  const rest: Table = { ...whole, columns: whole.columns.filter((one) => one.name !== column.name) };
  const names = parts.map((one) => one.column.name);
  const use = (columns: readonly Column[]) => [{ table, columns, dual: [], reads: {}, lookup: undefined }];
  return [
    {
      name: 'v1',
      says: `knows ${column.name}`,
      statements: tableStatements(facts, table, {
        reads: [column.name, ...others],
        writes: { [column.name]: [] },
      }),
      uses: use(table.columns),
    },
    {
      name: 'v2',
      says: `knows ${names.join(' and ')}`,
      statements: tableStatements(facts, rest, {
        reads: [...names, ...others],
        writes: Object.fromEntries(names.map((one) => [one, []])),
      }),
      uses: use(rest.columns),
    },
  ];
}

function expand({ facts }: Given, { table, column, parts, trigger }: Split): readonly StepDraft[] {
  return [
    {
      step: 'Add the new columns',
      id: 'add_columns',
      sql: [
        alterTable(
          facts,
          table,
          ...parts.map((one) => `ADD COLUMN ${quoteIdentifier(one.column.name)} ${one.column.type}`),
        ),
      ],
      expect: { rewrite: false },
    },
    {
      step: 'Whatever is written is split, or joined',
      id: 'sync',
      why: `By a trigger, in both directions: v1 writes ${column.name}, v2 the new columns, and each finds what the other wrote.`,
      sql: [trigger.create],
      rollback: trigger.drop,
    },
  ];
}

function migrate({ facts }: Given, { table, column, parts }: Split): readonly StepDraft[] {
  const differs = parts
    .map((one) => `${quoteIdentifier(one.column.name)} IS DISTINCT FROM ${one.value}`)
    .join(' OR ');
  return [
    {
      step: 'Split the values that are there',
      id: 'split_values',
      backfill: {
        table,
        set: parts.map((one) => `${quoteIdentifier(one.column.name)} = ${one.value}`).join(', '),
        where: differs,
      },
      rollback: { not_needed: 'the rollback of add_columns drops the columns' },
    },
    {
      step: 'None was missed',
      id: 'verify_split',
      verify: { sql: `SELECT count(*) FROM ${sqlName(facts, table)} WHERE ${differs}`, expect: 0 },
    },
    { step: `Use the new columns, and forget ${column.name}`, id: 'deploy_v2', deploy: 'v2' },
    wait('last_look', 'A week without a wish to go back', '7d'),
  ];
}

function contract(given: Given, split: Split): readonly StepDraft[] {
  const { facts } = given;
  const { table, column, own, parts, join, key, trigger, aside } = split;
  const name = sqlName(facts, table);
  const old = quoteIdentifier(column.name);
  const names = parts.map((one) => quoteIdentifier(one.column.name));
  const row = (values: readonly string[]) => `ROW(${values.join(', ')})`;
  const checks = own.constraints.filter(({ parent, local }) => parent === undefined && local !== false);
  const changes = [
    ...(column.notNull ? [`ALTER COLUMN ${old} DROP NOT NULL`] : []),
    ...(column.default == null ? [] : [`ALTER COLUMN ${old} DROP DEFAULT`]),
    ...checks.map((one) => `DROP CONSTRAINT ${quoteIdentifier(one.name)}`),
  ];
  const same = (of: string) =>
    [...key, ...parts.map((one) => one.column.name)]
      .map((one) => `${of}.${quoteIdentifier(one)} IS NOT DISTINCT FROM ${name}.${quoteIdentifier(one)}`)
      .join(' AND ');
  const found = `FROM ${aside} AS kept WHERE ${same('kept')}`;
  const value = `CASE WHEN EXISTS (SELECT ${found}) THEN (SELECT kept.${old} ${found}) ELSE ${join} END`;
  const plain = own.indexes.map((index) => sqlName(facts, index));
  return [
    ...(changes.length === 0
      ? []
      : [
          {
            step: `Rows may be without ${column.name}`,
            id: 'unbind',
            sql: [alterTable(facts, table, ...changes)],
          },
        ]),
    {
      step: `${column.name} is written no longer`,
      id: 'unsync',
      sql: trigger.drop.split('\n'),
      rollbackThen: [
        {
          backfill: backfillSource(given, {
            table,
            set: `${old} = ${join}`,
            where: `${old} IS DISTINCT FROM ${join} AND (${column.notNull ? `${old} IS NULL OR ` : ''}${row(names)} IS DISTINCT FROM ${row(parts.map((one) => one.value))})`,
          }),
        },
      ],
    },
    ...(plain.length === 0
      ? []
      : [
          table.partitioned
            ? {
                step: 'Drop the indexes on it',
                id: 'drop_indexes',
                sql: plain.map((one) => `DROP INDEX ${one}`),
              }
            : {
                step: 'Drop the indexes on it',
                id: 'drop_indexes',
                transaction: false as const,
                sql: plain.map((one) => `DROP INDEX CONCURRENTLY ${one}`),
              },
        ]),
    {
      step: 'Keep aside what the new columns do not give back',
      id: 'keep_values',
      why: 'A blank at the end, a part that is missing: what the join makes another value of. Reading them locks nobody out.',
      sql: [
        `CREATE TABLE ${aside} AS\n  SELECT ${columnList([...key, column.name])}, ${names.join(', ')} FROM ${name}\n  WHERE ${old} IS DISTINCT FROM ${join}`,
        `ALTER TABLE ${aside} ADD PRIMARY KEY (${columnList(key)})`,
      ],
      rollback: `DROP TABLE ${aside};`,
    },
    {
      step: `Drop ${column.name}`,
      id: 'drop_column',
      sql: [alterTable(facts, table, `DROP COLUMN ${old}`)],
      rollbackThen: [
        {
          backfill: backfillSource(given, {
            table,
            set: `${old} = ${value}`,
            where: `${old} IS DISTINCT FROM ${value}`,
          }),
        },
      ],
      rollbackWhy: 'the values are joined again, or come back from where they were kept',
    },
  ];
}
