import { findType } from '../schema/lookup.ts';
import type { Column, Table, UserType } from '../schema/model.ts';
import { parseName } from '../sql/names.ts';
import { type Facts, sqlName } from './facts.ts';
import { type Given, refuse } from './model.ts';

/** The type that a question of kind `enum` was answered with. */
export function enumAnswered({ facts, answer }: Given, id = 'enum'): UserType {
  const typed = answer(id);
  for (const type of facts.schema.types.values())
    if (type.kind === 'enum' && sqlName(facts, type) === typed) return type;
  return refuse(`There is no enum ${typed}.`, id);
}

/** Why a label will not do; undefined where it will. */
export function problemOfLabel(label: string): string | undefined {
  return new TextEncoder().encode(label).length > 63
    ? `${label} is longer than the 63 bytes that Postgres allows a value of an enum: give a shorter one.`
    : undefined;
}

/** Columns of the type itself; those of partitions and heirs are their parents'. */
export function enumColumns(
  { schema }: Facts,
  type: UserType,
): readonly { readonly table: Table; readonly column: Column }[] {
  return [...schema.relations.values()].flatMap((table) =>
    table.kind !== 'table' || table.partition
      ? []
      : table.columns.flatMap((column) => {
          const name = column.type === undefined ? undefined : parseName(column.type);
          return name && column.local !== false && findType(schema, name) === type ? [{ table, column }] : [];
        }),
  );
}

/** What else is made with the type than columns of it, in words; undefined where nothing is. */
export function saysType({ schema }: Facts, type: UserType): string | undefined {
  const word = new RegExp(`(?<![\\w])${type.name.name.replace(/[.*+?^${}()|[\]\\]/g, '\\$&')}(?![\\w])`);
  for (const relation of schema.relations.values())
    if (relation.kind === 'table')
      for (const one of relation.columns) {
        const isArray = one.type?.endsWith('[]') === true;
        if (isArray && one.type !== undefined && word.test(one.type))
          return `${relation.name.name}.${one.name}`;
      }
  for (const other of schema.types.values()) {
    if (other === type) continue;
    if (other.baseType !== undefined && word.test(other.baseType)) return `The domain ${other.name.name}`;
    if (other.attributes?.some((one) => one.type !== undefined && word.test(one.type)))
      return `The type ${other.name.name}`;
  }
  for (const code of schema.functions.values())
    if (code.overloads?.some(({ source }) => source !== undefined && word.test(source.text)))
      return `The function ${code.name.name}`;
  return undefined;
}
