import { effectsOf } from '../effects/effects.ts';
import { columnOf, constraintOf, relationKey, tableByKey } from '../schema/lookup.ts';
import type { Column, Constraint, Table } from '../schema/model.ts';
import { quoteIdentifier } from '../sql/names.ts';
import { parseWritten } from '../sql/parser.ts';
import { requiredColumns, tableStatements } from './application.ts';
import { addValidated, alterTable, stepId, wait } from './blocks.ts';
import { refuseInherited } from './bound.ts';
import { after, columnFacts, sqlName } from './facts.ts';
import { script } from './finish.ts';
import {
  defineRecipe,
  type Given,
  type PlanDraft,
  refuse,
  type StepDraft,
  type VersionDraft,
} from './model.ts';
import { rebound } from './rebound.ts';
import { type Bound, contractRetyped, expandRetyped, type Retyped, retyped, swapRetyped } from './retype.ts';
import { refuseShared } from './shared.ts';
import { staleStatements, staleStatementsAlert, staleStatementsCheck } from './stale-statements.ts';
import { progressQuery } from './standard.ts';
import { shortType } from './twin.ts';
import { refuseIncomparable, refuseLoss, refuseOutgoing } from './type-refusals.ts';

export const changeColumnType = defineRecipe({
  type: 'change_column_type',
  title: 'Change the type of a column',
  summary:
    'At once where Postgres keeps the rows as they are; else by a column of the new type that a trigger keeps in step, and that takes the name in a moment. Foreign keys to it, and the columns that they are on, change with it.',
  questions: [
    { id: 'table', prompt: 'Which table?', kind: 'table' },
    { id: 'column', prompt: 'Which column?', kind: 'column' },
    {
      id: 'type',
      prompt: 'Of which type is it to be?',
      kind: 'type',
      validate(type, given) {
        const column = given.column();
        return printedType(given, type) === column.type
          ? `${column.name} is of the type ${column.type} already.`
          : undefined;
      },
    },
    {
      id: 'using',
      prompt: 'How does a value become one of the new type? (SQL, of the column; a cast where empty)',
      kind: 'expression',
      optional: true,
    },
  ],
  write,
});

/** As `format_type` prints it. */
function printedType({ facts, table: of }: Given, type: string): string {
  const table = of();
  const probe = '_switchback_probe';
  const made = after(facts.schema, `ALTER TABLE ${sqlName(facts, table)} ADD COLUMN ${probe} ${type}`);
  return columnOf(tableByKey(made, relationKey(table.name)), probe)?.type ?? type;
}

/** A foreign key to the column, with the column that it is on. */
interface Child {
  readonly table: Table;
  readonly column: Column;
  readonly constraint: Constraint;
  readonly retyped: Retyped;
}

function write(given: Given): PlanDraft {
  const { facts } = given;
  const [table, column] = [given.table(), given.column()];
  const from = column.type ?? refuse(`The type of ${column.name} is not known.`, 'column');
  const to = printedType(given, given.answer('type'));
  const using = given.optional('using');
  const name = sqlName(facts, table);
  const shown = `${name}.${quoteIdentifier(column.name)}`;
  if (using === undefined) refuseLoss(shown, column, from, to, name);
  const keeps = using === undefined && isInstant(given, to);
  const title = `Change ${shown} from ${shortType(from)} to ${shortType(to)}`;
  refuseInherited(facts, table, { column });
  const plan = keeps ? atOnce(given, to) : byReplacement(given, to, using);
  const checklist = [staleStatementsCheck, ...(plan.checklist ?? [])];
  return { title, tables: [table], ...plan, checklist, alerts: [staleStatementsAlert] };
}

/** Whether Postgres changes the type in its catalogs alone: no row is written or tested, no index built. */
function isInstant({ facts, table, column }: Given, to: string): boolean {
  const sql = alterTable(
    facts,
    table(),
    `ALTER COLUMN ${quoteIdentifier(column().name)} TYPE ${shortType(to)}`,
  );
  return parseWritten(sql).every((statement) => {
    const { rewrites, scans, builds, unknown } = effectsOf(statement, facts.schema, facts);
    return rewrites.length + scans.length + builds.length + unknown.length === 0;
  });
}

