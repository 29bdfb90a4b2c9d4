import { awkward, longNames, partitioned, plain } from '../baselines.ts';
import { large, type RecipeCase } from '../model.ts';

const documents = `
CREATE TABLE documents (id bigint PRIMARY KEY, body jsonb NOT NULL, state text NOT NULL, at timestamptz NOT NULL);
CREATE INDEX documents_state ON documents (state);
CREATE UNIQUE INDEX documents_once ON documents (state, at);
`;

export const indexCases: readonly RecipeCase[] = [
  {
    type: 'add_index',
    name: 'one column',
    baseline: plain,
    answers: { table: 'users', columns: 'email', ...large },
  },
  {
    type: 'add_index',
    name: 'quoted columns, some rows',
    baseline: awkward,
    answers: {
      table: 'App.Order Line',
      columns: '"Noted","Tenant"',
      where: '"Quantity" > 1',
      name: 'Few "rows"',
      ...large,
    },
  },
  {
    type: 'add_index',
    name: 'jsonb',
    baseline: documents,
    answers: { table: 'documents', columns: 'body', method: 'gin', ...large },
  },
  {
    type: 'add_index',
    name: 'a partitioned table',
    baseline: partitioned,
    answers: { table: 'readings', columns: 'value,device', ...large },
  },
  {
    type: 'add_index',
    name: 'a long name',
    baseline: longNames,
    answers: {
      table: 'a_table_with_a_name_that_is_as_long_as_postgres_lets_it_be_001',
      columns: 'id,a_column_with_a_name_that_is_as_long_as_postgres_lets_it_be_001',
      ...large,
    },
  },
  {
    type: 'add_index',
    name: 'one that is there',
    baseline: documents,
    answers: { table: 'documents', columns: 'state' },
    refused: /documents_state of documents begins with state already/,
  },
  {
    type: 'add_index',
    name: 'a column that is not there',
    baseline: plain,
    answers: { table: 'users', columns: 'emial' },
    refused: /no column emial in users\. Did you mean email\?/,
  },
  {
    type: 'replace_index',
    name: 'more columns',
    baseline: documents,
    answers: { table: 'documents', index: 'documents_state', columns: 'state,at', ...large },
  },
  {
    type: 'replace_index',
    name: 'quoted',
    baseline: awkward,
    answers: { table: 'App.Order Line', index: 'Lines by order', columns: '"order","Tenant"', ...large },
  },
  {
    type: 'replace_index',
    name: 'of a constraint',
    baseline: plain,
    answers: { table: 'users', index: 'users_username_key', columns: 'username' },
    refused: /stands behind the constraint users_username_key/,
  },
  {
    type: 'replace_index',
    name: 'a unique one by one that holds less',
    baseline: documents,
    answers: { table: 'documents', index: 'documents_once', columns: 'state,at,id' },
    refused: /documents_once holds state, at unique/,
  },
];
