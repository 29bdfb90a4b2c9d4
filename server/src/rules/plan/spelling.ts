import type { SqlText } from '../../plan/model.ts';
import { nearest } from '../../plan/nearest.ts';
import type { Schema } from '../../schema/model.ts';
import { quoteIdentifier } from '../../sql/names.ts';
import type { Range } from '../../text/range.ts';
import type { StatementAnalysis } from '../model.ts';

/** What may stand in the place of a name. */
export interface Spelling {
  readonly sql: SqlText;
  /** In the SQL text. */
  readonly place: Range;
  readonly instead: string;
}

/** The known name that looks most like one that is not there; undefined where none does. */
export function spellingOf(
  sql: SqlText,
  place: Range | undefined,
  name: string,
  known: Iterable<string>,
): Spelling | undefined {
  // Every short name looks like every other.
  const near = name.length < 3 ? undefined : nearest(name, known);
  return near !== undefined && place ? { sql, place, instead: quoteIdentifier(near) } : undefined;
}

/** What to do about a name that is not there, as a sentence. */
export function guess(spelling: Spelling | undefined): string {
  return spelling
    ? `Is ${spelling.instead} meant?`
    : 'Correct it, or move the step to where it holds; what is in production but not in the baseline DDL belongs there.';
}

/** Tables, views and sequences that can be named without their schema. */
export function relationNames(schema: Schema): string[] {
  return [...schema.relations.values()].flatMap(({ kind, name }) =>
    kind === 'index' || !schema.searchPath.includes(name.schema) ? [] : [name.name],
  );
}

export function columnNames(schema: Schema, key: string | undefined): readonly string[] {
  const relation = key === undefined ? undefined : schema.relations.get(key);
  return relation?.kind === 'table' ? relation.columns.map(({ name }) => name) : [];
}

/** What a name of DDL may have been meant to be: a relation, or a column of one that the statement names. */
export function namesNear(schema: Schema, s: StatementAnalysis): readonly string[] {
  const columns = s.effects.locks.flatMap(({ relation }) =>
    columnNames(schema, keyOfShown(schema, relation)),
  );
  const indexes = namesIndexes(s)
    ? [...schema.relations.values()].filter(({ kind }) => kind === 'index')
    : [];
  return [...columns, ...indexes.map(({ name }) => name.name), ...relationNames(schema)];
}

function namesIndexes({ statement: { node } }: StatementAnalysis): boolean {
  if ('ReindexStmt' in node) return node.ReindexStmt.kind === 'REINDEX_OBJECT_INDEX';
  if ('RenameStmt' in node) return node.RenameStmt.renameType === 'OBJECT_INDEX';
  return 'DropStmt' in node && node.DropStmt.removeType === 'OBJECT_INDEX';
}

function keyOfShown(schema: Schema, shown: string): string | undefined {
  for (const [key, { name }] of schema.relations) if (name.name === shown || key === shown) return key;
  return undefined;
}
