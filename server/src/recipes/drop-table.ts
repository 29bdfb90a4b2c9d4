import { descendantsOf, referencesTo, relationKey, viewsOf } from '../schema/lookup.ts';
import type { Table } from '../schema/model.ts';
import { triggersOf } from '../schema/triggers.ts';
import { quoteIdentifier, quoteLiteral } from '../sql/names.ts';
import { requiredColumns, tableStatements } from './application.ts';
import { alterTable, stepId, wait } from './blocks.ts';
import { functionsSaying } from './code-words.ts';
import { type Facts, sqlName } from './facts.ts';
import {
  defineRecipe,
  type Given,
  type PlanDraft,
  refuse,
  type StepDraft,
  type VersionDraft,
} from './model.ts';

export const dropTable = defineRecipe({
  type: 'drop_table',
  title: 'Drop a table',
  summary:
    'The application forgets the table, which is then renamed away for a week: whoever still uses it shows, and it is back in a moment. Only the drop itself is a point of no return.',
  questions: [{ id: 'table', prompt: 'Which table?', kind: 'table' }],
  write,
});

function write(given: Given): PlanDraft {
  const { facts } = given;
  const table = given.table();
  const name = sqlName(facts, table);
  refuseBound(facts, table, name);
  const away = given.names.relation(table.name.schema, table.name.name, undefined, 'dropped');
  const gone = sqlName(facts, { name: { schema: table.name.schema, name: away } });
  return {
    title: `Drop ${name}`,
    intro: [
      'Drops a table that the application forgets first. It is renamed away for a week before it goes: that is undone in a moment, should somebody still need it.',
    ],
    tables: [table],
    versions: versionsOf(facts, table),
    checklist: [
      `A dump of ${name} taken (pg_dump -Fc -t), restored elsewhere, and kept for as long as the law or anybody may ask for it`,
      {
        check: `Nobody else reads ${name}: no query in pg_stat_activity says its name`,
        sql: `SELECT count(*) FROM pg_stat_activity\nWHERE pid <> pg_backend_pid() AND backend_type = 'client backend' AND state = 'active'\n  AND query ILIKE ${quoteLiteral(`%${table.name.name.replace(/[\\%_]/g, '\\$&')}%`)}`,
        expect: 0,
      },
    ],
    phases: [
      {
        phase: 'Migrate',
        risk: 'low',
        steps: [
          { step: `Forget ${table.name.name}`, id: 'deploy_v2', deploy: 'v2' },
          wait('watch_v2', 'Watch v2 for a day', '24h'),
        ],
      },
      { phase: 'Contract', risk: 'high', steps: contract(given, table, away, gone) },
    ],
    queries: [
      {
        name: 'Who still uses it',
        sql: `SELECT relname, seq_scan, idx_scan, n_tup_ins + n_tup_upd + n_tup_del AS written\nFROM pg_stat_user_tables WHERE relid IN (to_regclass(${quoteLiteral(name)}), to_regclass(${quoteLiteral(gone)}))`,
      },
    ],
    cleanup: cleanup(facts, table),
  };
}

function refuseBound(facts: Facts, table: Table, name: string): void {
  const key = relationKey(table.name);
  const [view] = viewsOf(facts.schema, key);
  if (view)
    refuse(
      `The ${view.kind} ${sqlName(facts, view)} reads ${name}: replace or drop it first, in a plan of its own.`,
      'table',
    );
  const own = new Set(triggersOf(table).flatMap(({ dependsOn = [] }) => dependsOn));
  const [code] = functionsSaying(facts.schema, [table.name.name]).filter(
    (one) => !own.has(`function ${relationKey(one.name)}()`),
  );
  if (code)
    refuse(
      `The function ${sqlName(facts, code)} says ${table.name.name}, and would fail once it is gone: change or drop it first.`,
      'table',
    );
  if (table.parents.length > 0)
    refuse(
      `${name} is a part of another table: detach it first (ALTER TABLE … DETACH PARTITION … CONCURRENTLY).`,
      'table',
    );
  const heir = descendantsOf(facts.schema, key).find(({ partition }) => !partition);
  if (heir)
    refuse(
      `${sqlName(facts, heir)} inherits from ${name}: end that first (ALTER TABLE … NO INHERIT).`,
      'table',
    );
}

function versionsOf(facts: Facts, table: Table): readonly VersionDraft[] {
  const reading = requiredColumns(table).slice(0, 5);
  return [
    {
      name: 'v1',
      says: `uses ${table.name.name}`,
      statements: tableStatements(facts, table, { reads: reading.map(({ name }) => name), writes: {} }),
      uses: [{ table, columns: table.columns, dual: [], reads: {}, lookup: undefined }],
    },
    { name: 'v2', says: `has forgotten ${table.name.name}`, statements: [], uses: [] },
  ];
}

function contract(given: Given, table: Table, away: string, gone: string): readonly StepDraft[] {
  const { facts } = given;
  const name = sqlName(facts, table);
  const incoming = [...referencesTo(facts.schema, relationKey(table.name))].filter(
    ({ table: other, constraint }) =>
      constraint.parent === undefined && relationKey(other.name) !== relationKey(table.name),
  );
  return [
    ...incoming.map(
      ({ table: other, constraint }): StepDraft => ({
        step: `${sqlName(facts, other)} refers to it no longer`,
        id: stepId('release', constraint.name),
        why: 'A foreign key of its own step: both tables are locked for a moment, and no third one with them.',
        sql: [alterTable(facts, other, `DROP CONSTRAINT ${quoteIdentifier(constraint.name)}`)],
        ...(other.partitioned && facts.pgVersion < 18
          ? {
              rollback: {
                impossible: `before Postgres 18 a partitioned table takes no foreign key NOT VALID: to put it back, all of ${sqlName(facts, other)} would be read while its writers wait`,
              },
            }
          : {}),
      }),
    ),
    {
      step: 'Rename it away',
      id: 'rename_away',
      why: 'Whoever still uses it fails now, while it is back in a moment.',
      sql: [`ALTER TABLE ${name} RENAME TO ${quoteIdentifier(away)}`],
    },
    wait('last_look', 'A week without anybody missing it', '7d'),
    {
      step: 'Drop it',
      id: 'drop_table',
      sql: [`DROP TABLE ${gone}`],
      rollback: { impossible: `the rows of ${table.name.name} are gone, but for those in the dump` },
    },
  ];
}

function cleanup(facts: Facts, table: Table): readonly string[] {
  const functions = new Set(
    triggersOf(table).flatMap(({ dependsOn = [] }) => dependsOn.filter((one) => one.startsWith('function '))),
  );
  return [
    ...(functions.size > 0
      ? [
          `See whether anything else needs what its triggers called: ${[...functions].map((one) => one.slice('function '.length)).join(', ')}`,
        ]
      : []),
    `Take ${sqlName(facts, table)} from exports, backups of single tables, grants and documentation`,
  ];
}