function atOnce(given: Given, to: string): Omit<PlanDraft, 'title' | 'tables'> {
  const { facts } = given;
  const [table, column] = [given.table(), given.column()];
  const own = columnFacts(facts, table, column.name) ?? refuse(`There is no ${column.name}.`, 'column');
  const { release, bind } = rebound(given, { table, facts: own });
  return {
    intro: ['Postgres keeps the rows as they are: only its catalogs change.'],
    versions: versionsOf(given, to, []),
    phases: [
      {
        phase: 'Change',
        risk: 'low',
        steps: [
          {
            step: `${column.name} becomes ${shortType(to)}`,
            id: 'change_type',
            why: [
              ...(release.length > 0
                ? [
                    'Postgres changes no type under what reads the column: that is made again in the same transaction.',
                  ]
                : []),
              staleStatements,
            ].join(' '),
            sql: [
              ...release,
              alterTable(facts, table, `ALTER COLUMN ${quoteIdentifier(column.name)} TYPE ${shortType(to)}`),
              ...bind,
            ],
            expect: { rewrite: false },
            rollback: {
              impossible: `values that only ${shortType(to)} holds may be there by now; the old type would have every row checked while everybody waits, and v1 can do with the new one`,
            },
          },
          { step: `Use ${shortType(to)}`, id: 'deploy_v2', deploy: 'v2' },
        ],
      },
    ],
  };
}

function byReplacement(
  given: Given,
  to: string,
  using: string | undefined,
): Omit<PlanDraft, 'title' | 'tables'> {
  const { facts } = given;
  const [table, column] = [given.table(), given.column()];
  const own = columnFacts(facts, table, column.name);
  const incoming = (own?.referencedBy ?? []).map(({ table: other, constraint }) =>
    childOf(given, other, constraint, to, using),
  );
  const main = retyped(given, table, column, shortType(to), {
    using,
    id: stepId(table.name.name, column.name),
  });
  const bound: Bound = {
    release: incoming.map((child) => ({
      sql: script([
        alterTable(facts, child.table, `DROP CONSTRAINT ${quoteIdentifier(nameOfNew(given, child))}`),
      ]),
    })),
    // By then the child's new column has its name, and this one's has not.
    bind: incoming.flatMap((child) =>
      addValidated(given, referenceBlock(given, child, main, { child: 'now', parent: 'next' })).flatMap(
        (step) => ('sql' in step ? [{ sql: script(step.sql) }] : []),
      ),
    ),
  };
  refuseOutgoing(given, own, to);
  refuseIncomparable(given, own, to);
  const all = [...incoming.map((child) => child.retyped), main];
  const shown = `${sqlName(facts, table)}.${quoteIdentifier(column.name)}`;
  return {
    intro: [
      `A column of the new type stands beside the old one, and a trigger writes both; once it is filled, and bound as the old one is, the names change places in one transaction. For a week the trigger then goes the other way, so that the way back loses nothing.`,
      ...(incoming.length > 0 ? ['', `The columns that refer to ${shown} change with it.`] : []),
    ],
    versions: versionsOf(given, to, incoming),
    checklist: incoming.length > 0 ? [`Other services that store ${shown} can hold ${shortType(to)}`] : [],
    phases: [
      {
        phase: 'Expand',
        risk: 'medium',
        steps: [
          ...all.flatMap((one) => expandRetyped(given, one)),
          ...incoming.flatMap((child) =>
            addValidated(given, referenceBlock(given, child, main, { child: 'next', parent: 'next' })),
          ),
        ],
      },
      {
        phase: 'Migrate',
        risk: 'high',
        steps: [
          { step: 'The application can do with both types', id: 'deploy_v2', deploy: 'v2' },
          wait('watch_v2', 'Watch v2 for a day', '24h'),
          ...incoming.map((child) => swapRetyped(given, child.retyped)),
          ...incoming.map(
            (child): StepDraft => ({
              step: `The old key of ${sqlName(facts, child.table)} lets go`,
              id: stepId('release', child.constraint.name),
              why: 'The foreign key on the new columns holds already.',
              sql: [
                alterTable(facts, child.table, `DROP CONSTRAINT ${quoteIdentifier(child.constraint.name)}`),
              ],
            }),
          ),
          swapRetyped(given, main, bound),
        ],
      },
      {
        phase: 'Contract',
        risk: 'medium',
        steps: [...all].reverse().flatMap((one) => contractRetyped(given, one)),
      },
    ],
    queries: all.map(({ twin }) =>
      progressQuery(
        `count(*) FILTER (WHERE ${quoteIdentifier(twin.to)} IS NOT NULL OR ${quoteIdentifier(twin.from.name)} IS NULL)`,
        sqlName(facts, twin.table),
        `How far ${twin.from.name} of ${twin.table.name.name} is copied`,
      ),
    ),
    cleanup: ['Update the API documentation, and clients that took the value for the old type'],
  };
}

