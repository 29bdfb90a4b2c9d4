import { awkward, keyless, partitioned } from '../baselines.ts';
import { large, type RecipeCase } from '../model.ts';

const type = 'drop_table';

export const dropTableCases: readonly RecipeCase[] = [
  { type, name: 'that refers to others', baseline: awkward, answers: { table: 'App.Shipment', ...large } },
  {
    type,
    name: 'that another refers to',
    baseline: partitioned,
    answers: { table: 'devices', ...large },
  },
  { type, name: 'without a key', baseline: keyless, answers: { table: 'log' } },
  {
    type,
    name: 'partitioned',
    baseline: partitioned.replace(/^CREATE VIEW.*$/m, ''),
    answers: { table: 'readings', ...large },
  },
  {
    type,
    name: 'seen through a view',
    baseline: awkward,
    answers: { table: 'App.Tenant' },
    refused: /view "App"\."Open Lines" reads/,
  },
];
