import { awkward, partitioned, plain } from '../baselines.ts';
import { large, type RecipeCase } from '../model.ts';

const type = 'partition_table';

const events = `
CREATE TABLE users (id bigint PRIMARY KEY);
CREATE TABLE events (
  id      bigserial PRIMARY KEY,
  "user"  bigint NOT NULL REFERENCES users (id),
  at      timestamptz NOT NULL DEFAULT now(),
  kind    text NOT NULL CHECK (kind <> ''),
  note    text
);
CREATE INDEX events_user_idx ON events ("user", at DESC);
CREATE INDEX events_note_idx ON events (lower(note)) WHERE note IS NOT NULL;
COMMENT ON COLUMN events.note IS 'what was said';
GRANT SELECT ON events TO PUBLIC;
`;

const keyed = `
CREATE SCHEMA "App";
CREATE TABLE "App"."Reading" (
  "Device" integer NOT NULL,
  "No" bigint NOT NULL,
  "Value" double precision,
  CONSTRAINT "The key" PRIMARY KEY ("No", "Device")
);
`;

const nullable = `
CREATE TABLE log (id bigint PRIMARY KEY, day date, line text);
`;

const future = '2990-01-01,2990-02-01,2990-03-01';

export const partitionTableCases: readonly RecipeCase[] = [
  {
    type,
    name: 'by time, with indexes, a check, a foreign key, a sequence',
    baseline: events,
    answers: { table: 'events', column: 'at', bounds: future, ...large },
  },
  {
    type,
    name: 'by a number of the key, quoted',
    baseline: keyed,
    answers: {
      table: '"App"."Reading"',
      column: 'No',
      bounds: '9000000000000000000,9100000000000000000',
      ...large,
    },
  },
  {
    type,
    name: 'by a date that may be empty',
    baseline: nullable.replace('day date', 'day date NOT NULL'),
    answers: { table: 'log', column: 'day', bounds: future },
  },
  {
    type,
    name: 'that others refer to',
    baseline: awkward,
    answers: { table: 'App.Order Line', column: 'Noted', bounds: future },
    refused: /refers to .*Drop it first/,
  },
  {
    type,
    name: 'partitioned already',
    baseline: partitioned,
    answers: { table: 'readings', column: 'taken_at', bounds: future },
    refused: /partitioned already/,
  },
  {
    type,
    name: 'of an identity',
    baseline: plain,
    answers: { table: 'users', column: 'created_at', bounds: future },
    refused: /identity column/,
  },
  {
    type,
    name: 'by a text',
    baseline: events,
    answers: { table: 'events', column: 'kind', bounds: future },
    refused: /kind is text: a range/,
  },
  {
    type,
    name: 'bounds that are none',
    baseline: events,
    answers: { table: 'events', column: 'at', bounds: 'soon,later' },
    refused: /soon is no date/,
  },
  {
    type,
    name: 'bounds that go down',
    baseline: events,
    answers: { table: 'events', column: 'at', bounds: '2990-02-01,2990-01-01' },
    refused: /does not go up/,
  },
];
