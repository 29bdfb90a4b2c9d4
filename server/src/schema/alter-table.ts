import type { AlterTableCmd, AlterTableStmt, Constraint as ConstraintNode } from '@pgsql/types';
import type { Statement } from '../sql/model.ts';
import { nameOfObject, nameOfRangeVar } from '../sql/names.ts';
import { sourceAfter } from '../sql/source.ts';
import { alterConstraint, dropConstraint, validateConstraint } from './alter-constraint.ts';
import { alterOther, changeRelationOwner } from './alter-view.ts';
import { alterAttributes } from './attributes.ts';
import { addColumn, dropColumn } from './column-commands.ts';
import { collationOf, makeSequence, tableConstraint, withoutNullDefault } from './column-definition.ts';
import { addConstraints } from './constraints.ts';
import { dependenciesOf } from './dependencies.ts';
import {
  type Apply,
  childKeys,
  createDraft,
  type Draft,
  find,
  findKey,
  heirsOf,
  schemaOf,
  touchRangeVar,
  typeOf,
  updateTable,
} from './draft.ts';
import { columnsRead } from './expressions.ts';
import { firingCommands } from './firing.ts';
import {
  changeColumn,
  dropConstraintTree,
  inheritFrom,
  keysOf,
  parentsWithColumn,
  parentsWithConstraint,
  releaseFrom,
} from './inheritance.ts';
import { columnOf, sequencesOf, tableByKey } from './lookup.ts';
import type { Column, Schema } from './model.ts';
import { qualify, relationKey } from './names.ts';
import { notNullOf, setNotNull } from './not-null.ts';
import { attachIndex, attachPartition, detachPartition } from './partitions.ts';
import { inPasses } from './passes.ts';
import { rebuildColumn } from './rebuild.ts';
import { parametersIn } from './sequence-parameters.ts';
import { changed, indexCommands, settingCommands } from './table-settings.ts';

export const applyAlterTable: Apply<AlterTableStmt> = (draft, fields, statement) => {
  const { relation, objtype = '', cmds, missing_ok } = fields;
  if (!relation) return;
  if (objtype === 'OBJECT_TYPE') {
    alterAttributes(draft, relation, cmds);
    return;
  }
  if (objtype === 'OBJECT_INDEX') {
    alterIndex(draft, findKey(draft, nameOfRangeVar(relation)), cmds);
    return;
  }
  const named = find(draft, nameOfRangeVar(relation));
  if (named?.kind === 'view' || named?.kind === 'materialized view' || named?.kind === 'sequence') {
    alterOther(draft, named, cmds, statement);
    return;
  }
  if (objtype !== 'OBJECT_TABLE' && objtype !== 'OBJECT_FOREIGN_TABLE') return;
  const table = touchRangeVar(draft, relation);
  if (!table) {
    const other = find(draft, nameOfRangeVar(relation));
    if (!other && draft.complete && !missing_ok) draft.refused = true;
    if (other?.kind === 'index') alterIndex(draft, relationKey(other.name), cmds);
    return;
  }
  const key = relationKey(table.name);
  const target: Target = { draft, key, statement, recurse: relation.inh === true };
  for (const { command } of inPasses(cmds)) subcommands[command.subtype ?? '']?.(target, command);
};

function alterIndex(draft: Draft, key: string, cmds: AlterTableStmt['cmds']): void {
  for (const { command } of inPasses(cmds)) {
    const index = draft.relations.get(key);
    if (command.subtype === 'AT_AttachPartition') attachIndex(draft, key, command);
    else if (index?.kind === 'index') indexCommands[command.subtype ?? '']?.(draft, index, command);
  }
}

/** The schema after one subcommand of an ALTER TABLE: the next one meets that. */
export function applyAlterCommand(
  schema: Schema,
  fields: AlterTableStmt,
  command: AlterTableCmd,
  statement: Statement,
): Schema {
  const draft = createDraft(schema, true);
  applyAlterTable(draft, { ...fields, cmds: [{ AlterTableCmd: command }] }, statement);
  return draft.refused ? schema : schemaOf(draft);
}

export interface Target {
  readonly draft: Draft;
  readonly key: string;
  readonly statement: Statement;
  /** False for ALTER TABLE ONLY. */
  readonly recurse: boolean;
}

export type Subcommand = (target: Target, command: AlterTableCmd) => void;

