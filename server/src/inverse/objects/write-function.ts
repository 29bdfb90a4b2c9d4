import type { CreateFunctionStmt, DefElem, FunctionParameter, Node } from '@pgsql/types';
import { findType } from '../../schema/lookup.ts';
import type { Overload, Schema, UserFunction } from '../../schema/model.ts';
import { relationKey } from '../../schema/names.ts';
import { parseName, quoteIdentifier, quoteLiteral } from '../../sql/names.ts';
import { nameIn, sourceNow, type Writing } from './source.ts';
import type { Tokens } from './tokens.ts';

/** A type as `format_type` printed it, with the schema where the search path would miss it; undefined where unknown. */
export function typeIn(writing: Writing, printed: string | undefined): string | undefined {
  if (printed === undefined) return undefined;
  const [bare = printed] = /^(?:"(?:[^"]|"")*"|[^("[])+/.exec(printed) ?? [];
  const name = parseName(bare.trim());
  const type = name && (findType(writing.schema, name) ?? relationNamed(writing.schema, name));
  return type ? nameIn(writing, type.name) + printed.slice(bare.trim().length) : printed;
}

function relationNamed(
  schema: Schema,
  { schema: place, name }: { schema: string | undefined; name: string },
) {
  const places = place === undefined ? schema.searchPath : [place];
  for (const one of places) {
    const found = schema.relations.get(relationKey({ schema: one, name }));
    if (found) return found;
  }
  return undefined;
}

/** `FUNCTION app.f(integer)`, as ALTER and DROP name it. */
export function routineText(
  writing: Writing,
  { name, kind, overloads = [] }: UserFunction,
  overload: Overload,
): string | undefined {
  const types = overload.argumentTypes.map((type) => typeIn(writing, type));
  const word = (isProcedure(overload) ?? kind === 'procedure') ? 'PROCEDURE' : 'FUNCTION';
  const routine = `${word} ${nameIn(writing, name)}`;
  if (types.some((type) => type === undefined)) return overloads.length === 1 ? routine : undefined;
  return `${routine}(${types.join(', ')})`;
}

function isProcedure({ source }: Overload): boolean | undefined {
  const node = source?.read().node;
  return node && 'CreateFunctionStmt' in node ? node.CreateFunctionStmt.is_procedure === true : undefined;
}

export function fieldsOf(overload: Overload): CreateFunctionStmt | undefined {
  const node = overload.source?.read().node;
  return node && 'CreateFunctionStmt' in node ? node.CreateFunctionStmt : undefined;
}

/** CREATE FUNCTION or PROCEDURE as it was declared, and what ALTER made of it since. */
export function writeFunction(
  writing: Writing,
  entry: UserFunction,
  overload: Overload,
  { orReplace = false } = {},
): readonly string[] | undefined {
  const fields = fieldsOf(overload);
  const { source, altered = [] } = overload;
  const routine = routineText(writing, entry, overload);
  if (!fields || !source || routine === undefined) return undefined;
  // The columns that a body of BEGIN ATOMIC names are not followed.
  if (fields.sql_body && source.renames?.some(({ kind }) => kind === 'column')) return undefined;
  const rest = sourceNow(
    writing,
    source,
    [
      ...(fields.parameters ?? []),
      ...(fields.returnType ? [{ TypeName: fields.returnType }] : []),
      fields.sql_body,
    ],
    afterFunctionName,
  );
  if (rest === undefined) return undefined;
  const word = fields.is_procedure ? 'PROCEDURE' : 'FUNCTION';
  const create = `CREATE ${orReplace ? 'OR REPLACE ' : ''}${word} ${nameIn(writing, entry.name)}${rest}`;
  const actions = altered.map(actionText);
  if (actions.some((action) => action === undefined)) return undefined;
  return [create, ...actions.map((action) => `ALTER ${routine} ${action}`)];
}

