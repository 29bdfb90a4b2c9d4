import { childrenOf, columnOf, relationKey } from '../schema/lookup.ts';
import type { Column, Schema, Table } from '../schema/model.ts';
import { quoteIdentifier } from '../sql/names.ts';
import { isOther } from './compare.ts';
import { type Facts, sqlName } from './facts.ts';
import { backfillSource, script } from './finish.ts';
import type { Given, SqlDraft, StepDraft } from './model.ts';
import type { Names } from './names.ts';

/** Steps that recipes are put together from. All take names as they are stored, and write them as SQL wants them. */

export interface IndexBlock {
  readonly table: Table;
  /** Unquoted, see `Names`. */
  readonly name: string;
  readonly unique?: boolean;
  /** What stands behind the table's name: `USING gin (tags) WHERE …`, `(handle)`. */
  readonly definition: string;
  /** The step's, and the beginning of ids of others. */
  readonly id: string;
  readonly step: string;
  readonly why?: string;
}

/** `ALTER TABLE t …` */
export function alterTable(facts: Facts, table: Table, ...changes: readonly string[]): string {
  const [only] = changes;
  const name = sqlName(facts, table);
  return changes.length === 1
    ? `ALTER TABLE ${name} ${only}`
    : `ALTER TABLE ${name}\n  ${changes.join(',\n  ')}`;
}

/** The name of an index in SQL: it stands in its table's schema. */
export function indexName(facts: Facts, table: Table, name: string): string {
  return sqlName(facts, { name: { schema: table.name.schema, name } });
}

/**
 * Builds an index while writes go on: concurrently; on a partitioned table concurrently on each partition, and then the
 * whole one, which takes those over in a moment.
 */
export function buildIndex(given: Given, block: IndexBlock): readonly StepDraft[] {
  const { facts, names } = given;
  const { table, name, id, step, why } = block;
  if (!table.partitioned)
    return [
      {
        step,
        id,
        ...(why === undefined ? {} : { why }),
        transaction: false,
        sql: [createIndexSql(facts, table, name, block, 'CONCURRENTLY')],
      },
    ];
  const parts = partsOf(facts, names, table, name);
  const builds = parts
    .filter((part) => !part.table.partitioned)
    .map((part) => createIndexSql(facts, part.table, part.name, block, 'CONCURRENTLY'));
  const whole: SqlDraft = {
    step: `${step}: the partitions together`,
    id: `${id}_whole`,
    why: 'The index of the whole table takes those of its partitions over; nothing is built.',
    sql: [
      createIndexSql(facts, table, name, block, 'ONLY'),
      ...parts
        .filter((part) => part.table.partitioned)
        .map((part) => createIndexSql(facts, part.table, part.name, block, 'ONLY')),
      ...parts
        .toReversed()
        .map(
          (part) =>
            `ALTER INDEX ${indexName(facts, part.parent.table, part.parent.name)} ATTACH PARTITION ${indexName(facts, part.table, part.name)}`,
        ),
    ],
  };
  const drop = `DROP INDEX ${indexName(facts, table, name)};`;
  if (builds.length === 0) return [{ ...whole, rollback: drop }];
  return [
    {
      step,
      id,
      ...(why === undefined ? {} : { why }),
      transaction: false,
      sql: builds,
      rollback: {
        transaction: false,
        sql: script(
          parts
            .filter((part) => !part.table.partitioned)
            .map((part) => `DROP INDEX CONCURRENTLY ${indexName(facts, part.table, part.name)}`),
          false,
        ),
      },
    },
    {
      ...whole,
      rollback: [{ sql: drop }, { transaction: false, sql: script(builds, false) }],
      rollbackWhy:
        'an index cannot be detached: it takes those of the partitions along, which the step before left',
    },
  ];
}

interface Part {
  readonly table: Table;
  readonly name: string;
  readonly parent: { readonly table: Table; readonly name: string };
}

