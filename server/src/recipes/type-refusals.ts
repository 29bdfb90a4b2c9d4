import { changeOfType } from '../effects/type-meaning.ts';
import { narrowing } from '../effects/type-narrowing.ts';
import { areComparable } from '../rules/design/foreign-key-type-mismatch.ts';
import { columnOf, tableByKey } from '../schema/lookup.ts';
import type { Column } from '../schema/model.ts';
import { quoteIdentifier } from '../sql/names.ts';
import { type ColumnFacts, sqlName } from './facts.ts';
import { type Given, refuse } from './model.ts';

/** A value that the new type does not hold stops the plan, or is cut without a word: that is to be meant. */
export function refuseLoss(shown: string, column: Column, from: string, to: string, table: string): void {
  const quoted = quoteIdentifier(column.name);
  const narrower = narrowing(from, to, true);
  if (narrower)
    refuse(
      `${shown} is ${from}, and ${to} does not hold values ${narrower.which}: ${narrower.does === 'fails' ? 'they would stop the plan' : 'they would be cut without a word'}. See whether there are any: SELECT count(*) FROM ${table} WHERE ${narrower.condition(quoted)}; then say what becomes of them: --using EXPRESSION.`,
      'type',
    );
  if (changeOfType(from, to) !== 'other' || isSafeCast(from, to)) return;
  if (isOfZone(from, to))
    refuse(
      `What moment a value of ${shown} is depends on the time zone that it was written in, and a cast takes that of the session: say which with --using, such as ${quoted} AT TIME ZONE 'UTC'.`,
      'using',
    );
  refuse(
    `Whether every value of ${shown}, which is ${from}, can become ${to} is not known: say how, --using '${quoted}::${to}' where a cast does.`,
    'using',
  );
}

/** Between a time with a zone and one without. */
function isOfZone(from: string, to: string): boolean {
  const zones = [from, to].map((type) => /^(?:timestamp|date)/.test(type) && /with time zone$/.test(type));
  const times = [from, to].every((type) => /^(?:timestamp|date)/.test(type));
  return times && zones[0] !== zones[1];
}

/** Casts that no value of the one type fails. */
function isSafeCast(from: string, to: string): boolean {
  // What does not fit has been refused before.
  if (from.startsWith('numeric') && to.startsWith('numeric')) return true;
  const text = /^(?:text|character varying)$/.test(to);
  const known: readonly string[] = [
    'date>timestamp without time zone',
    'json>jsonb',
    'jsonb>json',
    'cidr>inet',
    'boolean>integer',
    'integer>double precision',
    'smallint>double precision',
    'smallint>real',
  ];
  return text || known.includes(`${from}>${to}`);
}

/** A foreign key of the column goes on pointing at one of the old type, which is to be comparable with the new one. */
export function refuseOutgoing({ facts, ...given }: Given, own: ColumnFacts | undefined, to: string): void {
  const table = given.table();
  const isNew = facts.pgVersion >= 18;
  for (const { kind, name, columns, references, parent } of own?.constraints ?? []) {
    if (kind !== 'foreign key' || parent !== undefined) continue;
    const target = references && tableByKey(facts.schema, references.table);
    const at = columns.indexOf(own?.column.name ?? '');
    const referred = columnOf(target, references?.columns[at] ?? '');
    if (target && referred?.type !== undefined && !areComparable(to, referred.type))
      refuse(
        `${name} refers from ${own?.column.name} to ${sqlName(facts, target)}.${quoteIdentifier(referred.name)}, which is ${referred.type}, and Postgres compares no ${to} with it: change that column, and this one changes with it (--table ${sqlName(facts, target)} --column ${quoteIdentifier(referred.name)}), or drop the foreign key first.`,
        'type',
      );
    if (table.partitioned && !isNew)
      refuse(
        `${name} is a foreign key of the partitioned table ${sqlName(facts, table)}, and before Postgres 18 such a one cannot be added without a look at every row while writers wait: drop it first, and add it again in a quiet hour.`,
        'column',
      );
  }
}

/** The columns that refer to it change in other steps: until all have, a query that joins two compares both types. */
export function refuseIncomparable({ facts }: Given, own: ColumnFacts | undefined, to: string): void {
  const from = own?.column.type;
  const [reference] = own?.referencedBy ?? [];
  if (!reference || from === undefined || areComparable(from, to)) return;
  const { constraint, table } = reference;
  const name = sqlName(facts, table);
  refuse(
    `${name} refers to it by ${constraint.name}, and the two cannot change in the same moment: a query that joins them would compare ${from} with ${to} meanwhile, which Postgres refuses. Give both tables a new column instead (switchback new add_required_column), tie those together (add_foreign_key), and drop the old ones once the application joins by the new.`,
    'type',
  );
}
