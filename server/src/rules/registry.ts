import { allowUnused } from './allow-unused.ts';
import { changeUnbatched } from './change-unbatched.ts';
import { concurrentlyInTransaction } from './concurrently-in-transaction.ts';
import { constraintWithoutNotValid } from './constraint-without-not-valid.ts';
import type { Rule } from './define-rule.ts';
import { indexWithoutConcurrently } from './index-without-concurrently.ts';
import { lockTimeoutMissing } from './lock-timeout-missing.ts';
import { needsNewerVersion } from './needs-newer-version.ts';
import { nullBlindComparison } from './null-blind-comparison.ts';
import { rollbackMissing } from './rollback-missing.ts';
import { setNotNullScans } from './set-not-null-scans.ts';
import { typeChangeRewrites } from './type-change-rewrites.ts';

/** Every rule, in the order they run; `allow-unused` is last, since it looks at what the others found. */
export const rules: readonly Rule[] = [
  indexWithoutConcurrently,
  concurrentlyInTransaction,
  typeChangeRewrites,
  setNotNullScans,
  constraintWithoutNotValid,
  lockTimeoutMissing,
  needsNewerVersion,
  changeUnbatched,
  nullBlindComparison,
  rollbackMissing,
  allowUnused,
];
