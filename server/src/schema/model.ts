import type { Node } from '@pgsql/types';

/**
 * The database as the plan knows it at one moment: immutable, so that every step can keep its own.
 *
 * Unknown is an answer: without a baseline `complete` is false and a relation that is not in the maps may
 * still exist; a column whose type no one told has `type: undefined`.
 */
export interface Schema {
  /** True where a baseline was given and read without problems: what is not here does not exist. */
  readonly complete: boolean;
  /** Schemas that unqualified names are looked up in, first to last. */
  readonly searchPath: readonly string[];
  /** The session's TimeZone, where a statement has set it. */
  readonly timeZone: string | undefined;
  /** By qualified key, see `relationKey`: tables, partitioned tables, views, sequences, indexes live in one namespace per schema. */
  readonly relations: ReadonlyMap<string, Relation>;
  /** User-defined types by qualified key. */
  readonly types: ReadonlyMap<string, UserType>;
  /** Functions and procedures that a statement made, by qualified key: an entry per name, overloads merged. */
  readonly functions: ReadonlyMap<string, UserFunction>;
  /** Names of schemas that a statement made. */
  readonly schemas: ReadonlySet<string>;
}

export interface QualifiedName {
  readonly schema: string;
  readonly name: string;
}

interface RelationBase {
  readonly name: QualifiedName;
  /** Made by the plan itself (not in the baseline): empty until filled, and no older application version uses it. */
  readonly madeByPlan: boolean;
  /** Made by the plan, and nothing has written to it since: statements on it find no rows. */
  readonly empty: boolean;
}

export type Relation = Table | Index | View | Sequence;

export interface Table extends RelationBase {
  readonly kind: 'table';
  readonly partitioned: boolean;
  /** PARTITION BY, where a statement told: an expression stands as null. */
  readonly partitionKey?: PartitionKey | undefined;
  /** A partition of its parent, as against an inheriting table. */
  readonly partition: boolean;
  /** The partition for rows that fit no other. */
  readonly isDefaultPartition: boolean;
  readonly foreign: boolean;
  readonly persistence: 'permanent' | 'unlogged' | 'temporary';
  /** The parent's key, for a partition or an inheriting table. */
  readonly parents: readonly string[];
  /** In order. */
  readonly columns: readonly Column[];
  readonly constraints: readonly Constraint[];
  readonly triggers: readonly string[];
  /** False for a table known only from a statement that touches it: other columns may exist. */
  readonly columnsComplete: boolean;
}

export interface PartitionKey {
  readonly strategy: 'range' | 'list' | 'hash';
  readonly columns: readonly (string | null)[];
}

export interface Column {
  readonly name: string;
  /** Canonical name as `format_type` prints it, e.g. `character varying(255)`; undefined where unknown. */
  readonly type: string | undefined;
  /** Undefined where unknown. */
  readonly notNull: boolean | undefined;
  /** The expression's source; null for none; undefined where unknown. */
  readonly default: string | null | undefined;
  readonly identity: 'always' | 'by default' | undefined;
  readonly generated: 'stored' | 'virtual' | undefined;
  readonly collation: string | undefined;
}

/** NOT NULL is here too, under the name that Postgres 18 gives it; older versions keep no constraint for it. */
export interface Constraint {
  readonly name: string;
  readonly kind: 'primary key' | 'unique' | 'foreign key' | 'check' | 'exclusion' | 'not null';
  readonly columns: readonly string[];
  readonly validated: boolean;
  /** For a check: its source. */
  readonly expression: string | undefined;
  /** For a check that proves `column IS NOT NULL` (alone or in a conjunction): those columns. */
  readonly provesNotNull: readonly string[];
  /** For a foreign key: the referenced table's key and columns. */
  readonly references: { readonly table: string; readonly columns: readonly string[] } | undefined;
  /** Name of the index that backs a primary key, unique or exclusion constraint. */
  readonly index: string | undefined;
  /** The constraint as `pg_get_constraintdef` would, as far as the source tells. */
  readonly definition: string;
  /** False for NO INHERIT: children and partitions do not get it. */
  readonly inherits: boolean;
}

export interface Index extends RelationBase {
  readonly kind: 'index';
  /** The table's key. */
  readonly table: string;
  readonly unique: boolean;
  readonly method: string;
  /** Column names; null for an expression. */
  readonly columns: readonly (string | null)[];
  /** The index's own column names, from which the names of its partitions' indexes are made. */
  readonly columnNames: readonly string[];
  readonly include: readonly string[];
  readonly predicate: string | undefined;
  /** Columns that its expressions and its predicate read. */
  readonly reads: readonly string[];
  /** The CREATE INDEX statement's source. */
  readonly definition: string;
  /** Name of the constraint it backs. */
  readonly constraint: string | undefined;
}

export interface View extends RelationBase {
  readonly kind: 'view' | 'materialized view';
  readonly definition: string;
  /** Keys of relations that its query reads, as far as names tell. */
  readonly reads: readonly string[];
}

export interface Sequence extends RelationBase {
  readonly kind: 'sequence';
  readonly ownedBy: { readonly table: string; readonly column: string } | undefined;
}

export interface UserType {
  readonly name: QualifiedName;
  readonly kind: 'enum' | 'domain' | 'composite' | 'range';
  /** Enum labels in order; a domain's base type alone. */
  readonly labels: readonly string[];
  readonly baseType: string | undefined;
  /** Names of a domain's constraints (NOT NULL and CHECK). */
  readonly constraints: readonly string[];
  /** A domain's default, as the parser reads it. */
  readonly default?: Node;
}

export interface UserFunction {
  readonly name: QualifiedName;
  readonly kind: 'function' | 'procedure' | 'aggregate';
  /** Lower case. A function in SQL may be expanded into the statement, whatever it promises. */
  readonly language: string;
  /** The weakest promise of its overloads. */
  readonly volatility: 'immutable' | 'stable' | 'volatile';
}
