import type { Node } from '@pgsql/types';
import type { Statement } from '../sql/model.ts';
import type { OtherObject, UserFunction, UserType } from './objects-model.ts';

export type * from './objects-model.ts';

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
  /**
   * What else is there, and what is said of schemas: publications, extended statistics, extensions, default
   * privileges, … by kind and name, see `objectKey`.
   */
  readonly objects: ReadonlyMap<string, OtherObject>;
  /**
   * Relations, types and columns of which a statement that may not have run decides: see `uncertain.ts`. The maps
   * hold them as if it had. Absent: none.
   */
  readonly uncertain?: ReadonlySet<string>;
  /** The transaction that a BEGIN opened, or that the step runs in; undefined outside of one. */
  readonly transaction?: Transaction | undefined;
}

/** What ROLLBACK goes back to, and what COMMIT ends. */
export interface Transaction {
  /** The schema before it. */
  readonly start: Schema;
  /** In order; a later one of the same name hides the earlier. */
  readonly savepoints: readonly { readonly name: string; readonly schema: Schema }[];
  /** The settings that hold after COMMIT, where SET LOCAL put others in their place. */
  readonly session: Pick<Schema, 'searchPath' | 'timeZone'> | undefined;
}

export interface QualifiedName {
  readonly schema: string;
  readonly name: string;
}

/** What is said of an object beside its definition. */
export interface Described {
  /** Absent: none is known. */
  readonly comment?: string;
  /** The role; absent: whoever made it. */
  readonly owner?: string;
  /** Who may do what; absent: what holds by default, see `privileges.ts`. */
  readonly grants?: readonly Grant[];
}

/** A privilege of one role. */
export interface Grant {
  /** Undefined for PUBLIC. */
  readonly role: string | undefined;
  /** Lower case: `select`, `execute`, … */
  readonly privilege: string;
  /** WITH GRANT OPTION */
  readonly grantable: boolean;
}

/** The source of what was declared, and what its names meant then: enough to write it out later. */
export interface Definition {
  /** The whole statement's source. */
  readonly text: string;
  /** Where its names without a schema were looked up. */
  readonly searchPath: readonly string[];
  /** What it names has other names since then; the oldest change first. Absent: none. */
  readonly renames?: readonly Renaming[];
  /** The statement, and the node in it that declares this. */
  readonly read: () => { readonly statement: Statement; readonly node: Node };
}

/** A new name; `column` for one of a relation's columns, of the name `from`, whose relation is `of`. */
export type Renaming =
  | { readonly kind: 'object'; readonly from: string; readonly to: string }
  | { readonly kind: 'column'; readonly of: string; readonly from: string; readonly to: string };

interface RelationBase extends Described {
  readonly name: QualifiedName;
  /** Made by the plan itself (not in the baseline): empty until filled, and no older application version uses it. */
  readonly madeByPlan: boolean;
  /** Made by the plan, and nothing has written to it since: statements on it find no rows. */
  readonly empty: boolean;
  /** Made by the plan, and since then within the reach of others: see `exposure.ts`. */
  readonly shared?: boolean;
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
  /** The same triggers with what they stand on, as far as a statement told. */
  readonly triggerDefinitions?: readonly Trigger[];
  readonly policies?: readonly Policy[];
  /** Names of the rules that a statement made: they change what its queries do. */
  readonly rules?: readonly string[] | undefined;
  /** The same rules, as far as a statement told. */
  readonly ruleDefinitions?: readonly Rule[];
  /** Names of the rules that are not plainly enabled, with what they are. */
  readonly ruleStates?: Readonly<Record<string, FiringState>>;
  /** Whether DISABLE TRIGGER ALL has disabled the triggers behind its foreign keys. Absent: enabled. */
  readonly systemTriggers?: 'disabled';
  /** ENABLE ROW LEVEL SECURITY; absent: not enabled. */
  readonly rowSecurity?: boolean;
  /** FORCE ROW LEVEL SECURITY; absent: not forced. */
  readonly forcesRowSecurity?: boolean;
  /** PARTITION BY … as the source says it. */
  readonly partitionBy?: string | undefined;
  /** FOR VALUES … or DEFAULT, as the source says it. */
  readonly bound?: string | undefined;
  /** Storage parameters `name=value` in the order of the catalog, those of the TOAST table under `toast.`. Absent: none. */
  readonly options?: readonly string[];
  /** Absent: the primary key's. With `index` the index says so itself. */
  readonly replicaIdentity?: 'full' | 'nothing' | 'index';
  /** Absent: the database's. */
  readonly tablespace?: string | undefined;
  /** Absent: the default one. */
  readonly accessMethod?: string | undefined;
  /** The key of the composite type that a typed table (`CREATE TABLE … OF`) is made of. */
  readonly ofType?: string | undefined;
  /** False for a table known only from a statement that touches it: other columns may exist. */
  readonly columnsComplete: boolean;
}

