import { columnOf, referencesTo, relationKey, sequencesOf, viewsOf } from '../schema/lookup.ts';
import type { Column, Constraint, Sequence, Table, Trigger, UserFunction } from '../schema/model.ts';
import { triggersOf } from '../schema/triggers.ts';
import { quoteIdentifier } from '../sql/names.ts';
import { alterTable } from './blocks.ts';
import { refuseUnproven } from './bound.ts';
import { functionsSaying } from './code-words.ts';
import { primaryKeyOf, sqlName } from './facts.ts';
import { needsKey } from './grouped.ts';
import { type Given, refuse } from './model.ts';
import { madeAgain, remade } from './rebound.ts';
import { withOtherColumn } from './trigger-code.ts';

/**
 * What is bound to a table and not to its name, and is to be bound to the partitioned one that takes the name: views,
 * triggers and foreign keys of other tables, which are taken away and made again; policies, which the old table keeps as
 * well; the numbers of an identity.
 */
export interface BoundToTable {
  readonly release: readonly string[];
  readonly bind: readonly string[];
  /** Policies of the new table. */
  readonly secure: readonly string[];
  /** Looks whether old rows obey the foreign keys that are bound again. */
  readonly validate: readonly string[];
  readonly incoming: readonly { readonly table: Table; readonly constraint: Constraint }[];
  readonly identity:
    | {
        readonly column: Column & { readonly identity: NonNullable<Column['identity']> };
        readonly counter: Sequence;
      }
    | undefined;
}

/** Refuses what would not be the same on a partitioned table. `key`: the columns of its primary key. */
export function boundToTable(
  given: Given,
  table: Table,
  column: Column,
  key: readonly string[],
): BoundToTable {
  const { facts } = given;
  const own = relationKey(table.name);
  const name = sqlName(facts, table);
  const views = [...viewsOf(facts.schema, own)];
  const triggers = triggersOf(table);
  for (const trigger of triggers) refuseTrigger(given, table, column, trigger);
  const was = primaryKeyOf(table)?.columns ?? [];
  const grouped = key.length === was.length ? undefined : views.find((view) => needsKey(view, was));
  if (grouped)
    refuse(
      `The view ${sqlName(facts, grouped)} groups by ${was.join(', ')} and shows other columns too, which only the primary key allows, and that will be (${key.join(', ')}): name all of them in its GROUP BY first (CREATE OR REPLACE VIEW).`,
      'table',
    );
  const { release, bind } = remade(given, table, { views, triggers, policies: [] });
  const incoming = [...referencesTo(facts.schema, own)].filter(
    ({ constraint }) => constraint.parent === undefined,
  );
  for (const one of incoming) {
    refuseReference(given, table, column, one);
    refuseUnproven(facts, one.table, one.constraint);
  }
  const change = (what: (one: Constraint) => string) =>
    incoming.map((one) => alterTable(facts, one.table, what(one.constraint)));
  const policies = (table.policies ?? []).map((one) => `DROP POLICY ${quoteIdentifier(one.name)} ON ${name}`);
  return {
    // Foreign keys first: that locks both tables at once, and no request waits for one while the other is waited for.
    release: [...change((one) => `DROP CONSTRAINT ${quoteIdentifier(one.name)}`), ...release],
    bind: [
      ...bind,
      ...change(
        (one) =>
          `ADD CONSTRAINT ${quoteIdentifier(one.name)} ${one.definition.replace(/ NOT VALID$/, '')} NOT VALID`,
      ),
    ],
    secure: [
      ...madeAgain(facts, policies),
      ...(table.rowSecurity ? [alterTable(facts, table, 'ENABLE ROW LEVEL SECURITY')] : []),
      ...(table.forcesRowSecurity ? [alterTable(facts, table, 'FORCE ROW LEVEL SECURITY')] : []),
    ],
    validate: change((one) => `VALIDATE CONSTRAINT ${quoteIdentifier(one.name)}`),
    incoming,
    identity: identityOf(given, table),
  };
}

function identityOf({ facts }: Given, table: Table): BoundToTable['identity'] {
  const column = table.columns.find(({ identity }) => identity !== undefined);
  if (!column?.identity) return undefined;
  const [counter] = sequencesOf(facts.schema, relationKey(table.name), column.name);
  if (!counter) refuse(`The sequence behind ${column.name} is not known.`, 'table');
  return { column: { ...column, identity: column.identity }, counter };
}

function refuseTrigger({ facts }: Given, table: Table, column: Column, trigger: Trigger): void {
  const stop = (why: string): never =>
    refuse(`The trigger ${quoteIdentifier(trigger.name)} of ${sqlName(facts, table)} ${why}`, 'table');
  const node = trigger.definition?.read().node;
  const statement = node && 'CreateTrigStmt' in node ? node.CreateTrigStmt : undefined;
  if (!statement) stop('is not known by its definition: drop it first, and make it again after the plan.');
  const { isconstraint, row, transitionRels } = statement ?? {};
  if (isconstraint)
    stop('is a constraint trigger, which a partitioned table does not have: make it a plain one first.');
  if (row && transitionRels)
    stop(
      'is for each row with transition tables, which partitions cannot have: make it one for each statement first.',
    );
  const code = [...facts.schema.functions].find(([key]) =>
    trigger.dependsOn?.includes(`function ${key}()`),
  )?.[1];
  if (!code) return;
  const says = ['tg_table_name', 'tg_relname', 'tg_relid'].find((word) =>
    functionsSaying(facts.schema, [word]).includes(code),
  );
  if (says !== undefined)
    stop(
      `calls ${sqlName(facts, code)}, which says ${says.toUpperCase()}: that will be a partition's. Give it the table's name as an argument first (TG_ARGV).`,
    );
  if (row && movesRow(facts, table, column, code))
    stop(
      `calls ${sqlName(facts, code)}, which says ${column.name} and may give it a value: Postgres lets no trigger of a partitioned table move a row to another partition. Let a default give it the value, or the application.`,
    );
}

function movesRow(facts: Given['facts'], table: Table, { name }: Column, code: UserFunction): boolean {
  if (!functionsSaying(facts.schema, [name]).includes(code)) return false;
  return 'reason' in withOtherColumn(facts, table, code, { from: name, to: name, isSame: false });
}

function refuseReference(
  { facts }: Given,
  table: Table,
  column: Column,
  { table: other, constraint }: BoundToTable['incoming'][number],
): void {
  const name = sqlName(facts, table);
  const stop = (why: string): never =>
    refuse(
      `${quoteIdentifier(constraint.name)} of ${sqlName(facts, other)} refers to ${name}${why}`,
      'table',
    );
  const columns = constraint.references?.columns ?? [];
  if (relationKey(other.name) === relationKey(table.name))
    stop(', which is its own table: drop it first; the new table can be given it after the plan.');
  if (other.partitioned)
    stop(': a foreign key of a partitioned table is made only with all rows looked at. Drop it first.');
  if (!columns.includes(column.name) || !columnOf(table, column.name))
    stop(
      ` by (${columns.join(', ')}), and across partitions Postgres keeps only such keys unique that ${column.name} is in. Drop it first, or give ${sqlName(facts, other)} a column for ${column.name} and refer by both.`,
    );
}
