import type { Node } from '@pgsql/types';
import { columnOf, constraintOf, findRelation, findType, relationKey, tableOf } from '../schema/lookup.ts';
import type { Schema } from '../schema/model.ts';
import { creationSchema } from '../schema/names.ts';
import { isUncertain } from '../schema/uncertain.ts';
import { nameOfRangeVar, nameOfStrings, type ObjectName, stringsOf } from '../sql/names.ts';

/** Something that a statement makes under a name that is taken. */
export interface AlreadyThere {
  readonly name: string;
  /** In words: `table`, `column of users`. */
  readonly what: string;
  /** IF NOT EXISTS or so: the statement does nothing, instead of failing. */
  readonly passedOver: boolean;
}

/** What a statement makes in something else that has it already: a constraint, an enum's value. */
export function* partsAlreadyThere(node: Node, schema: Schema): Generator<AlreadyThere> {
  if ('AlterEnumStmt' in node) {
    const { typeName, newVal, oldVal, skipIfNewValExists } = node.AlterEnumStmt;
    const name = nameOfStrings(stringsOf(typeName));
    const taken = newVal !== undefined && findType(schema, name)?.labels.includes(newVal);
    if (taken && newVal !== oldVal && !skipIfNewValExists)
      yield { name: newVal, what: `value of ${name.name}`, passedOver: false };
  }
  if (!('AlterTableStmt' in node)) return;
  const table = tableOf(schema, node.AlterTableStmt.relation);
  const commands = (node.AlterTableStmt.cmds ?? []).flatMap((one) =>
    'AlterTableCmd' in one ? [one.AlterTableCmd] : [],
  );
  for (const { subtype, def } of commands) {
    const name =
      subtype === 'AT_AddConstraint' && def && 'Constraint' in def ? def.Constraint.conname : undefined;
    if (!table || name === undefined || !constraintOf(table, name)) continue;
    // One that the same statement drops makes room: drops come first.
    const dropped = commands.some((one) => one.subtype === 'AT_DropConstraint' && one.name === name);
    if (!dropped && !isUncertain(schema, relationKey(table.name), name))
      yield { name, what: `constraint of ${table.name.name}`, passedOver: false };
  }
}

/** What a statement makes, where the schema has it already; undefined where it has not, or the statement replaces it. */
export function alreadyThere(node: Node, schema: Schema): AlreadyThere | undefined {
  const made = madeBy(node, schema);
  if (!made) return undefined;
  const { name, at, passedOver = false, space } = made;
  const key = relationKey({ schema: at ?? creationSchema(schema), name });
  if (isUncertain(schema, key)) return undefined;
  if (space === 'type') {
    return schema.types.has(key) ? { name, what: 'type', passedOver } : undefined;
  }
  const there = schema.relations.get(key);
  return there && { name, what: there.kind, passedOver };
}

interface Made {
  readonly name: string;
  /** The schema it goes to, where the statement tells. */
  readonly at: string | undefined;
  readonly passedOver?: boolean | undefined;
  readonly space: 'relation' | 'type';
}

function madeBy(node: Node, schema: Schema): Made | undefined {
  const relation = ({ name, schema: at }: ObjectName, passedOver?: boolean): Made | undefined =>
    name === '' ? undefined : { name, at, passedOver, space: 'relation' };
  const type = (names: readonly Node[] | undefined): Made => {
    const { name, schema: at } = nameOfStrings(stringsOf(names));
    return { name, at, space: 'type' };
  };
  if ('CreateStmt' in node && node.CreateStmt.relation)
    return isTemporary(node.CreateStmt.relation)
      ? undefined
      : relation(nameOfRangeVar(node.CreateStmt.relation), node.CreateStmt.if_not_exists);
  if ('CreateTableAsStmt' in node && node.CreateTableAsStmt.into?.rel)
    return isTemporary(node.CreateTableAsStmt.into.rel)
      ? undefined
      : relation(nameOfRangeVar(node.CreateTableAsStmt.into.rel), node.CreateTableAsStmt.if_not_exists);
  if ('CreateSeqStmt' in node && node.CreateSeqStmt.sequence)
    return relation(nameOfRangeVar(node.CreateSeqStmt.sequence), node.CreateSeqStmt.if_not_exists);
  if ('ViewStmt' in node && node.ViewStmt.view && !node.ViewStmt.replace)
    return isTemporary(node.ViewStmt.view) ? undefined : relation(nameOfRangeVar(node.ViewStmt.view));
  if ('IndexStmt' in node && node.IndexStmt.idxname && node.IndexStmt.relation) {
    // An index goes to its table's schema.
    const table = findRelation(schema, nameOfRangeVar(node.IndexStmt.relation));
    return (
      table &&
      relation({ name: node.IndexStmt.idxname, schema: table.name.schema }, node.IndexStmt.if_not_exists)
    );
  }
  if ('CreateEnumStmt' in node) return type(node.CreateEnumStmt.typeName);
  if ('CreateRangeStmt' in node) return type(node.CreateRangeStmt.typeName);
  if ('CompositeTypeStmt' in node && node.CompositeTypeStmt.typevar) {
    const { name, schema: at } = nameOfRangeVar(node.CompositeTypeStmt.typevar);
    return { name, at, space: 'type' };
  }
  if ('CreateDomainStmt' in node) return type(node.CreateDomainStmt.domainname);
  return undefined;
}

function isTemporary({ relpersistence }: { relpersistence?: string }): boolean {
  return relpersistence === 't';
}

/** The column that a RENAME would give a name that is taken; undefined for none. */
export function renamedOnto(node: Node, schema: Schema): AlreadyThere | undefined {
  if (!('RenameStmt' in node)) return undefined;
  const { renameType, relation, newname = '', subname } = node.RenameStmt;
  const table = relation && findRelation(schema, nameOfRangeVar(relation));
  if (!table) return undefined;
  if (renameType === 'OBJECT_COLUMN') {
    const taken =
      table.kind === 'table' &&
      subname !== newname &&
      columnOf(table, newname) &&
      !isUncertain(schema, relationKey(table.name), newname);
    return taken ? { name: newname, what: `column of ${table.name.name}`, passedOver: false } : undefined;
  }
  if (!['OBJECT_TABLE', 'OBJECT_INDEX', 'OBJECT_VIEW', 'OBJECT_SEQUENCE'].includes(renameType ?? ''))
    return undefined;
  const key = relationKey({ schema: table.name.schema, name: newname });
  const taken = isUncertain(schema, key) ? undefined : schema.relations.get(key);
  return taken && { name: newname, what: taken.kind, passedOver: false };
}
