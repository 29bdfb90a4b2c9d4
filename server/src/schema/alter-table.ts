import type { AlterTableCmd, AlterTableStmt, ColumnDef, Constraint as ConstraintNode } from '@pgsql/types';
import type { Statement } from '../sql/model.ts';
import { nameOfRangeVar, stringsOf } from '../sql/names.ts';
import { sourceAfter } from '../sql/source.ts';
import { addConstraints, setNotNull } from './constraints.ts';
import { makeSequence, maxColumns, readColumn, tableConstraint } from './create-table.ts';
import {
  type Apply,
  createDraft,
  type Draft,
  findKey,
  heirsOf,
  schemaOf,
  touchRangeVar,
  touchTable,
  typeOf,
  updateTable,
} from './draft.ts';
import { dropColumn, dropConstraint } from './drop.ts';
import { cloneIndexes } from './indexes.ts';
import { columnOf, constraintOf, indexesOf, sequencesOf, tableByKey } from './lookup.ts';
import type { Column, Schema, Table } from './model.ts';
import { relationKey } from './names.ts';
import { inPasses } from './passes.ts';

export const applyAlterTable: Apply<AlterTableStmt> = (draft, fields, statement) => {
  if (!fields.relation || !['OBJECT_TABLE', 'OBJECT_FOREIGN_TABLE'].includes(fields.objtype ?? '')) return;
  const table = touchRangeVar(draft, fields.relation);
  if (!table) return;
  const key = relationKey(table.name);
  const target: Target = { draft, key, statement, recurse: fields.relation.inh === true };
  for (const { command } of inPasses(fields.cmds)) subcommands[command.subtype ?? '']?.(target, command);
};

/** The schema after one subcommand of an ALTER TABLE: the next one meets that. */
export function applyAlterCommand(
  schema: Schema,
  fields: AlterTableStmt,
  command: AlterTableCmd,
  statement: Statement,
): Schema {
  const draft = createDraft(schema, true);
  applyAlterTable(draft, { ...fields, cmds: [{ AlterTableCmd: command }] }, statement);
  return schemaOf(draft);
}

interface Target {
  readonly draft: Draft;
  readonly key: string;
  readonly statement: Statement;
  /** False for ALTER TABLE ONLY. */
  readonly recurse: boolean;
}

type Subcommand = (target: Target, command: AlterTableCmd) => void;

const subcommands: Readonly<Record<string, Subcommand>> = {
  AT_AddColumn: addColumn,
  AT_DropColumn: ({ draft, key }, { name = '', behavior }) => {
    const heirs = heirsOf(draft, key).map((child) => relationKey(child.name));
    for (const each of [key, ...heirs]) dropColumn(draft, each, name, behavior === 'DROP_CASCADE');
  },
  AT_AlterColumnType: alterType,
  AT_ColumnDefault: (target, { name = '', def }) => {
    const source = def ? sourceAfter(target.statement, 'default', def) : null;
    eachColumn(target, name, (column) => ({ ...column, default: source }));
  },
  AT_SetNotNull: ({ draft, key }, { name = '' }) => {
    learnColumn(draft, key, name);
    setNotNull(draft, key, name);
  },
  AT_DropNotNull: dropNotNull,
  AT_AddConstraint: ({ draft, key, statement, recurse }, { def }) => {
    if (!def || !('Constraint' in def)) return;
    addConstraints(draft, key, [{ ...tableConstraint(def.Constraint, false), only: !recurse }], statement);
  },
  AT_DropConstraint: ({ draft, key }, { name = '', behavior }) => {
    const heirs = heirsOf(draft, key).map((child) => relationKey(child.name));
    for (const each of [key, ...heirs]) dropConstraint(draft, each, name, behavior === 'DROP_CASCADE');
  },
  AT_ValidateConstraint: validate,
  AT_AlterConstraint: alterConstraint,
  AT_AddIdentity: ({ draft, key }, { name = '', def }) => {
    makeSequence(draft, key, name);
    const always = (def as { Constraint?: ConstraintNode } | undefined)?.Constraint?.generated_when === 'a';
    change(draft, key, name, (column) => ({ ...column, identity: always ? 'always' : 'by default' }));
  },
  AT_SetIdentity: setIdentity,
  AT_DropIdentity: ({ draft, key }, { name = '' }) => {
    for (const sequence of [...sequencesOf(draft, key, name)])
      draft.relations.delete(relationKey(sequence.name));
    change(draft, key, name, (column) => ({ ...column, identity: undefined }));
  },
  AT_SetExpression: (target, { name = '', def }) => {
    const source = sourceAfter(target.statement, 'as', def);
    eachColumn(target, name, (column) => ({ ...column, default: source?.replace(/^\((.*)\)$/s, '$1') }));
  },
  AT_DropExpression: (target, { name = '' }) => {
    eachColumn(target, name, (column) => ({ ...column, generated: undefined, default: null }));
  },
  AT_AddInherit: ({ draft, key }, { def }) => {
    const parent = def && 'RangeVar' in def ? touchRangeVar(draft, def.RangeVar) : undefined;
    if (parent)
      updateTable(draft, key, (table) => ({
        ...table,
        parents: [...table.parents, relationKey(parent.name)],
      }));
  },
  AT_DropInherit: ({ draft, key }, { def }) => {
    const parent = def && 'RangeVar' in def ? findKey(draft, nameOfRangeVar(def.RangeVar)) : undefined;
    updateTable(draft, key, (table) => ({
      ...table,
      parents: table.parents.filter((one) => one !== parent),
    }));
  },
  AT_AttachPartition: attachPartition,
  AT_DetachPartition: ({ draft, key }, { def }) => {
    const child =
      def && 'PartitionCmd' in def && def.PartitionCmd.name
        ? findKey(draft, nameOfRangeVar(def.PartitionCmd.name))
        : '';
    updateTable(draft, child, (table) => ({
      ...table,
      partition: false,
      parents: table.parents.filter((parent) => parent !== key),
    }));
  },
  AT_SetLogged: ({ draft, key }) =>
    updateTable(draft, key, (table) => ({ ...table, persistence: 'permanent' })),
  AT_SetUnLogged: ({ draft, key }) =>
    updateTable(draft, key, (table) => ({ ...table, persistence: 'unlogged' })),
};

