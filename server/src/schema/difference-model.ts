import type { Relation, Schema } from './model.ts';

/** A way in which a schema is not what it was. */
export interface SchemaDifference {
  /** `column_order`: a table has its columns in another order, which only a query without a column list can tell. */
  readonly kind: 'schema' | 'column_order';
  readonly change: 'added' | 'removed' | 'changed';
  /** The key of the relation, type or function, or the name of the schema. */
  readonly key: string;
  /** As a person names it: `index users_handle_idx`, `column users.handle`. */
  readonly object: string;
  /** What is different, with the object as its subject: `has no default any more`. */
  readonly words: string;
}

/** The difference as a clause: `the index users_handle_idx is still there`. */
export function inWords({ object, words }: SchemaDifference): string {
  return `the ${object} ${words}`;
}

/** Both schemas, and how each names a relation. */
export interface Compared {
  readonly before: Schema;
  readonly after: Schema;
  /** Whether what is set of objects (options, comments, privileges) is known: that of a schema without a baseline is not. */
  readonly areKnown: boolean;
  /** In the words of the later schema, or of the earlier one for what is gone. */
  nameOf(relation: Relation): string;
  isUncertain(key: string, column?: string): boolean;
}

export function added(key: string, object: string): SchemaDifference {
  return { kind: 'schema', change: 'added', key, object, words: 'is still there' };
}

export function removed(key: string, object: string): SchemaDifference {
  return { kind: 'schema', change: 'removed', key, object, words: 'is gone' };
}

export function changed(key: string, object: string, words: string): SchemaDifference {
  return { kind: 'schema', change: 'changed', key, object, words };
}
