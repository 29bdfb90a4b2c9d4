import type { Rule } from '../define-rule.ts';
import { concurrentlyInTransaction } from './concurrently-in-transaction.ts';
import { lockTimeoutMissing } from './lock-timeout-missing.ts';
import { lockTimeoutOnConcurrently } from './lock-timeout-on-concurrently.ts';
import { transactionControlMisplaced } from './transaction-control-misplaced.ts';
import { transactionNotCommitted } from './transaction-not-committed.ts';

/** Transactions, timeouts, and how long and in which order locks are held. */
export const transactionRules: readonly Rule[] = [
  concurrentlyInTransaction,
  transactionControlMisplaced,
  transactionNotCommitted,
  lockTimeoutMissing,
  lockTimeoutOnConcurrently,
];
