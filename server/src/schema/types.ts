import type {
  AlterDomainStmt,
  AlterEnumStmt,
  CompositeTypeStmt,
  Constraint,
  CreateDomainStmt,
  CreateEnumStmt,
  CreateRangeStmt,
  Node,
} from '@pgsql/types';
import type { Statement } from '../sql/model.ts';
import { nameOfRangeVar, nameOfStrings, stringsOf, writeName } from '../sql/names.ts';
import { sourceAfter, sourceInParentheses } from '../sql/source.ts';
import { attributeOf } from './attributes.ts';
import { bareColumn, withoutNullDefault } from './column-definition.ts';
import { define } from './definition.ts';
import { dependenciesOf, withDependencies } from './dependencies.ts';
import { type Apply, chooseConstraintName, type Draft, newName, typeOf } from './draft.ts';
import type { DomainConstraint, UserType } from './model.ts';
import { qualify, relationKey } from './names.ts';
import { respellTypes } from './spelling.ts';

function addType(draft: Draft, type: UserType): void {
  const key = relationKey(type.name);
  const nowhere = draft.madeByPlan && draft.complete && !draft.schemas.has(type.name.schema);
  if (draft.types.has(key) || nowhere) {
    draft.refused = true;
    return;
  }
  respellTypes(draft, () => draft.types.set(key, type));
}

function updateType(draft: Draft, parts: readonly string[], change: (type: UserType) => UserType): void {
  const key = relationKey(qualify(draft, nameOfStrings(parts), (candidate) => draft.types.has(candidate)));
  const type = draft.types.get(key);
  if (type) draft.types.set(key, change(type));
  else if (draft.complete) draft.refused = true;
}

export const applyCreateEnum: Apply<CreateEnumStmt> = (draft, { typeName, vals }) => {
  const name = newName(draft, nameOfStrings(stringsOf(typeName)));
  addType(draft, { name, kind: 'enum', labels: stringsOf(vals), baseType: undefined, constraints: [] });
};

export const applyCreateRange: Apply<CreateRangeStmt> = (draft, fields, statement) => {
  const { typeName } = fields;
  const name = newName(draft, nameOfStrings(stringsOf(typeName)));
  const source = define(draft, statement, { CreateRangeStmt: fields });
  addType(draft, { name, kind: 'range', labels: [], baseType: undefined, constraints: [], source });
};

export const applyCompositeType: Apply<CompositeTypeStmt> = (draft, { typevar, coldeflist = [] }) => {
  if (!typevar) return;
  const name = newName(draft, nameOfRangeVar(typevar));
  const attributes = coldeflist.flatMap((node) => attributeOf(draft, node) ?? []);
  addType(draft, { name, kind: 'composite', labels: [], baseType: undefined, constraints: [], attributes });
};

export const applyCreateDomain: Apply<CreateDomainStmt> = (draft, fields, statement) => {
  const { domainname, typeName, constraints = [], collClause } = fields;
  const collation = collClause?.collname && writeName(nameOfStrings(stringsOf(collClause.collname)));
  const name = newName(draft, nameOfStrings(stringsOf(domainname)));
  let type: UserType = {
    name,
    kind: 'domain',
    labels: [],
    baseType: typeOf(draft, typeName),
    constraints: [],
    checks: [],
    ...(collation === undefined ? {} : { collation }),
  };
  for (const node of constraints) {
    if (!('Constraint' in node)) continue;
    if (node.Constraint.contype === 'CONSTR_DEFAULT')
      type = withDefault(draft, type, node.Constraint.raw_expr, statement);
    else type = withConstraint(draft, type, node.Constraint, statement);
  }
  addType(draft, type);
};

const domainLabels: Readonly<Record<string, string>> = { CONSTR_CHECK: 'check', CONSTR_NOTNULL: 'not_null' };