const subcommands: Readonly<Record<string, Subcommand>> = {
  AT_AddColumn: addColumn,
  AT_DropColumn: dropColumn,
  AT_AlterColumnType: alterType,
  AT_ColumnDefault: (target, { name = '', def }) => {
    const source = def ? sourceAfter(target.statement, 'default', def) : null;
    const dependsOn = dependenciesOf(target.draft, def);
    eachColumn(target, name, (column) =>
      withoutNullDefault(target.draft, { ...column, default: source, dependsOn }),
    );
  },
  AT_SetNotNull: ({ draft, key, recurse }, { name = '' }) => {
    learnColumn(draft, key, name);
    setNotNull(draft, key, name, { recurse });
  },
  AT_DropNotNull: dropNotNull,
  AT_AddConstraint: ({ draft, key, statement, recurse }, { def }) => {
    if (!def || !('Constraint' in def)) return;
    const pending = { ...tableConstraint(def.Constraint, false), only: !recurse };
    for (const column of pending.columns) learnColumn(draft, key, column);
    addConstraints(draft, key, [pending], statement);
  },
  AT_DropConstraint: dropConstraint,
  AT_ValidateConstraint: validateConstraint,
  AT_AlterConstraint: alterConstraint,
  AT_AddIdentity: ({ draft, key }, { name = '', def }) => {
    learnColumn(draft, key, name);
    const column = columnOf(tableByKey(draft, key), name);
    if (!column || column.identity || column.notNull === false) draft.refused = true;
    const node = (def as { Constraint?: ConstraintNode } | undefined)?.Constraint;
    makeSequence(draft, key, name, column?.type, node?.options);
    setIdentity(draft, key, name, node?.generated_when === 'a' ? 'always' : 'by default');
  },
  AT_SetIdentity: alterIdentity,
  AT_DropIdentity: ({ draft, key }, { name = '', missing_ok }) => {
    const column = columnOf(tableByKey(draft, key), name);
    if (!column?.identity) {
      if (draft.complete && (!column || !missing_ok)) draft.refused = true;
      return;
    }
    for (const sequence of [...sequencesOf(draft, key, name)])
      draft.relations.delete(relationKey(sequence.name));
    setIdentity(draft, key, name, undefined);
  },
  AT_SetExpression: (target, { name = '', def }) => {
    const source = sourceAfter(target.statement, 'as', def);
    const reads = columnsRead(def);
    const dependsOn = dependenciesOf(target.draft, def);
    eachColumn(target, name, (column) => ({
      ...column,
      default: source?.replace(/^\((.*)\)$/s, '$1'),
      dependsOn,
      reads,
    }));
  },
  AT_DropExpression: (target, { name = '', missing_ok }) => {
    const column = columnOf(tableByKey(target.draft, target.key), name);
    if (column && !column.generated) {
      if (!missing_ok) target.draft.refused = true;
      return;
    }
    eachColumn(target, name, (column) => ({
      ...column,
      generated: undefined,
      default: null,
      dependsOn: [],
      reads: [],
    }));
  },
  AT_AddInherit: ({ draft, key }, { def }) => {
    const parent = def && 'RangeVar' in def ? touchRangeVar(draft, def.RangeVar) : undefined;
    if (parent && relationKey(parent.name) !== key) inheritFrom(draft, key, relationKey(parent.name), false);
    else draft.refused = true;
  },
  AT_DropInherit: ({ draft, key }, { def }) => {
    const parent = def && 'RangeVar' in def ? findKey(draft, nameOfRangeVar(def.RangeVar)) : undefined;
    if (parent !== undefined && tableByKey(draft, key)?.parents.includes(parent))
      releaseFrom(draft, key, parent);
    else draft.refused = draft.complete;
  },
  AT_AttachPartition: ({ draft, key, statement }, command) => attachPartition(draft, key, command, statement),
  AT_DetachPartition: ({ draft, key }, command) => detachPartition(draft, key, command),
  AT_SetLogged: ({ draft, key }) =>
    updateTable(draft, key, (table) => ({ ...table, persistence: 'permanent' })),
  AT_SetUnLogged: ({ draft, key }) =>
    updateTable(draft, key, (table) => ({ ...table, persistence: 'unlogged' })),
  AT_EnableRowSecurity: ({ draft, key }) =>
    updateTable(draft, key, (table) => ({ ...table, rowSecurity: true })),
  AT_DisableRowSecurity: ({ draft, key }) => updateTable(draft, key, ({ rowSecurity: _, ...table }) => table),
  AT_AddOf: ({ draft, key }, { def }) => {
    const name = nameOfObject(def);
    const type = name && relationKey(qualify(draft, name, (one) => draft.types.has(one)));
    updateTable(draft, key, (table) => ({ ...table, ofType: type }));
  },
  AT_DropOf: ({ draft, key }) => updateTable(draft, key, (table) => ({ ...table, ofType: undefined })),
  ...settingCommands,
  ...firingCommands,
  AT_ChangeOwner: ({ draft, key }, command) => changeRelationOwner(draft, key, command),
};

