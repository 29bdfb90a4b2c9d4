import { plain } from '../baselines.ts';
import type { RecipeCase } from '../model.ts';

const type = 'replace_enum';

const orders = `
CREATE TYPE status AS ENUM ('open', 'paid', 'sent', 'lost');
CREATE TABLE orders (
  id     bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
  status status NOT NULL DEFAULT 'open',
  noted  timestamptz NOT NULL DEFAULT now()
);
CREATE INDEX orders_open_idx ON orders (noted) WHERE status = 'open';
`;

const quoted = `
CREATE SCHEMA "App";
CREATE TYPE "App"."Order State" AS ENUM ('it''s open', 'Paid', 'a, b');
CREATE TABLE "App"."Order Line" (
  "Tenant" integer,
  "No" bigint,
  "State" "App"."Order State" DEFAULT 'a, b'::"App"."Order State",
  PRIMARY KEY ("Tenant", "No")
);
COMMENT ON COLUMN "App"."Order Line"."State" IS 'what it is';
CREATE INDEX "By state" ON "App"."Order Line" ("State");
`;

const twice = `
CREATE TYPE mood AS ENUM ('bad', 'good');
CREATE TABLE a (id bigint PRIMARY KEY, mood mood);
CREATE TABLE b (id bigint PRIMARY KEY, mood mood);
`;

const viewed = `
CREATE TYPE mood AS ENUM ('bad', 'good');
CREATE TABLE a (id bigint PRIMARY KEY, mood mood, moods mood[]);
`;

export const replaceEnumCases: readonly RecipeCase[] = [
  {
    type,
    name: 'without a value',
    baseline: orders,
    answers: {
      enum: 'status',
      values: 'open,paid,sent',
      map: 'lost=sent',
      rows: 'orders=8M',
      size: 'orders=2.4GB',
      traffic: '2000/s',
    },
  },
  {
    type,
    name: 'quoted, reordered',
    baseline: quoted,
    answers: {
      enum: '"App"."Order State"',
      values: `Paid, it's open`,
      map: '"a, b=Paid"',
    },
  },
  {
    type,
    name: 'a value that goes, and nothing to take its place',
    baseline: orders,
    answers: { enum: 'status', values: 'open,paid,sent' },
    refused: /lost goes.*--map/,
  },
  {
    type,
    name: 'in another order',
    baseline: orders,
    answers: { enum: 'status', values: 'open,lost,paid,sent' },
  },
  {
    type,
    name: 'a new value',
    baseline: orders,
    answers: { enum: 'status', values: 'open,paid,sent,lost,found' },
    refused: /no value found.*add_enum_value first/,
  },
  {
    type,
    name: 'a value that is not there',
    baseline: orders,
    answers: { enum: 'status', values: 'open,paid,sent', map: 'gone=sent' },
    refused: /gone is none of open, paid, sent, lost/,
  },
  {
    type,
    name: 'the same values',
    baseline: orders,
    answers: { enum: 'status', values: 'open,paid,sent,lost' },
    refused: /the values that it has/,
  },
  {
    type,
    name: 'of two columns',
    baseline: twice,
    answers: { enum: 'mood', values: 'good,bad' },
    refused: /are both mood/,
  },
  {
    type,
    name: 'of an array too',
    baseline: viewed,
    answers: { enum: 'mood', values: 'good,bad' },
    refused: /a\.moods is made with mood/,
  },
  {
    type,
    name: 'no such enum',
    baseline: plain,
    answers: { enum: 'mood', values: 'good,bad' },
    refused: /no enum mood/,
  },
];
