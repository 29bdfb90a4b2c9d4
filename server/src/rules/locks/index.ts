import type { Rule } from '../define-rule.ts';
import { indexWithoutConcurrently } from './index-without-concurrently.ts';
import { typeChangeRewrites } from './type-change-rewrites.ts';

/** What a statement locks, scans or writes anew while others wait: indexes, rewrites, partitions, maintenance. */
export const lockRules: readonly Rule[] = [indexWithoutConcurrently, typeChangeRewrites];
