import { keyless, partitioned, plain } from '../baselines.ts';
import { large, type RecipeCase } from '../model.ts';

const type = 'change_primary_key';

const members = `
CREATE TABLE members (
  id    integer PRIMARY KEY,
  code  uuid DEFAULT gen_random_uuid() NOT NULL,
  email text NOT NULL UNIQUE,
  note  text,
  noted timestamptz NOT NULL DEFAULT now()
);
`;

const quoted = `
CREATE SCHEMA "App";
CREATE TABLE "App"."Order Line" (
  "Tenant" integer NOT NULL,
  "No" bigint NOT NULL,
  "Text" text,
  CONSTRAINT "The key" PRIMARY KEY ("Tenant", "No")
);
`;

export const changePrimaryKeyCases: readonly RecipeCase[] = [
  {
    type,
    name: 'one for a table without, of a unique index',
    baseline: keyless,
    answers: { table: 'marks', columns: 'at,who', ...large },
  },
  {
    type,
    name: 'numbers for a table without',
    baseline: keyless,
    answers: { table: 'marks', name: 'id', ...large },
  },
  {
    type,
    name: 'another column',
    baseline: members,
    answers: { table: 'members', columns: 'code', ...large },
  },
  {
    type,
    name: 'a column that is unique already',
    baseline: members,
    answers: { table: 'members', columns: 'email', ...large },
  },
  {
    type,
    name: 'a column that may be empty',
    baseline: members,
    answers: { table: 'members', columns: 'code,note' },
    refused: /note may be NULL.*set_not_null/,
  },
  {
    type,
    name: 'numbers in the place of a composite key, quoted',
    baseline: quoted,
    answers: { table: '"App"."Order Line"', name: 'Id', ...large },
  },
  {
    type,
    name: 'that others refer to, and itself',
    baseline: `${members}
ALTER TABLE members ADD invited_by integer REFERENCES members ON DELETE SET NULL;
CREATE INDEX ON members (invited_by);
CREATE TABLE orders (id bigint PRIMARY KEY, member integer NOT NULL REFERENCES members (id) ON DELETE CASCADE);
`,
    answers: { table: 'members', columns: 'code', rows: '8M', traffic: '2000/s' },
  },
  {
    type,
    name: 'a composite one that two others refer to, quoted',
    baseline: `${quoted}
CREATE TABLE "Part" (id bigint PRIMARY KEY, tenant integer, no bigint, FOREIGN KEY (no, tenant) REFERENCES "App"."Order Line" ("No", "Tenant"));
CREATE INDEX ON "Part" (no, tenant);
CREATE TABLE "Paper" (id bigint PRIMARY KEY, tenant integer, no bigint, FOREIGN KEY (tenant, no) REFERENCES "App"."Order Line");
CREATE INDEX ON "Paper" (tenant, no);
`,
    answers: { table: '"App"."Order Line"', name: 'Id', rows: '8M', traffic: '2000/s' },
    // All of them stand on the key that changes.
    notes: ['tables-locked-together'],
  },
  {
    type,
    name: 'a column that others refer to already',
    baseline: `${members}
CREATE TABLE letters (id bigint PRIMARY KEY, email text REFERENCES members (email));
CREATE INDEX ON letters (email);
`,
    answers: { table: 'members', columns: 'email' },
    refused: /letters_email_fkey of letters stands on members_email_key.*drop it first/,
  },
  {
    type,
    name: 'that others refer to, and may break',
    baseline: `${members}
CREATE TABLE orders (id bigint PRIMARY KEY, member integer);
ALTER TABLE orders ADD CONSTRAINT ours FOREIGN KEY (member) REFERENCES members NOT VALID;
`,
    answers: { table: 'members', columns: 'code' },
    refused: /ours of orders is NOT VALID.*VALIDATE CONSTRAINT ours/,
  },
  {
    type,
    name: 'that a view groups by',
    baseline: `${members}
CREATE VIEW notes AS SELECT m.id, m.note, count(*) FROM members m GROUP BY m.id;
`,
    answers: { table: 'members', columns: 'code' },
    refused: /view notes groups by id.*Name all of them/,
  },
  {
    type,
    name: 'of a partitioned table',
    baseline: partitioned,
    answers: { table: 'readings', columns: 'taken_at' },
    refused: /partitioned.*new table/,
  },
  {
    type,
    name: 'nothing to go by',
    baseline: keyless,
    answers: { table: 'log' },
    refused: /no index on columns that are NOT NULL.*--columns/,
  },
  {
    type,
    name: 'the same key',
    baseline: plain,
    answers: { table: 'users', columns: 'id' },
    refused: /the primary key already/,
  },
  {
    type,
    name: 'a column that is not there',
    baseline: plain,
    answers: { table: 'users', columns: 'uid' },
    refused: /no column uid/,
  },
  {
    type,
    name: 'a name that is taken',
    baseline: plain,
    answers: { table: 'users', name: 'email' },
    refused: /has a column email already/,
  },
];
