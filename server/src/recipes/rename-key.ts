import { relationKey, tableByKey } from '../schema/lookup.ts';
import type { Table } from '../schema/model.ts';
import { quoteIdentifier } from '../sql/names.ts';
import { requiredColumns, tableStatements } from './application.ts';
import { wait } from './blocks.ts';
import { sqlName } from './facts.ts';
import { type Given, type PlanDraft, refuse, type VersionDraft } from './model.ts';
import { renamedBy } from './rename-key-parts.ts';
import { refuseBound } from './rename-key-refusals.ts';
import { contract, expand, swap, takeOver } from './rename-key-steps.ts';
import { progressQuery } from './standard.ts';
import type { Twin } from './twin.ts';

/**
 * A column by which rows are known, or to which the database gives its numbers, under another name. No version could write
 * both: the value is made in the database. So a trigger keeps the two alike, whichever of them is written, and two versions
 * of the application will do.
 */
export function renameKey(given: Given, twin: Twin): PlanDraft {
  const { facts } = given;
  refuseBound(given, twin);
  const { table, from, to } = twin;
  const one = renamedBy(given, twin);
  const [name, old, next] = [sqlName(facts, table), quoteIdentifier(from.name), quoteIdentifier(to)];
  return {
    title: `Rename ${name}.${old} to ${name}.${next}`,
    intro: [
      'Renames a column that a running application uses, without one of its requests failing.',
      '',
      `${one.key ? `Rows are known by ${old}` : `The database numbers ${old}`}, so that no version could write both columns. A trigger keeps them alike, whichever of them is written: each version of the application finds the one that it knows.`,
    ],
    tables: [table, ...one.references.map((reference) => reference.table)],
    versions: versionsOf(given, twin),
    phases: [
      { phase: 'Expand', risk: 'medium', steps: expand(given, one) },
      {
        phase: 'Migrate',
        risk: 'high',
        steps: [
          ...one.references.map((reference) => takeOver(given, reference)),
          swap(given, one),
          { step: `Know ${to} alone`, id: 'deploy_v2', deploy: 'v2' },
          wait('watch_v2', 'Watch v2 for a day', '24h'),
        ],
      },
      { phase: 'Contract', risk: 'medium', steps: contract(given, one) },
    ],
    queries: [progressQuery(`count(*) FILTER (WHERE ${next} IS NOT DISTINCT FROM ${old})`, name)],
    cleanup: [
      `Look for SQL of other services, jobs and dashboards that says ${old}`,
      'Update the API documentation and its OpenAPI description',
    ],
  };
}

function versionsOf(given: Given, { table, from, to, renamed }: Twin): readonly VersionDraft[] {
  const { facts } = given;
  const next =
    tableByKey(renamed, relationKey(table.name)) ??
    refuse(`How ${sqlName(facts, table)} is with another name of ${from.name} is not known.`, 'column');
  const others = requiredColumns(table).filter((one) => one.name !== from.name);
  const bound = new Set(
    table.constraints.flatMap(({ kind, columns }) => (kind === 'not null' ? [] : columns)),
  );
  const free = others.find((one) => !bound.has(one.name));
  const version = (name: string, says: string, as: Table, column: string): VersionDraft => ({
    name,
    says,
    statements: tableStatements(facts, as, {
      reads: [column, ...others.slice(0, 4).map((one) => one.name)],
      writes: free ? { [free.name]: [] } : {},
    }),
    uses: [{ table, columns: as.columns, dual: [], reads: { [to]: column }, lookup: undefined }],
  });
  return [
    version('v1', `knows ${from.name} alone`, table, from.name),
    version('v2', `knows ${to} alone`, next, to),
  ];
}
