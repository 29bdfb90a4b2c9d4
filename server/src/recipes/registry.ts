import { addCheck } from './add-check.ts';
import { addEnumValue } from './add-enum-value.ts';
import { addForeignKey } from './add-foreign-key.ts';
import { addGeneratedColumn } from './add-generated-column.ts';
import { addIndex } from './add-index.ts';
import { addRequiredColumn } from './add-required-column.ts';
import { addUnique } from './add-unique.ts';
import { changeColumnType } from './change-column-type.ts';
import { changePrimaryKey } from './change-primary-key.ts';
import { dropColumn } from './drop-column.ts';
import { dropTable } from './drop-table.ts';
import { largeDelete } from './large-delete.ts';
import { mergeTables } from './merge-tables.ts';
import type { Recipe } from './model.ts';
import { moveColumn } from './move-column.ts';
import { partitionTable } from './partition-table.ts';
import { renameColumn } from './rename-column.ts';
import { renameTable } from './rename-table.ts';
import { replaceEnum } from './replace-enum.ts';
import { replaceIndex } from './replace-index.ts';
import { setDefault } from './set-default.ts';
import { setNotNull } from './set-not-null.ts';
import { splitColumn } from './split-column.ts';

/** Every migration type that a plan can be written for, in the order of menus. */
export const recipes: readonly Recipe[] = [
  renameColumn,
  renameTable,
  changeColumnType,
  addRequiredColumn,
  setNotNull,
  setDefault,
  addGeneratedColumn,
  addIndex,
  replaceIndex,
  addUnique,
  addForeignKey,
  addCheck,
  dropColumn,
  dropTable,
  addEnumValue,
  replaceEnum,
  largeDelete,
  splitColumn,
  moveColumn,
  changePrimaryKey,
  partitionTable,
  mergeTables,
];
