import type { DefElem, Node } from '@pgsql/types';
import { stringsOf } from '../sql/names.ts';

/** `name=value` as `pg_class.reloptions` keeps it. */
export function optionsOf(nodes: readonly Node[] | undefined): readonly string[] {
  return elements(nodes).map((element) => `${optionName(element)}=${optionValue(element.arg)}`);
}

/** After SET: what is set anew comes last (`transformRelOptions`). Undefined where none is left. */
export function setOptions(
  options: readonly string[] | undefined,
  set: readonly Node[] | undefined,
): readonly string[] | undefined {
  const added = optionsOf(set);
  return [...(without(options, names(set)) ?? []), ...added];
}

/** After RESET. Undefined where none is left. */
export function resetOptions(
  options: readonly string[] | undefined,
  reset: readonly Node[] | undefined,
): readonly string[] | undefined {
  return without(options, names(reset));
}

export function nameOfOption(option: string): string {
  return option.slice(0, option.indexOf('='));
}

function without(
  options: readonly string[] | undefined,
  gone: readonly string[],
): readonly string[] | undefined {
  const left = options?.filter((option) => !gone.includes(nameOfOption(option)));
  return left && left.length > 0 ? left : undefined;
}

function names(nodes: readonly Node[] | undefined): readonly string[] {
  return elements(nodes).map(optionName);
}

function elements(nodes: readonly Node[] | undefined): readonly DefElem[] {
  return (nodes ?? []).flatMap((node) => ('DefElem' in node ? [node.DefElem] : []));
}

function optionName({ defnamespace, defname = '' }: DefElem): string {
  return defnamespace ? `${defnamespace}.${defname}` : defname;
}

function optionValue(arg: Node | undefined): string {
  if (!arg) return 'true';
  if ('Integer' in arg) return String(arg.Integer.ival ?? 0);
  if ('Float' in arg) return arg.Float.fval ?? '';
  if ('String' in arg) return arg.String.sval ?? '';
  if ('Boolean' in arg) return String(arg.Boolean.boolval === true);
  if ('TypeName' in arg) return stringsOf(arg.TypeName.names).at(-1) ?? '';
  return '';
}
