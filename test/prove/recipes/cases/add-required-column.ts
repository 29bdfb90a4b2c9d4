import { awkward, keyless, partitioned, plain } from '../baselines.ts';
import { large, type RecipeCase } from '../model.ts';

const type = 'add_required_column';
/** The way back drops values that there were none of before: nowhere else to keep them. */
const notes = ['rollback-discards-writes'];

export const addRequiredColumnCases: readonly RecipeCase[] = [
  {
    type,
    name: 'one value for all',
    baseline: plain,
    answers: { table: 'users', name: 'locale', type: 'varchar(10)', default: "'en'", ...large },
    notes,
  },
  {
    type,
    name: 'made of other columns',
    baseline: plain,
    answers: {
      table: 'users',
      name: 'mail_domain',
      type: 'text',
      fill: "split_part(email, '@', 2)",
      ...large,
    },
    notes,
  },
  {
    type,
    name: 'another default for each row',
    baseline: awkward,
    answers: {
      table: 'App.Order Line',
      name: 'public Id',
      type: 'uuid',
      default: 'gen_random_uuid()',
      ...large,
    },
  },
  {
    type,
    name: 'in a partitioned table',
    baseline: partitioned,
    answers: { table: 'readings', name: 'unit', type: 'text', default: "'°C'", fill: "'K'", ...large },
    notes,
  },
  {
    type,
    name: 'nothing for the old rows',
    baseline: plain,
    answers: { table: 'users', name: 'locale', type: 'text' },
    refused: /--fill EXPRESSION/,
  },
  {
    type,
    name: 'no key to fill by',
    baseline: keyless,
    answers: { table: 'log', name: 'level', type: 'text', fill: "'info'" },
    refused: /no primary key/,
  },
];
