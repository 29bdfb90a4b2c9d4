import type { Node, OnConflictClause } from '@pgsql/types';
import type { ObjectName } from '../sql/names.ts';
import type { Relation } from './model.ts';
import type { Output } from './query-scope.ts';

/** Locations are those of the parse tree; undefined where it gives none. */
export type Location = number | undefined;

export interface RelationUse {
  readonly key: string;
  readonly name: ObjectName;
  /** Undefined where the schema does not hold it. */
  readonly relation: Relation | undefined;
  readonly location: Location;
}

export interface ColumnUse {
  /** The relation's key. */
  readonly key: string;
  /** `null` for all columns, as `SELECT *` reads them. */
  readonly column: string | null;
  readonly how: 'read' | 'written';
  /** False where several relations may have the column and none is known to. */
  readonly certain: boolean;
  readonly location: Location;
}

/** A name that a complete schema does not have. */
export interface MissingName {
  readonly kind: 'relation' | 'column';
  /** The relation, or the one that should have the column where that is clear. */
  readonly key: string | undefined;
  readonly name: string;
  readonly location: Location;
}

export interface WrittenColumn {
  readonly name: string;
  readonly location: Location;
  /** One element or field of it alone. */
  readonly part?: boolean;
}

/** Rows that the query makes or changes. */
export interface RowWrite {
  readonly kind: 'insert' | 'update';
  readonly key: string;
  /** Undefined for an INSERT without a column list. */
  readonly columns: readonly WrittenColumn[] | undefined;
  /** For each row the values beside the columns; undefined where a query gives them. */
  readonly rows: readonly (readonly Node[])[] | undefined;
  /** How many values the query gives for each row, where its output is known. */
  readonly width?: number | undefined;
  /** OVERRIDING SYSTEM VALUE or USER VALUE. */
  readonly overriding: boolean;
  readonly onConflict: OnConflictClause | undefined;
  readonly location: Location;
}

/** What a query names, as Postgres resolves it against a schema. */
export interface QueryNames {
  readonly relations: readonly RelationUse[];
  readonly columns: readonly ColumnUse[];
  readonly missing: readonly MissingName[];
  readonly writes: readonly RowWrite[];
  /** Functions and types by the name that the query says. */
  readonly functions: readonly ObjectName[];
  readonly types: readonly ObjectName[];
  readonly strings: readonly { readonly value: string; readonly location: Location }[];
  /** The columns it gives. */
  readonly output: Output;
}
