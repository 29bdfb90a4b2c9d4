import { type Analysis, type AnalyzeOptions, analyze, loadParsers } from '../../../server/src/analyze.ts';

/** A plan with the cursor, which stands at `$0` in what was written. */
export interface AtCursor {
  readonly analysis: Analysis;
  readonly offset: number;
}

/** The baseline that plans of these tests name. */
export const baseline = `CREATE TABLE users (
  id bigint PRIMARY KEY,
  username text NOT NULL UNIQUE,
  email text,
  "Odd Name" integer
);
COMMENT ON COLUMN users.email IS 'where letters go';
CREATE TABLE orders (id bigint PRIMARY KEY, user_id bigint REFERENCES users (id), total numeric(10,2));
CREATE INDEX orders_user_idx ON orders (user_id);
CREATE SCHEMA app;
CREATE TABLE app.notes (id bigint PRIMARY KEY, body text);
CREATE VIEW names AS SELECT id, username FROM users;
CREATE TYPE mood AS ENUM ('glad', 'sad');
`;

/** Analyses texts with a `$0`; the parsers are loaded once. */
export async function cursorAnalyzer(
  kind: AnalyzeOptions['kind'] = 'plan',
): Promise<(marked: string) => AtCursor> {
  const parsers = await loadParsers();
  return (marked) => {
    const offset = marked.indexOf('$0');
    if (offset < 0) throw new Error('the text has no $0');
    const text = marked.replace('$0', '');
    const readFile = (path: string) =>
      path === 'schema.sql' ? { text: baseline } : { error: `there is no ${path}` };
    return { analysis: analyze(text, { parsers, kind, readFile }), offset };
  };
}

/** A plan of these root entries, below the head that all have. */
export function planWith(rest: string): string {
  return `migration: Test
database: { type: postgresql, version: 16, schema: schema.sql }
tables:
  users: { rows: 8M, size: 2.4GB }
traffic: 2000/s
session: { lock_timeout: 2s }
${rest}`;
}

/** A plan whose one phase has these steps, written without their indent. */
export function planOfSteps(steps: string): string {
  const indented = steps.replace(/^(?=.)/gm, '      ');
  return planWith(`phases:\n  - phase: Expand\n    steps:\n${indented}`);
}
