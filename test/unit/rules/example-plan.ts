import type { Example } from '../../../server/src/rules/define-rule.ts';

export const exampleSchema = `CREATE TABLE users (
  id         bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
  username   varchar(255) NOT NULL UNIQUE,
  email      text,
  created_at timestamptz NOT NULL DEFAULT now()
);
`;

const usual: Readonly<Record<string, string>> = {
  migration: 'Example',
  database: '{ type: postgresql, version: 16, schema: schema.sql }',
  tables: '{ users: { rows: 8M, size: 2.4GB } }',
  traffic: '2000/s',
  session: '{ lock_timeout: 2s }',
};

/** A whole plan around the steps that a rule's page shows. */
export function examplePlan(example: Example, steps = example.steps): string {
  const keys = Object.entries({ ...usual, ...example.plan }).map(([key, value]) => `${key}: ${value}\n`);
  const indented = steps.replace(/^(?=.)/gm, '      ');
  return `${keys.join('')}phases:\n  - phase: Example\n    steps:\n${indented}`;
}
