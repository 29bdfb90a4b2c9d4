import { createIndex } from '../inverse/indexes.ts';
import { restore } from '../inverse/restore.ts';
import type { Way } from '../inverse/way.ts';
import { columnOf, descendantsOf, relationKey, tableByKey } from '../schema/lookup.ts';
import type { Column, Index, Relation, Schema, Table, UserFunction } from '../schema/model.ts';
import { quoteIdentifier } from '../sql/names.ts';
import { buildIndex, stepId } from './blocks.ts';
import { refuseCheckedDomain, refuseDomainColumn, refuseInherited, refusePassed } from './bound.ts';
import { after, type ColumnFacts, columnFacts, type Facts, sqlName } from './facts.ts';
import { type Given, refuse, type SqlDraft, type StepDraft } from './model.ts';
import { withOtherColumn } from './trigger-code.ts';

/** A column that is to take another's place in the same table, with all that is bound to that. */
export interface Twin {
  readonly table: Table;
  readonly from: Column;
  readonly to: string;
  /** The new column's type; the old one's where it keeps it. */
  readonly type: string;
  readonly facts: ColumnFacts;
  /** The schema as it would be if the old column simply had the new name: how all that is bound to it reads then. */
  readonly renamed: Schema;
  /** Functions of triggers, as they read the new column. Statements. */
  readonly code: readonly string[];
}

/**
 * Refuses what cannot follow a column to another one. `keepsName`: the new column takes the old one's name in the end.
 * `keepsColumn`: the old one stays under the new name, with what is bound to it, and the other is a copy for a while.
 */
export function twinOf(
  given: Given,
  table: Table,
  from: Column,
  to: string,
  type: string,
  { keepsName = false, keepsColumn = false } = {},
): Twin {
  const { facts } = given;
  const name = sqlName(facts, table);
  const own = columnFacts(facts, table, from.name) ?? refuse(`${name} has no column ${from.name}.`, 'column');
  const renamed = after(
    facts.schema,
    `ALTER TABLE ${sqlName(facts, table)} RENAME COLUMN ${quoteIdentifier(from.name)} TO ${quoteIdentifier(to)}`,
  );
  const shown = `${name}.${quoteIdentifier(from.name)}`;
  const divided = own.heirs.find(({ partitionKey }) =>
    (partitionKey?.reads ?? partitionKey?.columns)?.includes(from.name),
  );
  if (own.isPartitionKey || divided)
    refuse(
      `${shown} decides the partition of a row, and Postgres cannot change what a table is partitioned by: copy the table into one that is partitioned by the new column.`,
      'column',
    );
  if (from.generated)
    refuse(
      `${shown} is a generated column: add one of the new name beside it, and drop this one when nobody reads it.`,
      'column',
    );
  refuseInherited(facts, table, own);
  if (!keepsName) refusePassed(own);
  if (type === from.type) refuseDomainColumn(facts, table, own);
  else refuseCheckedDomain(facts, type, shown, 'type');
  const heir = own.heirs.find(({ partition }) => !partition);
  if (heir)
    refuse(
      `${sqlName(facts, heir)} inherits from ${name}. The plan would have to change it as well, with its own indexes and constraints: end the inheritance first, or make it a partition.`,
      'table',
    );
  if (table.foreign) refuse(`${name} is a foreign table: change it on the server that has it.`, 'table');
  const [rule] = own.rules;
  if (rule !== undefined)
    refuse(
      `${name} has a rule, ${rule}, of which it is not known what it reads: replace it by a trigger first.`,
      'table',
    );
  if (!keepsColumn) refuseBound(facts, name, from, own, keepsName);
  const code = keepsName
    ? []
    : own.functions.map((one) => codeFor(given, table, one, { from: from.name, to, keepsColumn }));
  return { table, from, to, type, facts: own, renamed, code };
}

