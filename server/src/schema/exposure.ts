import type { AlterTableCmd, AlterTableStmt, CreateStmt, Node, RangeVar, RenameStmt } from '@pgsql/types';
import type { Statement } from '../sql/model.ts';
import { nameOfRangeVar, parseName } from '../sql/names.ts';
import { relationMap } from './links.ts';
import { findRelation } from './lookup.ts';
import type { Relation, Schema } from './model.ts';
import { relationKey } from './names.ts';

/**
 * Whether only the plan knows of a relation: it made it, and since then no version of the application was deployed,
 * and nothing that others use leads to it. An index is its table's.
 */
export function isUnshared(schema: Schema, relation: Relation): boolean {
  if (relation.kind !== 'index') return relation.madeByPlan && !relation.shared;
  const table = schema.relations.get(relation.table);
  return table !== undefined && isUnshared(schema, table);
}

/** After a deploy the application may use, and fill, what the plan has made so far: it is empty no longer. */
export function exposeNewRelations(schema: Schema): Schema {
  const relations = relationMap(schema.relations);
  for (const [key, one] of [...relations])
    if (one.empty || (one.madeByPlan && !one.shared))
      relations.set(key, { ...one, empty: false, ...(one.madeByPlan ? { shared: true } : {}) });
  return { ...schema, relations };
}

/** Once a step is done, what it brought within the reach of others may be filled by them: it is empty no longer. */
export function fillShared(schema: Schema): Schema {
  const filled = [...schema.relations].filter(([, one]) => one.shared && one.empty);
  if (filled.length === 0) return schema;
  const relations = relationMap(schema.relations);
  for (const [key, one] of filled) relations.set(key, { ...one, empty: false });
  return { ...schema, relations };
}

/** Whether a statement is of a kind that may bring tables within the reach of those who write to them. */
export function mayExpose({ node }: Statement): boolean {
  if ('CreateStmt' in node) return (node.CreateStmt.inhRelations ?? []).length > 0;
  if ('AlterTableStmt' in node)
    return (node.AlterTableStmt.cmds ?? []).some((one) => {
      const subtype = 'AlterTableCmd' in one ? one.AlterTableCmd.subtype : undefined;
      return subtype === 'AT_AttachPartition' || subtype === 'AT_AddInherit';
    });
  return ['RenameStmt', 'AlterObjectSchemaStmt', 'CreateFunctionStmt', 'RuleStmt', 'ViewStmt'].some(
    (kind) => kind in node,
  );
}

/**
 * The schema after a statement, in which others may use what the statement leads them to: a table that takes a name,
 * becomes part of a table that others use, is referred to by one, or is named in code that they may run.
 */
export function withExposed(before: Schema, after: Schema, statement: Statement): Schema {
  const exposed = exposedBy(before, after, statement).filter((one) => isUnshared(after, one));
  if (exposed.length === 0) return after;
  const relations = relationMap(after.relations);
  for (const one of exposed) relations.set(relationKey(one.name), { ...one, shared: true });
  return { ...after, relations };
}

function exposedBy(before: Schema, after: Schema, { node, text }: Statement): readonly Relation[] {
  if ('AlterTableStmt' in node) return byAlterTable(after, node.AlterTableStmt);
  if ('CreateStmt' in node) return byParents(after, node.CreateStmt);
  if ('RenameStmt' in node) return byNewName(after, node.RenameStmt);
  if ('AlterObjectSchemaStmt' in node) {
    const { relation, newschema } = node.AlterObjectSchemaStmt;
    const name = relation?.relname;
    return found(after, name === undefined ? undefined : { schemaname: newschema, relname: name });
  }
  if ('CreateFunctionStmt' in node || 'RuleStmt' in node) return named(after, text);
  // A view that is new is used by nobody yet.
  if ('ViewStmt' in node && found(before, node.ViewStmt.view).length > 0) return named(after, text);
  return [];
}

function byNewName(after: Schema, { relation, newname, renameType }: RenameStmt): readonly Relation[] {
  const isRelation = ['OBJECT_TABLE', 'OBJECT_VIEW', 'OBJECT_MATVIEW', 'OBJECT_SEQUENCE'].includes(
    renameType ?? '',
  );
  return isRelation && relation && newname ? found(after, { ...relation, relname: newname }) : [];
}

function byParents(after: Schema, { relation, inhRelations = [] }: CreateStmt): readonly Relation[] {
  const parents = inhRelations.flatMap((node) => ('RangeVar' in node ? [node.RangeVar] : []));
  return parents.some((parent) => isShared(after, parent)) ? found(after, relation) : [];
}

function byAlterTable(after: Schema, { relation, cmds = [] }: AlterTableStmt): readonly Relation[] {
  return cmds.flatMap((node) => {
    const command = 'AlterTableCmd' in node ? node.AlterTableCmd : undefined;
    if (!command) return [];
    const parent = command.def && 'RangeVar' in command.def ? command.def.RangeVar : undefined;
    if (command.subtype === 'AT_AddInherit') return isShared(after, parent) ? found(after, relation) : [];
    const led = leadsTo(command);
    return led.length > 0 && isShared(after, relation) ? led.flatMap((one) => found(after, one)) : [];
  });
}

/** The partition that a subcommand attaches, or the tables that its foreign keys refer to. */
function leadsTo({ def }: AlterTableCmd): readonly RangeVar[] {
  if (!def) return [];
  if ('PartitionCmd' in def) return def.PartitionCmd.name ? [def.PartitionCmd.name] : [];
  const constraints: readonly Node[] = 'ColumnDef' in def ? (def.ColumnDef.constraints ?? []) : [def];
  return constraints.flatMap((one) => ('Constraint' in one ? (one.Constraint.pktable ?? []) : []));
}

function isShared(schema: Schema, relation: RangeVar | undefined): boolean {
  const [known] = found(schema, relation);
  return known === undefined || !isUnshared(schema, known);
}

function found(schema: Schema, relation: RangeVar | undefined): readonly Relation[] {
  const one = relation && findRelation(schema, nameOfRangeVar(relation));
  return one ? [one] : [];
}

/** The relations that a text names, whatever it does with them. */
function named(schema: Schema, text: string): readonly Relation[] {
  const words = new Set(text.match(/(?:"[^"]+"|[\w$\u0080-\uffff]+)(?:\.(?:"[^"]+"|[\w$\u0080-\uffff]+))?/g));
  return [...words].flatMap((word) => {
    const name = parseName(word);
    return (name && findRelation(schema, name)) ?? [];
  });
}
