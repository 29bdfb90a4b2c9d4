import { addRequiredColumn } from './add-required-column.ts';
import { changeColumnType } from './change-column-type.ts';
import { dropColumn } from './drop-column.ts';
import { dropTable } from './drop-table.ts';
import type { Recipe } from './model.ts';
import { renameColumn } from './rename-column.ts';
import { renameTable } from './rename-table.ts';

/** Every migration type that a plan can be written for, in the order of menus. */
export const recipes: readonly Recipe[] = [
  renameColumn,
  renameTable,
  changeColumnType,
  addRequiredColumn,
  dropColumn,
  dropTable,
];
