import type { Analysis } from '../analyze.ts';
import { mark, placeToType, type YamlPlace } from '../plan/yaml-place.ts';
import type { Range } from '../text/range.ts';
import { keyCompletions } from './complete-keys.ts';
import { sqlCompletions } from './complete-sql.ts';
import { valueCompletions } from './complete-values.ts';
import { type KeySchema, keySchemas } from './key-schema.ts';
import { type SqlRole, sqlRole } from './sql-places.ts';

/** Something that may be typed at a place. Plain data. */
export interface Completion {
  readonly label: string;
  readonly kind: CompletionKind;
  /** A few words beside the label. */
  readonly detail?: string;
  /** Markdown; what takes work is made when the entry is looked at. */
  readonly documentation?: string | (() => string);
  readonly insert: string;
  /** `insert` has the places to fill in of a snippet: `${1:name}`. */
  readonly isSnippet?: true;
  /** What it takes the place of. */
  readonly replace: Range;
  /** Those with a lower one go first. */
  readonly order: number;
  /** What comes next is worth asking for at once. */
  readonly goesOn?: true;
}

export type CompletionKind =
  | 'key'
  | 'value'
  | 'snippet'
  | 'rule'
  | 'version'
  | 'step'
  | 'table'
  | 'view'
  | 'column'
  | 'index'
  | 'constraint'
  | 'type'
  | 'keyword';

export interface CompletionRequest {
  /** The character whose typing asked by itself; undefined where the person did, or types a word. */
  readonly trigger?: string | undefined;
  /** Values by key that others know: types of migrations, metrics. */
  readonly known?: KnownValues;
}

/** What usually stands behind a key, which takes any text. */
export type KnownValues = Readonly<Record<string, readonly KnownValue[]>>;

export interface KnownValue {
  readonly value: string;
  /** In a few words. */
  readonly title: string;
  readonly documentation?: string | undefined;
}

/** Where something is typed, in a plan that may not parse as it is. */
export interface Typing {
  readonly text: string;
  /** Undefined for a settings file. */
  readonly analysis: Analysis | undefined;
  readonly offset: number;
  readonly place: YamlPlace;
  readonly schema: KeySchema;
  /** The word that is being typed, and the rest of it behind the cursor. */
  readonly word: Range;
  readonly trigger: string | undefined;
  readonly known: KnownValues;
}

/** What may be typed at an offset of a plan, or of an SQL file. */
export function completions(
  analysis: Analysis,
  offset: number,
  { trigger, known = {} }: CompletionRequest = {},
): readonly Completion[] {
  const { text } = analysis;
  if (analysis.kind === 'sql') {
    const word = wordAround(text, offset, sqlWord);
    return sqlCompletions(analysis, {
      path: [],
      offset,
      value: text,
      at: offset,
      word,
      trigger,
      role: 'statements',
      table: undefined,
    });
  }
  const place = placeToType(text, offset);
  if (!place) return [];
  const typing = (pattern: WordPattern): Typing => {
    const word = wordAround(text, offset, pattern);
    return { text, analysis, offset, place, schema: keySchemas.plan, word, trigger, known };
  };
  const role = place.at === 'value' ? sqlRole(place.path) : undefined;
  const yaml = [...keyCompletions(typing(yamlWord)), ...valueCompletions(typing(yamlWord))];
  return role === undefined ? yaml : [...sqlAt(analysis, typing(sqlWord), role), ...yaml];
}

/** What may be typed in a project's settings file. */
export function settingsCompletions(
  text: string,
  offset: number,
  { trigger }: CompletionRequest = {},
): readonly Completion[] {
  const place = placeToType(text, offset);
  if (!place) return [];
  const word = wordAround(text, offset, yamlWord);
  const typing: Typing = {
    text,
    analysis: undefined,
    offset,
    place,
    schema: keySchemas.settings,
    word,
    trigger,
    known: {},
  };
  return [...keyCompletions(typing), ...valueCompletions(typing)];
}

function sqlAt(analysis: Analysis, typing: Typing, role: SqlRole): readonly Completion[] {
  const { offset, place, word, trigger } = typing;
  const at = place.value.indexOf(mark);
  if (at < 0) return [];
  const value = place.value.replace(mark, '');
  const table = role === 'statements' ? undefined : place.beside.get('table');
  const found = sqlCompletions(analysis, { path: place.path, offset, value, at, word, trigger, role, table });
  if (place.style !== 'double') return found;
  // A name in quotes, inside of YAML's quotes.
  return found.map((one) => ({ ...one, insert: one.insert.replaceAll('"', '\\"') }));
}

interface WordPattern {
  readonly before: RegExp;
  readonly after: RegExp;
}

const yamlWord: WordPattern = { before: /[\w.-]*$/, after: /^[\w.-]*/ };
const sqlWord: WordPattern = { before: /[\w$\u0080-\uffff]*$/, after: /^[\w$\u0080-\uffff]*/ };
const longestWord = 200;

function wordAround(text: string, offset: number, { before, after }: WordPattern): Range {
  const behind = text.slice(Math.max(0, offset - longestWord), offset);
  const ahead = text.slice(offset, offset + longestWord);
  return {
    start: offset - (before.exec(behind)?.[0].length ?? 0),
    end: offset + (after.exec(ahead)?.[0].length ?? 0),
  };
}
