import type { Rule } from '../define-rule.ts';
import { defaultChanged } from './default-changed.ts';
import { defaultSkipsOldRows } from './default-skips-old-rows.ts';
import { dependedOn } from './depended-on.ts';
import { deployMissesSchema } from './deploy-misses-schema.ts';
import { dropCascade } from './drop-cascade.ts';
import { dropColumn } from './drop-column.ts';
import { dropColumnTakesMore } from './drop-column-takes-more.ts';
import { dropConstraint } from './drop-constraint.ts';
import { dropDatabase } from './drop-database.ts';
import { dropNotNull } from './drop-not-null.ts';
import { dropPrimaryKey } from './drop-primary-key.ts';
import { dropSchema } from './drop-schema.ts';
import { dropTable } from './drop-table.ts';
import { dropType } from './drop-type.ts';
import { enumType } from './enum-type.ts';
import { enumValueUnordered } from './enum-value-unordered.ts';
import { foreignKeyCascades } from './foreign-key-cascades.ts';
import { liveColumnRetyped } from './live-column-retyped.ts';
import { liveNameRemoved } from './live-name-removed.ts';
import { liveResultRetyped } from './live-result-retyped.ts';
import { liveStarChanges } from './live-star-changes.ts';
import { liveWriteRefused } from './live-write-refused.ts';
import { renameColumn } from './rename-column.ts';
import { renameEnumValue } from './rename-enum-value.ts';
import { renameSchema } from './rename-schema.ts';
import { renameTable } from './rename-table.ts';
import { tableRecreated } from './table-recreated.ts';
import { truncateCascade } from './truncate-cascade.ts';
import { truncateTable } from './truncate-table.ts';

/** What breaks the application that is running, or loses data: drops, renames, changed meanings. */
export const compatibilityRules: readonly Rule[] = [
  liveNameRemoved,
  liveWriteRefused,
  liveColumnRetyped,
  liveStarChanges,
  liveResultRetyped,
  deployMissesSchema,
  dropColumn,
  dropTable,
  tableRecreated,
  renameColumn,
  renameTable,
  renameSchema,
  dependedOn,
  dropCascade,
  dropColumnTakesMore,
  dropSchema,
  dropDatabase,
  truncateTable,
  truncateCascade,
  dropPrimaryKey,
  dropConstraint,
  dropNotNull,
  dropType,
  renameEnumValue,
  defaultChanged,
  defaultSkipsOldRows,
  enumValueUnordered,
  enumType,
  foreignKeyCascades,
];
