import { awkward, keyless, longNames, partitioned, plain } from '../baselines.ts';
import { large, type RecipeCase } from '../model.ts';

const type = 'drop_column';

export const dropColumnCases: readonly RecipeCase[] = [
  {
    type,
    name: 'required and unique',
    baseline: plain,
    answers: { table: 'users', column: 'username', ...large },
  },
  {
    type,
    name: 'its values let go',
    baseline: plain,
    answers: { table: 'users', column: 'email', keep: 'none', ...large },
  },
  {
    type,
    name: 'with a default, in a schema in mixed case',
    baseline: awkward,
    answers: { table: 'App.Order Line', column: 'Noted', ...large },
    refused: /function "App"\.noted/,
  },
  {
    type,
    name: 'named after a table',
    baseline: longNames,
    answers: { table: 'people', column: 'nick', ...large },
  },
  {
    type,
    name: 'in a partitioned table',
    baseline: partitioned.replace(/^CREATE VIEW.*$/m, ''),
    answers: { table: 'readings', column: 'note', ...large },
  },
  {
    type,
    name: 'seen through a view',
    baseline: partitioned,
    answers: { table: 'readings', column: 'note' },
    refused: /view noted_readings reads readings\.note/,
  },
  {
    type,
    name: 'referred to',
    baseline: awkward,
    answers: { table: 'App.Order Line', column: 'Ref' },
    refused: /by ref/,
  },
  {
    type,
    name: 'nothing to find the rows by',
    baseline: keyless,
    answers: { table: 'log', column: 'line' },
    refused: /--keep none/,
  },
];
