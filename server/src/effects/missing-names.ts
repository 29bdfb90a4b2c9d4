import type {
  AlterTableCmd,
  AlterTableStmt,
  Constraint as ConstraintNode,
  CopyStmt,
  DropStmt,
  IndexElem,
  IndexStmt,
  Node,
  RangeVar,
  RenameStmt,
  VacuumStmt,
} from '@pgsql/types';
import { walk } from '../schema/expressions.ts';
import { columnOf, constraintOf, findTable, tableOf } from '../schema/lookup.ts';
import type { Schema, Table } from '../schema/model.ts';
import { systemColumns } from '../schema/query-scope.ts';
import { nameOfStrings, stringsOf } from '../sql/names.ts';

/** A part of a table that a statement of DDL names, and the table has not. */
export interface MissingPart {
  readonly kind: 'column' | 'constraint' | 'trigger' | 'policy';
  readonly name: string;
  readonly table: Table;
}

type Fields<Kind extends string> = Extract<Node, Record<Kind, unknown>>[Kind];

/** What a statement of DDL names of a table known in full that is not there: Postgres refuses it. */
export function missingParts(node: Node, schema: Schema): readonly MissingPart[] {
  const [kind] = Object.keys(node);
  switch (kind) {
    case 'AlterTableStmt':
      return ofAlterTable(fieldsOf(node, kind), schema);
    case 'IndexStmt':
      return ofIndex(fieldsOf(node, kind), schema);
    case 'RenameStmt':
      return ofRename(fieldsOf(node, kind), schema);
    case 'CopyStmt':
      return ofCopy(fieldsOf(node, kind), schema);
    case 'VacuumStmt':
      return ofVacuum(fieldsOf(node, kind), schema);
    case 'CreateTrigStmt': {
      const { relation, columns } = fieldsOf(node, kind);
      return missingColumns(known(schema, relation), stringsOf(columns));
    }
    case 'DropStmt':
      return ofDrop(fieldsOf(node, kind), schema);
    default:
      return [];
  }
}

function fieldsOf<Kind extends string>(node: Node, kind: Kind): Fields<Kind> {
  return (node as unknown as Record<Kind, Fields<Kind>>)[kind];
}

function known(schema: Schema, relation: RangeVar | undefined): Table | undefined {
  const table = tableOf(schema, relation);
  return table?.columnsComplete ? table : undefined;
}

function missingColumns(table: Table | undefined, names: readonly string[]): readonly MissingPart[] {
  if (!table) return [];
  return [...new Set(names)]
    .filter((name) => !systemColumns.has(name) && !columnOf(table, name))
    .map((name) => ({ kind: 'column' as const, name, table }));
}

function missingConstraint(table: Table | undefined, name = ''): readonly MissingPart[] {
  return table && !constraintOf(table, name) ? [{ kind: 'constraint', name, table }] : [];
}

function missingTrigger(table: Table | undefined, name = ''): readonly MissingPart[] {
  return table && !table.triggers.includes(name) ? [{ kind: 'trigger', name, table }] : [];
}

/** Columns that an expression on one table names by themselves; none where a name may mean something else. */
function bareColumns(expression: unknown, table: Table | undefined): readonly string[] {
  const names: string[] = [];
  for (const [kind, fields] of walk(expression)) {
    if (kind === 'SubLink') return [];
    const parts = kind === 'ColumnRef' ? (fields.fields as readonly Node[]) : [];
    const [name] = stringsOf(parts);
    // The table's own name is its whole row.
    if (parts.length === 1 && name !== undefined && name !== table?.name.name) names.push(name);
  }
  return names;
}

function ofAlterTable({ relation, cmds = [] }: AlterTableStmt, schema: Schema): readonly MissingPart[] {
  const table = known(schema, relation);
  const commands = cmds.flatMap((node) => ('AlterTableCmd' in node ? [node.AlterTableCmd] : []));
  const made = new Set(commands.flatMap(namesMade));
  return commands
    .flatMap((command) => ofCommand(command, table, schema))
    .filter((part) => part.table !== table || !made.has(part.name));
}

/** Columns and constraints that a subcommand makes: others of the same statement may name them. */
function namesMade({ def }: AlterTableCmd): readonly string[] {
  if (!def) return [];
  if ('Constraint' in def) return [def.Constraint.conname ?? ''];
  if (!('ColumnDef' in def)) return [];
  const { colname = '', constraints = [] } = def.ColumnDef;
  const named = constraints.flatMap((node) => ('Constraint' in node ? (node.Constraint.conname ?? []) : []));
  return [colname, ...named];
}

