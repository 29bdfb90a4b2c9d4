import type { Rule } from '../define-rule.ts';
import { addColumnRewrites } from './add-column-rewrites.ts';
import { attachPartitionScans } from './attach-partition-scans.ts';
import { concurrentlyRefused } from './concurrently-refused.ts';
import { defaultPartitionScanned } from './default-partition-scanned.ts';
import { detachWithoutConcurrently } from './detach-without-concurrently.ts';
import { dropIndexOfConstraint } from './drop-index-of-constraint.ts';
import { dropIndexWithoutConcurrently } from './drop-index-without-concurrently.ts';
import { indexDroppedBeforeReplacement } from './index-dropped-before-replacement.ts';
import { indexMayBeInvalid } from './index-may-be-invalid.ts';
import { indexWithoutConcurrently } from './index-without-concurrently.ts';
import { lockTable } from './lock-table.ts';
import { matviewRefreshBlocksReads } from './matview-refresh-blocks-reads.ts';
import { partitionTriggerDropped } from './partition-trigger-dropped.ts';
import { reindexWithoutConcurrently } from './reindex-without-concurrently.ts';
import { tableRewritten } from './table-rewritten.ts';
import { typeChangeLosesValues } from './type-change-loses-values.ts';
import { typeChangeRebuilds } from './type-change-rebuilds.ts';
import { typeChangeRewrites } from './type-change-rewrites.ts';
import { uniqueMayHaveDuplicates } from './unique-may-have-duplicates.ts';

/** What a statement locks, scans or writes anew while others wait: indexes, rewrites, partitions, maintenance. */
export const lockRules: readonly Rule[] = [
  indexWithoutConcurrently,
  dropIndexWithoutConcurrently,
  dropIndexOfConstraint,
  indexDroppedBeforeReplacement,
  indexMayBeInvalid,
  uniqueMayHaveDuplicates,
  reindexWithoutConcurrently,
  concurrentlyRefused,
  addColumnRewrites,
  typeChangeRewrites,
  typeChangeRebuilds,
  typeChangeLosesValues,
  tableRewritten,
  matviewRefreshBlocksReads,
  attachPartitionScans,
  defaultPartitionScanned,
  detachWithoutConcurrently,
  lockTable,
  partitionTriggerDropped,
];
