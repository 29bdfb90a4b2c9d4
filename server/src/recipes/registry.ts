import type { Recipe } from './model.ts';
import { renameColumn } from './rename-column.ts';

/** Every migration type that a plan can be written for, in the order of menus. */
export const recipes: readonly Recipe[] = [renameColumn];
