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
    const list = Array.from({ length: count }, (_, i) => stepOf(first + i, steps < 300 ? 6 : tables));
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

/**
 * One step, and its rollback, as YAML. A round takes `inTurn` tables through the steps that a new column needs, one kind
 * of step after the other.
 */
function stepOf(i: number, inTurn: number): string {
  const kind = kinds[Math.floor(i / inTurn) % kinds.length] ?? addColumn;
  return kind(`t${i % inTurn}`, `note_${Math.floor(i / (inTurn * kinds.length))}`);
}

type StepText = (table: string, column: string) => string;

const addColumn: StepText = (table, column) => `      - step: Add ${column} to ${table}
        id: add_${table}_${column}
        sql: ALTER TABLE ${table} ADD COLUMN ${column} varchar(255);
        estimate: 1s
        rollback: ALTER TABLE ${table} DROP COLUMN ${column};
`;

const backfill: StepText = (table, column) => `      - step: Fill ${column} of ${table}
        backfill:
          table: ${table}
          set: ${column} = name
          where: ${column} IS NULL
          batch: 10000
          pause: 100ms
        rollback: { not_needed: no version reads it yet }
`;

const verify: StepText = (table, column) => `      - step: No row of ${table} was missed by ${column}
        verify:
          sql: SELECT count(*) FROM ${table} WHERE ${column} IS DISTINCT FROM name
          expect: 0
`;

const require: StepText = (table, column) => `      - step: New rows of ${table} have ${column}
        sql: |
          ALTER TABLE ${table}
            ADD CONSTRAINT ${table}_${column}_given CHECK (${column} IS NOT NULL) NOT VALID;
        rollback: |
          ALTER TABLE ${table} DROP CONSTRAINT ${table}_${column}_given;
`;

const validate: StepText = (table, column) => `      - step: Old rows of ${table} have ${column}
        sql: >-
          ALTER TABLE ${table}
          VALIDATE CONSTRAINT ${table}_${column}_given;
        rollback: { not_needed: the constraint goes with its own step }
`;

const indexConcurrently: StepText = (table, column) => `      - step: Index ${column} of ${table}
        transaction: false
        # Built while writes go on.
        sql: |
          CREATE INDEX CONCURRENTLY ${table}_${column} ON ${table} (${column}, created_at);
        rollback:
          transaction: false
          sql: DROP INDEX CONCURRENTLY ${table}_${column};
`;

const index: StepText = (table, column) => `      - step: Index ${column} of ${table} by state
        sql: "CREATE INDEX ${table}_${column}_state ON ${table} (state, ${column});"
        rollback: "DROP INDEX ${table}_${column}_state;"
`;

const kinds: readonly StepText[] = [addColumn, backfill, verify, require, validate, indexConcurrently, index];
