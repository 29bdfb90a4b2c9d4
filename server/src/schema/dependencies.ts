import type { Node, RangeVar, TypeName } from '@pgsql/types';
import { nameOfRangeVar, nameOfStrings, parseName, stringsOf } from '../sql/names.ts';
import { namedType } from '../sql/type-names.ts';
import { type Draft, findKey } from './draft.ts';
import { walk } from './expressions.ts';
import { dependencyOf } from './links.ts';
import type { Overload, UserType } from './model.ts';
import { qualify, relationKey } from './names.ts';

/** The functions, types and relations of the user's own that an expression or a query names. */
export function dependenciesOf(draft: Draft, ...nodes: readonly (Node | undefined)[]): readonly string[] {
  const found = new Set<string>();
  for (const node of nodes) {
    for (const [kind, fields] of walk(node)) {
      const dependency = dependencyIn(draft, kind, fields);
      if (dependency !== undefined) found.add(dependency);
    }
  }
  return [...found];
}

/** Adds `dependsOn` where there is something to depend on. */
export function withDependencies<One extends object>(
  one: One,
  dependsOn: readonly string[],
): One & { readonly dependsOn?: readonly string[] } {
  return dependsOn.length > 0 ? { ...one, dependsOn } : one;
}

function dependencyIn(draft: Draft, kind: string, fields: Record<string, unknown>): string | undefined {
  switch (kind) {
    case 'FuncCall': {
      const name = stringsOf(fields.funcname as Node[]);
      const passed = (fields.args as Node[] | undefined) ?? [];
      return sequenceOf(draft, name.at(-1), passed[0]) ?? functionDependency(draft, name, passed.length);
    }
    case 'TypeCast':
      return castDependency(draft, fields);
    case 'RangeVar':
      return relationDependency(draft, nameOfRangeVar(fields as RangeVar));
    default:
      return undefined;
  }
}

function castDependency(draft: Draft, fields: Record<string, unknown>): string | undefined {
  const type = fields.typeName as TypeName;
  const constant = constantOf(fields.arg as Node | undefined);
  if (stringsOf(type.names).at(-1) === 'regclass' && constant !== undefined) {
    const name = parseName(constant);
    return name && relationDependency(draft, name);
  }
  return typeDependency(draft, type);
}

/** `nextval('s')` names a sequence, with or without the cast. */
function sequenceOf(draft: Draft, called: string | undefined, first: Node | undefined): string | undefined {
  if (called !== 'nextval' && called !== 'currval' && called !== 'setval') return undefined;
  const constant = constantOf(first);
  const name = constant === undefined ? undefined : parseName(constant);
  return name && relationDependency(draft, name);
}

function constantOf(node: Node | undefined): string | undefined {
  return node && 'A_Const' in node ? node.A_Const.sval?.sval : undefined;
}

function relationDependency(draft: Draft, name: ReturnType<typeof nameOfStrings>): string | undefined {
  const key = findKey(draft, name);
  return draft.relations.has(key) ? dependencyOf('relation', key) : undefined;
}

/** A type of the user's own, as a column, an argument or a cast names it. */
export function typeDependency(draft: Draft, type: TypeName | undefined): string | undefined {
  const own = type && userType(draft, type);
  return own && dependencyOf('type', relationKey(own.name));
}

function userType(draft: Draft, type: TypeName): UserType | undefined {
  const named = namedType(type);
  if (named?.kind !== 'user') return undefined;
  return draft.types.get(relationKey(qualify(draft, named, (key) => draft.types.has(key))));
}

/** Whether a call may pass so many arguments: those that have a default can be left out. */
function takes({ argumentTypes, source }: Overload, passed: number): boolean {
  const node = source?.read().node;
  const parameters = node && 'CreateFunctionStmt' in node ? (node.CreateFunctionStmt.parameters ?? []) : [];
  const parts = parameters.flatMap((one) => ('FunctionParameter' in one ? [one.FunctionParameter] : []));
  if (parts.some(({ mode }) => mode === 'FUNC_PARAM_VARIADIC')) return true;
  const optional = parts.filter(({ defexpr }) => defexpr !== undefined).length;
  return passed <= argumentTypes.length && passed >= argumentTypes.length - optional;
}

/** The overload that a call means, where the number of arguments tells. */
function functionDependency(draft: Draft, parts: readonly string[], passed: number): string | undefined {
  const key = relationKey(qualify(draft, nameOfStrings(parts), (one) => draft.functions.has(one)));
  const overloads = draft.functions.get(key)?.overloads ?? [];
  const fitting = overloads.filter((one) => takes(one, passed));
  const meant = fitting.length === 1 ? fitting[0] : overloads.length === 1 ? overloads[0] : undefined;
  return meant && overloadDependency(key, meant);
}

export function overloadDependency(key: string, { argumentTypes }: Overload): string {
  return dependencyOf('function', `${key}(${argumentTypes.map((type) => type ?? '?').join(', ')})`);
}

/** The function that a trigger calls: it has no arguments of its own. */
export function triggerFunctionDependency(draft: Draft, parts: readonly string[]): string | undefined {
  return functionDependency(draft, parts, 0);
}
