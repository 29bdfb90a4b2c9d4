import type { Draft } from './draft.ts';
import type { Constraint, Schema, Table } from './model.ts';
import { relationKey } from './names.ts';

/**
 * Applies a change that may not come about, such as one behind the IF of a DO block. The draft takes it as made, and
 * remembers what is otherwise if it is not: nobody can say then that a name is there, or that it is not.
 */
export function applyPerhaps(draft: Draft, change: () => void): void {
  const before = { relations: draft.relations.fork(), types: draft.types.fork() };
  change();
  const names = [...differing(before, draft)];
  if (names.length > 0) draft.uncertain = new Set([...draft.uncertain, ...names]);
}

/** Whether the relation or type at `key`, or that column of it, may be there or not, or be another. */
export function isUncertain(
  { uncertain }: Pick<Schema, 'uncertain'>,
  key: string | undefined,
  column?: string,
): boolean {
  if (!uncertain || uncertain.size === 0) return false;
  if (key !== undefined)
    return uncertain.has(key) || (column !== undefined && uncertain.has(columnKey(key, column)));
  // Any relation may be the one that has the column.
  return column !== undefined && isUncertainName({ uncertain }, column);
}

/** The same for a name of which only the last part is known. */
export function isUncertainName({ uncertain }: Pick<Schema, 'uncertain'>, name: string): boolean {
  for (const one of uncertain ?? []) if (one.split(/[.\0]/).at(-1) === relationNameOf(name)) return true;
  return false;
}

function relationNameOf(name: string): string {
  return relationKey({ schema: 'x', name }).slice('x.'.length);
}

function columnKey(key: string, column: string): string {
  return `${key}\0${relationNameOf(column)}`;
}

function* differing(before: Pick<Draft, 'relations' | 'types'>, now: Draft): Generator<string> {
  for (const [key, one] of now.relations.changesSince(before.relations)) {
    const old = before.relations.get(key);
    if (old?.kind === 'table' && one?.kind === 'table') yield* differingColumns(key, old, one);
    else yield key;
    // An index that may be gone is one that ON CONFLICT may miss.
    if (old?.kind === 'index' && !one) yield old.table;
  }
  for (const [key, one] of now.types.changesSince(before.types))
    if (before.types.has(key) !== (one !== undefined)) yield key;
}

function* differingColumns(key: string, old: Table, now: Table): Generator<string> {
  const known = new Map(old.columns.map((column) => [column.name, column]));
  for (const column of now.columns) {
    if (known.get(column.name) !== column) yield columnKey(key, column.name);
    known.delete(column.name);
  }
  for (const name of known.keys()) yield columnKey(key, name);
  const kept = new Set(now.constraints);
  if (old.constraints.some((one) => !kept.has(one))) yield key;
  const had = new Set(old.constraints);
  for (const constraint of now.constraints) if (!had.has(constraint)) yield* demanded(key, constraint);
}

/** A constraint that may not be there demands nothing for certain. */
function demanded(key: string, { provesNotNull }: Constraint): readonly string[] {
  return provesNotNull.map((column) => columnKey(key, column));
}