/** A check, or the NOT NULL that a domain has but once. */
function withConstraint(
  draft: Draft,
  type: UserType,
  { contype, conname, location, raw_expr, skip_validation }: Constraint,
  statement: Statement,
): UserType {
  const label = domainLabels[contype ?? ''];
  const notNull = contype === 'CONSTR_NOTNULL';
  if (label === undefined || (notNull && type.notNull !== undefined)) return type;
  const { schema, name: own } = type.name;
  const name = conname ?? chooseConstraintName(draft, schema, own, undefined, label, type.constraints);
  const expression =
    notNull || location === undefined ? undefined : sourceInParentheses(statement, 'check', location);
  const check: DomainConstraint = { name, validated: skip_validation !== true, expression };
  return {
    ...type,
    ...withDependencies({}, [...(type.dependsOn ?? []), ...dependenciesOf(draft, raw_expr)]),
    constraints: [...type.constraints, name],
    checks: [...(type.checks ?? []), check],
    ...(notNull ? { notNull: name } : {}),
  };
}

/** DEFAULT NULL is no default, unless a domain or a length has to be met. */
function withDefault(draft: Draft, type: UserType, value: Node | undefined, statement: Statement): UserType {
  const { default: _, defaultSource: __, ...rest } = type;
  const isNull = value !== undefined && 'A_Const' in value && value.A_Const.isnull === true;
  const column = { ...bareColumn(type.name.name), type: type.baseType, default: 'NULL' };
  const none = isNull && withoutNullDefault(draft, column).default === null;
  const source = value && sourceAfter(statement, 'default', value);
  return value && !none
    ? { ...rest, default: value, ...(source === undefined ? {} : { defaultSource: source }) }
    : rest;
}

function withoutConstraint(type: UserType, name: string): UserType {
  const { notNull, ...rest } = type;
  const kept = notNull === name ? {} : { notNull };
  return {
    ...rest,
    ...kept,
    constraints: type.constraints.filter((one) => one !== name),
    ...(type.checks ? { checks: type.checks.filter((one) => one.name !== name) } : {}),
  };
}

export const applyAlterDomain: Apply<AlterDomainStmt> = (draft, fields, statement) => {
  const { subtype, typeName, name = '', def, missing_ok } = fields;
  updateType(draft, stringsOf(typeName), (type) => {
    switch (subtype) {
      case 'C':
        if (!def || !('Constraint' in def)) return type;
        if (def.Constraint.conname !== undefined && type.constraints.includes(def.Constraint.conname))
          draft.refused = true;
        return withConstraint(draft, type, def.Constraint, statement);
      case 'O':
        return withConstraint(draft, type, { contype: 'CONSTR_NOTNULL' }, statement);
      case 'N':
        return type.notNull === undefined ? type : withoutConstraint(type, type.notNull);
      case 'X':
        if (!type.constraints.includes(name) && !missing_ok) draft.refused = true;
        return withoutConstraint(type, name);
      case 'V':
        if (!type.constraints.includes(name)) draft.refused = true;
        return {
          ...type,
          ...(type.checks
            ? { checks: type.checks.map((one) => (one.name === name ? { ...one, validated: true } : one)) }
            : {}),
        };
      case 'T':
        return withDefault(draft, type, def, statement);
      default:
        return type;
    }
  });
};

export const applyAlterEnum: Apply<AlterEnumStmt> = (draft, fields) => {
  const { typeName, oldVal, newVal = '', newValNeighbor, newValIsAfter } = fields;
  updateType(draft, stringsOf(typeName), (type) => {
    if (oldVal && type.labels.includes(newVal)) draft.refused = true;
    if (oldVal) return { ...type, labels: type.labels.map((label) => (label === oldVal ? newVal : label)) };
    if (type.labels.includes(newVal)) {
      draft.refused = !fields.skipIfNewValExists;
      return type;
    }
    const neighbor = newValNeighbor ? type.labels.indexOf(newValNeighbor) : -1;
    const at = neighbor < 0 ? type.labels.length : neighbor + (newValIsAfter ? 1 : 0);
    return { ...type, labels: [...type.labels.slice(0, at), newVal, ...type.labels.slice(at)] };
  });
};
