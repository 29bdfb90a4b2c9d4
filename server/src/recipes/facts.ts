import type { RangeVar } from '@pgsql/types';
import { applyStatement } from '../schema/apply.ts';
import {
  columnOf,
  descendantsOf,
  displayName,
  indexesOf,
  referencesTo,
  relationKey,
  sequencesOf,
  viewsOf,
} from '../schema/lookup.ts';
import type {
  Column,
  Constraint,
  Index,
  OtherObject,
  Policy,
  PublishedTable,
  QualifiedName,
  Schema,
  Sequence,
  Table,
  Trigger,
  UserFunction,
  View,
} from '../schema/model.ts';
import { notNullOf } from '../schema/not-null.ts';
import { triggersOf } from '../schema/triggers.ts';
import { quoteIdentifier } from '../sql/names.ts';
import { parseWritten } from '../sql/parser.ts';
import { functionsNaming, triggersPassing } from './code-words.ts';

/** The database that a plan starts from. */
export interface Facts {
  readonly schema: Schema;
  /** Production's major version. */
  readonly pgVersion: number;
}

/** The relation's name in SQL: with its schema where the search path would miss it. */
export function sqlName({ schema }: Facts, { name }: { readonly name: QualifiedName }): string {
  return displayName(schema, name);
}

/** The table as a statement names it. */
export function rangeVar({ name }: Table): RangeVar {
  return name.schema === 'public' ? { relname: name.name } : { relname: name.name, schemaname: name.schema };
}

/** Names in SQL, with commas. */
export function columnList(names: readonly string[]): string {
  return names.map(quoteIdentifier).join(', ');
}

/** The columns of the primary key; undefined where there is none. */
export function primaryKeyOf(table: Table): Constraint | undefined {
  return table.constraints.find(({ kind }) => kind === 'primary key');
}

/** All that a table's column is bound to. */
export interface ColumnFacts {
  readonly column: Column;
  /** Its NOT NULL; on versions before 18 Postgres keeps none, and this stands for it. */
  readonly notNull: Constraint | undefined;
  /** Indexes of the table that hold or read it, but for those behind constraints and those of partitions that are parts of one. */
  readonly indexes: readonly Index[];
  /** Keys, foreign keys, checks and exclusions of the table that name it. */
  readonly constraints: readonly Constraint[];
  /** Foreign keys of this and other tables that point at it. */
  readonly referencedBy: readonly { readonly table: Table; readonly constraint: Constraint }[];
  /** Views that read it, or may. */
  readonly views: readonly View[];
  /** Generated columns of the table that read it. */
  readonly generated: readonly Column[];
  /** Triggers whose `UPDATE OF` or `WHEN` names it. */
  readonly triggers: readonly Trigger[];
  /** Triggers that pass its name to their function. */
  readonly passing: readonly Trigger[];
  /** Functions whose bodies say its name: those of the table's triggers, and those that say the table's name too. */
  readonly functions: readonly UserFunction[];
  readonly policies: readonly Policy[];
  /** Publications that list it, or whose row filter reads it. */
  readonly publications: readonly { readonly publication: OtherObject; readonly table: PublishedTable }[];
  /** Extended statistics on it. */
  readonly statistics: readonly OtherObject[];
  /** Its rules, of which it is not known what they read. */
  readonly rules: readonly string[];
  /** Whether it decides the partition of a row. */
  readonly isPartitionKey: boolean;
  readonly sequences: readonly Sequence[];
  /** Partitions and inheriting tables, which have it too. */
  readonly heirs: readonly Table[];
}

/** What the schema knows of a column and all that is bound to it. */
export function columnFacts(facts: Facts, table: Table, name: string): ColumnFacts | undefined {
  const { schema } = facts;
  const column = columnOf(table, name);
  if (!column) return undefined;
  const key = relationKey(table.name);
  const reads = (names: readonly (string | null)[] | undefined) => names?.includes(name) === true;
  const ofTable = [...indexesOf(schema, key)];
  const publications = [...schema.objects.values()].flatMap((publication) =>
    (publication.publication?.tables ?? []).flatMap((one) =>
      one.table === key && (reads(one.columns) || reads(one.where?.reads))
        ? [{ publication, table: one }]
        : [],
    ),
  );
  return {
    column,
    notNull: notNullOf(table, name),
    indexes: ofTable.filter(
      (one) =>
        one.constraint === undefined &&
        one.parent === undefined &&
        reads([...one.columns, ...one.include, ...one.reads]),
    ),
    constraints: table.constraints.filter(
      (one) => one.kind !== 'not null' && namesColumn(ofTable, one, name),
    ),
    referencedBy: [...referencesTo(schema, key)].filter(
      ({ constraint }) => reads(constraint.references?.columns) && constraint.parent === undefined,
    ),
    views: [...viewsOf(schema, key)].filter(
      ({ readsColumns }) => readsColumns === undefined || reads(readsColumns[key]),
    ),
    generated: table.columns.filter(
      (one) => one.generated && one.name !== name && (one.reads === undefined || reads(one.reads)),
    ),
    triggers: triggersOf(table).filter((one) => reads(one.reads) && !one.ofParent),
    passing: triggersPassing(table, name),
    functions: functionsNaming(schema, table, name),
    policies: (table.policies ?? []).filter((one) => reads(one.using?.reads) || reads(one.check?.reads)),
    publications,
    statistics: [...schema.objects.values()].filter(
      (one) => one.kind === 'statistics' && one.tables?.includes(key) === true && reads(one.reads),
    ),
    rules: table.rules ?? [],
    isPartitionKey: reads(table.partitionKey?.reads ?? table.partitionKey?.columns),
    sequences: [...sequencesOf(schema, key, name)],
    heirs: descendantsOf(schema, key),
  };
}

/** An exclusion constraint tells its columns by its index, which may read others in expressions. */
function namesColumn(indexes: readonly Index[], one: Constraint, name: string): boolean {
  const index = indexes.find(({ constraint }) => constraint === one.name);
  const all = [...one.columns, ...(index?.columns ?? []), ...(index?.include ?? []), ...(index?.reads ?? [])];
  return all.includes(name);
}

/** The schema after statements of the library's own; as it is where one of them would be refused. */
export function after(schema: Schema, sql: string): Schema {
  return parseWritten(sql).reduce(
    (now, statement) => applyStatement(now, statement, { madeByPlan: true }),
    schema,
  );
}
