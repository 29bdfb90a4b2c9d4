import { large, type RecipeCase } from '../model.ts';

const type = 'merge_tables';

/** The profile's key is the user's. */
const profiles = `
CREATE TABLE users (
  id         bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
  name       text NOT NULL,
  created_at timestamptz NOT NULL DEFAULT now()
);
CREATE TABLE files (id bigint PRIMARY KEY);
CREATE TABLE user_profiles (
  user_id    bigint PRIMARY KEY REFERENCES users (id) ON DELETE CASCADE,
  bio        text CHECK (bio <> ''),
  born       date NOT NULL,
  nick       varchar(40) UNIQUE,
  photo      bigint REFERENCES files (id) ON DELETE SET NULL,
  created_at timestamptz NOT NULL DEFAULT now()
);
CREATE INDEX user_profiles_bio_idx ON user_profiles (lower(bio)) WHERE bio IS NOT NULL;
CREATE INDEX user_profiles_photo_idx ON user_profiles (photo);
COMMENT ON COLUMN user_profiles.bio IS 'what they say of themselves';
GRANT SELECT ON user_profiles TO PUBLIC;
`;

/** It has a key of its own, and nothing that a row has to have. */
const numbered = `
CREATE TABLE users (id bigserial PRIMARY KEY, name text NOT NULL);
CREATE TABLE settings (
  id      bigserial PRIMARY KEY,
  user_id bigint NOT NULL UNIQUE REFERENCES users (id),
  theme   text,
  data    json
);
`;

const quoted = `
CREATE SCHEMA "App";
CREATE TABLE "App"."Order" (
  "Tenant" integer,
  "No" bigint,
  "Note" text,
  "Total" numeric GENERATED ALWAYS AS ("No" * 2) STORED,
  PRIMARY KEY ("Tenant", "No")
);
CREATE TABLE "App"."Detail" (
  "T" integer NOT NULL,
  "N" bigint NOT NULL,
  "a Note" varchar(80) DEFAULT 'none',
  "Note" text NOT NULL,
  "Tenant" uuid NOT NULL,
  CONSTRAINT "by order" UNIQUE ("N", "T"),
  PRIMARY KEY ("Tenant"),
  FOREIGN KEY ("T", "N") REFERENCES "App"."Order" ("Tenant", "No"),
  CONSTRAINT "is short" CHECK (length("a Note") < 70 AND "N" > 0)
);
`;

export const mergeTablesCases: readonly RecipeCase[] = [
  {
    type,
    name: 'a profile into its user',
    baseline: profiles,
    answers: { table: 'user_profiles', into: 'users', ...large },
  },
  {
    type,
    name: 'with a key of its own, and all of it optional',
    baseline: numbered,
    answers: { table: 'settings', into: 'users', ...large },
  },
  {
    type,
    name: 'quoted, by a composite key',
    baseline: quoted,
    answers: { table: '"App"."Detail"', into: '"App"."Order"', names: '"Note"=detail_note' },
  },
];
