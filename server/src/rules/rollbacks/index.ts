import type { Rule } from '../define-rule.ts';
import { rollbackDiscardsWrites } from './rollback-discards-writes.ts';
import { rollbackDropsNothing } from './rollback-drops-nothing.ts';
import { rollbackLeavesChanges } from './rollback-leaves-changes.ts';
import { rollbackMissing } from './rollback-missing.ts';
import { rollbackNeeded } from './rollback-needed.ts';
import { rollbackOtherVersion } from './rollback-other-version.ts';
import { rollbackPossible } from './rollback-possible.ts';
import { rollbackStops } from './rollback-stops.ts';

/** The way back: that there is one, that it undoes its step, and that it can be gone. */
export const rollbackRules: readonly Rule[] = [
  rollbackMissing,
  rollbackLeavesChanges,
  rollbackStops,
  rollbackDropsNothing,
  rollbackNeeded,
  rollbackPossible,
  rollbackOtherVersion,
  rollbackDiscardsWrites,
];
