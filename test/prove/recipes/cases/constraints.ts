import { awkward, keyless, longNames, partitioned, plain } from '../baselines.ts';
import { large, type RecipeCase } from '../model.ts';

const shop = `
CREATE TABLE customers (id bigint PRIMARY KEY, email text);
CREATE TABLE orders (id bigint PRIMARY KEY, customer bigint, state text NOT NULL, total integer, seller integer);
CREATE INDEX orders_seller ON orders (seller);
`;

export const constraintCases: readonly RecipeCase[] = [
  {
    type: 'add_unique',
    name: 'one column',
    baseline: shop,
    answers: { table: 'customers', columns: 'email', ...large },
  },
  {
    type: 'add_unique',
    name: 'quoted columns',
    baseline: awkward,
    answers: { table: 'App.Shipment', columns: '"Tenant","Ref","Id"', name: 'Ref "once"', ...large },
    refused: /Shipment_pkey/,
  },
  {
    type: 'add_unique',
    name: 'two quoted columns',
    baseline: awkward,
    answers: { table: 'App.Order Line', columns: '"Noted","No"', name: 'Noted "once"', ...large },
  },
  {
    type: 'add_unique',
    name: 'a partitioned table',
    baseline: partitioned,
    answers: { table: 'readings', columns: 'taken_at,device,note', ...large },
    refused: /readings_pkey/,
  },
  {
    type: 'add_unique',
    name: 'a partitioned table without its key',
    baseline: partitioned,
    answers: { table: 'readings', columns: 'note' },
    refused: /partitioned by taken_at.*take them in/,
  },
  {
    type: 'add_foreign_key',
    name: 'with the index that it lacks',
    baseline: shop,
    answers: {
      table: 'orders',
      columns: 'customer',
      references: 'customers',
      on_delete: 'set_null',
      ...large,
    },
  },
  {
    type: 'add_foreign_key',
    name: 'composite and quoted',
    baseline: `${awkward}
CREATE TABLE "App"."Note" ("Id" bigint PRIMARY KEY, "Tenant" integer NOT NULL, "No" bigint NOT NULL);`,
    answers: {
      table: 'App.Note',
      columns: '"Tenant","No"',
      references: 'App.Order Line',
      on_delete: 'cascade',
      ...large,
    },
  },
  {
    type: 'add_foreign_key',
    name: 'of another type',
    baseline: shop,
    answers: { table: 'orders', columns: 'seller', references: 'customers' },
    refused: /seller is integer, and id of customers is bigint.*change_column_type/,
  },
  {
    type: 'add_foreign_key',
    name: 'to what is not unique',
    baseline: shop,
    answers: { table: 'orders', columns: 'state', references: 'customers', referenced: 'email' },
    refused: /customers has no primary key or unique constraint on email.*add_unique/,
  },
  {
    type: 'add_foreign_key',
    name: 'SET NULL where NULL is refused',
    baseline: `${shop} ALTER TABLE orders ALTER COLUMN customer SET NOT NULL;`,
    answers: { table: 'orders', columns: 'customer', references: 'customers', on_delete: 'set_null' },
    refused: /customer is NOT NULL/,
  },
  {
    type: 'add_check',
    name: 'a condition',
    baseline: shop,
    answers: { table: 'orders', condition: 'total >= 0', ...large },
  },
  {
    type: 'add_check',
    name: 'quoted columns',
    baseline: awkward,
    answers: { table: 'App.Order Line', condition: '"Quantity" > 0', ...large },
  },
  {
    type: 'add_check',
    name: 'a partitioned table',
    baseline: partitioned,
    answers: { table: 'readings', condition: 'value >= 0', ...large },
  },
  {
    type: 'add_check',
    name: 'a column that is not there',
    baseline: shop,
    answers: { table: 'orders', condition: 'totl > 0' },
    refused: /names totl, and orders has no such column/,
  },
  {
    type: 'add_check',
    name: 'no condition',
    baseline: shop,
    answers: { table: 'orders', condition: 'total >' },
    refused: /is no SQL expression/,
  },
  {
    type: 'set_not_null',
    name: 'with a value for old rows',
    baseline: shop,
    answers: { table: 'orders', column: 'total', fill: '0', ...large },
  },
  {
    type: 'set_not_null',
    name: 'quoted, by a value of the row',
    baseline: awkward,
    answers: { table: 'App.Order Line', column: 'Ref', fill: `'none ' || "No"`, ...large },
  },
  {
    type: 'set_not_null',
    name: 'in a partitioned table',
    baseline: partitioned,
    answers: { table: 'readings', column: 'note', fill: "''", ...large },
  },
  {
    type: 'set_not_null',
    name: 'a table without a key',
    baseline: keyless,
    answers: { table: 'log', column: 'line', fill: "''" },
    refused: /no primary key.*change_primary_key/,
  },
  {
    type: 'set_not_null',
    name: 'one that is',
    baseline: plain,
    answers: { table: 'users', column: 'email' },
    refused: /email is NOT NULL already/,
  },
  {
    type: 'set_default',
    name: 'a constant',
    baseline: shop,
    answers: { table: 'orders', column: 'state', default: "'new'", ...large },
  },
  {
    type: 'set_default',
    name: 'quoted, and another than before',
    baseline: awkward,
    answers: { table: 'App.Order Line', column: 'order', default: "'it''s new'", ...large },
  },
  {
    type: 'set_default',
    name: 'of a generated column',
    baseline: awkward,
    answers: { table: 'App.Order Line', column: 'Total', default: '0' },
    refused: /Total is computed from other columns/,
  },
  {
    type: 'add_generated_column',
    name: 'kept by a trigger',
    baseline: shop,
    answers: { table: 'customers', name: 'email_lower', type: 'text', expression: 'lower(email)', ...large },
  },
  {
    type: 'add_generated_column',
    name: 'quoted',
    baseline: awkward,
    answers: {
      table: 'App.Order Line',
      name: 'Twice "it"',
      type: 'numeric',
      expression: '"Amount" * 2',
      ...large,
    },
  },
  {
    type: 'add_generated_column',
    name: 'computed when it is read',
    baseline: shop,
    answers: {
      table: 'customers',
      name: 'email_lower',
      type: 'text',
      expression: 'lower(email)',
      kept: 'virtual',
      ...large,
    },
    from: 18,
  },
  {
    type: 'add_generated_column',
    name: 'computed when it is read, before Postgres 18',
    baseline: shop,
    answers: {
      table: 'customers',
      name: 'email_lower',
      type: 'text',
      expression: 'lower(email)',
      kept: 'virtual',
    },
    to: 17,
    refused: /has no columns that are computed when they are read/,
  },
  {
    type: 'add_generated_column',
    name: 'a name that is taken',
    baseline: longNames,
    answers: { table: 'people', name: 'nick', type: 'text', expression: 'nick' },
    refused: /has a column nick already/,
  },
];
