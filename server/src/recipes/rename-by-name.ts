import { relationKey, tableByKey } from '../schema/lookup.ts';
import type { Column, Table, Trigger } from '../schema/model.ts';
import { quoteIdentifier, stringsOf } from '../sql/names.ts';
import { requiredColumns, tableStatements } from './application.ts';
import { wait } from './blocks.ts';
import { columnFacts, primaryKeyOf, sqlName } from './facts.ts';
import { type Given, type PlanDraft, refuse, type VersionDraft } from './model.ts';
import { copyOf } from './name-copy.ts';
import { addCopy, dropCopy, swapNames } from './name-steps.ts';
import { progressQuery } from './standard.ts';
import { withOtherColumn } from './trigger-code.ts';
import { isSteady, type Twin, twinOf } from './twin.ts';

/**
 * Whether what is bound to the column cannot be made again for another one while others go on: keys and the numbers of a
 * sequence, which no version could write twice, constraints that old rows do not keep to, generated columns, materialized views, exclusions, functions that give the
 * column its values.
 */
export function followsName({ facts }: Given, table: Table, column: Column, to: string): boolean {
  const own = columnFacts(facts, table, column.name);
  if (!own) return false;
  const other = { from: column.name, to, isSame: false };
  return (
    primaryKeyOf(table)?.columns.includes(column.name) === true ||
    column.identity !== undefined ||
    own.sequences.length > 0 ||
    own.constraints.some(({ validated }) => !validated) ||
    own.constraints.some(({ kind }) => kind === 'exclusion' || (kind === 'unique' && table.partitioned)) ||
    own.views.some(({ kind }) => kind === 'materialized view') ||
    own.generated.some(({ generated }) => generated === 'stored') ||
    own.functions.some((code) => 'reason' in withOtherColumn(facts, table, code, other))
  );
}

/**
 * Renames the column itself: its keys, indexes, constraints, views and generated columns come along. For a while a copy
 * has the name that it does not have, the new one first and then the old one, and triggers keep the two alike, whichever is
 * written: so two versions of the application will do, of which each finds the name that it knows.
 */
export function renameByName(given: Given, to: string, type: string): PlanDraft {
  const { facts } = given;
  const [table, column] = [given.table(), given.column()];
  const twin = twinOf(given, table, column, to, type, { keepsColumn: true });
  refuseTold(given, twin);
  const copy = copyOf(given, twin);
  const [name, old, next] = [sqlName(facts, table), quoteIdentifier(column.name), quoteIdentifier(to)];
  return {
    title: `Rename ${name}.${old} to ${name}.${next}`,
    intro: [
      'Renames a column that a running application uses, without one of its requests failing.',
      '',
      `The column itself gets the new name, and with it all that is bound to it. Meanwhile a copy has the name that it does not have, and a trigger keeps the two alike, whichever of them is written: each version of the application finds the one that it knows.`,
    ],
    tables: [table],
    versions: versionsOf(given, twin),
    phases: [
      { phase: 'Expand', risk: 'medium', steps: addCopy(given, copy) },
      {
        phase: 'Migrate',
        risk: 'medium',
        steps: [
          swapNames(given, copy),
          { step: `Know ${to} alone`, id: 'deploy_v2', deploy: 'v2' },
          wait('last_look', 'A week without a wish to go back', '7d'),
        ],
      },
      { phase: 'Contract', risk: 'medium', steps: dropCopy(given, copy) },
    ],
    queries: [progressQuery(`count(*) FILTER (WHERE ${next} IS NOT DISTINCT FROM ${old})`, name)],
    cleanup: [
      `Look for SQL of other services, jobs and dashboards that says ${old}`,
      'Update the API documentation and its OpenAPI description',
    ],
  };
}

/** What a trigger cannot tell of a statement. */
function refuseTold({ facts }: Given, { table, from, facts: own }: Twin): void {
  const name = sqlName(facts, table);
  const old = quoteIdentifier(from.name);
  const trigger = own.triggers.find((one) => updatesOf(one).includes(from.name));
  if (trigger)
    refuse(
      `The trigger ${quoteIdentifier(trigger.name)} of ${name} fires on UPDATE OF ${from.name}, and would not where a version writes the copy. Let it fire on every UPDATE first, WHEN (OLD.${old} IS DISTINCT FROM NEW.${old}).`,
      'column',
    );
  if (!from.notNull && from.default != null && !isSteady(from))
    refuse(
      `${name}.${old} may be NULL, and has a default that is computed, ${from.default}: whether a version wrote NULL or left it to the default could not be told. Require it first (switchback new set_not_null), or drop the default.`,
      'column',
    );
}

function versionsOf(given: Given, { table, from, to, renamed, facts: own }: Twin): readonly VersionDraft[] {
  const { facts } = given;
  const next =
    tableByKey(renamed, relationKey(table.name)) ??
    refuse(`How ${sqlName(facts, table)} is with another name of ${from.name} is not known.`, 'column');
  const others = requiredColumns(table).filter((one) => one.name !== from.name);
  const bound = new Set(
    table.constraints.flatMap(({ kind, columns }) => (kind === 'not null' ? [] : columns)),
  );
  const isMade = from.identity !== undefined || own.sequences.length > 0;
  const isKey = primaryKeyOf(table)?.columns.includes(from.name) === true;
  const other = others.find((one) => !bound.has(one.name))?.name;
  const version = (name: string, as: Table, column: string): VersionDraft => {
    const written = isMade || isKey ? other : column;
    const isLookup = own.constraints.some(({ kind, columns }) => kind === 'unique' && columns.length === 1);
    const lookup = isLookup ? column : undefined;
    return {
      name,
      says: `knows ${column} alone`,
      statements: tableStatements(facts, as, {
        reads: [column, ...others.slice(0, 4).map((one) => one.name)],
        writes: written === undefined ? {} : { [written]: [] },
        fixed: written === column && own.referencedBy.length > 0,
        lookup,
      }),
      uses: [{ table, columns: as.columns, dual: [], reads: { [to]: column }, lookup }],
    };
  };
  return [version('v1', table, from.name), version('v2', next, to)];
}

/** The columns of UPDATE OF. */
function updatesOf({ definition }: Trigger): readonly string[] {
  const node = definition?.read().node;
  const columns = node && 'CreateTrigStmt' in node ? (node.CreateTrigStmt.columns ?? []) : [];
  return stringsOf(columns);
}
