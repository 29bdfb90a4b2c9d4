import type { RecipeCase } from '../model.ts';
import { renameColumnCases } from './rename-column.ts';

/** Every case of every recipe: a file a recipe, in the order of the registry. */
export const recipeCases: readonly RecipeCase[] = [...renameColumnCases];
