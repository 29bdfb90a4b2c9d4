import type { RecipeCase } from '../model.ts';
import { addRequiredColumnCases } from './add-required-column.ts';
import { changeColumnTypeCases } from './change-column-type.ts';
import { dropColumnCases } from './drop-column.ts';
import { dropTableCases } from './drop-table.ts';
import { renameColumnCases } from './rename-column.ts';
import { renameTableCases } from './rename-table.ts';

/** Every case of every recipe: a file a recipe, in the order of the registry. */
export const recipeCases: readonly RecipeCase[] = [
  ...renameColumnCases,
  ...renameTableCases,
  ...changeColumnTypeCases,
  ...addRequiredColumnCases,
  ...dropColumnCases,
  ...dropTableCases,
];
