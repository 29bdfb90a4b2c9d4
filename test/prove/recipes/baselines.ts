/** The users of the example. */
export const plain = `
CREATE TABLE users (
  id         bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
  username   varchar(255) NOT NULL UNIQUE,
  email      text NOT NULL,
  created_at timestamptz NOT NULL DEFAULT now()
);
`;

/**
 * Names that need quotes, a schema in mixed case, a reserved word, composite keys, foreign keys both ways, a view, a
 * trigger, a policy, comments, privileges, statistics, generated columns.
 */
export const awkward = `
CREATE SCHEMA "App";
CREATE TABLE "App"."Tenant" (
  "Id" integer PRIMARY KEY,
  "Name" text NOT NULL
);
CREATE TABLE "App"."Order Line" (
  "Tenant" integer NOT NULL REFERENCES "App"."Tenant" ("Id"),
  "No" bigint NOT NULL,
  "order" varchar(40) DEFAULT 'none' NOT NULL,
  "Amount" numeric(12,2) NOT NULL CHECK ("Amount" >= 0),
  "Quantity" integer DEFAULT 1 NOT NULL,
  "Ref" text,
  "Noted" timestamptz DEFAULT now() NOT NULL,
  "Total" numeric GENERATED ALWAYS AS ("Amount" * "Quantity") STORED,
  PRIMARY KEY ("Tenant", "No"),
  CONSTRAINT "Ref per tenant" UNIQUE ("Tenant", "Ref"),
  CONSTRAINT "order is short" CHECK (length("order") < 40 AND "order" <> '')
);
CREATE INDEX "Lines by order" ON "App"."Order Line" ("order", "Noted" DESC) WHERE "order" <> 'none';
CREATE INDEX ON "App"."Order Line" (lower("order"));
CREATE TABLE "App"."Shipment" (
  "Id" uuid DEFAULT gen_random_uuid() PRIMARY KEY,
  "Tenant" integer NOT NULL,
  "No" bigint NOT NULL,
  "Ref" text,
  FOREIGN KEY ("Tenant", "No") REFERENCES "App"."Order Line" ("Tenant", "No"),
  CONSTRAINT "by ref" FOREIGN KEY ("Tenant", "Ref") REFERENCES "App"."Order Line" ("Tenant", "Ref")
);
CREATE INDEX ON "App"."Shipment" ("Tenant", "No");
CREATE INDEX ON "App"."Shipment" ("Tenant", "Ref");
CREATE VIEW "App"."Open Lines" AS
  SELECT l."Tenant", l."No", l."order", t."Name" FROM "App"."Order Line" l JOIN "App"."Tenant" t ON t."Id" = l."Tenant";
CREATE FUNCTION "App".noted() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  NEW."Noted" := now();
  RETURN NEW;
END $$;
CREATE TRIGGER "Note it" BEFORE UPDATE OF "order", "Amount" ON "App"."Order Line"
  FOR EACH ROW WHEN (OLD."order" IS DISTINCT FROM NEW."order") EXECUTE FUNCTION "App".noted();
ALTER TABLE "App"."Order Line" ENABLE ROW LEVEL SECURITY;
CREATE POLICY "All but hidden" ON "App"."Order Line" USING ("order" <> 'hidden');
CREATE STATISTICS "App"."order and ref" (dependencies) ON "order", "Ref" FROM "App"."Order Line";
COMMENT ON COLUMN "App"."Order Line"."order" IS 'What the customer calls it; it''s theirs';
GRANT SELECT ("order"), UPDATE ("order") ON "App"."Order Line" TO PUBLIC;
ALTER TABLE "App"."Order Line" ALTER COLUMN "order" SET STATISTICS 500;
`;

/** Partitioned, one level of it twice, with an index of a partition's own. */
export const partitioned = `
CREATE TABLE devices (id bigint PRIMARY KEY, label text NOT NULL);
CREATE TABLE readings (
  device    bigint NOT NULL REFERENCES devices (id),
  taken_at  timestamptz NOT NULL,
  value     double precision NOT NULL,
  note      text,
  PRIMARY KEY (device, taken_at)
) PARTITION BY RANGE (taken_at);
CREATE TABLE readings_2024 PARTITION OF readings FOR VALUES FROM ('2024-01-01') TO ('2025-01-01');
CREATE TABLE readings_2025 PARTITION OF readings FOR VALUES FROM ('2025-01-01') TO ('2026-01-01')
  PARTITION BY RANGE (device);
CREATE TABLE readings_2025_low PARTITION OF readings_2025 FOR VALUES FROM (MINVALUE) TO (500);
CREATE TABLE readings_2025_high PARTITION OF readings_2025 FOR VALUES FROM (500) TO (MAXVALUE);
CREATE INDEX readings_note_idx ON readings (note) WHERE note IS NOT NULL;
CREATE INDEX readings_2024_value_idx ON readings_2024 (value, note);
CREATE VIEW noted_readings AS SELECT device, taken_at, note FROM readings WHERE note IS NOT NULL;
`;

/** Names as long as Postgres lets them be, and names in the way of those that a plan would choose. */
export const longNames = `
CREATE TABLE a_table_with_a_name_that_is_as_long_as_postgres_lets_it_be_001 (
  id bigint PRIMARY KEY,
  a_column_with_a_name_that_is_as_long_as_postgres_lets_it_be_001 text NOT NULL,
  CONSTRAINT a_constraint_with_a_name_that_is_as_long_as_it_may_be_at_all_01
    UNIQUE (a_column_with_a_name_that_is_as_long_as_postgres_lets_it_be_001)
);
CREATE TABLE people (
  id bigint PRIMARY KEY,
  nick text NOT NULL UNIQUE,
  CONSTRAINT people_alias_required CHECK (id > 0),
  CONSTRAINT people_alias_not_null CHECK (id > 0)
);
CREATE TABLE people_alias_key (id bigint PRIMARY KEY);
`;

/** No primary key. */
export const keyless = `
CREATE TABLE log (at timestamptz, line text);
CREATE TABLE marks (at timestamptz NOT NULL, who text NOT NULL, mark integer);
CREATE UNIQUE INDEX marks_once ON marks (at, who);
`;
