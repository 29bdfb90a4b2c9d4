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

/** A key of its own that means something, what has no equality, what refers to both, and a trigger there. */
const mixed = `
CREATE TABLE files (id bigint PRIMARY KEY);
CREATE TABLE users (
  id      bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
  name    text NOT NULL,
  changed timestamptz
);
CREATE FUNCTION stamp() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  NEW.changed := now();
  RETURN NEW;
END $$;
CREATE TRIGGER stamp BEFORE UPDATE ON users FOR EACH ROW EXECUTE FUNCTION stamp();
CREATE TABLE badges (
  code  text PRIMARY KEY,
  id    bigint NOT NULL UNIQUE REFERENCES users (id),
  data  json NOT NULL,
  label text NOT NULL,
  photo bigint REFERENCES files (id),
  boss  bigint REFERENCES users (id)
);
CREATE UNIQUE INDEX ON badges (lower(label));
CREATE INDEX ON badges (boss, id);
`;

/** Names as long as Postgres lets them be, in the way of each other. */
const long = (letter: string) => letter.repeat(61);
const longNames = `
CREATE TABLE ${long('t')}_1 (id bigint PRIMARY KEY, ${long('c')}_1 text, note text NOT NULL);
CREATE TABLE ${long('t')}_2 (
  id bigint PRIMARY KEY REFERENCES ${long('t')}_1 (id) ON DELETE CASCADE,
  ${long('c')}_1 text NOT NULL UNIQUE CONSTRAINT ${long('k')}_1 CHECK (${long('c')}_1 <> ''),
  ${long('c')}_2 text,
  note text
);
CREATE INDEX ${long('i')}_1 ON ${long('t')}_2 (${long('c')}_2, ${long('c')}_1);
`;

const partitioned = `
CREATE TABLE events (
  id  bigint NOT NULL,
  day date NOT NULL,
  PRIMARY KEY (id, day)
) PARTITION BY RANGE (day);
CREATE TABLE events_old PARTITION OF events FOR VALUES FROM (MINVALUE) TO ('2025-01-01');
CREATE TABLE events_new PARTITION OF events FOR VALUES FROM ('2025-01-01') TO (MAXVALUE);
CREATE TABLE event_notes (
  event   bigint,
  day     date,
  note    text NOT NULL,
  length  integer GENERATED ALWAYS AS (length(note)) STORED,
  PRIMARY KEY (event, day),
  FOREIGN KEY (event, day) REFERENCES events (id, day) ON DELETE RESTRICT
);
CREATE INDEX event_notes_note_idx ON event_notes (note text_pattern_ops) WHERE note <> '';
`;

/** Both take their numbers from one sequence. */
const regions = `
CREATE TABLE customers (id bigint PRIMARY KEY);
CREATE TABLE orders (
  id       bigserial PRIMARY KEY,
  customer bigint NOT NULL REFERENCES customers (id),
  note     text CHECK (note <> ''),
  code     uuid NOT NULL UNIQUE
);
CREATE INDEX orders_customer_idx ON orders (customer);
CREATE TABLE items (id bigint PRIMARY KEY, "order" bigint NOT NULL REFERENCES orders (id) ON DELETE CASCADE);
CREATE INDEX items_order_idx ON items ("order");
CREATE TABLE orders_eu (
  id       bigint PRIMARY KEY DEFAULT nextval('orders_id_seq'),
  customer bigint NOT NULL REFERENCES customers (id),
  code     uuid NOT NULL,
  note     text CHECK (note <> '')
);
CREATE INDEX orders_eu_customer_idx ON orders_eu (customer);
CREATE INDEX orders_eu_note_idx ON orders_eu (lower(note));
GRANT SELECT ON orders_eu TO PUBLIC;
`;

/** Of fabricated rows all have the same keys. */
const archive = `
CREATE SCHEMA "App";
CREATE TABLE "App"."Line" (
  "Order" bigint,
  "No" integer GENERATED ALWAYS AS IDENTITY,
  "Note" text NOT NULL,
  "Size" integer GENERATED ALWAYS AS (length("Note")) STORED,
  PRIMARY KEY ("Order", "No")
);
CREATE TABLE "App"."Line archive" (
  "No" integer,
  "Order" bigint,
  "Note" text NOT NULL,
  "Size" integer GENERATED ALWAYS AS (length("Note")) STORED,
  PRIMARY KEY ("No", "Order")
);
`;

const to = { table: 'user_profiles', into: 'users' } as const;

