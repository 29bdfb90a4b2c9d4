import { plain } from '../baselines.ts';
import { large, type RecipeCase } from '../model.ts';

const type = 'move_column';

const profiles = `
CREATE TABLE users (
  id   bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
  name text NOT NULL,
  bio  text,
  born date NOT NULL
);
CREATE INDEX users_bio_idx ON users (lower(bio));
CREATE TABLE profiles (
  "user" bigint PRIMARY KEY REFERENCES users (id) ON DELETE CASCADE,
  photo  text
);
CREATE TABLE posts (id bigint PRIMARY KEY, "user" bigint NOT NULL REFERENCES users (id), born date);
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

export const moveColumnCases: readonly RecipeCase[] = [
  {
    type,
    name: 'to the profile',
    baseline: profiles,
    answers: { table: 'users', column: 'bio', to: 'profiles', ...large },
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
    answers: { table: 'users', column: 'born', to: 'posts' },
    refused: /has a column born already/,
  },
  {
    type,
    name: 'to a table that is not there',
    baseline: plain,
    answers: { table: 'users', column: 'email', to: 'profile' },
    refused: /no table profile/,
  },
];
