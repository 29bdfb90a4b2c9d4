import { awkward, longNames, partitioned, plain } from '../baselines.ts';
import { large, type RecipeCase } from '../model.ts';

const type = 'rename_table';

export const renameTableCases: readonly RecipeCase[] = [
  { type, name: 'of the example', baseline: plain, answers: { table: 'users', to: 'accounts', ...large } },
  {
    type,
    name: 'with row-level security, columns that may be read, names that need quotes',
    baseline: awkward,
    answers: { table: 'App.Order Line', to: 'Line of "order"', ...large },
    from: 15,
  },
  {
    type,
    name: 'with row-level security, before a view could ask for its user',
    baseline: awkward,
    answers: { table: 'App.Order Line', to: 'Lines' },
    to: 14,
    refused: /before Postgres 15/,
  },
  {
    type,
    name: 'partitioned',
    baseline: partitioned,
    answers: { table: 'readings', to: 'measurements', ...large },
  },
  {
    type,
    name: 'as long as it may be',
    baseline: longNames,
    answers: {
      table: 'a_table_with_a_name_that_is_as_long_as_postgres_lets_it_be_001',
      to: 'another_name_for_a_table_that_is_as_long_as_it_may_be_at_all_01',
      ...large,
    },
  },
  {
    type,
    name: 'onto a name that is taken',
    baseline: longNames,
    answers: { table: 'people', to: 'people_alias_key' },
    refused: /something called people_alias_key already/,
  },
];
