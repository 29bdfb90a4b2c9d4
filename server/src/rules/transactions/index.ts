import type { Rule } from '../define-rule.ts';
import { alterTablesCombinable } from './alter-tables-combinable.ts';
import { concurrentlyInTransaction } from './concurrently-in-transaction.ts';
import { enumValueUsedInTransaction } from './enum-value-used-in-transaction.ts';
import { estimateUnlikely } from './estimate-unlikely.ts';
import { idleTimeoutMissing } from './idle-timeout-missing.ts';
import { lockHeldDuringWork } from './lock-held-during-work.ts';
import { lockOrderReversed } from './lock-order-reversed.ts';
import { lockTimeoutMissing } from './lock-timeout-missing.ts';
import { lockTimeoutOnConcurrently } from './lock-timeout-on-concurrently.ts';
import { lockTimeoutTooLong } from './lock-timeout-too-long.ts';
import { settingOutlivesStep } from './setting-outlives-step.ts';
import { statementTimeoutMissing } from './statement-timeout-missing.ts';
import { statementTimeoutTooShort } from './statement-timeout-too-short.ts';
import { tablesLockedTogether } from './tables-locked-together.ts';
import { transactionControlMisplaced } from './transaction-control-misplaced.ts';
import { transactionNotCommitted } from './transaction-not-committed.ts';
import { transactionOffNeedlessly } from './transaction-off-needlessly.ts';

/** Transactions, timeouts, and how long and in which order locks are held. */
export const transactionRules: readonly Rule[] = [
  concurrentlyInTransaction,
  transactionControlMisplaced,
  transactionNotCommitted,
  transactionOffNeedlessly,
  enumValueUsedInTransaction,
  settingOutlivesStep,
  lockTimeoutMissing,
  lockTimeoutTooLong,
  lockTimeoutOnConcurrently,
  statementTimeoutMissing,
  statementTimeoutTooShort,
  idleTimeoutMissing,
  lockHeldDuringWork,
  lockOrderReversed,
  tablesLockedTogether,
  alterTablesCombinable,
  estimateUnlikely,
];