/** The column as known; one of which only the name is known where the table is not known in full. */
function learnColumn(draft: Draft, key: string, name: string): void {
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

function change(draft: Draft, key: string, name: string, to: (column: Column) => Column): void {
  learnColumn(draft, key, name);
  updateTable(draft, key, (table) => ({
    ...table,
    columns: table.columns.map((column) => (column.name === name ? to(column) : column)),
  }));
}

/** The column in the table and in those that inherit it. */
function eachColumn({ draft, key, recurse }: Target, name: string, to: (column: Column) => Column): void {
  const heirs = recurse ? heirsOf(draft, key).map((child) => relationKey(child.name)) : [];
  for (const each of [key, ...heirs]) change(draft, each, name, to);
}

function addColumn({ draft, key, statement }: Target, { def }: AlterTableCmd): void {
  if (!def || !('ColumnDef' in def)) return;
  const definition: ColumnDef = def.ColumnDef;
  const table = tableByKey(draft, key);
  if (!table || columnOf(table, definition.colname ?? '') || table.columns.length >= maxColumns) return;
  const { column, pending } = readColumn(draft, key, definition, statement, false);
  const heirs = heirsOf(draft, key).map((child) => relationKey(child.name));
  for (const each of [key, ...heirs]) {
    updateTable(draft, each, (one) =>
      columnOf(one, column.name) ? one : { ...one, columns: [...one.columns, column] },
    );
  }
  addConstraints(draft, key, pending, statement);
}

function alterType(target: Target, { name = '', def }: AlterTableCmd): void {
  const definition = def && 'ColumnDef' in def ? def.ColumnDef : undefined;
  const type = typeOf(target.draft, definition?.typeName);
  const collation = definition?.collClause && stringsOf(definition.collClause.collname).at(-1);
  eachColumn(target, name, (column) => ({ ...column, type, collation }));
}

function dropNotNull({ draft, key, recurse }: Target, { name = '' }: AlterTableCmd): void {
  const heirs = recurse ? heirsOf(draft, key).map((child) => relationKey(child.name)) : [];
  for (const each of [key, ...heirs]) {
    const table = tableByKey(draft, each);
    const primary = table?.constraints.find((one) => one.kind === 'primary key');
    if (primary?.columns.includes(name)) continue;
    change(draft, each, name, (column) => ({ ...column, notNull: false }));
    updateTable(draft, each, (one) => ({
      ...one,
      constraints: one.constraints.filter((each) => each.kind !== 'not null' || each.columns[0] !== name),
    }));
  }
}

function validate({ draft, key }: Target, { name = '' }: AlterTableCmd): void {
  const heirs = heirsOf(draft, key).map((child) => relationKey(child.name));
  for (const each of [key, ...heirs]) {
    updateTable(draft, each, (table) => ({
      ...table,
      constraints: table.constraints.map((one) =>
        one.name === name
          ? {
              ...one,
              validated: true,
              provesNotNull: one.kind === 'not null' ? one.columns : one.provesNotNull,
              definition: one.definition.replace(/ NOT VALID$/, ''),
            }
          : one,
      ),
    }));
  }
}

function alterConstraint({ draft, key }: Target, { def }: AlterTableCmd): void {
  const fields = (def as { ATAlterConstraint?: Record<string, unknown> } | undefined)?.ATAlterConstraint;
  if (!fields) return;
  updateTable(draft, key, (table) => {
    const constraint = constraintOf(table, String(fields.conname));
    if (!constraint) return table;
    const altered = { ...constraint };
    const enforceability = fields.alterEnforceability === true;
    const bare = constraint.definition.replace(/ (?:DEFERRABLE.*|NOT VALID|NOT ENFORCED)$/, '');
    const words = [
      bare,
      fields.deferrable ? `DEFERRABLE${fields.initdeferred ? ' INITIALLY DEFERRED' : ''}` : '',
      enforceability && !fields.is_enforced ? 'NOT ENFORCED' : '',
    ];
    const changed = {
      ...altered,
      validated: enforceability ? fields.is_enforced === true : constraint.validated,
      inherits: fields.alterInheritability ? fields.noinherit !== true : constraint.inherits,
      definition: words.filter((word) => word !== '').join(' '),
    };
    return { ...table, constraints: table.constraints.map((one) => (one === constraint ? changed : one)) };
  });
}

function setIdentity({ draft, key }: Target, { name = '', def }: AlterTableCmd): void {
  const items = def && 'List' in def ? (def.List.items ?? []) : [];
  for (const item of items) {
    if (!('DefElem' in item) || item.DefElem.defname !== 'generated') continue;
    const letter =
      item.DefElem.arg && 'Integer' in item.DefElem.arg ? item.DefElem.arg.Integer.ival : undefined;
    const always = letter === 'a'.charCodeAt(0);
    change(draft, key, name, (column) => ({ ...column, identity: always ? 'always' : 'by default' }));
  }
}

function attachPartition({ draft, key }: Target, { def }: AlterTableCmd): void {
  const name = def && 'PartitionCmd' in def ? def.PartitionCmd.name : undefined;
  const bound = def && 'PartitionCmd' in def ? def.PartitionCmd.bound : undefined;
  const child = name && touchTable(draft, nameOfRangeVar(name));
  const parent = tableByKey(draft, key);
  if (!child || !parent) return;
  const childKey = relationKey(child.name);
  updateTable(draft, childKey, (table) => ({
    ...table,
    partition: true,
    isDefaultPartition: bound?.is_default === true,
    parents: [key],
  }));
  for (const each of [childKey, ...heirsOf(draft, childKey).map((one) => relationKey(one.name))])
    adoptForeignKeys(draft, parent, each);
  if ([...indexesOf(draft, childKey)].length === 0) cloneIndexes(draft, key, childKey);
  else cloneMissingIndexes(draft, key, childKey);
}

/** A partition gets the foreign keys of its parent that it does not have yet. */
function adoptForeignKeys(draft: Draft, parent: Table, childKey: string): void {
  updateTable(draft, childKey, (child) => {
    const missing = parent.constraints.filter(
      (one) =>
        one.kind === 'foreign key' &&
        !child.constraints.some(
          (own) =>
            own.kind === 'foreign key' &&
            own.columns.join('\0') === one.columns.join('\0') &&
            own.references?.table === one.references?.table,
        ),
    );
    return { ...child, constraints: [...child.constraints, ...missing] };
  });
}

function cloneMissingIndexes(draft: Draft, key: string, childKey: string): void {
  const own = [...indexesOf(draft, childKey)];
  const sameColumns = (a: readonly (string | null)[], b: readonly (string | null)[]) =>
    a.join('\0') === b.join('\0');
  cloneIndexes(draft, key, childKey, (index) =>
    own.every((one) => one.unique !== index.unique || !sameColumns(one.columns, index.columns)),
  );
}
