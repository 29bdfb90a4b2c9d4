import type { AlterFunctionStmt, CreateFunctionStmt, Node, ObjectWithArgs } from '@pgsql/types';
import { nameOfStrings, stringsOf } from '../sql/names.ts';
import { define } from './definition.ts';
import { dependenciesOf, overloadDependency, typeDependency, withDependencies } from './dependencies.ts';
import { type Apply, type Draft, newName, typeOf } from './draft.ts';
import type { Overload, Schema, UserFunction } from './model.ts';
import { qualify, relationKey } from './names.ts';

const strength = { immutable: 0, stable: 1, volatile: 2 } as const;

export const applyCreateFunction: Apply<CreateFunctionStmt> = (draft, fields, statement) => {
  const { funcname, is_procedure, parameters = [], options = [], replace, returnType, sql_body } = fields;
  const name = newName(draft, nameOfStrings(stringsOf(funcname)));
  const key = relationKey(name);
  const passed = parameters.flatMap((node) =>
    'FunctionParameter' in node && isPassed(node.FunctionParameter.mode) ? [node.FunctionParameter] : [],
  );
  const types = [...passed.map(({ argType }) => argType), returnType].map((type) =>
    typeDependency(draft, type),
  );
  const replaced = (draft.functions.get(key)?.overloads ?? []).find((one) =>
    sameArguments(one, { argumentTypes: passed.map(({ argType }) => typeOf(draft, argType)) }),
  );
  const overload: Overload = withDependencies(
    {
      ...(replaced ? said(replaced) : {}),
      argumentTypes: passed.map(({ argType }) => typeOf(draft, argType)),
      ...promises(options),
      body: () => statement.body(),
      source: define(draft, statement, { CreateFunctionStmt: fields }),
    },
    [...new Set([...types.flatMap((one) => one ?? []), ...dependenciesOf(draft, sql_body)])],
  );
  const before = draft.functions.get(key)?.overloads ?? [];
  if (draft.madeByPlan && draft.complete && !draft.schemas.has(name.schema)) draft.refused = true;
  const others = before.filter((one) => !sameArguments(one, overload));
  if (others.length < before.length && !replace) draft.refused = true;
  const kind = is_procedure ? 'procedure' : 'function';
  setOverloads(draft, key, { name, kind, ...promises(options) }, [...others, overload]);
};

/** What stays of a function that another definition replaces. */
function said({ comment, owner, grants }: Overload): Partial<Overload> {
  return {
    ...(comment === undefined ? {} : { comment }),
    ...(owner === undefined ? {} : { owner }),
    ...(grants ? { grants } : {}),
  };
}

function isPassed(mode: string | undefined): boolean {
  return mode !== 'FUNC_PARAM_OUT' && mode !== 'FUNC_PARAM_TABLE';
}

function promises(
  options: readonly Node[],
  before: Pick<Overload, 'volatility' | 'language'> = { volatility: 'volatile', language: 'sql' },
): Pick<Overload, 'volatility' | 'language'> {
  let { volatility, language } = before;
  for (const option of options) {
    if (!('DefElem' in option) || !option.DefElem.arg || !('String' in option.DefElem.arg)) continue;
    const word = option.DefElem.arg.String.sval ?? '';
    if (option.DefElem.defname === 'language') language = word.toLowerCase();
    if (option.DefElem.defname === 'volatility' && word in strength)
      volatility = word as keyof typeof strength;
  }
  return { volatility, language };
}

function sameArguments(one: Overload, { argumentTypes }: Pick<Overload, 'argumentTypes'>): boolean {
  return one.argumentTypes.join('\0') === argumentTypes.join('\0');
}

/** The entry of a name: the weakest promise of its overloads. */
function setOverloads(draft: Draft, key: string, base: UserFunction, overloads: readonly Overload[]): void {
  if (overloads.length === 0) {
    draft.functions.delete(key);
    return;
  }
  const [weakest = base] = [...overloads].sort((a, b) => strength[b.volatility] - strength[a.volatility]);
  const { volatility } = weakest;
  const language = overloads.length === 1 ? (overloads[0] as Overload).language : base.language;
  draft.functions.set(key, { ...base, language, volatility, overloads });
}

export interface FoundOverload {
  readonly key: string;
  readonly overload: Overload;
}

/** The overload that a DROP or ALTER names: by its arguments, or the only one of the name. */
export function findOverload(schema: Schema, object: ObjectWithArgs): FoundOverload | undefined {
  const named = nameOfStrings(stringsOf(object.objname));
  const key = relationKey(qualify(schema, named, (one) => schema.functions.has(one)));
  const overloads = schema.functions.get(key)?.overloads ?? [];
  if (object.args_unspecified) {
    const [only, ...others] = overloads;
    return only && others.length === 0 ? { key, overload: only } : undefined;
  }
  const types = (object.objargs ?? []).map((node) =>
    'TypeName' in node ? typeOf(schema, node.TypeName) : undefined,
  );
  const overload = overloads.find(({ argumentTypes }) => argumentTypes.join('\0') === types.join('\0'));
  return overload && { key, overload };
}

/** Takes an overload out, and gives what may depend on it. */
export function takeOverload(draft: Draft, { key, overload }: FoundOverload): string {
  const entry = draft.functions.get(key);
  if (entry)
    setOverloads(
      draft,
      key,
      entry,
      (entry.overloads ?? []).filter((one) => one !== overload),
    );
  return overloadDependency(key, overload);
}

/** Puts an overload under a name: a rename, or another schema. Refused where that has one of the same arguments. */
export function moveOverload(
  draft: Draft,
  found: FoundOverload,
  name: UserFunction['name'],
): string | undefined {
  const key = relationKey(name);
  const entry = draft.functions.get(found.key);
  const target = draft.functions.get(key)?.overloads ?? [];
  if (!entry || target.some((one) => sameArguments(one, found.overload))) {
    draft.refused = true;
    return undefined;
  }
  takeOverload(draft, found);
  setOverloads(draft, key, { ...entry, name }, [...target, found.overload]);
  return overloadDependency(key, found.overload);
}

export const applyAlterFunction: Apply<AlterFunctionStmt> = (draft, { func, actions = [] }) => {
  const found = func && findOverload(draft, func);
  const entry = found && draft.functions.get(found.key);
  if (!found || !entry) return;
  const overloads = (entry.overloads ?? []).map((one) =>
    one === found.overload
      ? { ...one, ...promises(actions, one), altered: [...(one.altered ?? []), ...actions] }
      : one,
  );
  setOverloads(draft, found.key, entry, overloads);
};
