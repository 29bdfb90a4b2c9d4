import { awkward, partitioned, plain } from '../baselines.ts';
import { large, type RecipeCase } from '../model.ts';

const type = 'change_column_type';

const numbered = `
CREATE TABLE accounts (
  id integer GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
  name text NOT NULL
);
CREATE TABLE payments (
  id serial PRIMARY KEY,
  account integer NOT NULL REFERENCES accounts (id) ON DELETE CASCADE,
  refund_for integer REFERENCES accounts (id),
  cents integer DEFAULT 0 NOT NULL CHECK (cents >= 0),
  noted timestamptz DEFAULT now() NOT NULL
);
CREATE INDEX payments_account_idx ON payments (account, noted);
CREATE INDEX payments_refund_for_idx ON payments (refund_for);
`;

export const changeColumnTypeCases: readonly RecipeCase[] = [
  {
    type,
    name: 'an integer key with its foreign keys',
    baseline: numbered,
    answers: {
      table: 'accounts',
      column: 'id',
      type: 'bigint',
      rows: 'accounts=8M,payments=80M',
      traffic: '2000/s',
    },
  },
  {
    type,
    name: 'a serial',
    baseline: numbered,
    answers: { table: 'payments', column: 'id', type: 'bigint', ...large },
  },
  {
    type,
    name: 'checked, with a default',
    baseline: numbered,
    answers: { table: 'payments', column: 'cents', type: 'bigint', ...large },
  },
  {
    type,
    name: 'without writing a row',
    baseline: plain,
    answers: { table: 'users', column: 'username', type: 'text', ...large },
  },
  {
    type,
    name: 'without writing a row, under a view',
    baseline: `${plain}CREATE VIEW names AS SELECT id, username FROM users;`,
    answers: { table: 'users', column: 'username', type: 'varchar(300)', ...large },
  },
  {
    type,
    name: 'by an expression',
    baseline: plain,
    answers: { table: 'users', column: 'email', type: 'varchar(320)', using: 'left(email, 320)', ...large },
  },
  {
    type,
    name: 'in a partitioned table',
    baseline: partitioned,
    answers: { table: 'readings', column: 'value', type: 'text', using: 'value::text', ...large },
  },
  {
    type,
    name: 'that values do not survive',
    baseline: numbered,
    answers: { table: 'payments', column: 'cents', type: 'smallint' },
    refused: /outside -32,768 to 32,767.*SELECT count\(\*\) FROM payments WHERE cents NOT BETWEEN.*--using/,
  },
  {
    type,
    name: 'that views read, and a trigger and a policy name',
    baseline: `${numbered}
CREATE VIEW open_payments AS SELECT id, cents FROM payments WHERE cents > 0;
CREATE VIEW large_payments AS SELECT id, cents FROM open_payments WHERE cents > 1000;
COMMENT ON VIEW large_payments IS 'Those that matter';
GRANT SELECT ON large_payments TO PUBLIC;
CREATE FUNCTION note_it() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN NEW.noted := now(); RETURN NEW; END $$;
CREATE TRIGGER note_cents BEFORE UPDATE OF cents ON payments FOR EACH ROW EXECUTE FUNCTION note_it();
ALTER TABLE payments ENABLE ROW LEVEL SECURITY;
CREATE POLICY paid ON payments USING (cents >= 0);
`,
    answers: { table: 'payments', column: 'cents', type: 'bigint', ...large },
  },
  {
    type,
    name: 'that a materialized view reads',
    baseline: `${numbered}
CREATE MATERIALIZED VIEW sums AS SELECT account, sum(cents) AS cents FROM payments GROUP BY account;
`,
    answers: { table: 'payments', column: 'cents', type: 'bigint' },
    refused: /materialized view sums reads payments\.cents/,
  },
  {
    type,
    name: 'that others refer to, and others again',
    baseline: awkward,
    answers: { table: 'App.Tenant', column: 'Id', type: 'bigint' },
    refused: /change that one first/,
  },
  {
    type,
    name: 'that two tables refer to by columns of one name',
    baseline: `CREATE TABLE accounts (id int PRIMARY KEY);
      CREATE TABLE users (id bigint PRIMARY KEY, account_id int NOT NULL REFERENCES accounts (id));
      CREATE TABLE bills (id bigint PRIMARY KEY, account_id int NOT NULL REFERENCES accounts (id) ON DELETE CASCADE);`,
    answers: { table: 'accounts', column: 'id', type: 'bigint' },
  },
  {
    type,
    name: 'that the table itself refers to',
    baseline: `CREATE TABLE comments (
  id serial PRIMARY KEY,
  parent_id integer REFERENCES comments (id) ON DELETE CASCADE,
  root integer NOT NULL,
  text text NOT NULL,
  FOREIGN KEY (root) REFERENCES comments
);
CREATE INDEX comments_parent_id_idx ON comments (parent_id, text);
CREATE INDEX comments_root_idx ON comments (root);
CREATE VIEW answers AS SELECT c.id, c.parent_id, p.text FROM comments c JOIN comments p ON p.id = c.parent_id;
`,
    answers: { table: 'comments', column: 'id', type: 'bigint', ...large },
  },
  {
    type,
    name: 'that the table itself refers to, with an index on both',
    baseline: `CREATE TABLE comments (id serial PRIMARY KEY, parent_id integer REFERENCES comments (id));
CREATE INDEX threads ON comments (parent_id, id);
`,
    answers: { table: 'comments', column: 'id', type: 'bigint' },
    refused: /threads is on id and on parent_id, and both change: drop it first/,
  },
  {
    type,
    name: 'that a generated column is computed from',
    baseline:
      'CREATE TABLE items (id bigint PRIMARY KEY, cents integer NOT NULL, gross integer GENERATED ALWAYS AS (cents * 2) STORED);',
    answers: { table: 'items', column: 'cents', type: 'bigint' },
    refused: /items\.gross is computed from cents.*ALTER COLUMN gross DROP EXPRESSION/,
  },
];
