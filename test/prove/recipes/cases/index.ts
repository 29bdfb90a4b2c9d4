import type { RecipeCase } from '../model.ts';
import { addEnumValueCases } from './add-enum-value.ts';
import { addRequiredColumnCases } from './add-required-column.ts';
import { changeColumnTypeCases } from './change-column-type.ts';
import { changePrimaryKeyCases } from './change-primary-key.ts';
import { constraintCases } from './constraints.ts';
import { dropColumnCases } from './drop-column.ts';
import { dropTableCases } from './drop-table.ts';
import { dumpCases } from './dumps.ts';
import { indexCases } from './indexes.ts';
import { largeDeleteCases } from './large-delete.ts';
import { mergeTablesCases } from './merge-tables.ts';
import { moveColumnCases } from './move-column.ts';
import { partitionTableCases } from './partition-table.ts';
import { renameColumnCases } from './rename-column.ts';
import { renameTableCases } from './rename-table.ts';
import { replaceEnumCases } from './replace-enum.ts';
import { splitColumnCases } from './split-column.ts';

/** Every case of every recipe: a file a recipe, in the order of the registry. */
export const recipeCases: readonly RecipeCase[] = [
  ...renameColumnCases,
  ...renameTableCases,
  ...changeColumnTypeCases,
  ...addRequiredColumnCases,
  ...indexCases,
  ...constraintCases,
  ...dropColumnCases,
  ...dropTableCases,
  ...addEnumValueCases,
  ...replaceEnumCases,
  ...largeDeleteCases,
  ...splitColumnCases,
  ...moveColumnCases,
  ...changePrimaryKeyCases,
  ...partitionTableCases,
  ...mergeTablesCases,
  ...dumpCases,
];
