import type { Rule } from '../define-rule.ts';
import { dependedOn } from './depended-on.ts';
import { deployMissesSchema } from './deploy-misses-schema.ts';
import { dropCascade } from './drop-cascade.ts';
import { dropColumn } from './drop-column.ts';
import { dropColumnTakesMore } from './drop-column-takes-more.ts';
import { dropDatabase } from './drop-database.ts';
import { dropSchema } from './drop-schema.ts';
import { dropTable } from './drop-table.ts';
import { liveNameRemoved } from './live-name-removed.ts';
import { liveWriteRefused } from './live-write-refused.ts';
import { renameColumn } from './rename-column.ts';
import { renameTable } from './rename-table.ts';
import { truncateCascade } from './truncate-cascade.ts';
import { truncateTable } from './truncate-table.ts';

/** What breaks the application that is running, or loses data: drops, renames, changed meanings. */
export const compatibilityRules: readonly Rule[] = [
  liveNameRemoved,
  liveWriteRefused,
  deployMissesSchema,
  dropColumn,
  dropTable,
  renameColumn,
  renameTable,
  dependedOn,
  dropCascade,
  dropColumnTakesMore,
  dropSchema,
  dropDatabase,
  truncateTable,
  truncateCascade,
];
