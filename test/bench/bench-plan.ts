/** How many tables the baseline of the plans below has. */
const tables = 40;

/** Baseline DDL as an application of some age has it: tables with keys, references, indexes and defaults. */
export function benchSchema(): string {
  return Array.from({ length: tables }, (_, i) => {
    const owner = i === 0 ? '' : `,\n  owner_id bigint REFERENCES t${i - 1} (id)`;
    return `CREATE TABLE t${i} (
  id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
  name varchar(255) NOT NULL,
  email text,
  amount numeric(10, 2) DEFAULT 0,
  state text CHECK (state IN ('new', 'done')),
  created_at timestamptz NOT NULL DEFAULT now()${owner}
);
CREATE INDEX t${i}_name_idx ON t${i} (name);
`;
  }).join('\n');
}

/** A plan of as many steps as asked, of every kind, over all tables; about one step in seven has a fault. */
export function benchPlan(steps: number): string {
  const phases: string[] = [];
  for (let first = 0; first < steps; first += stepsPerPhase) {
    const count = Math.min(stepsPerPhase, steps - first);
    const list = Array.from({ length: count }, (_, i) => stepOf(first + i));
    phases.push(`  - phase: Part ${first / stepsPerPhase + 1}\n    risk: low\n    steps:\n${list.join('')}`);
  }
  return `${head}phases:\n${phases.join('')}`;
}

const stepsPerPhase = 25;

const head = `# A plan that is as long as a migration of many tables gets.
migration: Move every table to the new shape
database:
  type: postgresql
  version: 16
  schema: schema.sql
tables:
${Array.from({ length: tables }, (_, i) => `  t${i}: { rows: ${i + 1}M, size: ${i + 1}GB }\n`).join('')}traffic: 2000/s
session:
  lock_timeout: 2s
  statement_timeout: 15min
app:
  runs: v1
  versions:
    v1:
      - SELECT id, name FROM t1 WHERE email = 'ada@example.org'
    v2:
      - SELECT id, name, state FROM t1 WHERE email = 'ada@example.org'
checklist:
  - Backup restored on staging and opened
`;

/** One step, and its rollback, as YAML: the kinds take turns. */
function stepOf(i: number): string {
  const table = `t${i % tables}`;
  const kind = kinds[Math.floor(i / tables) % kinds.length] ?? addColumn;
  return kind(table, i);
}

type StepText = (table: string, i: number) => string;

const addColumn: StepText = (table, i) => `      - step: Add the column extra_${i} to ${table}
        id: add_extra_${i}
        sql: ALTER TABLE ${table} ADD COLUMN extra_${i} varchar(255);
        estimate: 1s
        rollback: ALTER TABLE ${table} DROP COLUMN extra_${i};
`;

const backfill: StepText = (table, i) => `      - step: Fill ${table}, step ${i}
        backfill:
          table: ${table}
          set: email = name
          where: email IS NULL
          batch: 10000
          pause: 100ms
        rollback: { not_needed: no version reads it yet }
`;

const indexConcurrently: StepText = (table, i) => `      - step: Index ${table}, step ${i}
        transaction: false
        # Built while writes go on.
        sql: |
          CREATE INDEX CONCURRENTLY ${table}_created_${i} ON ${table} (created_at, name);
        rollback:
          transaction: false
          sql: DROP INDEX CONCURRENTLY ${table}_created_${i};
`;

const verify: StepText = (table, i) => `      - step: Nothing was missed in ${table}, step ${i}
        verify:
          sql: SELECT count(*) FROM ${table} WHERE email IS DISTINCT FROM name
          expect: 0
`;

const notNull: StepText = (table, i) => `      - step: Every row of ${table} has an email, step ${i}
        sql: |
          ALTER TABLE ${table}
            ADD CONSTRAINT ${table}_email_${i} CHECK (email IS NOT NULL) NOT VALID;
        rollback: |
          ALTER TABLE ${table} DROP CONSTRAINT ${table}_email_${i};
`;

const changeType: StepText = (table, i) => `      - step: A wider amount in ${table}, step ${i}
        sql: >-
          ALTER TABLE ${table}
          ALTER COLUMN amount TYPE numeric(${12 + (i % 7)}, 2);
        rollback: { impossible: amounts may have become too large }
`;

const index: StepText = (table, i) => `      - step: Index ${table} while writes wait, step ${i}
        sql: "CREATE INDEX ${table}_state_${i} ON ${table} (state);"
        rollback: "DROP INDEX ${table}_state_${i};"
`;

const kinds: readonly StepText[] = [
  addColumn,
  backfill,
  indexConcurrently,
  verify,
  notNull,
  changeType,
  index,
];
