import type { Rule } from '../define-rule.ts';
import { addColumnRewrites } from './add-column-rewrites.ts';
import { dropIndexWithoutConcurrently } from './drop-index-without-concurrently.ts';
import { indexWithoutConcurrently } from './index-without-concurrently.ts';
import { reindexWithoutConcurrently } from './reindex-without-concurrently.ts';
import { tableRewritten } from './table-rewritten.ts';
import { typeChangeRewrites } from './type-change-rewrites.ts';

/** What a statement locks, scans or writes anew while others wait: indexes, rewrites, partitions, maintenance. */
export const lockRules: readonly Rule[] = [
  indexWithoutConcurrently,
  dropIndexWithoutConcurrently,
  reindexWithoutConcurrently,
  addColumnRewrites,
  typeChangeRewrites,
  tableRewritten,
];
