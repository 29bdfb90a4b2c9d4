import type { Rule } from '../define-rule.ts';
import { changeUnbatched } from './change-unbatched.ts';
import { nullBlindComparison } from './null-blind-comparison.ts';

/** Changes of rows: backfills, bulk statements, and the queries that verify them. */
export const dataRules: readonly Rule[] = [changeUnbatched, nullBlindComparison];
