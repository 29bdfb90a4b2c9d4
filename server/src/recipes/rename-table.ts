import { grantSql } from '../inverse/objects/describe.ts';
import { descendantsOf, relationKey } from '../schema/lookup.ts';
import type { Grant, Table } from '../schema/model.ts';
import { defaultGrants } from '../schema/privileges.ts';
import { quoteIdentifier } from '../sql/names.ts';
import { requiredColumns, tableStatements } from './application.ts';
import { wait } from './blocks.ts';
import { functionsSaying } from './code-words.ts';
import { columnList, type Facts, primaryKeyOf, sqlName } from './facts.ts';
import { defineRecipe, type Given, type PlanDraft, refuse, type VersionDraft } from './model.ts';

export const renameTable = defineRecipe({
  type: 'rename_table',
  title: 'Rename a table',
  summary:
    'The table gets its new name, and in the same moment a view the old one, through which the running version reads and writes until the next one is out.',
  questions: [
    { id: 'table', prompt: 'Which table?', kind: 'table' },
    {
      id: 'to',
      prompt: 'What is it to be called?',
      kind: 'name',
      validate(name, given) {
        const table = given.table();
        if (name === table.name.name) return `${name} is its name already.`;
        const taken = { schema: table.name.schema, name };
        const key = relationKey(taken);
        return given.facts.schema.relations.has(key) || given.facts.schema.types.has(key)
          ? `There is something called ${sqlName(given.facts, { name: taken })} already: give another name, or drop or rename that first.`
          : undefined;
      },
    },
  ],
  write,
});

function write(given: Given): PlanDraft {
  const { facts } = given;
  const table = given.table();
  const to = given.answer('to');
  const old = sqlName(facts, table);
  const renamed: Table = { ...table, name: { ...table.name, name: to } };
  const next = sqlName(facts, renamed);
  refuseBound(facts, table, old);
  const view = [
    `CREATE VIEW ${old}`,
    table.rowSecurity === true ? 'WITH (security_invoker = true)' : '',
    `AS\n  SELECT ${columnList(table.columns.map(({ name }) => name))} FROM ${next}`,
  ]
    .filter((word) => word !== '')
    .join(' ');
  return {
    title: `Rename ${old} to ${next}`,
    intro: [
      'Renames a table that a running application uses. A view answers to the old name until the version that knows the new one is out: reads, INSERT, UPDATE and DELETE go through it to the table. TRUNCATE, COPY FROM and LOCK TABLE do not.',
      '',
      'Names of its indexes, constraints and sequences stay as they are.',
    ],
    tables: [table],
    versions: versionsOf(facts, table, renamed),
    checklist: [`No job runs TRUNCATE, COPY … FROM or LOCK TABLE on ${old}: a view takes none of them`],
    phases: [
      {
        phase: 'Expand',
        risk: 'medium',
        steps: [
          {
            step: 'The new name, and a view for the old one',
            id: 'rename',
            why: 'In one transaction, so that there is no moment at which one of the names is missing.',
            sql: [
              `ALTER TABLE ${old} RENAME TO ${quoteIdentifier(to)}`,
              view,
              ...grantsOnView(facts, table, old),
            ],
            expect: { rewrite: false },
            rollback: `DROP VIEW ${old};\nALTER TABLE ${next} RENAME TO ${quoteIdentifier(table.name.name)};`,
          },
        ],
      },
      {
        phase: 'Migrate',
        risk: 'low',
        steps: [
          { step: 'Use the new name', id: 'deploy_v2', deploy: 'v2' },
          wait('last_look', 'A week without anybody using the old name', '7d'),
        ],
      },
      {
        phase: 'Contract',
        risk: 'low',
        steps: [{ step: 'Drop the view', id: 'drop_view', sql: [`DROP VIEW ${old}`] }],
      },
    ],
    cleanup: [
      `Give its indexes, constraints and sequences names after ${to}, where that matters to anybody`,
      'Update dashboards, exports and documentation',
    ],
  };
}

function refuseBound(facts: Facts, table: Table, name: string): void {
  if (table.rowSecurity === true && facts.pgVersion < 15)
    refuse(
      `${name} has row-level security, and before Postgres 15 a view asks it for its owner and not for who uses the view: rename it in a maintenance window, or after an upgrade.`,
      'table',
    );
  const [rule] = table.rules ?? [];
  if (rule !== undefined) refuse(`${name} has a rule, ${rule}: replace it by a trigger first.`, 'table');
  const [code] = functionsSaying(facts.schema, [table.name.name]);
  if (code)
    refuse(
      `The function ${sqlName(facts, code)} says ${table.name.name}. It would go on by the view, and fail once that is dropped: let it find the table by the search path of a view of your own first, or change it in a plan of its own.`,
      'table',
    );
  const heir = descendantsOf(facts.schema, relationKey(table.name)).find(({ partition }) => !partition);
  if (heir && table.partitioned === false)
    refuse(
      `${sqlName(facts, heir)} inherits from ${name}: SELECT … FROM ONLY would not find it by the view.`,
      'table',
    );
}

/** A view has its owner's privileges on the table, and none of the table's grants. */
function grantsOnView({ pgVersion }: Facts, table: Table, view: string): readonly string[] {
  const known = (grants: readonly Grant[]) => grants.filter(({ privilege }) => privilege !== 'maintain');
  const whole = table.grants
    ? grantSql(view, known(defaultGrants('table')), known(table.grants), { owner: table.owner, pgVersion })
    : [];
  const columns = table.columns.flatMap(({ name, grants }) =>
    grants
      ? grantSql(view, [], grants, { owner: table.owner, pgVersion, columns: ` (${quoteIdentifier(name)})` })
      : [],
  );
  return [...whole, ...columns];
}

function versionsOf(facts: Facts, table: Table, renamed: Table): readonly VersionDraft[] {
  const reading = requiredColumns(table)
    .slice(0, 5)
    .map(({ name }) => name);
  const key = primaryKeyOf(table)?.columns ?? [];
  const writable = requiredColumns(table).find((one) => !key.includes(one.name));
  const writes = writable ? { [writable.name]: [] } : {};
  const version = (name: string, says: string, known: Table): VersionDraft => ({
    name,
    says,
    statements: tableStatements(facts, known, { reads: reading, writes }),
    uses: [{ table: known, columns: table.columns, dual: [], reads: {}, lookup: undefined }],
  });
  return [
    version('v1', `knows ${table.name.name}`, table),
    version('v2', `knows ${renamed.name.name}`, renamed),
  ];
}
