import { restoreObjects } from '../inverse/objects/restore.ts';
import { relationKey, viewsOf } from '../schema/lookup.ts';
import type { Table, View } from '../schema/model.ts';
import { quoteIdentifier } from '../sql/names.ts';
import { after, type Facts, sqlName } from './facts.ts';
import { type Given, refuse } from './model.ts';
import type { Twin } from './twin.ts';

/** What is bound to a column and not to its name: taken away before the names change, and made again of the same words. */
export function rebound(given: Given, { table, facts: own }: Pick<Twin, 'table' | 'facts'>): Remade {
  return remade(given, table, own);
}

/** Statements that take away, and such that make again. */
export interface Remade {
  readonly release: readonly string[];
  readonly bind: readonly string[];
}

/** Views with all that read them, policies and triggers of a table. */
export function remade(
  { facts }: Given,
  table: Table,
  { views, policies, triggers }: Pick<Twin['facts'], 'views' | 'policies' | 'triggers'>,
): Remade {
  const name = sqlName(facts, table);
  const release = [
    ...readersFirst(facts, views).map((view) => `DROP VIEW ${sqlName(facts, view)}`),
    ...policies.map((one) => `DROP POLICY ${quoteIdentifier(one.name)} ON ${name}`),
    ...triggers.map((one) => `DROP TRIGGER ${quoteIdentifier(one.name)} ON ${name}`),
  ];
  return { release, bind: madeAgain(facts, release) };
}

/** What makes again what statements take away. */
export function madeAgain({ schema, pgVersion }: Facts, release: readonly string[]): readonly string[] {
  if (release.length === 0) return [];
  const now = release.reduce((before, sql) => after(before, sql), schema);
  const { sql, left } = restoreObjects({ before: schema, now, pgVersion, qualified: false });
  if (left.length > 0)
    refuse(`How ${left.join(' and ')} would be made again is not known: drop it first, by hand.`, 'column');
  return sql;
}

/** The views with all that read them, each before those that it reads. */
function readersFirst(facts: Facts, views: readonly View[]): readonly View[] {
  const found = new Map<string, View>();
  const visit = (view: View) => {
    const key = relationKey(view.name);
    if (view.kind === 'materialized view')
      refuse(
        `The materialized view ${sqlName(facts, view)} is computed from it, by way of a view or not, and to make it again takes its query: drop it first, and make it again after the plan.`,
        'column',
      );
    for (const reader of viewsOf(facts.schema, key)) visit(reader);
    // Again behind what reads it.
    found.delete(key);
    found.set(key, view);
  };
  for (const view of views) visit(view);
  return [...found.values()];
}
