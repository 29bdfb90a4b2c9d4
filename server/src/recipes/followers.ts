import { restoreObjects } from '../inverse/objects/restore.ts';
import { writeObject } from '../inverse/objects/write-object.ts';
import { objectKey } from '../schema/addresses.ts';
import { columnOf, relationKey, tableByKey } from '../schema/lookup.ts';
import type { OtherObject, QualifiedName, Relation, Schema } from '../schema/model.ts';
import { quoteIdentifier } from '../sql/names.ts';
import { alterTable } from './blocks.ts';
import { sqlName } from './facts.ts';
import { type Given, refuse, type StepDraft } from './model.ts';
import type { Twin } from './twin.ts';

/** Extended statistics like those on the old column: Postgres gives none another column. */
export function statisticsTwins(given: Given, twin: Twin): readonly StepDraft[] {
  const { facts } = given;
  const { table, from, to, renamed } = twin;
  const sql = twin.facts.statistics.flatMap((object) => {
    const moved = renamed.objects.get(objectKey(object));
    const name = {
      schema: object.name.schema,
      name: given.names.successor(table, object.name.name, from.name, to),
    };
    const plain = facts.schema.searchPath.join() === 'public';
    return (
      (moved && writeObject({ schema: renamed, plain }, { ...moved, name })) ??
      refuse(`How the statistics ${object.name.name} are declared is not known: drop them first.`, 'column')
    );
  });
  if (sql.length === 0) return [];
  const step = 'Gather statistics on it as on the old column';
  return [{ step, id: 'statistics', sql }];
}

/**
 * What makes views, triggers, policies and publications read the new column, and takes away the statistics on the old one;
 * nothing where none does. `now` has both columns.
 */
export function followers(given: Given, twin: Twin, now: Schema): readonly string[] {
  const { facts, renamed, table } = twin;
  const key = relationKey(table.name);
  const relations = new Map<string, Relation>(now.relations);
  for (const view of facts.views) {
    const other = renamed.relations.get(relationKey(view.name));
    if (other) relations.set(relationKey(view.name), other);
  }
  for (const each of [table, ...facts.heirs]) {
    const [is, other] = [
      tableByKey(now, relationKey(each.name)),
      tableByKey(renamed, relationKey(each.name)),
    ];
    if (!is || !other) continue;
    relations.set(relationKey(each.name), {
      ...is,
      triggers: other.triggers,
      ...(other.triggerDefinitions ? { triggerDefinitions: other.triggerDefinitions } : {}),
      ...(other.policies ? { policies: other.policies } : {}),
    });
  }
  const objects = new Map(now.objects);
  for (const [name, object] of now.objects) {
    const bound = facts.publications.some((one) => one.publication === object);
    const other = bound ? renamed.objects.get(name) : undefined;
    if (other) objects.set(name, other);
  }
  const wanted: Schema = { ...now, relations, objects };
  const way = { before: wanted, now, pgVersion: given.facts.pgVersion, qualified: false };
  const { sql, left } = restoreObjects(way);
  if (left.length > 0)
    refuse(
      `How ${left.join(' and ')} of ${key} would read the new column is not worked out: change that by hand first.`,
      'column',
    );
  const computed = facts.generated.flatMap(({ name }) => {
    const expression = columnOf(tableByKey(renamed, key), name)?.default;
    const column = quoteIdentifier(name);
    return expression == null
      ? []
      : [alterTable(given.facts, table, `ALTER COLUMN ${column} SET EXPRESSION AS (${expression})`)];
  });
  return [
    ...twin.code,
    ...computed,
    ...sql,
    ...facts.statistics.map((one) => `DROP STATISTICS ${sqlName(given.facts, named(one))}`),
  ];
}

function named({ name }: OtherObject): { readonly name: QualifiedName } {
  return { name: { schema: name.schema ?? 'public', name: name.name } };
}
