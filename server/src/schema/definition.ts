import type { Node } from '@pgsql/types';
import type { Statement } from '../sql/model.ts';
import type { Draft } from './draft.ts';
import type { Definition, Renaming } from './model.ts';

/** What declares an object, kept so that it can be written out later; `node` is where in the statement it stands. */
export function define(draft: Pick<Draft, 'searchPath'>, statement: Statement, node: Node): Definition {
  return { text: statement.text, searchPath: draft.searchPath, read: () => ({ statement, node }) };
}

/** The definition, of which one name is another now. */
export function renamedIn<One extends Definition | undefined>(definition: One, renaming: Renaming): One {
  return definition && { ...definition, renames: [...(definition.renames ?? []), renaming] };
}

/** Sets what is there and leaves away what is undefined, so that an absent field stays absent. */
export function withField<One extends object, Key extends keyof One>(
  one: One,
  key: Key,
  value: One[Key] | undefined,
): One {
  const { [key]: _, ...rest } = one;
  return (value === undefined ? rest : { ...rest, [key]: value }) as One;
}
