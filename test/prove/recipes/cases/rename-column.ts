import { awkward, keyless, longNames, partitioned, plain } from '../baselines.ts';
import { large, type RecipeCase } from '../model.ts';

const type = 'rename_column';

export const renameColumnCases: readonly RecipeCase[] = [
  {
    type,
    name: 'the example',
    baseline: plain,
    answers: { table: 'users', column: 'username', to: 'handle', ...large },
  },
  {
    type,
    name: 'quoted, indexed, seen through a view, a trigger, a policy',
    baseline: awkward,
    answers: { table: '"App"."Order Line"', column: 'order', to: 'Customer\'s "word"', ...large },
    quick: true,
  },
  {
    type,
    name: 'read by the function of a trigger',
    baseline: `${plain}
CREATE TABLE audit (id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY, was text, became text);
CREATE FUNCTION note_change() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  INSERT INTO audit (was, became) VALUES (OLD.username, NEW."username");
  RETURN NEW;
END $$;
CREATE TRIGGER note_change AFTER UPDATE OF username ON users
  FOR EACH ROW WHEN (OLD.username <> NEW.username) EXECUTE FUNCTION note_change();
`,
    answers: { table: 'users', column: 'username', to: 'handle', ...large },
  },
  {
    type,
    name: 'that a generated column is computed from, as it is read',
    baseline:
      'CREATE TABLE items (id bigint PRIMARY KEY, price numeric NOT NULL, gross numeric GENERATED ALWAYS AS (price * 1.2) VIRTUAL);',
    answers: { table: 'items', column: 'price', to: 'net', ...large },
    from: 18,
  },
  {
    type,
    name: 'whose trigger fires on its updates, and that a generated column is computed from',
    baseline: awkward,
    answers: { table: 'App.Order Line', column: 'Amount', to: 'Net' },
    refused: /"Note it" .*fires on UPDATE OF Amount.*IS DISTINCT FROM/,
  },
  {
    type,
    name: 'given values by the function of a trigger',
    baseline: `${plain}
CREATE FUNCTION lower_it() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN NEW.username := lower(NEW.username); RETURN NEW; END $$;
CREATE TRIGGER lower_it BEFORE INSERT ON users FOR EACH ROW EXECUTE FUNCTION lower_it();
`,
    answers: { table: 'users', column: 'username', to: 'handle' },
  },
  {
    type,
    name: 'in a composite key that others refer to',
    baseline: awkward,
    answers: { table: 'App.Order Line', column: 'Ref', to: 'reference', ...large },
  },
  {
    type,
    name: 'in a partitioned table',
    baseline: partitioned,
    answers: { table: 'readings', column: 'note', to: 'remark', ...large },
  },
  {
    type,
    name: 'long names',
    baseline: longNames,
    answers: {
      table: 'a_table_with_a_name_that_is_as_long_as_postgres_lets_it_be_001',
      column: 'a_column_with_a_name_that_is_as_long_as_postgres_lets_it_be_001',
      to: 'another_column_with_a_name_that_is_as_long_as_it_may_be_at_all',
      ...large,
    },
  },
  {
    type,
    name: 'names that are taken',
    baseline: longNames,
    answers: { table: 'people', column: 'nick', to: 'alias', ...large },
  },
  {
    type,
    name: 'a unique index instead of a key',
    baseline: keyless,
    answers: { table: 'marks', column: 'mark', to: 'grade', ...large },
  },
  {
    type,
    name: 'no key at all',
    baseline: keyless,
    answers: { table: 'log', column: 'line', to: 'message' },
    refused: /no primary key.*change_primary_key/,
  },
  {
    type,
    name: 'a column that is not there',
    baseline: plain,
    answers: { table: 'users', column: 'usernam', to: 'handle' },
    refused: /no column usernam in users\. Did you mean username\?/,
  },
  {
    type,
    name: 'a name that is taken',
    baseline: plain,
    answers: { table: 'users', column: 'username', to: 'email' },
    refused: /has a column email already/,
  },
  {
    type,
    name: 'the partition key',
    baseline: partitioned,
    answers: { table: 'readings', column: 'taken_at', to: 'at' },
    refused: /decides the partition of a row/,
  },
  {
    type,
    name: 'a key of numbers with what refers to it, itself too',
    baseline: `${plain}
ALTER TABLE users ADD invited_by bigint REFERENCES users (id) ON DELETE SET NULL;
CREATE INDEX users_invited_by_idx ON users (invited_by);
CREATE TABLE orders (
  id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
  user_id bigint NOT NULL REFERENCES users (id) ON DELETE CASCADE,
  noted timestamptz NOT NULL DEFAULT now()
);
CREATE INDEX orders_user_id_idx ON orders (user_id);
CREATE VIEW names AS SELECT id, username FROM users;
COMMENT ON SEQUENCE users_id_seq IS 'counts members';
GRANT USAGE, SELECT ON SEQUENCE users_id_seq TO PUBLIC;
`,
    answers: { table: 'users', column: 'id', to: 'user_id', rows: '8M', traffic: '2000/s' },
  },
  {
    type,
    name: 'a key that the application gives, quoted, read by triggers',
    baseline: `CREATE SCHEMA "App";
CREATE TABLE "App"."Tag" (
  "Key" uuid NOT NULL,
  "Label" text NOT NULL,
  slug text,
  CONSTRAINT "The key" PRIMARY KEY ("Key")
);
CREATE FUNCTION "App".slug() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  NEW.slug := NEW."Label" || '-' || NEW."Key"::text;
  RETURN NEW;
END $$;
CREATE TRIGGER "Set slug" BEFORE INSERT ON "App"."Tag" FOR EACH ROW EXECUTE FUNCTION "App".slug();
`,
    answers: { table: '"App"."Tag"', column: 'Key', to: 'Tag Id', ...large },
  },
  {
    type,
    name: 'part of a composite key that others refer to, and that refers to others',
    baseline: awkward,
    answers: { table: 'App.Order Line', column: 'No', to: 'Number', rows: '8M', traffic: '2000/s' },
  },
  {
    type,
    name: 'a key that refers to another',
    baseline: `${plain}
CREATE TABLE profiles (
  user_id bigint REFERENCES users (id) ON DELETE CASCADE,
  kind text,
  about text NOT NULL,
  PRIMARY KEY (user_id, kind)
);
`,
    answers: { table: 'profiles', column: 'user_id', to: 'id', rows: '8M', traffic: '2000/s' },
  },
  {
    type,
    name: 'a key of random values',
    baseline: `CREATE TABLE files (id uuid DEFAULT gen_random_uuid() PRIMARY KEY, path text NOT NULL);
CREATE TABLE versions (id bigserial PRIMARY KEY, file uuid REFERENCES files, note text);
CREATE INDEX versions_file_idx ON versions (file);
`,
    answers: { table: 'files', column: 'id', to: 'file_id', rows: '8M', traffic: '2000/s' },
  },
  {
    type,
    name: 'numbered, and not the key',
    baseline: `CREATE TABLE bills (id uuid PRIMARY KEY, no serial NOT NULL UNIQUE, total numeric NOT NULL);
`,
    answers: { table: 'bills', column: 'no', to: 'bill_no', ...large },
  },
  {
    type,
    name: 'an identity that is not the key',
    baseline: `CREATE TABLE lines (id uuid PRIMARY KEY, at bigint GENERATED BY DEFAULT AS IDENTITY (START WITH 100 INCREMENT BY 10), text text NOT NULL);
`,
    answers: { table: 'lines', column: 'at', to: 'place', ...large },
  },
  {
    type,
    name: 'a key that a view groups by',
    baseline: `${plain}
CREATE TABLE logins (id bigint PRIMARY KEY, who bigint NOT NULL);
CREATE VIEW seen AS SELECT u.id, u.username, count(*) FROM users u JOIN logins l ON l.who = u.id GROUP BY u.id;
`,
    answers: { table: 'users', column: 'id', to: 'user_id' },
  },
  {
    type,
    name: 'that generated columns and a materialized view are computed from',
    baseline: `CREATE TABLE items (
  id bigint PRIMARY KEY,
  price numeric NOT NULL DEFAULT 1,
  tax numeric,
  gross numeric GENERATED ALWAYS AS (price * 1.2) STORED,
  label text NOT NULL
);
CREATE INDEX items_price_idx ON items (price DESC) INCLUDE (label) WHERE price > 0;
CREATE MATERIALIZED VIEW dear AS SELECT id, price, gross FROM items WHERE price > 100;
CREATE UNIQUE INDEX ON dear (id);
GRANT SELECT ON dear TO PUBLIC;
GRANT SELECT (price) ON items TO PUBLIC;
`,
    answers: { table: 'items', column: 'price', to: 'net', ...large },
  },
  {
    type,
    name: 'that an exclusion is about',
    baseline: `CREATE TABLE bookings (
  id bigint GENERATED BY DEFAULT AS IDENTITY PRIMARY KEY,
  room int4range,
  during tstzrange NOT NULL,
  EXCLUDE USING gist (room WITH &&, during WITH &&)
);`,
    answers: { table: 'bookings', column: 'during', to: 'period', ...large },
  },
  {
    type,
    name: 'in a unique key of a partitioned table',
    baseline: `${partitioned}
ALTER TABLE readings ADD no integer;
ALTER TABLE readings ADD CONSTRAINT readings_no UNIQUE (no, device, taken_at);
`,
    answers: { table: 'readings', column: 'no', to: 'number', ...large },
  },
  {
    type,
    name: 'the key of a partitioned table',
    baseline: `CREATE TABLE visits (
  id bigint GENERATED BY DEFAULT AS IDENTITY,
  day date NOT NULL,
  page text NOT NULL,
  PRIMARY KEY (id, day)
) PARTITION BY RANGE (day);
CREATE TABLE visits_2025 PARTITION OF visits FOR VALUES FROM ('2025-01-01') TO ('2026-01-01');
CREATE TABLE visits_rest PARTITION OF visits DEFAULT;
CREATE TABLE clicks (id bigint PRIMARY KEY, visit bigint, day date, FOREIGN KEY (visit, day) REFERENCES visits);
CREATE INDEX ON clicks (visit, day);
`,
    answers: { table: 'visits', column: 'id', to: 'visit_id', rows: '8M', traffic: '2000/s' },
  },
  {
    type,
    name: 'what divides a partition again',
    baseline: partitioned,
    answers: { table: 'readings', column: 'device', to: 'machine' },
    refused: /decides the partition of a row/,
  },
  {
    type,
    name: 'unique, of a certain form',
    baseline: `CREATE TABLE countries (
  id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
  code text NOT NULL UNIQUE CHECK (code = upper(code)),
  name text NOT NULL
);
CREATE MATERIALIZED VIEW codes AS SELECT code FROM countries;
CREATE TABLE cities (id bigint PRIMARY KEY, country text NOT NULL REFERENCES countries (code) ON UPDATE CASCADE);
CREATE INDEX ON cities (country);
`,
    answers: { table: 'countries', column: 'code', to: 'iso', rows: '8M', traffic: '2000/s' },
  },
  {
    type,
    name: 'of a type without an equality',
    baseline: `CREATE TABLE docs (id bigint PRIMARY KEY, doc json DEFAULT '{}', at point, title text NOT NULL);`,
    answers: { table: 'docs', column: 'doc', to: 'body', ...large },
  },
  {
    type,
    name: 'of a type without an equality, that a generated column is computed from',
    baseline: `CREATE TABLE docs (id bigint PRIMARY KEY, doc json NOT NULL DEFAULT '{"tag": ""}', tag text GENERATED ALWAYS AS (doc ->> 'tag') STORED);`,
    answers: { table: 'docs', column: 'doc', to: 'body', ...large },
  },
  {
    type,
    name: 'that a constraint is on which old rows may break',
    baseline: `${plain}
ALTER TABLE users ADD CONSTRAINT real_mail CHECK (email LIKE '%@%') NOT VALID;
ALTER TABLE users ADD CONSTRAINT no_blank CHECK (email <> '');
`,
    answers: { table: 'users', column: 'email', to: 'mail', ...large },
  },
  {
    type,
    name: 'an identity by which a table without a key is walked',
    baseline: `CREATE TABLE events (no bigint GENERATED BY DEFAULT AS IDENTITY, what text NOT NULL);
CREATE UNIQUE INDEX events_no ON events (no);
`,
    answers: { table: 'events', column: 'no', to: 'number', ...large },
  },
];
