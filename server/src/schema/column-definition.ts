import type { ColumnDef, Constraint as ConstraintNode, Node } from '@pgsql/types';
import type { Statement } from '../sql/model.ts';
import { nameOfObject, type ObjectName, quoteIdentifier, quoteLiteral, stringsOf } from '../sql/names.ts';
import { sourceAfter, sourceInParentheses } from '../sql/source.ts';
import { serialBase } from '../sql/type-names.ts';
import type { PendingConstraint } from './constraint-parts.ts';
import { dependenciesOf, withDependencies } from './dependencies.ts';
import { chooseRelationName, type Draft, put, typeOf } from './draft.ts';
import { columnsRead } from './expressions.ts';
import { dependencyOf } from './links.ts';
import { domainChain } from './lookup.ts';
import type { Column, QualifiedName } from './model.ts';
import { displayName, relationKey } from './names.ts';
import { parametersIn } from './sequence-parameters.ts';
import { keptStorage } from './storage.ts';

/** A column as written, and what comes with it. */
export interface ReadColumn {
  readonly column: Column;
  readonly pending: readonly PendingConstraint[];
}

export function bareColumn(name: string): Column {
  const none = { identity: undefined, generated: undefined, collation: undefined };
  return { name, type: undefined, notNull: false, default: null, ...none };
}

/** Reads a column of CREATE TABLE or ADD COLUMN; makes the sequence that a serial or identity column owns. */
export function readColumn(
  draft: Draft,
  tableKey: string,
  definition: ColumnDef,
  statement: Statement,
  alwaysValid: boolean,
): ReadColumn {
  const name = definition.colname ?? '';
  const serial = definition.typeName && serialBase(definition.typeName);
  const nodes = constraintNodes(definition);
  const identity = nodes.find((node) => node.contype === 'CONSTR_IDENTITY');
  const generated = nodes.find((node) => node.contype === 'CONSTR_GENERATED');
  const defaulted = nodes.find((node) => node.contype === 'CONSTR_DEFAULT');
  const counted = serial ?? typeOf(draft, definition.typeName);
  const sequence =
    serial || identity ? makeSequence(draft, tableKey, name, counted, identity?.options) : undefined;
  const serialDefault =
    serial && sequence ? `nextval(${quoteLiteral(displayName(draft, sequence))}::regclass)` : undefined;
  const hasDefault = defaulted !== undefined || serialDefault !== undefined;
  const column: Column = {
    name,
    type: counted,
    notNull: false,
    default:
      serialDefault ??
      (generated ? generatedSource(statement, generated) : defaultSource(statement, defaulted)),
    identity: identity && (identity.generated_when === 'a' ? 'always' : 'by default'),
    generated: generated && (generated.generated_kind === 'v' ? 'virtual' : 'stored'),
    collation: collationOf(definition),
    ...(generated ? { reads: columnsRead(generated.raw_expr) } : {}),
    ...storageOf(definition, counted),
  };
  const uses = dependenciesOf(draft, generated?.raw_expr, defaulted?.raw_expr);
  const serialUse = serialDefault && sequence ? [dependencyOf('relation', relationKey(sequence))] : [];
  const implied: ConstraintNode[] =
    (serial || identity) && !nodes.some((node) => node.contype === 'CONSTR_NOTNULL')
      ? [{ contype: 'CONSTR_NOTNULL' }]
      : [];
  const pending = [...nodes, ...implied]
    .filter((node) => !notConstraints.has(node.contype ?? ''))
    .map((node) => ({ node, columns: [name], alwaysValid: alwaysValid || !hasDefault }));
  return { column: withDependencies(column, [...uses, ...serialUse]), pending };
}

const notConstraints = new Set<string>([
  'CONSTR_IDENTITY',
  'CONSTR_GENERATED',
  'CONSTR_DEFAULT',
  'CONSTR_NULL',
]);