export interface Rule extends Described, Dependent {
  readonly name: string;
  readonly definition?: Definition;
}

export interface Trigger extends Dependent, Described {
  readonly name: string;
  /** Columns of its `UPDATE OF` and its `WHEN`. */
  readonly reads: readonly string[];
  /** On a partition, one that its parent's trigger brought: it comes and goes with that. */
  readonly ofParent: boolean;
  readonly row: boolean;
  /** Absent: enabled. */
  readonly state?: FiringState | undefined;
  /** Extensions that it goes with: ALTER TRIGGER … DEPENDS ON. */
  readonly extensions?: readonly string[];
  readonly definition?: Definition;
}

/** What ENABLE REPLICA, ENABLE ALWAYS and DISABLE make of a trigger or a rule; else it is plainly enabled. */
export type FiringState = 'disabled' | 'replica' | 'always';

export interface Policy extends Described {
  readonly name: string;
  readonly using: PolicyExpression | undefined;
  readonly check: PolicyExpression | undefined;
  /** Absent: all. */
  readonly command?: string;
  /** Absent: PUBLIC alone, which stands as undefined. */
  readonly roles?: readonly (string | undefined)[];
  /** AS RESTRICTIVE */
  readonly restrictive?: boolean;
}

export interface PolicyExpression extends Dependent {
  /** Columns of the table that it reads. */
  readonly reads: readonly string[];
  readonly definition?: Definition;
}

/** What cannot be without something else. */
export interface Dependent {
  /**
   * Functions, types and relations that an expression names, as `dependencyOf` spells them: to drop one of
   * these takes CASCADE, and this with it. Absent: none known.
   */
  readonly dependsOn?: readonly string[];
}

export interface PartitionKey {
  readonly strategy: 'range' | 'list' | 'hash';
  readonly columns: readonly (string | null)[];
  /** Columns that decide the partition, alone or in an expression. */
  readonly reads?: readonly string[];
}

export interface Column extends Dependent, Described {
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
  /** False for a column that the table has from its parents alone: dropped there, it goes here too. Absent: true. */
  readonly local?: boolean;
  /** Columns that a generated column's expression reads. */
  readonly reads?: readonly string[];
  /** What SET STORAGE made other than the type's own; lower case. Absent: the type's own. */
  readonly storage?: string | undefined;
  /** Absent: by `default_toast_compression`. */
  readonly compression?: string | undefined;
  /** SET STATISTICS. Absent: by `default_statistics_target`. */
  readonly statistics?: number | undefined;
  /** `n_distinct` and the like, `name=value`. Absent: none. */
  readonly options?: readonly string[];
}

/** NOT NULL is here too, under the name that Postgres 18 gives it; older versions keep no constraint for it. */
export interface Constraint extends Dependent, Described {
  readonly name: string;
  readonly kind: 'primary key' | 'unique' | 'foreign key' | 'check' | 'exclusion' | 'not null';
  readonly columns: readonly string[];
  readonly validated: boolean;
  /** For a check: its source. */
  readonly expression: string | undefined;
  /** For a check that proves `column IS NOT NULL` (alone or in a conjunction): those columns. */
  readonly provesNotNull: readonly string[];
  /** For a foreign key: the referenced table's key and columns. */
  readonly references:
    | {
        readonly table: string;
        readonly columns: readonly string[];
        /** Name of the unique index that it stands on, where known. */
        readonly index?: string | undefined;
      }
    | undefined;
  /** Name of the index that backs a primary key, unique or exclusion constraint. */
  readonly index: string | undefined;
  /** The constraint as `pg_get_constraintdef` would, as far as the source tells. */
  readonly definition: string;
  /** False for NO INHERIT: children and partitions do not get it. */
  readonly inherits: boolean;
  /** False for NOT ENFORCED. Absent: true. */
  readonly enforced?: boolean;
  /** False for one that the table has from its parents alone. Absent: true. */
  readonly local?: boolean;
  /** On a partition, the name of the parent's key, foreign key or exclusion that this is a part of. */
  readonly parent?: string | undefined;
}

