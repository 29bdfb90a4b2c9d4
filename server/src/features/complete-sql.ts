import type { Analysis } from '../analyze.ts';
import type { YamlPath } from '../plan/yaml-place.ts';
import { displayName, findRelation, relationKey } from '../schema/lookup.ts';
import type { Column, Relation, Schema } from '../schema/model.ts';
import { parseName, quoteIdentifier } from '../sql/names.ts';
import type { Range } from '../text/range.ts';
import type { Completion, CompletionKind } from './completion.ts';
import { columnLine, figuresWords, relationDefinition } from './definitions.ts';
import { askedFor, tokenBefore } from './sql-asked.ts';
import { keywordsAfter } from './sql-keywords.ts';
import { nameAt, relationsIn, type Words, wordAt, wordsAround } from './sql-names.ts';
import { type SqlRole, schemasAt } from './sql-places.ts';

/** Where SQL is typed. */
export interface SqlTyping {
  readonly path: YamlPath;
  readonly offset: number;
  /** The SQL, and the cursor in it. */
  readonly value: string;
  readonly at: number;
  /** The word in the document. */
  readonly word: Range;
  readonly trigger: string | undefined;
  readonly role: SqlRole;
  /** The table of the backfill that it is a part of. */
  readonly table: string | undefined;
}

/** Relations that a list holds; a schema may have thousands, and typing a letter narrows them. */
const longest = 500;

/** Tables, columns, indexes and constraints of the schema at that point of the plan, and a few keywords. */
export function sqlCompletions(analysis: Analysis, asked: SqlTyping): readonly Completion[] {
  const typing = inQuotedName(analysis.text, asked);
  return typing ? completionsOf(analysis, typing) : [];
}

/** In a name in quotes all of it is replaced, quotes included; undefined where YAML escapes them. */
function inQuotedName(text: string, typing: SqlTyping): SqlTyping | undefined {
  const { value, at, offset } = typing;
  const token = wordsAround(value, at).tokens.find(({ start, end }) => start < at && at < end);
  if (token?.kind !== 'quoted') return typing;
  const start = offset - (at - token.start);
  const word = { start, end: start + token.end - token.start };
  return text.slice(word.start, word.end) === value.slice(token.start, token.end)
    ? { ...typing, word }
    : undefined;
}

function completionsOf(analysis: Analysis, typing: SqlTyping): readonly Completion[] {
  const { value, at, role, trigger } = typing;
  const schemas = schemasAt(analysis, typing.path, typing.offset);
  const all = { analysis, typing, schemas };
  if (role === 'table') return relationItems(all, ['table']);
  const words = wordsAround(value, at);
  const here = tokenBefore(words, at);
  if (here === undefined) return [];
  const asked = askedFor(words, here, role);
  // A blank alone asks where a name has to follow.
  if (trigger === ' ' && !asked.named) return [];
  const scope = scopeOf(all, words);
  switch (asked.what) {
    case 'relation':
      return [...relationItems(all, ['table', 'view', 'materialized view']), ...schemaItems(all)];
    case 'index':
      return relationItems(all, ['index']);
    case 'view':
      return relationItems(all, ['view', 'materialized view']);
    case 'sequence':
      return relationItems(all, ['sequence']);
    case 'constraint':
      return constraintItems(all, scope);
    case 'own column':
      return columnItems(all, scope.slice(0, 1));
    case 'type':
      return typeItems(all);
    case 'qualified':
      return qualifiedItems(all, words, here, scope);
    case 'nothing':
      return [];
    case 'expression': {
      const keywords = keywordsAfter(words, here, role).map((word) => keywordItem(typing, word));
      return [...columnItems(all, scope), ...aliasItems(all, scope), ...keywords];
    }
  }
}

interface All {
  readonly analysis: Analysis;
  readonly typing: SqlTyping;
  readonly schemas: readonly Schema[];
}

interface Scoped {
  readonly relation: Relation;
  readonly schema: Schema;
  readonly called: string;
  readonly isAlias: boolean;
}

function scopeOf({ typing, schemas }: All, words: Words): readonly Scoped[] {
  const name = typing.table === undefined ? undefined : parseName(typing.table);
  const named = [...(name ? [{ name, alias: undefined }] : []), ...relationsIn(words)];
  const seen = new Set<string>();
  return named.flatMap(({ name: one, alias }) => {
    for (const schema of schemas) {
      const relation = findRelation(schema, one);
      if (!relation || seen.has(alias ?? one.name)) continue;
      seen.add(alias ?? one.name);
      return [{ relation, schema, called: alias ?? one.name, isAlias: alias !== undefined }];
    }
    return [];
  });
}

const kinds: Readonly<Record<Relation['kind'], CompletionKind>> = {
  table: 'table',
  view: 'view',
  'materialized view': 'view',
  index: 'index',
  sequence: 'value',
};

function relationItems(
  { analysis, typing, schemas }: All,
  wanted: readonly Relation['kind'][],
): readonly Completion[] {
  const items = new Map<string, Completion>();
  for (const schema of schemas) {
    for (const relation of schema.relations.values()) {
      if (items.size >= longest) break;
      if (!wanted.includes(relation.kind)) continue;
      if (relation.kind === 'index' && relation.constraint !== undefined) continue;
      const name = displayName(schema, relation.name);
      if (items.has(name)) continue;
      const table = relation.kind === 'index' ? schema.relations.get(relation.table) : undefined;
      const detail = table
        ? `index of ${displayName(schema, table.name)}`
        : [relation.kind, figuresWords(analysis, name)].filter(Boolean).join(' · ');
      items.set(name, {
        ...item(typing, name, kinds[relation.kind], relation.madeByPlan ? 1 : 0),
        detail,
        documentation: () => relationDefinition(analysis, schema, relation),
      });
    }
  }
  return [...items.values()];
}