/** A column's constraints, with DEFERRABLE and the like, which stand as their own, put into the one before. */
export function constraintNodes(definition: ColumnDef): readonly ConstraintNode[] {
  const nodes: ConstraintNode[] = [];
  for (const item of definition.constraints ?? []) {
    if (!('Constraint' in item)) continue;
    const attribute = attributes[item.Constraint.contype ?? ''];
    const last = nodes.at(-1);
    if (attribute && last) nodes[nodes.length - 1] = { ...last, ...attribute };
    else if (!attribute) nodes.push(item.Constraint);
  }
  return nodes;
}

const attributes: Readonly<Record<string, Partial<ConstraintNode>>> = {
  CONSTR_ATTR_DEFERRABLE: { deferrable: true },
  CONSTR_ATTR_NOT_DEFERRABLE: {},
  CONSTR_ATTR_DEFERRED: { deferrable: true, initdeferred: true },
  CONSTR_ATTR_IMMEDIATE: {},
  CONSTR_ATTR_ENFORCED: { is_enforced: true },
  CONSTR_ATTR_NOT_ENFORCED: { is_enforced: false, initially_valid: false },
};

/** The collation that a column is given, quoted where needed. */
export function collationOf(definition: ColumnDef | undefined): string | undefined {
  const name = definition?.collClause && stringsOf(definition.collClause.collname).at(-1);
  return name && quoteIdentifier(name);
}

function storageOf(
  { storage_name, compression }: ColumnDef,
  type: string | undefined,
): Pick<Column, 'storage' | 'compression'> {
  const storage = keptStorage(type, storage_name);
  const method = compression?.toLowerCase();
  return {
    ...(storage === undefined ? {} : { storage }),
    ...(method === undefined || method === 'default' ? {} : { compression: method }),
  };
}

function generatedSource(statement: Statement, node: ConstraintNode): string | undefined {
  return sourceInParentheses(statement, 'as', node.location ?? 0);
}

function defaultSource(statement: Statement, node: ConstraintNode | undefined): string | null | undefined {
  return node ? sourceAfter(statement, 'default', node.raw_expr) : null;
}

/**
 * DEFAULT NULL is no default: Postgres keeps none, unless the value has to be fitted to the type, by a
 * domain or by a length.
 */
export function withoutNullDefault(draft: Draft, column: Column): Column {
  if (column.default === null || !/^null$/i.test(column.default ?? '')) return column;
  if (column.type === undefined) return { ...column, default: undefined };
  const fitted = /\(\d/.test(column.type) && !column.type.startsWith('interval');
  const domain = domainChain({ ...draft }, column.type).length > 0;
  return fitted || domain ? column : { ...column, default: null };
}

/** Under the name that the identity's options give it, else one that is free. Of the column's type. */
export function makeSequence(
  draft: Draft,
  tableKey: string,
  column: string,
  type: string | undefined,
  options: readonly Node[] = [],
): QualifiedName | undefined {
  const table = draft.relations.get(tableKey);
  if (!table) return undefined;
  const { schema, name } = table.name;
  const given = sequenceName(options);
  const sequence = given
    ? { schema: given.schema ?? schema, name: given.name }
    : { schema, name: chooseRelationName(draft, schema, name, column, 'seq') };
  if (given && draft.relations.has(relationKey(sequence))) draft.refused = true;
  put(draft, {
    kind: 'sequence',
    name: sequence,
    madeByPlan: draft.madeByPlan,
    empty: draft.madeByPlan,
    ownedBy: { table: tableKey, column },
    parameters: parametersIn(type === undefined || type === 'bigint' ? {} : { type }, options),
  });
  return sequence;
}

/** SEQUENCE NAME among an identity's options. */
function sequenceName(options: readonly Node[]): ObjectName | undefined {
  for (const option of options)
    if ('DefElem' in option && option.DefElem.defname === 'sequence_name' && option.DefElem.arg)
      return nameOfObject(option.DefElem.arg);
  return undefined;
}

export function tableConstraint(node: ConstraintNode, alwaysValid: boolean): PendingConstraint {
  const columns = stringsOf(node.contype === 'CONSTR_FOREIGN' ? node.fk_attrs : node.keys);
  return { node, columns, alwaysValid };
}
