import { columnOf, descendantsOf, referencesTo, relationKey, viewsOf } from '../schema/lookup.ts';
import type { Column, Table } from '../schema/model.ts';
import { quoteIdentifier } from '../sql/names.ts';
import { wait } from './blocks.ts';
import { functionsSaying } from './code-words.ts';
import { type Facts, primaryKeyOf, sqlName } from './facts.ts';
import { type Given, refuse, type StepDraft } from './model.ts';
import { columnName, missingColumn, namesIn } from './typed-names.ts';

/** `created_at=profile_created_at, …`: the new names by the old ones; in words, what is wrong with it. */
export function newNamesIn(facts: Facts, text: string, table: Table): ReadonlyMap<string, string> | string {
  const found = new Map<string, string>();
  for (const part of namesIn(text)) {
    const [, before, after] = /^("(?:[^"]|"")*"|[^=]*?)\s*=\s*(.*)$/s.exec(part) ?? [];
    if (!before || !after) return `${part} is no pair of names: write old=new.`;
    const name = columnName(table, before);
    if (!columnOf(table, name)) return missingColumn(facts, table, before);
    found.set(name, /^".*"$/s.test(after) ? after.slice(1, -1).replaceAll('""', '"') : after);
  }
  return found;
}

/**
 * Refuses what is bound to the table that goes, and would stop working, or fire no more, once it is gone. `referring`: what
 * is to be done with a foreign key to it.
 */
export function refuseBound(
  { facts }: Given,
  table: Table,
  into: Table,
  referring: (next: string) => string,
): void {
  const stop = (message: string): never => refuse(message, 'table');
  const key = relationKey(table.name);
  const [name, next] = [sqlName(facts, table), sqlName(facts, into)];
  const reference = [...referencesTo(facts.schema, key)].find(
    ({ constraint }) => constraint.parent === undefined,
  );
  if (reference)
    stop(
      `${reference.constraint.name} of ${sqlName(facts, reference.table)} refers to ${name}: ${referring(next)}`,
    );
  const [view] = viewsOf(facts.schema, key);
  if (view)
    stop(
      `The ${view.kind} ${sqlName(facts, view)} reads ${name}, and its query is not to be guessed anew: drop it first, and make it again, of ${next}, after the plan.`,
    );
  const [code] = functionsSaying(facts.schema, [table.name.name]);
  if (code)
    stop(
      `The function ${sqlName(facts, code)} says ${table.name.name}, and would fail once it is gone: change or drop it first.`,
    );
  const [trigger] = table.triggers;
  if (trigger !== undefined)
    stop(
      `${name} has the trigger ${trigger}, which would not fire for ${next}: drop it first, and let the application, or a trigger of ${next}, do what it does.`,
    );
  const published = [...facts.schema.objects.values()].find((one) =>
    one.publication?.tables?.some((each) => each.table === key),
  );
  if (published)
    stop(
      `The publication ${published.name.name} has ${name}: take it out first, when its subscribers can do without.`,
    );
  const heir = descendantsOf(facts.schema, key).find(({ partition }) => !partition);
  if (heir) stop(`${sqlName(facts, heir)} inherits from ${name}: end that first (ALTER TABLE … NO INHERIT).`);
  for (const [one, question] of [
    [table, 'table'],
    [into, 'into'],
  ] as const) {
    const shown = sqlName(facts, one);
    if ((one.rules ?? []).length > 0) refuse(`${shown} has rules: replace them by triggers first.`, question);
    if (one.rowSecurity || (one.policies ?? []).length > 0)
      refuse(
        `${shown} has row-level security, and who may see what of the merged rows is for somebody to decide: that has to be planned by hand.`,
        question,
      );
    if (!primaryKeyOf(one))
      refuse(`${shown} has no primary key: give it one first (switchback new change_primary_key).`, question);
  }
}

/** Whether no row is without it: a check that is not valid yet says so of new ones alone. */
export function isNeverNull(table: Table, { name, notNull }: Column): boolean {
  return (
    notNull === true ||
    table.constraints.some(
      (one) => one.validated && one.enforced !== false && one.provesNotNull.includes(name),
    )
  );
}

/** The last week of a table: `name` in SQL, and what it is called then. */
export function renameAway(name: string, away: Table, why: string): readonly StepDraft[] {
  return [
    {
      step: 'Rename it away',
      id: 'rename_away',
      why,
      sql: [`ALTER TABLE ${name} RENAME TO ${quoteIdentifier(away.name.name)}`],
    },
    wait('watch', 'A week without anybody missing it', '7d'),
  ];
}
