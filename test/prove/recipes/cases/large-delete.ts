import { awkward, keyless, partitioned, plain } from '../baselines.ts';
import { large, type RecipeCase } from '../model.ts';

const type = 'large_delete';

const referred = `
CREATE TABLE users (id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY, name text NOT NULL);
CREATE TABLE orders (
  id   bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
  "user" bigint NOT NULL REFERENCES users (id)
);
CREATE INDEX ON orders ("user");
CREATE TABLE logins (at timestamptz PRIMARY KEY, "user" bigint NOT NULL REFERENCES users (id) ON DELETE CASCADE);
CREATE INDEX ON logins ("user");
`;

export const largeDeleteCases: readonly RecipeCase[] = [
  {
    type,
    name: 'the example',
    baseline: plain,
    answers: { table: 'users', where: 'id % 3 = 0', ...large },
  },
  {
    type,
    name: 'for good',
    baseline: plain,
    answers: { table: 'users', where: 'id % 3 = 0', keep: 'none', ...large },
  },
  {
    type,
    name: 'quoted, referred to, with a trigger and generated columns',
    baseline: awkward,
    answers: { table: '"App"."Order Line"', where: `"No" % 2 = 0 OR "order" = 'it''s'`, ...large },
  },
  {
    type,
    name: 'of a partitioned table',
    baseline: partitioned,
    answers: { table: 'readings', where: 'value < 0 OR device % 2 = 0', ...large },
  },
  {
    type,
    name: 'with what refers to it',
    baseline: referred,
    answers: { table: 'users', where: 'id % 2 = 0' },
    refused: /logins has ON DELETE CASCADE.*Delete those first/,
  },
  {
    type,
    name: 'no key',
    baseline: keyless,
    answers: { table: 'log', where: "at < '2024-01-01'" },
    refused: /no primary key.*change_primary_key/,
  },
  {
    type,
    name: 'a condition that moves',
    baseline: plain,
    answers: { table: 'users', where: "created_at < now() - interval '1 year'" },
    refused: /now has another value in each batch/,
  },
  {
    type,
    name: 'every row',
    baseline: plain,
    answers: { table: 'users', where: 'true' },
    refused: /every row/,
  },
  {
    type,
    name: 'no condition',
    baseline: plain,
    answers: { table: 'users', where: 'id <' },
    refused: /no SQL expression/,
  },
];