const triggerCommands: ReadonlySet<string> = new Set([
  'AT_EnableTrig',
  'AT_EnableAlwaysTrig',
  'AT_EnableReplicaTrig',
  'AT_DisableTrig',
]);

const ofColumn: ReadonlySet<string> = new Set([
  'AT_ColumnDefault',
  'AT_DropNotNull',
  'AT_SetNotNull',
  'AT_SetStatistics',
  'AT_SetOptions',
  'AT_ResetOptions',
  'AT_SetStorage',
  'AT_SetCompression',
  'AT_AddIdentity',
  'AT_SetIdentity',
  'AT_DropIdentity',
  'AT_SetExpression',
  'AT_DropExpression',
]);

function ofCommand(
  { subtype = '' as never, name, def, missing_ok }: AlterTableCmd,
  table: Table | undefined,
  schema: Schema,
): readonly MissingPart[] {
  // SET STATISTICS may name a column of an index by its number.
  if (ofColumn.has(subtype)) return name === undefined ? [] : missingColumns(table, [name]);
  if (subtype === 'AT_DropConstraint') return missing_ok ? [] : missingConstraint(table, name);
  if (triggerCommands.has(subtype)) return missingTrigger(table, name);
  if (subtype === 'AT_ValidateConstraint') return missingConstraint(table, name);
  if (subtype === 'AT_AlterConstraint' && def && 'ATAlterConstraint' in def)
    return missingConstraint(table, def.ATAlterConstraint.conname);
  if (subtype !== 'AT_AddConstraint' || !def || !('Constraint' in def)) return [];
  return ofConstraint(def.Constraint, table, schema);
}

function ofConstraint(
  node: ConstraintNode,
  table: Table | undefined,
  schema: Schema,
): readonly MissingPart[] {
  const { keys, including, fk_attrs, pk_attrs, raw_expr, pktable } = node;
  const own = [...stringsOf(keys), ...stringsOf(including), ...stringsOf(fk_attrs)];
  return [
    ...missingColumns(table, [...own, ...bareColumns(raw_expr, table)]),
    ...missingColumns(known(schema, pktable), stringsOf(pk_attrs)),
  ];
}

function ofIndex(fields: IndexStmt, schema: Schema): readonly MissingPart[] {
  const { relation, indexParams = [], indexIncludingParams = [], whereClause } = fields;
  const table = known(schema, relation);
  const elements: readonly IndexElem[] = [...indexParams, ...indexIncludingParams].flatMap((node) =>
    'IndexElem' in node ? [node.IndexElem] : [],
  );
  const names = elements.flatMap(({ name, expr }) => name ?? bareColumns(expr, table));
  return missingColumns(table, [...names, ...bareColumns(whereClause, table)]);
}

function ofRename(
  { renameType, relation, subname = '' }: RenameStmt,
  schema: Schema,
): readonly MissingPart[] {
  const table = known(schema, relation);
  if (renameType === 'OBJECT_COLUMN') return missingColumns(table, [subname]);
  return renameType === 'OBJECT_TABCONSTRAINT' ? missingConstraint(table, subname) : [];
}

/** Triggers and policies: their name stands behind the table's. */
function ofDrop({ removeType, objects = [], missing_ok }: DropStmt, schema: Schema): readonly MissingPart[] {
  if (missing_ok || (removeType !== 'OBJECT_TRIGGER' && removeType !== 'OBJECT_POLICY')) return [];
  return objects.flatMap((object) => {
    const parts = 'List' in object ? stringsOf(object.List.items) : [];
    const name = parts.at(-1) ?? '';
    const found = findTable(schema, nameOfStrings(parts.slice(0, -1)));
    const table = found?.columnsComplete ? found : undefined;
    if (removeType === 'OBJECT_TRIGGER') return missingTrigger(table, name);
    return table && !table.policies?.some((one) => one.name === name)
      ? [{ kind: 'policy' as const, name, table }]
      : [];
  });
}

function ofCopy({ relation, attlist }: CopyStmt, schema: Schema): readonly MissingPart[] {
  return missingColumns(known(schema, relation), stringsOf(attlist));
}

function ofVacuum({ rels = [] }: VacuumStmt, schema: Schema): readonly MissingPart[] {
  return rels.flatMap((node) => {
    const { relation, va_cols } = 'VacuumRelation' in node ? node.VacuumRelation : {};
    return missingColumns(known(schema, relation), stringsOf(va_cols));
  });
}
