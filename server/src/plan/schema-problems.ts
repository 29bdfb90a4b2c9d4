import type { ErrorObject } from 'ajv';
import { type Document, isMap, isScalar, isSeq } from 'yaml';
import type { Range } from '../text/range.ts';
import type { PlanProblem } from './model.ts';
import { nearest } from './nearest.ts';
import { pairOf, rangeOf, resolved } from './yaml-document.ts';

/** What each format of the schema means, by example. */
const formatExamples: Readonly<Record<string, string>> = {
  duration: 'a duration: 250ms, 2s, 5min, 24h or 7d',
  timeout: 'a timeout: 250ms, 2s, 5min or 24h, at most 24d',
  wait: 'how long a request may take, from 1ms to 1h: 250ms or 1s',
  batch: 'a number of rows: 10000 or 50k',
  durationRange: 'a duration or a range of them: 1s, or 5min-10min',
  durationLimit: 'a longest duration: "<= 5s"',
  size: 'a size: 16MB or 2.4GB',
  count: 'a count: 8M, 8_000_000 or 8000000',
  rate: 'a rate: 2000/s',
  lockLimit: 'a table lock: "<= SHARE UPDATE EXCLUSIVE"',
  expectation: 'a value, or a comparison with a number, a size or a duration: "< 16MB"',
};

const typeNames: Readonly<Record<string, string>> = {
  string: 'a text',
  object: 'a mapping (key: value)',
  array: 'a list (- item)',
  integer: 'a whole number',
  number: 'a number',
  boolean: 'true or false',
  null: 'nothing',
};

/** A file with more has one cause; the rest would only take time. */
const maxProblems = 200;

interface Place {
  readonly path: readonly string[];
  readonly node: unknown;
  /** The key that leads to it; the node itself for an item of a list. */
  readonly keyRange: Range;
}

/** Turns the validator's errors into problems at the place that a person would point at, one for each place. */
export function schemaProblems(errors: readonly ErrorObject[], document: Document.Parsed): PlanProblem[] {
  const problems = new Map<string, PlanProblem>();
  // A key that is missing because it is misspelt is one mistake.
  const misspelt = new Set<string>();
  const mostTelling = [...errors.slice(0, maxProblems)].sort((a, b) => rank(a) - rank(b));
  for (const error of mostTelling) {
    const place = placeOf(error.instancePath, document);
    if (misspelt.has(`${error.instancePath} ${error.params.missingProperty}`)) continue;
    const problem = problemOf(error, place, document);
    if (!problem) continue;
    if (problem.fix) misspelt.add(`${error.instancePath} ${problem.fix.newText}`);
    const missing = problem.code === 'plan-missing-key' ? problem.message : '';
    const key = `${problem.range.start}:${problem.range.end}:${missing}`;
    // A value of a wrong type also misses its format: the first says it all.
    if (!problems.has(key) || problem.code === 'plan-type') problems.set(key, problem);
  }
  return [...problems.values()];
}

function rank({ keyword }: ErrorObject): number {
  return keyword === 'additionalProperties' ? 0 : 1;
}

function placeOf(instancePath: string, document: Document.Parsed): Place {
  const path = instancePath
    .split('/')
    .slice(1)
    .map((part) => part.replaceAll('~1', '/').replaceAll('~0', '~'));
  let node: unknown = document.contents;
  let keyRange = rangeOf(node);
  for (const part of path) {
    const parent = resolved(node, document);
    if (isMap(parent)) {
      const pair = pairOf(parent, part, document);
      node = pair?.value;
      if (pair) keyRange = rangeOf(pair.key);
    } else if (isSeq(parent)) {
      node = parent.items[Number(part)];
      keyRange = rangeOf(node);
    }
  }
  return { path, node, keyRange };
}

function problemOf(error: ErrorObject, place: Place, document: Document.Parsed): PlanProblem | undefined {
  const { keyword, params } = error;
  const value = resolved(place.node, document);
  const range = scalarOrKey(value, place);
  const name = place.path.at(-1) ?? 'the plan';
  switch (keyword) {
    case 'additionalProperties':
      return unknownKey(error, value, document);
    case 'required': {
      const at = isMap(value) ? firstKey(value, place) : place.keyRange;
      return {
        code: 'plan-missing-key',
        message: missingKey(params.missingProperty, place),
        range: clip(at),
      };
    }
    case 'type':
      return {
        code: 'plan-type',
        message: wrongType(name, params.type, value, place, formatOf(error)),
        range,
      };
    case 'format':
      return {
        code: 'plan-value',
        message: `${quoted(value)} is not ${formatExamples[params.format]}.`,
        range,
      };
    case 'enum':
      return { code: 'plan-value', message: notAllowed(name, place, value, params.allowedValues), range };
    default:
      return { code: 'plan-value', message: badValue(error, name, place, value), range };
  }
}

function clip(range: Range): Range {
  return { start: range.start, end: Math.max(range.start + 1, Math.min(range.end, range.start + 200)) };
}

/** A scalar is its own place; of a mapping or list the key is, since the whole would be too much red. */
function scalarOrKey(value: unknown, place: Place): Range {
  const range = rangeOf(value);
  return isScalar(value) && range.end > range.start ? range : clip(place.keyRange);
}

function firstKey(map: { items: readonly { key: unknown }[] }, place: Place): Range {
  const key = map.items[0]?.key;
  return key ? rangeOf(key) : place.keyRange;
}

