import type { AlterTableStmt, DropStmt, RenameStmt } from '@pgsql/types';
import { keyOf } from '../schema/lookup.ts';
import type { Relation, Schema } from '../schema/model.ts';
import type { Statement } from '../sql/model.ts';
import { nameOfObject, nameOfRangeVar, type ObjectName, quoteIdentifier, writeName } from '../sql/names.ts';

/** A name that queries can say before a statement, and no more after it. */
export interface Removal {
  readonly kind: 'relation' | 'column' | 'schema';
  readonly how: 'dropped' | 'renamed' | 'moved';
  /** The relation's key; for a schema the start of the keys in it, `app.`. */
  readonly key: string;
  /** The relation, column or schema, as it is called before. */
  readonly name: string;
  /** What it is called afterwards; undefined where it is gone. */
  readonly to: string | undefined;
  /** False for what goes along with what the statement names. */
  readonly named: boolean;
}

/**
 * The relations and columns that a statement drops, renames or moves. A name that no baseline tells of is taken
 * for there; what Postgres would refuse to drop is left out.
 */
export function removalsOf(statement: Statement, before: Schema, after: Schema): readonly Removal[] {
  const { node } = statement;
  const named = namedBy(node, before).filter((removal) => happens(removal, before, after));
  return takesMore(node, before) ? [...named, ...along(named, before, after)] : named;
}

/** Only CASCADE, a schema, and a table with partitions take away what the statement does not name. */
function takesMore(node: Statement['node'], before: Schema): boolean {
  if ('AlterTableStmt' in node)
    return (node.AlterTableStmt.cmds ?? []).some(
      (one) => 'AlterTableCmd' in one && one.AlterTableCmd.behavior === 'DROP_CASCADE',
    );
  if (!('DropStmt' in node)) return false;
  const { behavior, removeType, objects = [] } = node.DropStmt;
  if (behavior === 'DROP_CASCADE' || removeType === 'OBJECT_SCHEMA') return true;
  return objects.some((object) => {
    const name = nameOfObject(object);
    const relation = name && before.relations.get(keyOf(before, name));
    return relation?.kind === 'table' && relation.partitioned;
  });
}

function namedBy(node: Statement['node'], before: Schema): readonly Removal[] {
  if ('AlterTableStmt' in node) return droppedColumns(node.AlterTableStmt, before);
  if ('DropStmt' in node) return dropped(node.DropStmt, before);
  if ('RenameStmt' in node) return renamed(node.RenameStmt, before);
  if (!('AlterObjectSchemaStmt' in node)) return [];
  const { relation, objectType, newschema = '' } = node.AlterObjectSchemaStmt;
  if (!relation || !relationTypes.has(objectType ?? '')) return [];
  const name = nameOfRangeVar(relation);
  const to = writeName({ schema: newschema, name: name.name });
  return [{ ...relationRemoval(before, name), how: 'moved', to }];
}

const relationTypes = new Set(['OBJECT_TABLE', 'OBJECT_FOREIGN_TABLE', 'OBJECT_VIEW', 'OBJECT_MATVIEW']);

function relationRemoval(before: Schema, name: ObjectName) {
  return { kind: 'relation', key: keyOf(before, name), name: name.name, named: true } as const;
}

function droppedColumns({ relation, cmds }: AlterTableStmt, before: Schema): readonly Removal[] {
  if (!relation) return [];
  const key = keyOf(before, nameOfRangeVar(relation));
  return (cmds ?? []).flatMap((node) => {
    const command = 'AlterTableCmd' in node ? node.AlterTableCmd : undefined;
    if (command?.subtype !== 'AT_DropColumn') return [];
    const { name = '' } = command;
    return [{ kind: 'column', how: 'dropped', key, name, to: undefined, named: true }];
  });
}