export interface Index extends RelationBase, Dependent {
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
  /** On a partition, the key of the partitioned index that this is a part of. */
  readonly parent?: string | undefined;
  /** False for the index of a partitioned table that some partition has no part of yet. Absent: true. */
  readonly valid?: boolean;
  /** Its expressions, collations, operator classes and predicate, in a form in which equal ones are equal. */
  readonly signature?: string;
  /** Of a constraint that is DEFERRABLE: no foreign key can stand on it. Absent: false. */
  readonly deferrable?: boolean;
  /** Of two indexes of a table the one with the lower number was made first: Postgres takes them in that order. */
  readonly order?: number;
  /** UNIQUE … NULLS NOT DISTINCT. Absent: false. */
  readonly nullsNotDistinct?: boolean;
  /** Storage parameters, `name=value`. Absent: none. */
  readonly options?: readonly string[];
  /** Absent: the database's. */
  readonly tablespace?: string | undefined;
  /** SET STATISTICS of its own columns, by number. Absent: none. */
  readonly statistics?: Readonly<Record<number, number>>;
  /** CLUSTER goes by it. Absent: not. */
  readonly clustered?: boolean;
  /** REPLICA IDENTITY USING INDEX names it. Absent: not. */
  readonly replicaIdentity?: boolean;
}

export interface View extends RelationBase, Dependent {
  readonly kind: 'view' | 'materialized view';
  readonly definition: string;
  /** As the parser reads it; absent where no statement told. */
  readonly query?: Node;
  /** Keys of relations that its query reads, as far as names tell. */
  readonly reads: readonly string[];
  /** Columns that the query reads, by the key of their relation; absent where names alone do not tell. */
  readonly readsColumns?: Readonly<Record<string, readonly string[]>>;
  /** In order; absent where the query does not tell them. */
  readonly columns?: readonly ViewColumn[];
  /** How it was declared; absent where no statement told. */
  readonly source?: Definition;
  /** WITH (…): settings by name; absent: none. */
  readonly options?: Readonly<Record<string, string>>;
  /** A materialized view that holds no rows: WITH NO DATA. */
  readonly unpopulated?: boolean;
  /** Columns have other names than the query or the column list of its source gives them. */
  readonly columnsRenamed?: boolean;
  /** The index that a materialized view is clustered on. */
  readonly clusteredOn?: string | undefined;
  /** A materialized view's access method and tablespace, where said. */
  readonly storage?: { readonly method?: string; readonly tablespace?: string };
  readonly triggerDefinitions?: readonly Trigger[];
  readonly ruleDefinitions?: readonly Rule[];
}

export interface ViewColumn extends Pick<Column, 'name' | 'type' | 'collation'>, Described {
  /** A view column's own default: the expression's source. */
  readonly default?: string;
  /** What ALTER has set of a materialized view's column and is not followed. */
  readonly altered?: boolean;
}

export interface Sequence extends RelationBase {
  readonly kind: 'sequence';
  readonly ownedBy: { readonly table: string; readonly column: string } | undefined;
  /** Parameters that were said, as ALTER SEQUENCE would set them; absent where no statement made it. */
  readonly parameters?: SequenceParameters;
  readonly persistence?: 'unlogged' | 'temporary';
}

/** Numbers as their digits: they go beyond what a number holds. Absent: the default. */
export interface SequenceParameters {
  /** `smallint`, `integer`; absent: bigint. */
  readonly type?: string;
  readonly increment?: string;
  readonly minimum?: string;
  readonly maximum?: string;
  readonly start?: string;
  readonly cache?: string;
  readonly cycle?: boolean;
}