/** All partitions, however deep, parents first. */
function partsOf(facts: Facts, names: Names, table: Table, name: string): readonly Part[] {
  return [...childrenOf(facts.schema, relationKey(table.name))].flatMap((child) => {
    const own = partName(names, table, child, name);
    return [{ table: child, name: own, parent: { table, name } }, ...partsOf(facts, names, child, own)];
  });
}

/** The name of a partition's index, after the pattern of the parent's. */
function partName(names: Names, parent: Table, child: Table, name: string): string {
  const prefix = `${parent.name.name}_`;
  const [rest, label] = name.startsWith(prefix) ? [undefined, name.slice(prefix.length)] : [name, 'idx'];
  return names.relation(child.name.schema, child.name.name, rest, label);
}

function createIndexSql(
  facts: Facts,
  table: Table,
  name: string,
  { unique, definition }: IndexBlock,
  how: 'CONCURRENTLY' | 'ONLY',
): string {
  const words = [
    `CREATE ${unique ? 'UNIQUE ' : ''}INDEX`,
    how === 'CONCURRENTLY' ? 'CONCURRENTLY' : '',
    quoteIdentifier(name),
    how === 'ONLY' ? 'ON ONLY' : 'ON',
    sqlName(facts, table),
    definition.trim(),
  ];
  return words.filter((word) => word !== '').join(' ');
}

export interface ConstraintBlock {
  readonly table: Table;
  /** Unquoted. */
  readonly name: string;
  /** The step's; that of the second step ends in `_valid`. */
  readonly id: string;
  /** What it is about, in the steps' names: `the handle is never empty`. */
  readonly what: string;
  readonly why?: string;
}

/** A CHECK or a foreign key, `definition` as ADD CONSTRAINT takes it: first for new rows, then for the old ones. */
export function addValidated(
  { facts }: Given,
  { table, name, id, what, why, definition }: ConstraintBlock & { readonly definition: string },
): readonly StepDraft[] {
  const quoted = quoteIdentifier(name);
  return [
    {
      step: `For new rows, ${what}`,
      id,
      ...(why === undefined ? {} : { why }),
      sql: [alterTable(facts, table, `ADD CONSTRAINT ${quoted} ${definition} NOT VALID`)],
    },
    {
      step: `For old rows too, ${what}`,
      id: `${id}_valid`,
      sql: [alterTable(facts, table, `VALIDATE CONSTRAINT ${quoted}`)],
      rollback: { not_needed: `the rollback of ${id} drops the constraint` },
    },
  ];
}

/** A unique index becomes a constraint of the same name. */
export function indexToConstraint(
  { facts }: Given,
  block: ConstraintBlock & {
    readonly kind: 'UNIQUE' | 'PRIMARY KEY';
    /** CREATE UNIQUE INDEX CONCURRENTLY, which the step before ran. */
    readonly index: string;
    /** `DEFERRABLE INITIALLY DEFERRED` and the like. */
    readonly suffix?: string;
  },
): StepDraft {
  const { table, name, id, what, why, kind, index, suffix = '' } = block;
  const quoted = quoteIdentifier(name);
  return {
    step: what,
    id,
    ...(why === undefined ? {} : { why }),
    sql: [alterTable(facts, table, `ADD CONSTRAINT ${quoted} ${kind} USING INDEX ${quoted}${suffix}`)],
    rollback: [
      { sql: script([alterTable(facts, table, `DROP CONSTRAINT ${quoted}`)]) },
      { transaction: false, sql: script([index], false) },
    ],
    rollbackWhy: 'dropping the constraint takes the index along; the step before left one',
  };
}

/**
 * NOT NULL without a look at every row under a strong lock: from 18 on as a constraint that is validated later, before by
 * a CHECK that spares SET NOT NULL its look, and then goes. `column` may be one that the plan adds.
 */