/** Whether the simulation knows what this subcommand of an ALTER TABLE changes. */
export function isFollowed({ subtype }: AlterTableCmd): boolean {
  return subtype !== undefined && subtype in subcommands;
}

/** Makes the column known, of which only the name is known where the table is not known in full. */
export function learnColumn(draft: Draft, key: string, name: string): void {
  updateTable(draft, key, (table) => {
    if (table.columnsComplete || columnOf(table, name)) return table;
    const column: Column = {
      name,
      type: undefined,
      notNull: undefined,
      default: undefined,
      identity: undefined,
      generated: undefined,
      collation: undefined,
    };
    return { ...table, columns: [...table.columns, column] };
  });
}

/** The column in the table and in those that inherit it. One that is not there is refused. */
function eachColumn({ draft, key, recurse }: Target, name: string, to: (column: Column) => Column): void {
  const heirs = recurse ? keysOf(heirsOf(draft, key)) : [];
  learnColumn(draft, key, name);
  if (!columnOf(tableByKey(draft, key), name)) draft.refused = true;
  for (const each of [key, ...heirs]) changeColumn(draft, each, name, to);
}

function alterType(target: Target, { name = '', def }: AlterTableCmd): void {
  const { draft, key } = target;
  const definition = def && 'ColumnDef' in def ? def.ColumnDef : undefined;
  const type = typeOf(draft, definition?.typeName);
  const collation = collationOf(definition);
  const table = tableByKey(draft, key);
  if (table && parentsWithColumn(draft, table, name) > 0) draft.refused = true;
  // Storage and compression become those of the new type (`ATExecAlterColumnType`).
  eachColumn(target, name, (column) =>
    changed({ ...column, type, collation }, { storage: undefined, compression: undefined }),
  );
  for (const each of [key, ...keysOf(heirsOf(draft, key))]) rebuildColumn(draft, each, name);
  if (columnOf(tableByKey(draft, key), name)?.identity) retypeSequences(draft, key, name, type);
}

/** An identity's sequence has the type of its column. */
function retypeSequences(draft: Draft, key: string, column: string, type: string | undefined): void {
  for (const sequence of [...sequencesOf(draft, key, column)]) {
    const { type: _, ...parameters } = sequence.parameters ?? {};
    const typed = type === undefined || type === 'bigint' ? parameters : { ...parameters, type };
    if (sequence.parameters)
      draft.relations.set(relationKey(sequence.name), { ...sequence, parameters: typed });
  }
}

/** A partitioned table's identity is its partitions' too. */
function setIdentity(draft: Draft, key: string, name: string, identity: Column['identity']): void {
  learnColumn(draft, key, name);
  changeColumn(draft, key, name, (column) => ({ ...column, identity }));
  for (const child of childKeys(draft, key))
    if (tableByKey(draft, child)?.partition) setIdentity(draft, child, name, identity);
}

function alterIdentity({ draft, key }: Target, { name = '', def }: AlterTableCmd): void {
  const table = tableByKey(draft, key);
  if (table?.columnsComplete && !columnOf(table, name)?.identity) draft.refused = true;
  const items = def && 'List' in def ? (def.List.items ?? []) : [];
  for (const sequence of [...sequencesOf(draft, key, name)]) {
    const { parameters } = sequence;
    if (parameters)
      draft.relations.set(relationKey(sequence.name), {
        ...sequence,
        parameters: parametersIn(parameters, items),
      });
  }
  for (const item of items) {
    if (!('DefElem' in item) || item.DefElem.defname !== 'generated') continue;
    const letter =
      item.DefElem.arg && 'Integer' in item.DefElem.arg ? item.DefElem.arg.Integer.ival : undefined;
    setIdentity(draft, key, name, letter === 'a'.charCodeAt(0) ? 'always' : 'by default');
  }
}

function dropNotNull({ draft, key, recurse }: Target, { name = '' }: AlterTableCmd): void {
  learnColumn(draft, key, name);
  const table = tableByKey(draft, key);
  const column = columnOf(table, name);
  const primary = table?.constraints.find((one) => one.kind === 'primary key');
  const constraint = notNullOf(table, name);
  const inherited = table && constraint && parentsWithConstraint(draft, table, constraint) > 0;
  if (!table || !column || primary?.columns.includes(name) || column.identity || inherited) {
    draft.refused = true;
    return;
  }
  if (!constraint) {
    if (column.notNull !== false) changeColumn(draft, key, name, (one) => ({ ...one, notNull: false }));
    return;
  }
  dropConstraintTree({ draft, cascade: false, named: new Set() }, key, constraint, recurse);
}
