import type { QualifiedName, Relation, Schema, Table } from '../schema/model.ts';
import { creationSchema, displayName, relationKey } from '../schema/names.ts';
import { writeName } from '../sql/names.ts';

/** The way back from one schema to an earlier one: what the writers of SQL go by. */
export interface Way {
  /** What is to be restored. */
  readonly before: Schema;
  /** What is there now. */
  readonly now: Schema;
  readonly pgVersion: number;
  /** Indexes of tables that others write to are built outside of a transaction, CONCURRENTLY. */
  readonly concurrently: boolean;
  /** A partition is made as a table by itself, and attached: so its indexes and constraints get the names that they had. */
  readonly byAttaching: boolean;
  /** Every name says its schema, as the statement that is to be undone does. */
  readonly qualified: boolean;
  /** What makes a column's old values of its new ones, by the column's name, where a cast would not. */
  readonly conversions?: ReadonlyMap<string, string>;
}

/** SQL to run next. Those of the lowest stage go first; what is left to do is then looked at anew. */
export interface Piece {
  readonly stage: Stage;
  readonly sql: string;
  /** What goes right behind it and changes no schema. */
  readonly after?: readonly string[];
  /** It refuses a transaction block, or is only harmless outside of one. */
  readonly alone?: boolean;
}

export const stages = [
  'release',
  'drop foreign keys',
  'drop constraints',
  'drop indexes',
  'change types',
  'drop columns',
  'drop relations',
  'drop objects',
  'make schemas',
  'make types',
  'make functions',
  'make sequences',
  'make tables',
  'add columns',
  'set columns',
  'make views',
  'make indexes',
  'add keys',
  'add checks',
  'attach',
  'add foreign keys',
  'validate',
  'set identity',
  'make triggers',
  'make objects',
  'set tables',
  'drop schemas',
  'describe',
] as const;

export type Stage = (typeof stages)[number];

/** The name of what is there, or of what is made: with its schema where the search path would miss it. */
export function written(way: Way, name: QualifiedName): string {
  const { now, qualified } = way;
  const plainPath = now.searchPath.join() === 'public';
  if (qualified || !plainPath) return writeName(name);
  if (now.relations.has(relationKey(name))) return displayName(now, name);
  return name.schema === creationSchema(now) ? displayName(now, name) : writeName(name);
}

export function tableAt(schema: Schema, key: string): Table | undefined {
  const relation: Relation | undefined = schema.relations.get(key);
  return relation?.kind === 'table' ? relation : undefined;
}

/** Whether others may use the table while the way back is gone: what takes long must not lock it. */
export function isInUse({ before, now }: Way, { name }: Table): boolean {
  const key = relationKey(name);
  const own = tableAt(now, key);
  return own !== undefined && !own.empty && own.persistence !== 'temporary' && before.relations.has(key);
}

/** The parents that the table has now and had before. */
export function parentsIn({ before, now }: Way, table: Table): readonly (readonly [Table, Table])[] {
  return table.parents.flatMap((key) => {
    const [old, own] = [tableAt(before, key), tableAt(now, key)];
    return old && own ? [[old, own] as const] : [];
  });
}