/** Schemas that hold relations which the search path does not find. */
function schemaItems({ typing, schemas }: All): readonly Completion[] {
  const names = new Set(
    schemas.flatMap(({ relations, searchPath }) =>
      [...relations.values()]
        .slice(0, longest)
        .flatMap(({ name }) => (searchPath.includes(name.schema) ? [] : name.schema)),
    ),
  );
  return [...names].map((name) => ({ ...item(typing, quoteIdentifier(name), 'value', 3), detail: 'schema' }));
}

function columnItems({ analysis, typing }: All, scope: readonly Scoped[]): readonly Completion[] {
  const items = new Map<string, Completion>();
  for (const { relation, schema } of scope)
    for (const column of columnsOf(relation)) {
      const name = quoteIdentifier(column.name);
      if (items.has(name)) continue;
      const of = displayName(schema, relation.name);
      const size = figuresWords(analysis, of);
      items.set(name, {
        ...item(typing, name, 'column', 0),
        detail: [column.type ?? 'type not known', of].join(' · '),
        documentation: `column of \`${of}\`${size === undefined ? '' : ` (${size})`}: \`${columnLine(column)}\``,
      });
    }
  return [...items.values()];
}

function columnsOf(relation: Relation): readonly Column[] {
  if (relation.kind === 'table') return relation.columns;
  if (relation.kind !== 'view' && relation.kind !== 'materialized view') return [];
  return (relation.columns ?? []).map(({ name, type }) => ({
    ...{ name, type, notNull: undefined, default: undefined, identity: undefined },
    ...{ generated: undefined, collation: undefined },
  }));
}

/** What the statement calls its tables. */
function aliasItems({ typing }: All, scope: readonly Scoped[]): readonly Completion[] {
  return scope.map(({ called, relation, schema }) => ({
    ...item(typing, quoteIdentifier(called), 'table', 2),
    detail: `${relation.kind} ${displayName(schema, relation.name)}`,
  }));
}

function constraintItems({ typing }: All, scope: readonly Scoped[]): readonly Completion[] {
  const [first] = scope;
  if (first?.relation.kind !== 'table') return [];
  return first.relation.constraints
    .filter(({ kind }) => kind !== 'not null')
    .map(({ name, kind, definition, validated }) => ({
      ...item(typing, quoteIdentifier(name), 'constraint', validated ? 1 : 0),
      detail: validated ? kind : `${kind}, not validated`,
      documentation: `\`${definition}\``,
    }));
}

/** Behind `users.` or `app.`. */
function qualifiedItems(
  all: All,
  words: Words,
  dot: number,
  scope: readonly Scoped[],
): readonly Completion[] {
  const qualifier = nameAt(words, dot - 1);
  if (qualifier === undefined) return [];
  const owner = scope.filter(({ called }) => called === qualifier);
  if (owner.length > 0) return columnItems(all, owner);
  const items = new Map<string, Completion>();
  for (const schema of all.schemas)
    for (const relation of schema.relations.values()) {
      if (relation.name.schema !== qualifier || items.size >= longest) continue;
      if (relation.kind === 'index' && !['drop', 'alter', 'reindex'].includes(wordAt(words, 0))) continue;
      const name = quoteIdentifier(relation.name.name);
      items.set(relationKey(relation.name), {
        ...item(all.typing, name, kinds[relation.kind], 0),
        detail: relation.kind,
        documentation: () => relationDefinition(all.analysis, schema, relation),
      });
    }
  return [...items.values()];
}

const commonTypes = [
  ...[
    'bigint',
    'boolean',
    'bytea',
    'date',
    'integer',
    'jsonb',
    'numeric',
    'smallint',
    'text',
    'timestamptz',
    'uuid',
  ],
  ...['varchar(255)', 'double precision', 'interval', 'inet', 'time'],
];

function typeItems({ typing, schemas }: All): readonly Completion[] {
  const own = new Map<string, Completion>();
  for (const { types, searchPath } of schemas)
    for (const { name, kind } of types.values()) {
      const shown = searchPath.includes(name.schema) ? quoteIdentifier(name.name) : relationKey(name);
      own.set(shown, { ...item(typing, shown, 'type', 0), detail: kind });
    }
  return [...own.values(), ...commonTypes.map((name) => item(typing, name, 'type', 1))];
}

function item({ word }: SqlTyping, name: string, kind: CompletionKind, order: number): Completion {
  return { label: name, kind, insert: name, replace: word, order };
}

function keywordItem({ word, value, at }: SqlTyping, keyword: string): Completion {
  const typed = /[A-Za-z]+$/.exec(value.slice(0, at))?.[0] ?? '';
  const isLower = typed !== '' && typed === typed.toLowerCase();
  const text = isLower ? keyword.toLowerCase() : keyword;
  return { label: text, kind: 'keyword', insert: text, replace: word, order: 500 };
}