/** What cannot be made again for another column while others go on. */
function refuseBound(facts: Facts, name: string, from: Column, own: ColumnFacts, keepsName: boolean): void {
  const exclusion = own.constraints.find(({ kind }) => kind === 'exclusion');
  if (exclusion)
    refuse(
      `${exclusion.name} of ${name} excludes by ${from.name}, and Postgres builds such a constraint only while everybody waits: drop it first, and add it again in a quiet hour.`,
      'column',
    );
  const matview = own.views.find(({ kind }) => kind === 'materialized view');
  if (matview)
    refuse(
      `The materialized view ${sqlName(facts, matview)} reads ${name}.${quoteIdentifier(from.name)}, and cannot be changed in place: make one under another name that does not, and let its readers move to that first.`,
      'column',
    );
  const generated = own.generated.find((one) => keepsName || one.generated === 'stored');
  if (generated)
    refuse(
      `The generated column ${name}.${generated.name} is computed from ${from.name}. Postgres gives it another expression only by writing the table anew while everybody waits: ${generated.generated === 'stored' ? `make it a plain column first, which keeps its values (ALTER TABLE ${name} ALTER COLUMN ${quoteIdentifier(generated.name)} DROP EXPRESSION), and let a trigger fill it` : 'drop it first, and add it again after the plan'}.`,
      'column',
    );
}

function codeFor(
  { facts }: Given,
  table: Table,
  code: UserFunction,
  { from, to, keepsColumn }: { readonly from: string; readonly to: string; readonly keepsColumn: boolean },
): string {
  const made = withOtherColumn(facts, table, code, { from, to, isSame: keepsColumn });
  if ('sql' in made) return made.sql;
  return refuse(
    `The function ${sqlName(facts, code)} says ${from}, and ${made.reason}: no plan can change it safely. Let it do without that name first.`,
    'column',
  );
}

/**
 * Adds the new column, with comment, privileges, statistics and default of the old one. A default that is computed for
 * each row comes later: two columns would compute two values.
 */
export function addTwin(
  given: Given,
  twin: Pick<Twin, 'table' | 'from' | 'to' | 'type'>,
  id: string,
): SqlDraft {
  const { facts } = given;
  const { table, from, to, type } = twin;
  const collation = from.collation === undefined || type !== from.type ? '' : ` COLLATE ${from.collation}`;
  const add = `ALTER TABLE ${sqlName(facts, table)} ADD COLUMN ${quoteIdentifier(to)} ${shortType(type)}${collation}`;
  const now = after(facts.schema, add);
  const key = relationKey(table.name);
  const is = columnOf(tableByKey(now, key), to);
  if (!is) refuse(`${sqlName(facts, table)} cannot be given a column ${to}.`, 'to');
  const wanted: Column = {
    ...is,
    default: isSteady(from) ? from.default : null,
    ...(from.comment === undefined ? {} : { comment: from.comment }),
    ...(from.grants ? { grants: from.grants } : {}),
    ...(type === from.type ? { storage: from.storage, compression: from.compression } : {}),
    statistics: from.statistics,
    ...(from.options ? { options: from.options } : {}),
  };
  // What SET DEFAULT and the like do to a table they do to its partitions.
  const handedDown = { default: wanted.default, storage: wanted.storage, compression: wanted.compression };
  const heirs = descendantsOf(facts.schema, key).map(({ name }) => relationKey(name));
  const then = heirs.reduce(
    (schema, heir) =>
      withTable(schema, heir, (one) =>
        withColumn(one, { ...(columnOf(one, to) ?? is), ...handedDown, statistics: wanted.statistics }),
      ),
    withTable(now, key, (one) => withColumn(one, wanted)),
  );
  const set = restore(wayTo(given, then, now));
  return {
    step: 'Add the new column',
    id,
    sql: [add, ...set.sql],
    expect: { rewrite: false },
  };
}

/** A type as people write it. */
export function shortType(type: string): string {
  return type
    .replace(/^character varying/, 'varchar')
    .replace(/^timestamp( ?\(\d\))? with time zone/, 'timestamptz$1')
    .replace(/^timestamp( ?\(\d\))? without time zone/, 'timestamp$1')
    .replace(/^time( ?\(\d\))? without time zone/, 'time$1');
}

