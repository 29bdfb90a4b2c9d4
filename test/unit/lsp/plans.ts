/** The baseline of the plans below. */
export const schema = `CREATE TABLE users (
  id bigint PRIMARY KEY,
  username text NOT NULL,
  email text
);
`;

export interface PlanOptions {
  /** SQL of the one step. */
  readonly sql?: string;
  /** The rest of the step, indented by eight blanks. */
  readonly rollback?: string;
  /** Path of the baseline; an empty text for none. */
  readonly schema?: string;
}

/** A small plan: clean with a schema beside it, unless `sql` is at fault. */
export function plan(options: PlanOptions = {}): string {
  const { sql = 'ALTER TABLE users ADD COLUMN handle text;', schema = 'schema.sql' } = options;
  const { rollback = '        rollback: ALTER TABLE users DROP COLUMN handle;\n' } = options;
  return `migration: Rename username
database:
  type: postgresql
  version: 16
${schema === '' ? '' : `  schema: ${schema}\n`}tables:
  users: { rows: 8M, size: 2.4GB }
session:
  lock_timeout: 2s
  statement_timeout: 15min
phases:
  - phase: Expand
    risk: low
    steps:
      - step: Add the new column
        sql: ${sql}
${rollback}`;
}

/** A plan of many steps, every fifth at fault. */
export function longPlan(steps: number): string {
  const list = Array.from({ length: steps }, (_, i) => {
    const index = i % 5 === 4;
    const sql = index
      ? `CREATE INDEX users_${i} ON users (username);`
      : `ALTER TABLE users ADD COLUMN c${i} varchar(255);`;
    const undo = index ? `DROP INDEX users_${i};` : `ALTER TABLE users DROP COLUMN c${i};`;
    return `      - step: Step ${i}\n        sql: |\n          ${sql}\n        rollback: ${undo}\n`;
  });
  return plan().split('      - step:')[0] + list.join('');
}
