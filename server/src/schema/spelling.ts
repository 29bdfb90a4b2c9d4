import type { Draft } from './draft.ts';
import { respelledForeignKey } from './foreign-keys.ts';
import { bareType, dependencyOf } from './links.ts';
import type { Column, Overload, Relation, Schema, UserType } from './model.ts';
import { relationKey, typeDisplayName } from './names.ts';

export type SessionSettings = Pick<Schema, 'searchPath' | 'timeZone'>;

export function changeSession(draft: Draft, { searchPath, timeZone }: SessionSettings): void {
  draft.timeZone = timeZone;
  if (searchPath.join('\0') === draft.searchPath.join('\0')) return;
  respellTypes(draft, () => {
    draft.searchPath = searchPath;
  });
  respellForeignKeys(draft);
}

/** `pg_get_constraintdef` names the table that a foreign key refers to as the search path of the session has it. */
function respellForeignKeys(draft: Draft): void {
  for (const [key, relation] of [...draft.relations]) {
    if (relation.kind !== 'table') continue;
    const constraints = relation.constraints.map((one) => respelledForeignKey(draft, one));
    if (constraints.some(({ definition }, at) => definition !== relation.constraints[at]?.definition))
      draft.relations.set(key, { ...relation, constraints });
  }
}

/**
 * Carries out a change after which `format_type` may print types otherwise (another search path, a type of
 * the same name before or behind), and spells those of columns, domains and arguments anew. `renamed` gives
 * the new key of a type by its old one.
 */
export function respellTypes(
  draft: Draft,
  change: () => void,
  renamed: (key: string) => string = (key) => key,
): void {
  const before = new Map<string, string>();
  for (const [key, type] of draft.types) before.set(renamed(key), typeDisplayName(draft, type.name));
  change();
  const spelled = new Map<string, string>();
  for (const [key, old] of before) {
    const type = draft.types.get(key);
    const now = type && typeDisplayName(draft, type.name);
    if (now !== undefined && now !== old) spelled.set(old, now);
  }
  if (spelled.size > 0) spellAll(draft, spelled);
}

/** A dump names all types with their schema, which `format_type` leaves out where the path finds the type. */
export function spellDumpedTypes(draft: Draft): void {
  const spelled = new Map<string, string>();
  for (const { name } of draft.types.values()) {
    const now = typeDisplayName(draft, name);
    if (now !== relationKey(name)) spelled.set(relationKey(name), now);
  }
  if (spelled.size > 0) spellAll(draft, spelled);
}

type Typed = Pick<Column, 'type'>;

function spellAll(draft: Draft, spelled: ReadonlyMap<string, string>): void {
  const spell = (type: string | undefined) => {
    if (type === undefined) return undefined;
    const bare = bareType(type);
    return (spelled.get(bare) ?? bare) + type.slice(bare.length);
  };
  const each = <One extends Typed>(columns: readonly One[]): readonly One[] =>
    columns.map((column) => ({ ...column, type: spell(column.type) }));
  for (const relation of unique(spelled, (link) => draft.relations.linked(link)))
    draft.relations.set(relationKey(relation.name), spellRelation(relation, each));
  for (const type of unique(spelled, (link) => draft.types.linked(link))) {
    const attributes: UserType['attributes'] = type.attributes && each(type.attributes);
    const changed = { ...type, baseType: spell(type.baseType), ...(attributes ? { attributes } : {}) };
    draft.types.set(relationKey(type.name), changed);
  }
  for (const [key, one] of [...draft.functions]) {
    if (!one.overloads?.some(({ argumentTypes }) => argumentTypes.some((type) => type !== spell(type))))
      continue;
    const overloads: readonly Overload[] = one.overloads.map((overload) => ({
      ...overload,
      argumentTypes: overload.argumentTypes.map(spell),
    }));
    draft.functions.set(key, { ...one, overloads });
  }
}

function spellRelation(
  relation: Relation,
  each: <One extends Typed>(columns: readonly One[]) => readonly One[],
): Relation {
  if (relation.kind === 'table') return { ...relation, columns: each(relation.columns) };
  if ((relation.kind === 'view' || relation.kind === 'materialized view') && relation.columns)
    return { ...relation, columns: each(relation.columns) };
  return relation;
}

function unique<One>(
  spelled: ReadonlyMap<string, string>,
  linked: (link: string) => Iterable<One>,
): ReadonlySet<One> {
  return new Set([...spelled.keys()].flatMap((old) => [...linked(dependencyOf('type', old))]));
}
