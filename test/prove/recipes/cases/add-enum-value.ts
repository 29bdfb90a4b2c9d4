import { plain } from '../baselines.ts';
import type { RecipeCase } from '../model.ts';

const type = 'add_enum_value';

const orders = `
CREATE TYPE status AS ENUM ('open', 'paid', 'shipped');
CREATE TABLE orders (
  id     bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
  status status NOT NULL DEFAULT 'open',
  noted  timestamptz NOT NULL DEFAULT now()
);
`;

const quoted = `
CREATE SCHEMA "App";
CREATE TYPE "App"."Order State" AS ENUM ('it''s open', 'Paid');
CREATE TYPE unused AS ENUM ('a');
CREATE TABLE "App"."Order Line" (
  "Tenant" integer,
  "No" bigint,
  "State" "App"."Order State",
  "Before" "App"."Order State" DEFAULT 'Paid' NOT NULL,
  "States" "App"."Order State"[],
  PRIMARY KEY ("Tenant", "No")
);
CREATE TABLE "App"."Log" ("State" "App"."Order State");
CREATE VIEW "App"."Open" AS SELECT "No" FROM "App"."Order Line" WHERE "State" = 'it''s open';
CREATE TABLE parts (id bigint, at "App"."Order State" NOT NULL, PRIMARY KEY (id, at)) PARTITION BY LIST (at);
CREATE TABLE parts_paid PARTITION OF parts FOR VALUES IN ('Paid');
CREATE TABLE parts_rest PARTITION OF parts DEFAULT;
`;

export const addEnumValueCases: readonly RecipeCase[] = [
  {
    type,
    name: 'in the middle',
    baseline: orders,
    answers: { enum: 'status', value: 'packed', before: 'shipped', rows: 'orders=8M', traffic: '2000/s' },
  },
  {
    type,
    name: 'at the end, quoted, in several tables',
    baseline: quoted,
    answers: { enum: '"App"."Order State"', value: "won't pay" },
  },
  { type, name: 'of a type that nobody uses', baseline: quoted, answers: { enum: 'unused', value: 'b' } },
  {
    type,
    name: 'an enum that is not there',
    baseline: orders,
    answers: { enum: 'statuses', value: 'packed' },
    refused: /no enum statuses\. Did you mean status\?/,
  },
  {
    type,
    name: 'no enum at all',
    baseline: plain,
    answers: { enum: 'status', value: 'packed' },
    refused: /no enum status/,
  },
  {
    type,
    name: 'a value that is there',
    baseline: orders,
    answers: { enum: 'status', value: 'paid' },
    refused: /has the value paid already/,
  },
  {
    type,
    name: 'a neighbour that is not there',
    baseline: orders,
    answers: { enum: 'status', value: 'packed', after: 'sent' },
    refused: /has no value sent\. There are open, paid, shipped/,
  },
  {
    type,
    name: 'too long a value',
    baseline: orders,
    answers: { enum: 'status', value: 'a'.repeat(64) },
    refused: /63 bytes/,
  },
];
