import type { Analysis } from '../analyze.ts';
import { mark, placeToType, type YamlPlace } from '../plan/yaml-place.ts';
import { columnOf, constraintOf, displayName, findRelation } from '../schema/lookup.ts';
import type { Relation, Schema, Table } from '../schema/model.ts';
import { type ObjectName, parseName } from '../sql/names.ts';
import type { Range } from '../text/range.ts';
import { columnDefinition, relationDefinition } from './definitions.ts';
import type { Hover } from './hover.ts';
import type { StandingStatement } from './hover-statement.ts';
import { code, sqlBlock } from './markdown.ts';
import { nameAt, relationsIn, signAt, type Words, wordsAround } from './sql-names.ts';
import { schemasAt, sqlRole } from './sql-places.ts';

/** Where a name is asked about. */
export interface AskedName {
  /** Undefined for a plain SQL file. */
  readonly place: YamlPlace | undefined;
  readonly offset: number;
  /** The statement that it stands in, where one that parses does. */
  readonly standing: StandingStatement | undefined;
}

/** The definition of the table, column, index or constraint whose name stands at an offset of some SQL. */
export function nameHover(analysis: Analysis, asked: AskedName): Hover | undefined {
  const { place, offset, standing } = asked;
  const path = place?.path ?? [];
  const sql = sqlTextAt(analysis, offset);
  if (!sql) return undefined;
  // What the statement itself makes is there after it alone.
  const after = standing ? [standing.s.after] : [];
  const schemas = standing ? [standing.s.before, ...after] : schemasAt(analysis, path, offset);
  const { words, at, range } = sql;
  const scope = scopeOf(place, words);
  for (const schema of schemas) {
    const markdown = definitionAt(analysis, schema, words, at, scope);
    if (markdown !== undefined) return { markdown, range };
  }
  return undefined;
}

interface SqlToken {
  readonly words: Words;
  /** The token's index. */
  readonly at: number;
  readonly range: Range;
}

/** The name under an offset, in the SQL text that holds it. */
function sqlTextAt({ text, kind }: Analysis, offset: number): SqlToken | undefined {
  const range = documentWord(text, offset);
  if (!range) return undefined;
  const marked = kind === 'sql' ? undefined : placeToType(text, offset)?.value;
  const value = kind === 'sql' ? text : marked?.replace(mark, '');
  const at = kind === 'sql' ? offset : (marked?.indexOf(mark) ?? -1);
  if (value === undefined || at < 0) return undefined;
  const words = wordsAround(value, at);
  const token = words.tokens.findIndex(
    ({ kind: is, start, end }) => start <= at && at <= end && (is === 'word' || is === 'quoted'),
  );
  return token < 0 ? undefined : { words, at: token, range };
}

/** The word around an offset of the document. */
function documentWord(text: string, offset: number): Range | undefined {
  const before = /[\w$\u0080-\uffff]*$/.exec(text.slice(Math.max(0, offset - 200), offset))?.[0] ?? '';
  const after = /^[\w$\u0080-\uffff]*/.exec(text.slice(offset, offset + 200))?.[0] ?? '';
  return before + after === '' ? undefined : { start: offset - before.length, end: offset + after.length };
}

interface Scoped {
  readonly name: ObjectName;
  readonly alias: string | undefined;
}

/** Relations that bare column names may belong to. */
function scopeOf(place: YamlPlace | undefined, words: Words): readonly Scoped[] {
  const role = place && sqlRole(place.path);
  const table = role === undefined || role === 'statements' ? undefined : place?.beside.get('table');
  const name = table === undefined ? undefined : parseName(table);
  return name ? [{ name, alias: undefined }, ...relationsIn(words)] : relationsIn(words);
}

function definitionAt(
  analysis: Analysis,
  schema: Schema,
  words: Words,
  at: number,
  scope: readonly Scoped[],
): string | undefined {
  const name = nameAt(words, at);
  if (name === undefined) return undefined;
  const named = relationsIn(words).find(({ from, to }) => from <= at && at < to);
  if (named) {
    const relation = findRelation(schema, named.name);
    return relation && relationDefinition(analysis, schema, relation);
  }
  const relations = scope.flatMap(({ name: one, alias }) => {
    const relation = findRelation(schema, one);
    return relation ? [{ relation, called: alias ?? one.name }] : [];
  });
  if (signAt(words, at - 1) === '.') {
    const qualifier = nameAt(words, at - 2);
    const owner = relations.find(({ called }) => called === qualifier)?.relation;
    return owner ? columnIn(analysis, schema, owner, name) : ofRelation(analysis, schema, qualifier, name);
  }
  const called = relations.find((one) => one.called === name && signAt(words, at + 1) === '.');
  if (called) return relationDefinition(analysis, schema, called.relation);
  for (const { relation } of relations) {
    const found = columnIn(analysis, schema, relation, name) ?? constraintIn(schema, relation, name);
    if (found !== undefined) return found;
  }
  return signAt(words, at + 1) === '(' ? undefined : ofRelation(analysis, schema, undefined, name);
}

function ofRelation(
  analysis: Analysis,
  schema: Schema,
  place: string | undefined,
  name: string,
): string | undefined {
  const relation = findRelation(schema, { schema: place, name });
  return relation && relationDefinition(analysis, schema, relation);
}

function columnIn(analysis: Analysis, schema: Schema, relation: Relation, name: string): string | undefined {
  if (relation.kind === 'table') {
    const column = columnOf(relation, name);
    return column && columnDefinition(analysis, schema, relation, column);
  }
  if (relation.kind !== 'view' && relation.kind !== 'materialized view') return undefined;
  const column = relation.columns?.find((one) => one.name === name);
  return (
    column &&
    `**${code(name)}** · column of the ${relation.kind} ${code(displayName(schema, relation.name))}${
      column.type === undefined ? '' : `\n\n${sqlBlock(`${name} ${column.type}`)}`
    }`
  );
}

function constraintIn(schema: Schema, relation: Relation, name: string): string | undefined {
  const table: Table | undefined = relation.kind === 'table' ? relation : undefined;
  const constraint = constraintOf(table, name);
  if (!table || !constraint) return undefined;
  const state = constraint.validated ? '' : ' · not validated';
  const on = code(displayName(schema, table.name));
  return `**${code(name)}** · ${constraint.kind} of ${on}${state}\n\n${sqlBlock(constraint.definition)}`;
}
