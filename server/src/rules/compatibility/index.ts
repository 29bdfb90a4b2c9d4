import type { Rule } from '../define-rule.ts';
import { deployMissesSchema } from './deploy-misses-schema.ts';
import { dropColumn } from './drop-column.ts';
import { dropTable } from './drop-table.ts';
import { liveNameRemoved } from './live-name-removed.ts';
import { liveWriteRefused } from './live-write-refused.ts';
import { renameColumn } from './rename-column.ts';
import { renameTable } from './rename-table.ts';

/** What breaks the application that is running, or loses data: drops, renames, changed meanings. */
export const compatibilityRules: readonly Rule[] = [
  liveNameRemoved,
  liveWriteRefused,
  deployMissesSchema,
  dropColumn,
  dropTable,
  renameColumn,
  renameTable,
];
