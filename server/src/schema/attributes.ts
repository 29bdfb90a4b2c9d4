import type { Node, RangeVar } from '@pgsql/types';
import { nameOfRangeVar, stringsOf } from '../sql/names.ts';
import { type Draft, typeOf } from './draft.ts';
import type { UserType } from './model.ts';
import { qualify, relationKey } from './names.ts';
import { inPasses } from './passes.ts';

type Attribute = NonNullable<UserType['attributes']>[number];

/** The attribute that a column definition of CREATE TYPE or ALTER TYPE declares. */
export function attributeOf(draft: Draft, node: Node | undefined): Attribute | undefined {
  if (!node || !('ColumnDef' in node)) return undefined;
  const { colname = '', typeName, collClause } = node.ColumnDef;
  return { name: colname, type: typeOf(draft, typeName), collation: stringsOf(collClause?.collname).at(-1) };
}

/** ALTER TYPE … ADD, DROP and ALTER ATTRIBUTE; with CASCADE the typed tables follow. */
export function addAttributes(draft: Draft, relation: RangeVar, cmds: readonly Node[] | undefined): void {
  const key = relationKey(qualify(draft, nameOfRangeVar(relation), (one) => draft.types.has(one)));
  const type = draft.types.get(key);
  if (!type) {
    draft.refused = draft.complete;
    return;
  }
  let attributes = type.attributes ?? [];
  for (const { command } of inPasses(cmds)) {
    const { subtype, name, def } = command;
    const made = attributeOf(draft, def);
    if (subtype === 'AT_AddColumn' && made) attributes = [...attributes, made];
    else if (subtype === 'AT_DropColumn') attributes = attributes.filter((one) => one.name !== name);
    else if (subtype === 'AT_AlterColumnType' && made)
      attributes = attributes.map((one) => (one.name === name ? { ...made, name: one.name } : one));
  }
  draft.types.set(key, { ...type, attributes });
}