export const mergeTablesCases: readonly RecipeCase[] = [
  {
    type,
    name: 'a profile into its user',
    baseline: profiles,
    answers: { ...to, ...large },
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
  {
    type,
    name: 'names of 63 bytes',
    baseline: longNames,
    answers: { table: `${long('t')}_2`, into: `${long('t')}_1` },
  },
  {
    type,
    name: 'a natural key, json, references, an index on an expression',
    baseline: mixed,
    answers: { table: 'badges', into: 'users' },
  },
  {
    type,
    name: 'both partitioned',
    baseline: partitioned
      .replace('RESTRICT\n)', 'CASCADE\n) PARTITION BY RANGE (day)')
      .replace(/CREATE INDEX.*/, 'CREATE TABLE all_notes PARTITION OF event_notes DEFAULT;'),
    answers: { table: 'event_notes', into: 'events', columns: 'note' },
  },
  {
    type,
    name: 'into a partitioned table, but for a generated column',
    baseline: partitioned.replace('RESTRICT', 'CASCADE'),
    answers: { table: 'event_notes', into: 'events', columns: 'note' },
  },
  {
    type,
    name: 'into a partitioned table whose rows are held',
    baseline: partitioned,
    answers: { table: 'event_notes', into: 'events', columns: 'note' },
    from: 18,
  },
  {
    type,
    name: 'into a partitioned table whose rows are held, before 18',
    baseline: partitioned,
    answers: { table: 'event_notes', into: 'events', columns: 'note' },
    to: 17,
    refused: /has to say ON DELETE CASCADE.*in a quiet hour/,
  },
  {
    type,
    name: 'a generated column',
    baseline: partitioned,
    answers: { table: 'event_notes', into: 'events' },
    refused: /event_notes\.length is a generated column.*--columns/,
  },
  {
    type,
    name: 'with a view on it',
    baseline: `${profiles}CREATE VIEW bios AS SELECT user_id, bio FROM user_profiles;`,
    answers: to,
    refused: /The view bios reads user_profiles.*of users, after the plan/,
  },
  {
    type,
    name: 'that others refer to',
    baseline: `${profiles}CREATE TABLE likes (id bigint PRIMARY KEY, profile bigint REFERENCES user_profiles);`,
    answers: to,
    refused: /likes_profile_fkey of likes refers to user_profiles: let it refer to users first/,
  },
  {
    type,
    name: 'with a trigger on it',
    baseline: `${profiles}
CREATE FUNCTION noted() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN RETURN NEW; END $$;
CREATE TRIGGER note BEFORE UPDATE ON user_profiles FOR EACH ROW EXECUTE FUNCTION noted();`,
    answers: to,
    refused: /has the trigger note, which would not fire for users/,
  },
  {
    type,
    name: 'what a row cannot be without stays behind',
    baseline: profiles,
    answers: { ...to, columns: 'bio' },
    refused: /born is NOT NULL and has no default.*name it among the columns/,
  },
  {
    type,
    name: 'a name that is taken',
    baseline: profiles,
    answers: { ...to, names: 'bio=name' },
    refused: /users has a column name already/,
  },
  {
    type,
    name: 'a foreign key that may be empty',
    baseline: numbered.replace('NOT NULL UNIQUE', 'UNIQUE'),
    answers: { table: 'settings', into: 'users' },
    refused: /settings\.user_id may be NULL.*set_not_null/,
  },
  {
    type,
    name: 'many rows for one',
    baseline: numbered.replace('NOT NULL UNIQUE', 'NOT NULL'),
    answers: { table: 'settings', into: 'users' },
    refused: /no foreign key to the primary key of users that is unique.*add_unique/,
  },
  {
    type,
    name: 'into itself',
    baseline: profiles,
    answers: { table: 'users', into: 'users' },
    refused: /users is the table that goes: name another one/,
  },
  {
    type,
    name: 'rows of the same columns',
    baseline: regions,
    answers: { table: 'orders_eu', into: 'orders', ...large },
  },
  {
    type,
    name: 'rows, quoted, by a composite key of an identity',
    baseline: archive,
    answers: { table: '"App"."Line archive"', into: '"App"."Line"' },
  },
  {
    type,
    name: 'rows that are numbered by two sequences',
    baseline: regions.replace("bigint PRIMARY KEY DEFAULT nextval('orders_id_seq')", 'bigserial PRIMARY KEY'),
    answers: { table: 'orders_eu', into: 'orders' },
    refused: /numbered by two counters.*SET DEFAULT nextval/,
  },
  {
    type,
    name: 'rows that others refer to',
    baseline: `${regions}CREATE TABLE notes (id bigint PRIMARY KEY, "order" bigint REFERENCES orders_eu);`,
    answers: { table: 'orders_eu', into: 'orders' },
    refused: /refers to orders_eu: drop it first, and let it refer to orders after the plan/,
  },
  {
    type,
    name: 'rows of other columns',
    baseline: regions,
    answers: { table: 'orders_eu', into: 'customers', moves: 'rows' },
    refused: /other columns than customers/,
  },
  {
    type,
    name: 'rows that need not be right there',
    baseline: regions.replace('code     uuid NOT NULL,', 'code     uuid,'),
    answers: { table: 'orders_eu', into: 'orders' },
    refused: /code may be NULL in orders_eu.*set_not_null/,
  },
  {
    type,
    name: 'rows of which less is asked',
    baseline: regions.replace(
      /note {5}text CHECK \(note <> ''\)\n\);\nCREATE INDEX orders_eu_c/,
      'note text);\nCREATE INDEX orders_eu_c',
    ),
    answers: { table: 'orders_eu', into: 'orders' },
    refused: /orders_note_check asks of orders what nothing asks of orders_eu.*add_check/,
  },
  {
    type,
    name: 'rows into a table with a trigger for new ones',
    baseline: `${regions}
CREATE FUNCTION greet() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN RETURN NEW; END $$;
CREATE TRIGGER greet AFTER INSERT ON orders FOR EACH ROW EXECUTE FUNCTION greet();`,
    answers: { table: 'orders_eu', into: 'orders' },
    refused: /has the trigger greet, which would fire for each row that moves/,
  },
];
