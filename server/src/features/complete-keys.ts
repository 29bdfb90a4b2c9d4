// biome-ignore-all lint/suspicious/noTemplateCurlyInString: places to fill in are written so
import { mark, type YamlPath } from '../plan/yaml-place.ts';
import { displayName } from '../schema/lookup.ts';
import type { Completion, Typing } from './completion.ts';
import { allows, type KeySchema, keySchemas, keysAt, schemaAt } from './key-schema.ts';
import { code, plainText } from './markdown.ts';
import { itemSnippets, keySnippet, planSnippet, type Snippet } from './snippets.ts';
import { stepBefore } from './sql-places.ts';

/** Keys that may be typed there and are not there yet, and whole items of lists. */
export function keyCompletions(typing: Typing): readonly Completion[] {
  const { place, schema, trigger, text, word } = typing;
  const before = text.slice(0, word.start);
  if (place.at === 'key') {
    // Typed blanks alone ask for nothing, but for `- ` and `{ `.
    if (trigger === ' ' && !/[-{,]\s*$/.test(before)) return [];
    return keysOf(typing, place.path.slice(0, -1), [...place.beside.keys()], '');
  }
  const here = schemaAt(schema, place.path);
  if (!here || place.style !== 'plain' || !/^[\w.-]*$/.test(place.value.replace(mark, ''))) return [];
  const isItem = typeof place.path.at(-1) === 'number';
  const ownLine = /(?:^|\n)[ \t]*$/.test(before);
  const behindDash = isItem && /(?:^|\n)[ \t]*(?:-[ \t]+)+$/.test(before);
  if (place.flow || !(ownLine || behindDash || place.path.length === 0)) return [];
  if (trigger === ' ' && !behindDash) return [];
  const keys = allows(here, 'object') || here.properties ? keysOf(typing, place.path, [], '') : [];
  const items = isItem
    ? itemSnippets(place.path.slice(0, -1)).map((one) => snippetItem(typing, withoutDash(one)))
    : allows(here, 'array')
      ? [
          ...itemSnippets(place.path).map((one) => snippetItem(typing, one)),
          ...keysOfItem(typing, place.path),
        ]
      : [];
  return [...keys, ...items];
}

/** `steps:` with the cursor below it: a first item by its first key. */
function keysOfItem(typing: Typing, path: YamlPath): readonly Completion[] {
  const item = schemaAt(typing.schema, [...path, 0]);
  const [first] = item?.required ?? [];
  return keysOf(typing, [...path, 0], [], '- ').filter(({ label }) => label === first);
}

function withoutDash({ text, ...rest }: Snippet): Snippet {
  return { ...rest, text: text.replace(/^- /, '').replace(/\n {2}/g, '\n') };
}

function keysOf(
  typing: Typing,
  path: YamlPath,
  siblings: readonly string[],
  lead: string,
): readonly Completion[] {
  const { schema, place } = typing;
  const there = new Set(siblings);
  const parent = schemaAt(schema, path);
  const isBare = path.length === 0 && there.size === 0 && typing.schema === keySchemas.plan;
  const fixed = keysAt(schema, path)
    .filter(([key]) => !there.has(key) && goesWith(path, key, there))
    .map(([key, own], at) =>
      keyItem(typing, path, key, own, { at, lead, isRequired: isRequired(parent, key, path) }),
    );
  const named = path.at(-1) === 'tables' && path.length === 1 ? tableKeys(typing, there) : [];
  const versions = path[0] === 'app' && path.at(-1) === 'versions' ? [versionKey(typing, there)] : [];
  const whole = isBare && !place.flow ? [snippetItem(typing, planSnippet)] : [];
  return [...whole, ...named, ...versions, ...fixed];
}

function isRequired(parent: KeySchema | undefined, key: string, path: YamlPath): boolean {
  return (parent?.required?.includes(key) ?? false) || (isStep(path) && key === 'rollback');
}

function isStep(path: YamlPath): boolean {
  return path[0] === 'phases' && path.length === 4;
}

const actionKeys = ['sql', 'backfill', 'deploy', 'verify', 'wait'];

/** A step has one action; `transaction` goes with sql, `code` with a deploy; the honest words of a rollback stand alone. */
function goesWith(path: YamlPath, key: string, there: ReadonlySet<string>): boolean {
  const isAction = isStep(path) || path[4] === 'rollback';
  if (!isAction || path.at(-1) === 'backfill' || path.at(-1) === 'verify') return true;
  const action = actionKeys.find((one) => there.has(one));
  if (actionKeys.includes(key))
    return action === undefined && !there.has('not_needed') && !there.has('impossible');
  if (key === 'transaction') return action === undefined || action === 'sql';
  if (key === 'code') return action === 'deploy';
  if (key === 'rollback') return action !== 'verify' && action !== 'wait';
  return key === 'not_needed' || key === 'impossible' ? there.size === 0 : true;
}

interface KeyOptions {
  readonly at: number;
  /** What stands before the key: the dash of a new item. */
  readonly lead: string;
  readonly isRequired: boolean;
}

function keyItem(
  typing: Typing,
  path: YamlPath,
  key: string,
  schema: KeySchema,
  { at, lead, isRequired: required }: KeyOptions,
): Completion {
  const isRule = path.at(-1) === 'allow' || path.at(-1) === 'rules';
  const found = isRule ? findingsHere(typing, key) : 0;
  const { text, goesOn } = keyText(typing, key, schema, isRule && path.at(-1) === 'allow');
  return {
    label: key,
    kind: isRule ? 'rule' : 'key',
    ...(found > 0 ? { detail: 'found here' } : required ? { detail: 'required' } : {}),
    ...(schema.description !== undefined && { documentation: schema.description }),
    insert: indented(typing, lead + text),
    isSnippet: true,
    replace: typing.word,
    order: found > 0 ? 0 : required ? 10 : 100 + at,
    ...(goesOn && { goesOn: true as const }),
  };
}

/** Findings of a rule in the step that the cursor is in. */
function findingsHere({ analysis, offset }: Typing, rule: string): number {
  if (!analysis) return 0;
  const step = stepBefore(analysis, offset)?.step;
  return analysis.findings.filter((one) => one.rule === rule && (!step || one.step === step.id)).length;
}

function keyText(
  { place, text, word }: Typing,
  key: string,
  schema: KeySchema,
  isAllow: boolean,
): { readonly text: string; readonly goesOn: boolean } {
  // The key of an entry that has its value is changed alone.
  if (/^[ \t]*:/.test(text.slice(word.end))) return { text: key, goesOn: false };
  if (isAllow) return { text: `${key}: \${1:reason}`, goesOn: false };
  const block = place.flow ? undefined : keySnippet(key);
  if (block !== undefined && !(key === 'rollback' || key === 'sql'))
    return { text: block, goesOn: key === 'phases' || key === 'steps' };
  const isText =
    allows(schema, 'string') ||
    allows(schema, 'number') ||
    allows(schema, 'integer') ||
    allows(schema, 'boolean');
  if (isText || schema.enum) return { text: `${key}: `, goesOn: true };
  if (place.flow) return { text: allows(schema, 'array') ? `${key}: [$1]` : `${key}: { $1 }`, goesOn: true };
  return { text: allows(schema, 'array') ? `${key}:\n  - ` : `${key}:\n  `, goesOn: true };
}

/** Tables of the baseline, or that a step makes, which have no figures yet. */
function tableKeys(typing: Typing, there: ReadonlySet<string>): readonly Completion[] {
  const { analysis, place, word } = typing;
  if (!analysis) return [];
  const end = analysis.steps.at(-1)?.after;
  const schemas = [analysis.baseline, ...(end ? [end] : [])];
  const names = schemas.flatMap((schema) =>
    [...schema.relations.values()].flatMap((one) =>
      one.kind === 'table' && !one.madeByPlan ? displayName(schema, one.name) : [],
    ),
  );
  return [...new Set(names)]
    .filter((name) => !there.has(name))
    .map((name) => ({
      label: name,
      kind: 'table' as const,
      documentation: `How large ${code(name)} is in production.`,
      insert: `${escaped(/^[\w.]+$/.test(name) ? name : JSON.stringify(name))}: ${place.flow ? '{ rows: $1 }' : '{ rows: ${1:1M}, size: ${2:1GB} }'}`,
      isSnippet: true as const,
      replace: word,
      order: 0,
    }));
}

/** `v3` after `v2`. */
function versionKey({ place, word }: Typing, there: ReadonlySet<string>): Completion {
  const numbers = [...there].flatMap((name) => Number(/^v(\d+)$/.exec(name)?.[1] ?? 0));
  const name = `v${Math.max(0, ...numbers) + 1}`;
  return {
    label: name,
    kind: 'version',
    documentation: 'Another version of the application, with the statements that it runs.',
    insert: place.flow ? `${name}: [$1]` : `${name}:\n  - \${1:SELECT 1}`,
    isSnippet: true,
    replace: word,
    order: 0,
  };
}

function snippetItem(typing: Typing, { label, about, text }: Snippet): Completion {
  return {
    label,
    kind: 'snippet',
    detail: about,
    documentation: plainText(about),
    insert: indented(typing, text),
    isSnippet: true,
    replace: typing.word,
    order: 50,
  };
}

/**
 * Editors indent the further lines of a snippet as the line is where it is put in; what stands between that indent and
 * the word (the dash of an item) is to be added.
 */
function indented({ text, word }: Pick<Typing, 'text' | 'word'>, snippet: string): string {
  const lineStart = text.lastIndexOf('\n', word.start - 1) + 1;
  const lead = text.slice(lineStart, word.start);
  const extra = lead.length - (/^[ \t]*/.exec(lead)?.[0].length ?? 0);
  return extra === 0 ? snippet : snippet.replaceAll('\n', `\n${' '.repeat(extra)}`);
}

/** A text in which nothing is a place to fill in. */
export function escaped(text: string): string {
  return text.replace(/[\\$}]/g, '\\$&');
}
