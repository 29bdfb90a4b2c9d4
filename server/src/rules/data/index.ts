import type { Rule } from '../define-rule.ts';
import { backfillBeforeDualWrite } from './backfill-before-dual-write.ts';
import { batchLoopNeverEnds } from './batch-loop-never-ends.ts';
import { batchLoopSkipsLocked } from './batch-loop-skips-locked.ts';
import { changeUnbatched } from './change-unbatched.ts';
import { duplicateAssignment } from './duplicate-assignment.ts';
import { nullBlindComparison } from './null-blind-comparison.ts';

/** Changes of rows: backfills, bulk statements, and the queries that verify them. */
export const dataRules: readonly Rule[] = [
  changeUnbatched,
  backfillBeforeDualWrite,
  batchLoopSkipsLocked,
  batchLoopNeverEnds,
  duplicateAssignment,
  nullBlindComparison,
];