function childOf(
  given: Given,
  table: Table,
  constraint: Constraint,
  to: string,
  using: string | undefined,
): Child {
  const { facts } = given;
  const parent = given.column();
  const at = constraint.references?.columns.indexOf(parent.name) ?? -1;
  const name = constraint.columns[at] ?? '';
  const column = columnOf(table, name) ?? refuse(`What ${constraint.name} is on is not known.`, 'column');
  const shown = `${sqlName(facts, table)}.${quoteIdentifier(name)}`;
  if (relationKey(table.name) === relationKey(given.table().name)) refuseShared(given, table, parent, column);
  if (using !== undefined)
    refuse(
      `${shown} refers to the column by ${constraint.name}, and a value that the expression makes of one need not be that of the other: drop the foreign key first.`,
      'using',
    );
  const further = columnFacts(facts, table, name)?.referencedBy[0];
  if (further)
    refuse(
      `${sqlName(facts, further.table)} refers to ${shown}, which itself refers to the column: change that one first, by a plan of its own.`,
      'column',
    );
  return {
    table,
    column,
    constraint,
    retyped: retyped(given, table, column, shortType(to), {
      id: stepId(table.name.name, name),
      apart: [constraint],
    }),
  };
}

function nameOfNew(given: Given, { table, constraint, retyped: { twin } }: Child): string {
  return given.names.successor(table, constraint.name, twin.from.name, twin.to);
}

/** The foreign key on the new columns, by the names that they have then. */
function referenceBlock(
  given: Given,
  child: Child,
  parent: Retyped,
  names: { readonly child: 'next' | 'now'; readonly parent: 'next' },
) {
  const { facts } = given;
  const { table, constraint, retyped: own } = child;
  const rename = ({ twin }: Retyped) =>
    `ALTER TABLE ${sqlName(facts, twin.table)} RENAME COLUMN ${quoteIdentifier(twin.from.name)} TO ${quoteIdentifier(twin.to)}`;
  const sql = [...(names.child === 'next' ? [rename(own)] : []), rename(parent)];
  const moved = sql.reduce((schema, statement) => after(schema, statement), facts.schema);
  const definition =
    constraintOf(tableByKey(moved, relationKey(table.name)), constraint.name)?.definition ??
    refuse(`How ${constraint.name} reads with other columns is not known.`, 'column');
  const name = nameOfNew(given, child);
  return {
    table,
    name,
    id: stepId('refer', name),
    what: `${sqlName(facts, table)} refers to the new column`,
    definition: definition.replace(/ NOT VALID$/, ''),
  };
}

function versionsOf(given: Given, to: string, children: readonly Child[]): readonly VersionDraft[] {
  const { facts } = given;
  const [table, column] = [given.table(), given.column()];
  const key = (one: Table) => one.constraints.find(({ kind }) => kind === 'primary key')?.columns ?? [];
  const written = [{ table, column }, ...children].flatMap(({ table: one, column: own }) => {
    const reading = requiredColumns(one)
      .slice(0, 4)
      .map(({ name }) => name);
    const writes = key(one).includes(own.name) ? {} : { [own.name]: [] };
    return tableStatements(facts, one, { reads: [own.name, ...reading], writes });
  });
  const statements = [...new Set(written)];
  const changed = [{ table, column }, ...children];
  const isOf = (one: Table) => (each: { readonly table: Table }) =>
    relationKey(each.table.name) === relationKey(one.name);
  // A table that refers to itself has two columns that change.
  const tables = changed.filter((each, at) => changed.findIndex(isOf(each.table)) === at);
  const uses = (type: (own: Column) => string | undefined) =>
    tables.map(({ table: one }) => ({
      table: one,
      columns: one.columns.map((each) =>
        changed.filter(isOf(one)).some((other) => other.column.name === each.name)
          ? { ...each, type: type(each) }
          : each,
      ),
      dual: [],
      reads: {},
      lookup: undefined,
    }));
  return [
    {
      name: 'v1',
      says: `takes ${column.name} for ${shortType(column.type ?? '')}`,
      statements,
      uses: uses((own) => own.type),
    },
    { name: 'v2', says: `can do with ${shortType(to)} too`, statements, uses: uses(() => to) },
  ];
}
