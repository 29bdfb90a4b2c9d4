import { nearest } from '../plan/nearest.ts';
import { columnOf, relationKey } from '../schema/lookup.ts';
import type { Table } from '../schema/model.ts';
import { parseName } from '../sql/names.ts';
import { type Facts, sqlName } from './facts.ts';

/** Names with commas between them; one that holds a comma stands in double quotes. */
export function namesIn(answer: string): readonly string[] {
  return [...answer.matchAll(/\s*("(?:[^"]|"")*"|[^,]+)\s*(?:,|$)/g)].map((found) => (found[1] ?? '').trim());
}

/** As it is stored, or as SQL would have it: `Users` finds a table "Users", and `users` where there is none. */
export function findTableOf({ schema }: Facts, typed: string): Table | undefined {
  const places = [...schema.searchPath];
  const asSql = parseName(typed);
  const plain = typed.includes('.')
    ? { schema: typed.slice(0, typed.indexOf('.')), name: typed.slice(typed.indexOf('.') + 1) }
    : { schema: undefined, name: typed };
  for (const name of [plain, ...(asSql ? [asSql] : [])])
    for (const place of name.schema === undefined ? places : [name.schema]) {
      const found = schema.relations.get(relationKey({ schema: place, name: name.name }));
      if (found?.kind === 'table') return found;
    }
  return undefined;
}

/** The column's name as it is stored: what was typed, or what SQL would make of it. */
export function columnName(table: Table, typed: string): string {
  if (columnOf(table, typed)) return typed;
  const name = parseName(typed)?.name;
  return name !== undefined && columnOf(table, name) ? name : typed;
}

export function missingTable(facts: Facts, typed: string): string {
  const names = tablesOf(facts).map((table) => sqlName(facts, table));
  const other = facts.schema.relations.get(relationKey({ schema: 'public', name: typed }));
  if (other && other.kind !== 'table') return `${typed} is a ${other.kind}, and not a table.`;
  return `There is no table ${typed} in the schema.${hint(typed, names)}`;
}

export function missingColumn(facts: Facts, table: Table, typed: string): string {
  const names = table.columns.map(({ name }) => name);
  return `There is no column ${typed} in ${sqlName(facts, table)}.${hint(typed, names)}`;
}

export function hint(typed: string, names: readonly string[]): string {
  // The last part of a name, as it is stored: `user` for "User", and for "App"."User".
  const bare = (name: string) =>
    (/(?:^|\.)("(?:[^"]|"")+"|[^".]+)$/.exec(name)?.[1] ?? name).replace(/^"|"$/g, '');
  const same = names.filter((name) => bare(name).toLowerCase() === bare(typed).toLowerCase());
  const near = same.length === 1 ? same[0] : nearest(typed, names);
  if (near !== undefined) return ` Did you mean ${near}?`;
  if (names.length === 0) return '';
  return names.length <= 12 ? ` There are ${names.join(', ')}.` : '';
}

export function tablesOf({ schema }: Facts): readonly Table[] {
  return [...schema.relations.values()].filter(
    (one): one is Table => one.kind === 'table' && !one.partition && one.persistence !== 'temporary',
  );
}
