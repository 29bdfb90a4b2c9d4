import { columnOf, descendantsOf, indexesOf, referencesTo, relationKey, viewsOf } from '../schema/lookup.ts';
import type { Column, Constraint, Table } from '../schema/model.ts';
import { quoteIdentifier } from '../sql/names.ts';
import { wait } from './blocks.ts';
import { functionsSaying } from './code-words.ts';
import { type Facts, primaryKeyOf, sqlName } from './facts.ts';
import { type Given, refuse, type StepDraft } from './model.ts';
import { columnName, missingColumn, namesIn } from './typed-names.ts';

/** That each row of a table belongs to one of another. */
export interface Belonging {
  readonly reference: Constraint;
  /** Pairs of columns, of the table and of the other one's primary key, that are the same for a row. */
  readonly pairs: readonly { readonly own: string; readonly key: string }[];
  /** Those that are unique by an index: no two rows belong to the same one. */
  readonly unique: readonly string[];
}

/** By a foreign key to the primary key of `into`, on columns that are unique; undefined where there is none. */
export function belonging(given: Given): Belonging | undefined {
  const { facts } = given;
  const [table, into] = [given.table(), given.table('into')];
  const key = primaryKeyOf(into)?.columns ?? [];
  const uniques = [...indexesOf(facts.schema, relationKey(table.name))].filter(
    (one) => one.unique && one.predicate === undefined && one.deferrable !== true && one.parent === undefined,
  );
  for (const reference of table.constraints) {
    const { references, columns } = reference;
    if (references?.table !== relationKey(into.name)) continue;
    if ([...references.columns].sort().join('\0') !== [...key].sort().join('\0')) continue;
    const found = uniques.find((one) => one.columns.every((name) => name !== null && columns.includes(name)));
    if (found)
      return {
        reference,
        pairs: columns.map((own, at) => ({ own, key: references.columns[at] ?? '' })),
        unique: found.columns.flatMap((name) => name ?? []),
      };
  }
  return undefined;
}

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

/** A trigger, with the function that it calls: names in SQL. */
export interface SyncNames {
  readonly trigger: string;
  readonly code: string;
}

export function syncNames({ facts, names }: Given, table: Table, label: string): SyncNames {
  const name = names.trigger(table, undefined, label);
  return {
    trigger: quoteIdentifier(name),
    code: sqlName(facts, { name: { schema: table.name.schema, name } }),
  };
}

/**
 * SQL that makes a trigger for each row, and its function, which has its owner's rights: whoever may write the one table
 * need not have any on the other.
 */
export function makeSync(
  { schema }: Facts,
  { trigger, code }: SyncNames,
  {
    table,
    event,
    when,
    lines,
  }: {
    /** Name in SQL. */
    readonly table: string;
    readonly event: string;
    /** For which rows alone. */
    readonly when?: string;
    readonly lines: readonly string[];
  },
): readonly string[] {
  const path = [...schema.searchPath.map(quoteIdentifier), 'pg_temp'].join(', ');
  const body = lines.map((line) => `  ${line}`);
  const quote = body.some((line) => line.includes('$$')) ? '$body$' : '$$';
  return [
    [
      `CREATE FUNCTION ${code}() RETURNS trigger LANGUAGE plpgsql\n  SECURITY DEFINER SET search_path = ${path} AS ${quote}`,
      'BEGIN',
      ...body,
      '  RETURN NULL;',
      `END ${quote}`,
    ].join('\n'),
    `CREATE TRIGGER ${trigger} AFTER ${event} ON ${table}\n  FOR EACH ROW${when === undefined ? '' : ` WHEN (${when})`} EXECUTE FUNCTION ${code}()`,
  ];
}

export function dropSync({ trigger, code }: SyncNames, table: string): readonly string[] {
  return [`DROP TRIGGER ${trigger} ON ${table}`, `DROP FUNCTION ${code}()`];
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
