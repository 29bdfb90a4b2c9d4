import { displayName, referencesTo, relationKey, viewsOf } from '../schema/lookup.ts';
import type { Schema, Table, View } from '../schema/model.ts';
import { quoteIdentifier, writeName } from '../sql/names.ts';

/** Views and materialized views whose query reads the column, as far as they tell what they read. */
export function viewsReading(schema: Schema, table: string, column: string): readonly View[] {
  return [...viewsOf(schema, table)].filter((view) => view.readsColumns?.[table]?.includes(column));
}

/** `the view active_users`, as the search path lets it be written. */
export function describeView(schema: Schema, view: View): string {
  return `the ${view.kind} ${displayName(schema, view.name)}`;
}

/** What of other relations a schema loses from one moment to the next: views, tables, foreign keys, columns. */
export function lostBetween(before: Schema, after: Schema, named: ReadonlySet<string>): readonly string[] {
  const lost: string[] = [];
  for (const [key, old] of before.relations) {
    const now = after.relations.get(key);
    if (now === old || named.has(key) || old.kind === 'index' || old.kind === 'sequence') continue;
    if (now === undefined) lost.push(`the ${old.kind} ${displayName(before, old.name)}`);
    else if (old.kind === 'table' && now.kind === 'table') lost.push(...lostFrom(before, old, now));
  }
  for (const key of before.functions.keys()) if (!after.functions.has(key)) lost.push(`the function ${key}`);
  return lost;
}

function lostFrom(schema: Schema, old: Table, now: Table): readonly string[] {
  const name = displayName(schema, old.name);
  const columns = new Set(now.columns.map((column) => column.name));
  const constraints = new Set(now.constraints.map((constraint) => constraint.name));
  return [
    ...old.columns
      .filter((column) => !columns.has(column.name))
      .map((column) => `the column ${name}.${quoteIdentifier(column.name)}`),
    ...old.constraints
      .filter((one) => !constraints.has(one.name) && one.kind !== 'not null')
      .map((one) => `the ${one.kind} ${quoteIdentifier(one.name)} of ${name}`),
    ...old.triggers
      .filter((one) => !now.triggers.includes(one))
      .map((one) => `the trigger ${one} of ${name}`),
  ];
}

/** What makes Postgres refuse to drop a table without CASCADE: views on it, and foreign keys of tables that stay. */
export function standingOn(schema: Schema, table: string, going: ReadonlySet<string>): readonly string[] {
  const views = [...viewsOf(schema, table)].filter((view) => !going.has(relationKey(view.name)));
  const keys = [...referencesTo(schema, table)].filter(
    ({ table: other }) => !going.has(relationKey(other.name)),
  );
  return [
    ...views.map((view) => describeView(schema, view)),
    ...keys.map(
      ({ table: other, constraint }) =>
        `the foreign key ${quoteIdentifier(constraint.name)} of ${displayName(schema, other.name)}`,
    ),
  ];
}

/** The tables and views of a schema, as they are written with its name. */
export function relationsIn(schema: Schema, name: string): readonly string[] {
  return [...schema.relations.values()].flatMap((relation) =>
    relation.name.schema === name && relation.kind !== 'index' && relation.kind !== 'sequence'
      ? [writeName(relation.name)]
      : [],
  );
}
