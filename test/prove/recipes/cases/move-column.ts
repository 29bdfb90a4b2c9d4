import { plain } from '../baselines.ts';
import { large, type RecipeCase } from '../model.ts';

const type = 'move_column';

const profiles = `
CREATE TABLE roles (id integer PRIMARY KEY);
CREATE TABLE users (
  id   bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
  name text NOT NULL,
  bio  text,
  born date NOT NULL,
  kind text DEFAULT 'plain' NOT NULL CHECK (kind <> ''),
  tag  varchar(60) UNIQUE,
  role integer REFERENCES roles (id) DEFERRABLE INITIALLY DEFERRED
);
CREATE INDEX users_bio_idx ON users (lower(bio));
CREATE INDEX users_kind_idx ON users (kind, born) WHERE kind <> 'plain';
CREATE INDEX ON users (role) WHERE role > 3;
COMMENT ON COLUMN users.kind IS 'What it is';
GRANT SELECT (role) ON users TO PUBLIC;
CREATE TABLE profiles (
  "user" bigint PRIMARY KEY REFERENCES users (id) ON DELETE CASCADE,
  photo  text
);
CREATE TABLE posts (id bigint PRIMARY KEY, "user" bigint NOT NULL REFERENCES users (id), kind text);
CREATE INDEX ON posts ("user");
`;

const quoted = `
CREATE SCHEMA "App";
CREATE TABLE "App"."Order" ("Tenant" integer, "No" bigint, "a Note" varchar(80) DEFAULT 'none', PRIMARY KEY ("Tenant", "No"));
CREATE TABLE "App"."Detail" (
  "Id" bigint PRIMARY KEY,
  "T" integer NOT NULL,
  "N" bigint NOT NULL,
  UNIQUE ("T", "N"),
  FOREIGN KEY ("T", "N") REFERENCES "App"."Order" ("Tenant", "No")
);
`;

const parted = `
CREATE TABLE events (id bigint, at date, note text, PRIMARY KEY (id, at)) PARTITION BY RANGE (at);
CREATE TABLE events_old PARTITION OF events FOR VALUES FROM (MINVALUE) TO ('2026-01-01');
CREATE TABLE events_new PARTITION OF events FOR VALUES FROM ('2026-01-01') TO (MAXVALUE);
CREATE INDEX ON events (note);
CREATE TABLE details (id bigint PRIMARY KEY, event bigint NOT NULL, at date NOT NULL, UNIQUE (event, at), FOREIGN KEY (event, at) REFERENCES events);
CREATE TABLE accounts (id integer PRIMARY KEY, plan text);
CREATE INDEX ON accounts (plan);
CREATE TABLE limits (account integer PRIMARY KEY REFERENCES accounts, most integer) PARTITION BY HASH (account);
CREATE TABLE limits_0 PARTITION OF limits FOR VALUES WITH (MODULUS 2, REMAINDER 0);
CREATE TABLE limits_1 PARTITION OF limits FOR VALUES WITH (MODULUS 2, REMAINDER 1);
`;

export const moveColumnCases: readonly RecipeCase[] = [
  {
    type,
    name: 'to the profile',
    baseline: profiles,
    answers: { table: 'users', column: 'bio', to: 'profiles', ...large },
  },
  {
    type,
    name: 'with a default, a check and an index that stays',
    baseline: profiles,
    answers: { table: 'users', column: 'kind', to: 'profiles', ...large },
  },
  {
    type,
    name: 'with a unique constraint',
    baseline: profiles,
    answers: { table: 'users', column: 'tag', to: 'profiles', ...large },
  },
  {
    type,
    name: 'with a foreign key',
    baseline: profiles,
    answers: { table: 'users', column: 'role', to: 'profiles', ...large },
  },
  {
    type,
    name: 'from partitions',
    baseline: parted,
    answers: { table: 'events', column: 'note', to: 'details', ...large },
  },
  {
    type,
    name: 'to partitions',
    baseline: parted,
    answers: { table: 'accounts', column: 'plan', to: 'limits', ...large },
  },
  {
    type,
    name: 'quoted, by a composite key',
    baseline: quoted,
    answers: { table: '"App"."Order"', column: 'a Note', to: '"App"."Detail"', ...large },
  },
  {
    type,
    name: 'to a table with many rows for one',
    baseline: profiles,
    answers: { table: 'users', column: 'bio', to: 'posts' },
    refused: /no foreign key .* that is unique/,
  },
  {
    type,
    name: 'a required one',
    baseline: profiles,
    answers: { table: 'users', column: 'born', to: 'profiles' },
    refused: /NOT NULL and has no default/,
  },
  {
    type,
    name: 'a name that is taken there',
    baseline: profiles,
    answers: { table: 'users', column: 'kind', to: 'posts' },
    refused: /has a column kind already/,
  },
  {
    type,
    name: 'to a table that is not there',
    baseline: plain,
    answers: { table: 'users', column: 'created_at', to: 'profile' },
    refused: /no table profile/,
  },
];
