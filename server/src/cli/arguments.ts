import { parseArgs } from 'node:util';
import { pgVersions } from '../effects/model.ts';
import { parseCount, parseDuration, parseRate } from '../plan/values.ts';
import { UsageError } from './io.ts';
import { didYouMean } from './nearest.ts';

/** The options that a command knows, by name; `string` ones take a value, `rate` ones may: `--load`, `--load 200/s`. */
export type OptionTypes = Readonly<Record<string, 'string' | 'boolean' | 'rate'>>;

export interface Arguments {
  readonly files: readonly string[];
  /** The value of a `string` option, the last one given. */
  value(name: string): string | undefined;
  flag(name: string): boolean;
  has(name: string): boolean;
}

/**
 * Reads a command's arguments.
 *
 * @throws {UsageError} for an option that it does not know (with the nearest it does), or one without its value.
 */
export function readArguments(command: string, args: readonly string[], types: OptionTypes): Arguments {
  const { tokens, positionals } = parseArgs({
    args: [...args],
    options: Object.fromEntries(
      Object.entries(types).map(([name, type]) => [name, { type: type === 'string' ? type : 'boolean' }]),
    ),
    allowPositionals: true,
    strict: false,
    tokens: true,
  });
  const values = new Map<string, string | true>();
  const files = [...positionals];
  for (const [at, token] of tokens.entries()) {
    if (token.kind !== 'option') continue;
    const type = Object.hasOwn(types, token.name) ? types[token.name] : undefined;
    if (type === undefined) throw unknownOption(command, token.rawName, types);
    if (type === 'boolean') {
      if (token.value !== undefined) throw new UsageError(`${token.rawName} takes no value.`, command);
      values.set(token.name, true);
    } else if (type === 'rate') {
      const next = tokens[at + 1];
      const isRate =
        next?.kind === 'positional' && (parseRate(next.value) !== undefined || meansRate.test(next.value));
      if (isRate && token.value === undefined) files.splice(files.indexOf(next.value), 1);
      values.set(token.name, token.value ?? (isRate ? next.value : true));
    } else {
      if (token.value === undefined || (!token.inlineValue && /^-./.test(token.value)))
        throw new UsageError(`${token.rawName} needs a value.`, command);
      values.set(token.name, token.value);
    }
  }
  return {
    files,
    value(name) {
      const value = values.get(name);
      return value === true ? undefined : value;
    },
    flag: (name) => values.get(name) === true,
    has: (name) => values.has(name),
  };
}

/** A number with some unit or none, though it may be no rate: no plan has such a name. */
const meansRate = /^\d[\d.,_]*[a-z]?(?:\/[a-z]*)?$/i;

function unknownOption(command: string, rawName: string, types: OptionTypes): UsageError {
  const known = Object.keys(types).map((name) => `--${name}`);
  return new UsageError(
    `${rawName} is not an option of \`switchback ${command}\`.${didYouMean(rawName, known)}`,
    command,
  );
}

/** The value of an option that is one of a few words. */
export function choice<T extends string>(
  command: string,
  given: Arguments,
  name: string,
  choices: readonly [T, ...T[]],
): T {
  const value = given.value(name);
  if (value === undefined) return choices[0];
  const found = choices.find((candidate) => candidate === value);
  if (found !== undefined) return found;
  const hint = didYouMean(value, choices) || ` It is one of ${choices.join(', ')}.`;
  throw new UsageError(`--${name} ${value} is unknown.${hint}`, command);
}

/** `--pg-version`: a major version whose facts are known; undefined where it is not given. */
export function pgVersion(command: string, given: Arguments): number | undefined {
  const value = given.value('pg-version');
  if (value === undefined) return undefined;
  const { oldest, newest } = pgVersions;
  const version = /^\d{1,3}$/.test(value) ? Number(value) : Number.NaN;
  if (version >= oldest && version <= newest) return version;
  throw new UsageError(
    `--pg-version ${value}: Switchback knows what Postgres ${oldest} to ${newest} do; give one of these major versions.`,
    command,
  );
}

interface Limits {
  readonly min: number;
  readonly max: number;
}

/** A count from `min` to `max`, written as in a plan (`5000`, `5k`); undefined where the option is not given. */
export function wholeNumber(
  command: string,
  given: Arguments,
  name: string,
  { min, max }: Limits,
): number | undefined {
  const value = given.value(name);
  if (value === undefined) return undefined;
  const number = parseCount(value);
  if (number !== undefined && number >= min && number <= max) return number;
  throw new UsageError(`--${name} ${value}: give a whole number from ${min} to ${max}.`, command);
}

/** A time in ms up to `max` ms, written as in a plan (`90s`, `2min`); undefined where the option is not given. */
export function duration(
  command: string,
  given: Arguments,
  name: string,
  { min, max }: Limits,
): number | undefined {
  const value = given.value(name);
  if (value === undefined) return undefined;
  const ms = parseDuration(value);
  if (ms !== undefined && ms >= min && ms <= max) return ms;
  throw new UsageError(
    `--${name} ${value}: give a time such as 500ms, 90s or 2min, at most ${Math.floor(max / 3_600_000)}h.`,
    command,
  );
}
