import { rate } from './waiting.ts';

/** One statement to predict and to measure, and what makes way for the next. */
export interface Case {
  readonly id: string;
  readonly form: Form;
  /** What has to be there first; instant. */
  readonly first?: string;
  /** The statement; of a backfill what to set. */
  readonly sql: string;
  /** Takes it back. */
  readonly undo?: string;
  readonly backfill?: { readonly table: string; readonly where: string };
  readonly concurrently?: true;
}

export type Form =
  | 'index build'
  | 'index build, GIN'
  | 'index build, concurrently'
  | 'rewrite'
  | 'type change'
  | 'CHECK validation'
  | 'FOREIGN KEY validation'
  | 'SET NOT NULL'
  | 'backfill'
  | 'UPDATE';

const index = (id: string, on: string, form: Form = 'index build'): Case => ({
  id,
  form,
  sql: `CREATE INDEX ${id} ON ${on}`,
  undo: `DROP INDEX ${id}`,
});
const concurrently = (id: string, on: string): Case => ({
  id,
  form: 'index build, concurrently',
  sql: `CREATE INDEX CONCURRENTLY ${id} ON ${on}`,
  undo: `DROP INDEX ${id}`,
  concurrently: true,
});
const check = (id: string, table: string, expression: string): Case => ({
  id,
  form: 'CHECK validation',
  first: `ALTER TABLE ${table} ADD CONSTRAINT ${id} CHECK (${expression}) NOT VALID`,
  sql: `ALTER TABLE ${table} VALIDATE CONSTRAINT ${id}`,
  undo: `ALTER TABLE ${table} DROP CONSTRAINT ${id}`,
});
const notNull = (id: string, table: string, column: string): Case => ({
  id,
  form: 'SET NOT NULL',
  sql: `ALTER TABLE ${table} ALTER ${column} SET NOT NULL`,
  undo: `ALTER TABLE ${table} ALTER ${column} DROP NOT NULL`,
});
const foreignKey = (id: string, table: string, column: string, parent: string): Case => ({
  id,
  form: 'FOREIGN KEY validation',
  first: `ALTER TABLE ${table} ADD CONSTRAINT ${id} FOREIGN KEY (${column}) REFERENCES ${parent} NOT VALID`,
  sql: `ALTER TABLE ${table} VALIDATE CONSTRAINT ${id}`,
  undo: `ALTER TABLE ${table} DROP CONSTRAINT ${id}`,
});

/** The old versions of its rows are cleared away; what writes the tables anew then follows. */
const update = (id: string, table: string, set: string, where?: string): Case => ({
  id,
  form: 'UPDATE',
  sql: `UPDATE ${table} SET ${set}${where === undefined ? '' : ` WHERE ${where}`}`,
  undo: `VACUUM ${table}`,
});

/** In an order in which each leaves the tables to the next as it found them, until the backfills at the end. */
export const cases: readonly Case[] = [
  index('build_serial', 'events (at)'),
  index('build_random', 'events (account_id)'),
  index('build_text', 'events (code)'),
  index('build_numeric', 'events (amount)'),
  index('build_narrow', 'links (weight)'),
  index('build_pair', 'links (account_id, kind)'),
  index('build_array', 'links USING gin ((ARRAY[kind, weight % 1000]))', 'index build, GIN'),
  index('build_words', `events USING gin (to_tsvector('simple', code))`, 'index build, GIN'),
  concurrently('online_random', 'links (account_id)'),
  concurrently('online_text', 'events (code)'),
  check('check_amount', 'events', 'amount >= 0'),
  check('check_body', 'events', 'length(body) < 100'),
  check('check_weight', 'links', 'weight >= 0'),
  notNull('not_null_at', 'events', 'at'),
  notNull('not_null_kind', 'links', 'kind'),
  foreignKey('key_accounts', 'events', 'account_id', 'accounts'),
  foreignKey('key_links', 'links', 'account_id', 'accounts'),
  foreignKey('key_kinds', 'links', 'kind', 'kinds'),
  {
    id: 'rewrite_uuid',
    form: 'rewrite',
    sql: 'ALTER TABLE events ADD COLUMN token uuid DEFAULT gen_random_uuid()',
    undo: 'ALTER TABLE events DROP COLUMN token',
  },
  {
    id: 'rewrite_links',
    form: 'rewrite',
    sql: 'ALTER TABLE links ADD COLUMN made timestamptz DEFAULT clock_timestamp()',
    undo: 'ALTER TABLE links DROP COLUMN made',
  },
  update('update_links', 'links', 'weight = weight + 1'),
  update('update_events', 'events', 'amount = amount + 1', 'kind <= 50'),
  { id: 'type_kind', form: 'type change', sql: 'ALTER TABLE events ALTER kind TYPE bigint' },
  { id: 'type_id', form: 'type change', sql: 'ALTER TABLE links ALTER id TYPE bigint' },
  {
    id: 'backfill_links',
    form: 'backfill',
    sql: `label = 'weight ' || weight`,
    backfill: { table: 'links', where: 'label IS NULL' },
  },
  {
    id: 'backfill_events',
    form: 'backfill',
    sql: 'note = body',
    backfill: { table: 'events', where: 'note IS NULL' },
  },
];

/** Rows. The bench's backfills have no pauses, which would be waited for and foretold to the ms. */
export const batch = 10_000;

/** All cases as one plan, for tables of these sizes in production. */
export function planOf(
  all: readonly Case[],
  tables: Readonly<Record<string, { rows: number; bytes: number }>>,
): string {
  const figures = Object.entries(tables).map(
    ([name, { rows, bytes }]) => `  ${name}: { rows: ${rows}, size: ${Math.round(bytes / 1024)}kB }`,
  );
  return [
    'migration: Bench',
    'database: { type: postgresql, version: 18, schema: schema.sql }',
    `traffic: ${rate}/s`,
    'tables:',
    ...figures,
    'phases:',
    '  - phase: All',
    '    steps:',
    ...all.flatMap(stepsOf),
    '',
  ].join('\n');
}

function stepsOf({ id, first, sql, undo, backfill, concurrently: online }: Case): readonly string[] {
  const quoted = JSON.stringify;
  const plain = (name: string, text: string) => [
    `      - step: ${name}`,
    `        id: ${name}`,
    `        sql: ${quoted(text)}`,
    ...((online && name === id) || text.startsWith('VACUUM') ? ['        transaction: false'] : []),
    '        rollback: { not_needed: it is a bench }',
  ];
  return [
    ...(first === undefined ? [] : plain(`${id}_first`, first)),
    ...(backfill
      ? [
          `      - step: ${id}`,
          `        id: ${id}`,
          `        backfill: { table: ${backfill.table}, set: ${quoted(sql)}, where: ${quoted(backfill.where)}, batch: ${batch} }`,
          '        rollback: { not_needed: it is a bench }',
        ]
      : plain(id, sql)),
    ...(undo === undefined ? [] : plain(`${id}_undo`, undo)),
  ];
}