function dropped({ removeType, objects }: DropStmt, before: Schema): readonly Removal[] {
  return (objects ?? []).flatMap((object): readonly Removal[] => {
    const name = nameOfObject(object);
    if (!name) return [];
    if (relationTypes.has(removeType ?? ''))
      return [{ ...relationRemoval(before, name), how: 'dropped', to: undefined }];
    if (removeType !== 'OBJECT_SCHEMA') return [];
    return [{ ...schemaRemoval(name.name), how: 'dropped', to: undefined }];
  });
}

function schemaRemoval(name: string) {
  return { kind: 'schema', key: `${quoteIdentifier(name)}.`, name, named: true } as const;
}

function renamed(fields: RenameStmt, before: Schema): readonly Removal[] {
  const { renameType = '', relation, relationType = '', subname = '', newname = '' } = fields;
  if (renameType === 'OBJECT_SCHEMA') return [{ ...schemaRemoval(subname), how: 'renamed', to: newname }];
  if (!relation) return [];
  const name = nameOfRangeVar(relation);
  if (renameType === 'OBJECT_COLUMN' && relationTypes.has(relationType)) {
    const key = keyOf(before, name);
    return [{ kind: 'column', how: 'renamed', key, name: subname, to: newname, named: true }];
  }
  if (!relationTypes.has(renameType)) return [];
  return [{ ...relationRemoval(before, name), how: 'renamed', to: newname }];
}

/** Whether what is there before is there no more, as far as the schemas know. */
function happens({ kind, key, name }: Removal, before: Schema, after: Schema): boolean {
  if (kind === 'schema') return !before.complete || before.schemas.has(name) !== after.schemas.has(name);
  const [old, now] = [before.relations.get(key), after.relations.get(key)];
  if (!old) return !before.complete;
  if (kind === 'relation') return now === undefined;
  if (old.kind === 'table' && !hasColumn(old, name)) return !old.columnsComplete;
  return !hasColumn(now, name);
}

/** A view of which the columns are not known is taken to have it. */
function hasColumn(relation: Relation | undefined, name: string): boolean {
  if (relation?.kind !== 'table' && relation?.kind !== 'view' && relation?.kind !== 'materialized view')
    return false;
  return relation.columns?.some((column) => column.name === name) ?? true;
}

/** What goes along: views and partitions, columns of a type, all that a schema holds. */
function* along(named: readonly Removal[], before: Schema, after: Schema): Generator<Removal> {
  if (before.relations === after.relations) return;
  const known = new Set(named.map(({ kind, key, name }) => `${kind} ${key} ${name}`));
  const schemas = named.filter(({ kind }) => kind === 'schema');
  for (const [key, old] of before.relations) {
    if (old.kind === 'index' || old.kind === 'sequence') continue;
    const now = after.relations.get(key);
    if (now === old || schemas.some((one) => key.startsWith(one.key))) continue;
    const { name } = old.name;
    const gone = { how: 'dropped', key, to: undefined, named: false } as const;
    if (now === undefined) {
      if (!known.has(`relation ${key} ${name}`)) yield { ...gone, kind: 'relation', name };
    } else if (old.kind === 'table') {
      for (const column of old.columns)
        if (!hasColumn(now, column.name) && !known.has(`column ${key} ${column.name}`))
          yield { ...gone, kind: 'column', name: column.name };
    }
  }
}

/** Whether a schema has none of the name that was removed: nothing was put in its place. */
export function isGone({ kind, key, name }: Removal, schema: Schema): boolean {
  if (kind === 'schema') return !schema.schemas.has(name);
  const relation = schema.relations.get(key);
  if (kind === 'relation') return relation === undefined;
  return !hasColumn(relation, name);
}

/** `users.username`, or the relation or schema alone, as the search path lets it be written. */
export function removalName({ kind, key, name }: Removal, shown: (key: string) => string): string {
  if (kind === 'schema') return quoteIdentifier(name);
  return kind === 'relation' ? shown(key) : `${shown(key)}.${quoteIdentifier(name)}`;
}
