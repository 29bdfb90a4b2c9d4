import type {
  AlterDomainStmt,
  AlterEnumStmt,
  CompositeTypeStmt,
  CreateDomainStmt,
  CreateEnumStmt,
  CreateRangeStmt,
} from '@pgsql/types';
import { nameOfRangeVar, nameOfStrings, stringsOf } from '../sql/names.ts';
import { attributeOf } from './attributes.ts';
import { type Apply, type Draft, newName, typeOf } from './draft.ts';
import type { UserType } from './model.ts';
import { qualify, relationKey } from './names.ts';
import { chooseName } from './object-names.ts';
import { respellTypes } from './spelling.ts';

function addType(draft: Draft, type: UserType): void {
  const key = relationKey(type.name);
  if (draft.types.has(key)) {
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

export const applyCreateRange: Apply<CreateRangeStmt> = (draft, { typeName }) => {
  const name = newName(draft, nameOfStrings(stringsOf(typeName)));
  addType(draft, { name, kind: 'range', labels: [], baseType: undefined, constraints: [] });
};

export const applyCompositeType: Apply<CompositeTypeStmt> = (draft, { typevar, coldeflist = [] }) => {
  if (!typevar) return;
  const name = newName(draft, nameOfRangeVar(typevar));
  const attributes = coldeflist.flatMap((node) => attributeOf(draft, node) ?? []);
  addType(draft, { name, kind: 'composite', labels: [], baseType: undefined, constraints: [], attributes });
};

export const applyCreateDomain: Apply<CreateDomainStmt> = (
  draft,
  { domainname, typeName, constraints = [] },
) => {
  const name = newName(draft, nameOfStrings(stringsOf(domainname)));
  const names: string[] = [];
  for (const node of constraints) {
    if (!('Constraint' in node)) continue;
    const label = domainLabels[node.Constraint.contype ?? ''];
    if (label)
      names.push(
        node.Constraint.conname ?? chooseName(name.name, undefined, label, (one) => names.includes(one)),
      );
  }
  const value = constraints.find(
    (node) => 'Constraint' in node && node.Constraint.contype === 'CONSTR_DEFAULT',
  );
  const type = { name, kind: 'domain', labels: [], baseType: typeOf(draft, typeName) } as const;
  addType(draft, {
    ...type,
    constraints: names,
    ...(value && 'Constraint' in value && value.Constraint.raw_expr
      ? { default: value.Constraint.raw_expr }
      : {}),
  });
};

const domainLabels: Readonly<Record<string, string>> = { CONSTR_CHECK: 'check', CONSTR_NOTNULL: 'not_null' };

export const applyAlterDomain: Apply<AlterDomainStmt> = (draft, { subtype, typeName, name, def }) => {
  updateType(draft, stringsOf(typeName), (type) => {
    const taken = (one: string) => type.constraints.includes(one);
    const fresh = (label: string) => chooseName(type.name.name, undefined, label, taken);
    switch (subtype) {
      case 'C': {
        const node = def && 'Constraint' in def ? def.Constraint : undefined;
        const label = domainLabels[node?.contype ?? ''] ?? 'check';
        return { ...type, constraints: [...type.constraints, node?.conname ?? fresh(label)] };
      }
      case 'O':
        return { ...type, constraints: [...type.constraints, fresh('not_null')] };
      case 'N':
        return { ...type, constraints: type.constraints.filter((one) => !/_not_null\d*$/.test(one)) };
      case 'X':
        return { ...type, constraints: type.constraints.filter((one) => one !== name) };
      case 'T': {
        const { default: _, ...rest } = type;
        return def ? { ...rest, default: def } : rest;
      }
      default:
        return type;
    }
  });
};

export const applyAlterEnum: Apply<AlterEnumStmt> = (draft, fields) => {
  const { typeName, oldVal, newVal = '', newValNeighbor, newValIsAfter } = fields;
  updateType(draft, stringsOf(typeName), (type) => {
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