/** Whether it gives every row of a moment the same value: a constant, or none. */
export function isSteady({ default: value }: Column): boolean {
  return (
    value == null ||
    !/\(/.test(value.replace(/'(?:[^']|'')*'/g, '').replace(/::[\w. "]+\(\d+(?:,\d+)?\)/g, ''))
  );
}

function wayTo({ facts }: Given, before: Schema, now: Schema): Way {
  return {
    before,
    now,
    pgVersion: facts.pgVersion,
    concurrently: true,
    byAttaching: false,
    qualified: false,
  };
}

function withTable(schema: Schema, key: string, change: (table: Table) => Table): Schema {
  const relations = new Map<string, Relation>(schema.relations);
  const table = relations.get(key);
  if (table?.kind === 'table') relations.set(key, change(table));
  return { ...schema, relations };
}

function withColumn(table: Table, column: Column): Table {
  return { ...table, columns: table.columns.map((one) => (one.name === column.name ? column : one)) };
}

/** Indexes like those of the old column, on the new one: unique ones too, and those that are a partition's own. */
export function indexTwins(given: Given, twin: Twin): readonly StepDraft[] {
  const { facts, names } = given;
  return [twin.table, ...twin.facts.heirs].flatMap((table) =>
    (columnFacts(facts, table, twin.from.name)?.indexes ?? []).flatMap((index) => {
      const name = names.successor(table, index.name.name, twin.from.name, twin.to);
      return buildIndex(given, {
        table,
        name,
        unique: index.unique,
        definition: indexDefinition(given, twin, index),
        id: stepId('index', name),
        step: `Index it like ${quoteIdentifier(index.name.name)}, without blocking writes`,
      });
    }),
  );
}

/** What stands behind the table's name, with the new column in the old one's place. */
export function indexDefinition(given: Given, twin: Twin, index: Index): string {
  const moved = twin.renamed.relations.get(relationKey(index.name));
  const own =
    moved?.kind === 'index'
      ? moved
      : refuse(`How ${index.name.name} reads with another column is not known.`, 'column');
  return definitionOf(given, twin.renamed, own);
}

/** What stands behind the table's name in an index's CREATE INDEX. */
export function definitionOf(given: Given, schema: Schema, index: Index): string {
  const sql = createIndex(wayTo(given, schema, schema), index, { alone: false });
  const owner = schema.relations.get(index.table);
  const head = `ON ${owner ? sqlName(given.facts, owner) : ''}`;
  return sql.slice(sql.indexOf(head) + head.length).trim();
}

/** Takes the old column's own indexes away by name: those that it shares with other columns would go with it unsaid. */
export function dropOldIndexes(given: Given, twin: Twin): readonly StepDraft[] {
  const { facts } = given;
  const all = [twin.table, ...twin.facts.heirs].flatMap((table) =>
    (columnFacts(facts, table, twin.from.name)?.indexes ?? []).map((index) => ({ table, index })),
  );
  const named = (partitioned: boolean) =>
    all.filter(({ table }) => table.partitioned === partitioned).map(({ index }) => sqlName(facts, index));
  const whole = named(true);
  const plain = named(false);
  const steps: StepDraft[] = [];
  if (plain.length > 0)
    steps.push({
      step: 'Drop the indexes on the old column',
      id: 'drop_old_indexes',
      why: 'By name, so that what goes with the column is seen to be meant.',
      transaction: false,
      sql: plain.map((name) => `DROP INDEX CONCURRENTLY ${name}`),
    });
  if (whole.length > 0)
    steps.push({
      step: 'Drop the partitioned indexes on the old column',
      id: 'drop_old_partitioned_indexes',
      sql: whole.map((name) => `DROP INDEX ${name}`),
    });
  return steps;
}

/** Takes from the old column what a row without a value for it would meet, and what holds on to other rows. */
export function freeOld(given: Given, twin: Twin): readonly string[] {
  const { facts } = given;
  const { table, from, facts: own } = twin;
  const old = quoteIdentifier(from.name);
  const changes = [
    ...(own.column.notNull ? [`ALTER COLUMN ${old} DROP NOT NULL`] : []),
    ...own.constraints
      .filter(({ kind, parent, local }) => kind !== 'primary key' && parent === undefined && local !== false)
      .map(({ name }) => `DROP CONSTRAINT ${quoteIdentifier(name)}`),
  ];
  return changes.length === 0
    ? []
    : [
        changes.length === 1
          ? `ALTER TABLE ${sqlName(facts, table)} ${changes[0]}`
          : `ALTER TABLE ${sqlName(facts, table)}\n  ${changes.join(',\n  ')}`,
      ];
}
