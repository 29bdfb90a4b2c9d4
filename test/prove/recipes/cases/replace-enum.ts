import { plain } from '../baselines.ts';
import { large, type RecipeCase } from '../model.ts';

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
CREATE TYPE mood AS ENUM ('bad', 'meh', 'good');
CREATE TABLE a (id bigint PRIMARY KEY, mood mood NOT NULL DEFAULT 'good');
CREATE TABLE b (id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY, mood mood, was mood);
CREATE INDEX ON b (mood) WHERE mood <> 'good';
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
    name: 'of columns of several tables',
    baseline: twice,
    answers: { enum: 'mood', values: 'good,bad', map: 'meh=bad', rows: '8M', traffic: '2000/s' },
    // Both become of the new type together: a query that joins them compares the two.
    notes: ['tables-locked-together'],
  },
  {
    type,
    name: 'of two columns of a table',
    baseline: `CREATE TYPE mood AS ENUM ('bad', 'meh', 'good');
CREATE TABLE days (
  day date PRIMARY KEY,
  morning mood NOT NULL DEFAULT 'meh',
  evening mood NOT NULL CHECK (evening <> 'bad'),
  text text NOT NULL
);
CREATE INDEX ON days (morning, day);
CREATE VIEW good_days AS SELECT day, morning, evening FROM days WHERE morning = 'good' AND evening = 'good';
`,
    answers: { enum: 'mood', values: 'good,bad', map: 'meh=good', ...large },
  },
  {
    type,
    name: 'of two columns that an index is on',
    baseline: `CREATE TYPE mood AS ENUM ('bad', 'good');
CREATE TABLE days (day date PRIMARY KEY, morning mood, evening mood);
CREATE INDEX by_mood ON days (morning, evening);
`,
    answers: { enum: 'mood', values: 'good,bad' },
    refused: /by_mood is on morning and on evening, and both change: drop it first/,
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
