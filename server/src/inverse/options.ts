import { nameOfOption } from '../schema/options.ts';
import { quoteIdentifier, quoteLiteral } from '../sql/names.ts';

/** SET (…) and RESET (…) that make the options what they were, in the order in which the catalogs keep them. */
export function optionPieces(before: readonly string[] = [], now: readonly string[] = []): readonly string[] {
  if (String(before) === String(now)) return [];
  const names = before.map(nameOfOption);
  const extra = now.map(nameOfOption).filter((name) => !names.includes(name));
  // What is set again goes to the end: from the first that is not in its place on all are set.
  const left = now.filter((option) => !extra.includes(nameOfOption(option)));
  const at = before.findIndex((option, index) => option !== left[index]);
  const set = at < 0 ? [] : before.slice(at);
  return [
    ...(extra.length > 0 ? [`RESET (${extra.map(writeOptionName).join(', ')})`] : []),
    ...(set.length > 0 ? [`SET (${writeOptions(set)})`] : []),
  ];
}

/** `fillfactor = 70, toast.autovacuum_enabled = false` */
export function writeOptions(options: readonly string[]): string {
  return options
    .map((option) => {
      const name = nameOfOption(option);
      const value = option.slice(name.length + 1);
      const plain = /^(?:-?\d+(?:\.\d+)?|true|false|on|off|auto)$/.test(value);
      return `${writeOptionName(name)} = ${plain ? value : quoteLiteral(value)}`;
    })
    .join(', ');
}

function writeOptionName(name: string): string {
  return name.split('.').map(quoteIdentifier).join('.');
}
