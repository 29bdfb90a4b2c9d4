import { awkward, keyless, partitioned, plain } from '../baselines.ts';
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
    name: 'that others refer to',
    baseline: awkward,
    answers: { table: 'App.Tenant', columns: 'Name' },
    refused: /refers to the key.*add_foreign_key/,
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
