import { awkward, keyless, plain } from '../baselines.ts';
import { large, type RecipeCase } from '../model.ts';

const type = 'split_column';

const people = `
CREATE TABLE people (
  id        bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
  full_name varchar(200) NOT NULL CHECK (full_name <> '-'),
  noted     timestamptz NOT NULL DEFAULT now()
);
CREATE INDEX people_full_name_idx ON people (lower(full_name));
`;

const quoted = `
CREATE SCHEMA "App";
CREATE TABLE "App"."Place" (
  "Tenant" integer,
  "No" bigint,
  "Lat, Lon" text DEFAULT '0,0',
  "Note" text NOT NULL,
  PRIMARY KEY ("Tenant", "No")
);
`;

const names = {
  table: 'people',
  column: 'full_name',
  into: 'first_name,last_name',
  using: `split_part(full_name, ' ', 1); nullif(substr(full_name, length(split_part(full_name, ' ', 1)) + 2), '')`,
  join: "concat_ws(' ', first_name, last_name)",
};

export const splitColumnCases: readonly RecipeCase[] = [
  { type, name: 'a name into two', baseline: people, answers: { ...names, ...large } },
  {
    type,
    name: 'quoted, with a default',
    baseline: quoted,
    answers: {
      table: '"App"."Place"',
      column: 'Lat, Lon',
      into: 'lat,"the Lon"',
      using: `split_part("Lat, Lon", ',', 1); split_part("Lat, Lon", ',', 2)`,
      join: `lat || ',' || "the Lon"`,
      types: 'text; text',
    },
  },
  {
    type,
    name: 'a name that is taken',
    baseline: people,
    answers: { ...names, into: 'first_name,noted' },
    refused: /has a column noted already/,
  },
  {
    type,
    name: 'one expression for two columns',
    baseline: people,
    answers: { ...names, using: "split_part(full_name, ' ', 1)" },
    refused: /2 expressions are needed.*put ; between/,
  },
  {
    type,
    name: 'a join without one of them',
    baseline: people,
    answers: { ...names, join: "first_name || ''" },
    refused: /does not name last_name/,
  },
  {
    type,
    name: 'a key',
    baseline: plain,
    answers: { ...names, table: 'users', column: 'username', using: 'left(username, 1); right(username, 1)' },
    refused: /users_username_key is on users\.username/,
  },
  {
    type,
    name: 'seen through a view',
    baseline: awkward,
    answers: {
      table: 'App.Order Line',
      column: 'order',
      into: 'a,b',
      using: `left("order", 1); right("order", 1)`,
      join: 'a || b',
    },
    refused: /The view .* reads/,
  },
  {
    type,
    name: 'no key at all',
    baseline: keyless,
    answers: {
      table: 'log',
      column: 'line',
      into: 'a,b',
      using: 'left(line, 1); right(line, 1)',
      join: 'a || b',
    },
    refused: /no primary key.*change_primary_key/,
  },
];