/** From the parenthesis of the parameters on. */
function afterFunctionName(tokens: Tokens): readonly [number, number] | undefined {
  const word = tokens.find(0, 'function', 'procedure');
  const at = tokens.afterName(word + 1);
  return tokens.word(at) === '(' ? [at, tokens.all.length] : undefined;
}

/** An action of ALTER FUNCTION; undefined for one that is not known. */
export function actionText(node: Node): string | undefined {
  if (!('DefElem' in node)) return undefined;
  const { defname, arg }: DefElem = node.DefElem;
  const said = arg && 'Boolean' in arg ? arg.Boolean.boolval === true : false;
  const word = arg && 'String' in arg ? (arg.String.sval ?? '') : '';
  const number =
    arg && 'Integer' in arg
      ? String(arg.Integer.ival ?? 0)
      : arg && 'Float' in arg
        ? arg.Float.fval
        : undefined;
  switch (defname) {
    case 'volatility':
      return word.toUpperCase();
    case 'strict':
      return said ? 'STRICT' : 'CALLED ON NULL INPUT';
    case 'security':
      return said ? 'SECURITY DEFINER' : 'SECURITY INVOKER';
    case 'leakproof':
      return said ? 'LEAKPROOF' : 'NOT LEAKPROOF';
    case 'parallel':
      return `PARALLEL ${word.toUpperCase()}`;
    case 'cost':
    case 'rows':
      return number === undefined ? undefined : `${defname.toUpperCase()} ${number}`;
    case 'set':
      return arg && 'VariableSetStmt' in arg ? settingAction(arg.VariableSetStmt) : undefined;
    default:
      return undefined;
  }
}

function settingAction({
  kind,
  name = '',
  args = [],
}: {
  kind?: string;
  name?: string;
  args?: Node[];
}): string | undefined {
  if (kind === 'VAR_RESET_ALL') return 'RESET ALL';
  if (kind === 'VAR_RESET') return `RESET ${name}`;
  if (kind === 'VAR_SET_DEFAULT') return `SET ${name} TO DEFAULT`;
  if (kind !== 'VAR_SET_VALUE') return undefined;
  const values = args.map((node) => {
    if (!('A_Const' in node)) return undefined;
    const { sval, ival, fval, boolval } = node.A_Const;
    if (sval) return quoteLiteral(sval.sval ?? '');
    if (ival) return String(ival.ival ?? 0);
    return fval ? fval.fval : boolval ? String(boolval.boolval === true) : undefined;
  });
  return values.some((value) => value === undefined)
    ? undefined
    : `SET ${writeSetting(name)} TO ${values.join(', ')}`;
}

function writeSetting(name: string): string {
  return name.split('.').map(quoteIdentifier).join('.');
}

/**
 * Whether CREATE OR REPLACE can make the one of the other: Postgres refuses to take a default away, to rename a
 * parameter, and to change what is returned.
 */
export function isReplaceable(now: Overload, before: Overload): boolean {
  const [is, was] = [fieldsOf(now), fieldsOf(before)];
  if (!is || !was) return false;
  const [there, wanted] = [parametersOf(is), parametersOf(was)];
  if (there.length !== wanted.length || returned(is) !== returned(was)) return false;
  return there.every((one, at) => {
    const other = wanted[at];
    return (
      other !== undefined &&
      (one.name ?? '') === (other.name ?? '') &&
      one.mode === other.mode &&
      !(one.defexpr && !other.defexpr) &&
      typeText(one) === typeText(other)
    );
  });
}

function parametersOf({ parameters = [] }: CreateFunctionStmt): readonly FunctionParameter[] {
  return parameters.flatMap((node) => ('FunctionParameter' in node ? [node.FunctionParameter] : []));
}

function returned({ returnType, is_procedure }: CreateFunctionStmt): string {
  return `${is_procedure === true} ${withoutPlaces(returnType)}`;
}

function typeText({ argType }: FunctionParameter): string {
  return withoutPlaces(argType);
}

function withoutPlaces(value: unknown): string {
  return JSON.stringify(value, (key, one: unknown) => (key === 'location' ? undefined : one)) ?? '';
}