export function requireColumn(
  given: Given,
  {
    table,
    column,
    id,
    why,
  }: { readonly table: Table; readonly column: string; readonly id: string; readonly why?: string },
): readonly StepDraft[] {
  const { facts, names } = given;
  const quoted = quoteIdentifier(column);
  const shown = column;
  if (facts.pgVersion >= 18) {
    const name = quoteIdentifier(names.constraint(table, column, 'not_null'));
    return [
      {
        step: `No new row without ${shown}`,
        id: `check_${id}`,
        ...(why === undefined ? {} : { why }),
        sql: [alterTable(facts, table, `ADD CONSTRAINT ${name} NOT NULL ${quoted} NOT VALID`)],
      },
      {
        step: `No old row without ${shown} either`,
        id: `validate_${id}`,
        sql: [alterTable(facts, table, `VALIDATE CONSTRAINT ${name}`)],
        rollback: { not_needed: `the rollback of check_${id} drops the constraint` },
      },
    ];
  }
  const check = quoteIdentifier(names.constraint(table, column, 'required'));
  const add = alterTable(facts, table, `ADD CONSTRAINT ${check} CHECK (${quoted} IS NOT NULL) NOT VALID`);
  const validate = alterTable(facts, table, `VALIDATE CONSTRAINT ${check}`);
  return [
    {
      step: `No new row without ${shown}`,
      id: `check_${id}`,
      ...(why === undefined ? {} : { why }),
      sql: [add],
    },
    {
      step: `No old row without ${shown} either`,
      id: `validate_${id}`,
      sql: [validate],
      rollback: { not_needed: `the rollback of check_${id} drops the constraint` },
    },
    {
      step: `${shown} is required`,
      id: `require_${id}`,
      why: 'The valid CHECK spares SET NOT NULL its look at every row, and has then done its work.',
      sql: [
        alterTable(facts, table, `ALTER COLUMN ${quoted} SET NOT NULL`),
        alterTable(facts, table, `DROP CONSTRAINT ${check}`),
      ],
      rollback: [
        { sql: script([add, alterTable(facts, table, `ALTER COLUMN ${quoted} DROP NOT NULL`)]) },
        { sql: script([validate]) },
      ],
    },
  ];
}

/** Copies values within a table in batches, and makes sure that none was missed. Comparisons know NULLs. */
export function copyValues(
  given: Given,
  block: {
    readonly table: Table;
    readonly column: string;
    /** SQL: the value that the column is to have. */
    readonly value: string;
    /** Of both: the values are compared accordingly. */
    readonly type?: string | undefined;
    readonly id: string;
    readonly step: string;
    readonly why?: string;
  },
): readonly StepDraft[] {
  const { table, value, id, step, why } = block;
  const column = quoteIdentifier(block.column);
  const differs = isOther(given.facts, block.type, column, value);
  return [
    {
      step,
      id,
      ...(why === undefined ? {} : { why }),
      backfill: { table, set: `${column} = ${value}`, where: differs },
    },
    {
      step: 'Nothing was missed',
      id: `verify_${id}`,
      verify: { sql: `SELECT count(*) FROM ${sqlName(given.facts, table)} WHERE ${differs}`, expect: 0 },
    },
  ];
}

/** The same copy as part of a rollback. `schema`: see `backfillSource`. */
export function copyBack(
  given: Given,
  table: Table,
  column: string,
  value: string,
  { type, schema }: { readonly type?: string | undefined; readonly schema?: Schema } = {},
) {
  const quoted = quoteIdentifier(column);
  const where = isOther(given.facts, type, quoted, value);
  return { backfill: backfillSource(given, { table, set: `${quoted} = ${value}`, where }, schema) };
}

/** `wait` */
export function wait(id: string, step: string, time: string): StepDraft {
  return { step, id, wait: time };
}

/** snake_case from parts, as step ids are; unique where the parts are. */
export function stepId(...parts: readonly string[]): string {
  const id = parts
    .join('_')
    .normalize('NFKD')
    .toLowerCase()
    .replace(/[^a-z0-9]+/g, '_')
    .replace(/^_+|_+$/g, '');
  return /^[a-z]/.test(id) ? id : `step_${id}`;
}

/** A column that the plan adds to a table, as it will be: for what is written before it is there. */
export function withColumn(table: Table, column: Column): Table {
  return columnOf(table, column.name) ? table : { ...table, columns: [...table.columns, column] };
}
