import type { AlterTableCmd, Node, RangeVar } from '@pgsql/types';
import { nameOfRangeVar, stringsOf } from '../sql/names.ts';
import { putColumn } from './column-commands.ts';
import { bareColumn } from './column-definition.ts';
import { type Draft, typeOf } from './draft.ts';
import { changeColumn, dropColumns } from './inheritance.ts';
import { bareType, dependencyOf } from './links.ts';
import type { UserType } from './model.ts';
import { qualify, relationKey, typeDisplayName } from './names.ts';
import { inPasses } from './passes.ts';
import { rebuildColumn } from './rebuild.ts';
import { renameColumn } from './rename-column.ts';

type Attribute = NonNullable<UserType['attributes']>[number];

/** The attribute that a column definition of CREATE TYPE or ALTER TYPE declares. */
export function attributeOf(draft: Draft, node: Node | undefined): Attribute | undefined {
  if (!node || !('ColumnDef' in node)) return undefined;
  const { colname = '', typeName, collClause } = node.ColumnDef;
  return { name: colname, type: typeOf(draft, typeName), collation: stringsOf(collClause?.collname).at(-1) };
}

/** ALTER TYPE … ADD, DROP and ALTER ATTRIBUTE; with CASCADE the typed tables follow. */
export function alterAttributes(draft: Draft, relation: RangeVar, cmds: readonly Node[] | undefined): void {
  const key = relationKey(qualify(draft, nameOfRangeVar(relation), (one) => draft.types.has(one)));
  for (const { command } of inPasses(cmds)) {
    const type = draft.types.get(key);
    if (!type) {
      draft.refused = draft.complete;
      return;
    }
    alterAttribute(draft, key, type, command);
  }
}

function alterAttribute(draft: Draft, key: string, type: UserType, command: AlterTableCmd): void {
  const { subtype, name = '', def, missing_ok, behavior } = command;
  const made = attributeOf(draft, def);
  const before = type.attributes ?? [];
  const known = before.some((one) => one.name === (subtype === 'AT_AddColumn' ? made?.name : name));
  const tables = typedTables(draft, key);
  if (known === (subtype === 'AT_AddColumn') || (tables.length > 0 && behavior !== 'DROP_CASCADE')) {
    if (known || !missing_ok) draft.refused = true;
    return;
  }
  if (subtype === 'AT_AlterColumnType' && isColumnType(draft, type)) draft.refused = true;
  draft.types.set(key, { ...type, attributes: changed(before, subtype, name, made) });
  for (const table of tables) {
    if (subtype === 'AT_AddColumn' && made) putColumn(draft, table, { ...bareColumn(made.name), ...made });
    else if (subtype === 'AT_DropColumn') dropColumns(draft, table, name, { cascade: true, recurse: true });
    else if (made) {
      changeColumn(draft, table, name, (one) => ({ ...one, type: made.type, collation: made.collation }));
      rebuildColumn(draft, table, name);
    }
  }
}

function changed(
  attributes: readonly Attribute[],
  subtype: string | undefined,
  name: string,
  made: Attribute | undefined,
): readonly Attribute[] {
  if (subtype === 'AT_AddColumn' && made) return [...attributes, made];
  if (subtype === 'AT_DropColumn') return attributes.filter((one) => one.name !== name);
  return attributes.map((one) => (one.name === name && made ? { ...one, ...made, name } : one));
}

/** Keys of the tables that are declared to be OF the type. */
function typedTables(draft: Draft, key: string): readonly string[] {
  return [...draft.relations.linked(dependencyOf('type', key))].flatMap((one) =>
    one.kind === 'table' && one.ofType === key ? [relationKey(one.name)] : [],
  );
}

function isColumnType(draft: Draft, type: UserType): boolean {
  const printed = typeDisplayName(draft, type.name);
  for (const one of draft.relations.linked(dependencyOf('type', printed)))
    if (one.kind === 'table' && one.columns.some((column) => bareType(column.type ?? '') === printed))
      return true;
  return false;
}

/** ALTER TYPE … RENAME ATTRIBUTE, in the typed tables as well. */
export function renameAttribute(
  draft: Draft,
  key: string,
  { from, to, cascade }: { readonly from: string; readonly to: string; readonly cascade: boolean },
): void {
  const type = draft.types.get(key);
  const attributes = type?.attributes;
  if (!type || !attributes) return;
  const tables = typedTables(draft, key);
  const has = (name: string) => attributes.some((one) => one.name === name);
  if (!has(from) || has(to) || (tables.length > 0 && !cascade)) draft.refused = true;
  const renamed = attributes.map((one) => (one.name === from ? { ...one, name: to } : one));
  draft.types.set(key, { ...type, attributes: renamed });
  for (const table of tables) renameColumn(draft, table, from, to);
}
