import type { Node } from '@pgsql/types';
import type { Schema } from './model.ts';
import { insert, merge, remove, update } from './query-changes.ts';
import type { QueryNames } from './query-model.ts';
import { type Output, unknownOutput } from './query-scope.ts';
import { select } from './query-select.ts';
import type { Place, Walk } from './query-walk.ts';

export type * from './query-model.ts';

/** Deeper nesting than any hand or framework writes is left unread. */
const maxDepth = 100;

/** Resolves the names of a SELECT, INSERT, UPDATE, DELETE or MERGE; other statements name nothing here. */
export function namesIn(node: Node, schema: Schema): QueryNames {
  const walk: Walk = {
    schema,
    query: (inner, place) => resolve(walk, inner, place),
    relations: [],
    columns: [],
    missing: [],
    writes: [],
    functions: [],
    types: [],
    strings: [],
  };
  const output = resolve(walk, node, { outer: undefined, ctes: new Map(), depth: 0 });
  const { schema: _, query: __, ...gathered } = walk;
  return { ...gathered, output };
}

function resolve(walk: Walk, node: Node | undefined, place: Place): Output {
  if (!node || place.depth > maxDepth) return unknownOutput;
  const inner = { ...place, depth: place.depth + 1 };
  if ('SelectStmt' in node) return select(walk, node.SelectStmt, inner);
  if ('InsertStmt' in node) return insert(walk, node.InsertStmt, inner);
  if ('UpdateStmt' in node) return update(walk, node.UpdateStmt, inner);
  if ('DeleteStmt' in node) return remove(walk, node.DeleteStmt, inner);
  if ('MergeStmt' in node) return merge(walk, node.MergeStmt, inner);
  return unknownOutput;
}