function missingKey(key: string, place: Place): string {
  const of = place.path.length === 0 ? 'The plan' : `This ${singular(place.path)}`;
  return `${of} needs "${key}:".`;
}

/** `phases/0/steps/2` → step: what a person calls an item of that list. */
function singular(path: readonly string[]): string {
  const name = [...path].reverse().find((part) => !/^\d+$/.test(part)) ?? 'item';
  const irregular: Readonly<Record<string, string>> = {
    queries: 'query',
    tables: 'table',
    checklist: 'check',
  };
  return irregular[name] ?? (/\d$/.test(path.at(-1) ?? '') ? name.replace(/s$/, '') : name);
}

/** More than that nobody reads through: the names of rules. */
const manyKeys = 30;

function unknownKey(error: ErrorObject, map: unknown, document: Document.Parsed): PlanProblem | undefined {
  const key = String(error.params.additionalProperty);
  const pair = isMap(map) ? pairOf(map, key, document) : undefined;
  if (!pair) return undefined;
  const known = Object.keys((error.parentSchema as { properties?: object }).properties ?? {});
  const present = isMap(map) ? map.items.map((item) => String((item.key as { value?: unknown }).value)) : [];
  const range = rangeOf(pair.key);
  const best = nearest(
    key,
    known.filter((name) => !present.includes(name)),
  );
  const rest =
    known.length > manyKeys
      ? `None of the ${known.length} that are known here is like it.`
      : `Known here: ${known.join(', ')}.`;
  return {
    code: 'plan-unknown-key',
    message: best
      ? `"${key}" is not a key here. Did you mean "${best}"?`
      : `"${key}" is not a key here. ${rest}`,
    range,
    ...(best ? { fix: { title: `Change to "${best}"`, range, newText: best } } : {}),
  };
}

function formatOf(error: ErrorObject): string | undefined {
  return (error.parentSchema as { format?: string } | undefined)?.format;
}

function wrongType(
  name: string,
  wanted: string | string[],
  value: unknown,
  place: Place,
  format: string | undefined,
): string {
  const types = [wanted].flat().filter((type) => type !== 'null');
  const example = format && formatExamples[format];
  const wants = example ? [example] : types.map((type) => typeNames[type] ?? type);
  const what = /^\d+$/.test(name) ? `This ${singular(place.path)}` : `"${name}"`;
  if (value === undefined || value === null || (isScalar(value) && value.value === null)) {
    return `${what} is empty: it wants ${orList(wants)}.`;
  }
  const colon = isMap(value) && wants.length === 1 && wanted === 'string';
  const hint = colon ? ' A colon makes a mapping of it: put the text in quotes.' : '';
  return `${what} wants ${orList(wants)}, and this is ${kindOf(value)}.${hint}`;
}

function kindOf(value: unknown): string {
  if (isMap(value)) return 'a mapping';
  if (isSeq(value)) return 'a list';
  const scalar = isScalar(value) ? value.value : value;
  return typeof scalar === 'string'
    ? 'a text'
    : `${quoted(value)}, ${typeNames[typeof scalar] ?? typeof scalar}`;
}

function notAllowed(name: string, place: Place, value: unknown, allowed: readonly unknown[]): string {
  if (place.path.join('/') === 'database/type') {
    if (/^(postgres(ql)?|pg)$/i.test(plain(value)))
      return `Write it as Postgres is called here: "type: postgresql".`;
    return `Switchback reads plans for PostgreSQL, and this one is for ${plain(value)}: write "type: postgresql", or use a tool for ${plain(value)}.`;
  }
  return `${quoted(value)} is not a ${name} that is known: ${orList(allowed.map(String))}.`;
}

function badValue(error: ErrorObject, name: string, place: Place, value: unknown): string {
  const path = place.path.join('/');
  if (path === 'database/version') {
    return `PostgreSQL ${plain(value)} is not a version whose locks and rewrites are known: 14 to 18 are.`;
  }
  if (place.path.at(-2) === 'allow') return `"${name}" needs the reason why it is all right here.`;
  if (name === 'not_needed' || name === 'impossible') return `"${name}" needs the reason.`;
  if (name === 'id')
    return `${quoted(value)} is not an id: lower-case letters, digits and _ only, a letter first, e.g. add_handle.`;
  const format = formatOf(error);
  if (error.keyword === 'maximum' && format && error.params.limit === 0)
    return `${quoted(value)} has no unit: write ${formatExamples[format]}.`;
  if (error.keyword === 'maximum' && format) return `${quoted(value)} is not ${formatExamples[format]}.`;
  if (error.keyword === 'minLength') return `"${name}" is empty.`;
  if (error.keyword === 'minItems') return `"${name}" has nothing in it.`;
  if (error.keyword === 'minimum') return `"${name}" is at least ${error.params.limit}.`;
  return `"${name}": ${error.message ?? 'this value means nothing here'}.`;
}

function quoted(value: unknown): string {
  return `"${plain(value)}"`;
}

function plain(value: unknown): string {
  const text = isScalar(value) ? String(value.source ?? value.value) : String(value);
  return text.length > 60 ? `${text.slice(0, 57)}…` : text;
}

function orList(items: readonly string[]): string {
  return items.length < 2 ? items.join('') : `${items.slice(0, -1).join(', ')} or ${items.at(-1)}`;
}
