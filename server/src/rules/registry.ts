import { compatibilityRules } from './compatibility/index.ts';
import { constraintRules } from './constraints/index.ts';
import { dataRules } from './data/index.ts';
import type { Rule } from './define-rule.ts';
import { designRules } from './design/index.ts';
import { lockRules } from './locks/index.ts';
import { allowUnused } from './plan/allow-unused.ts';
import { planRules } from './plan/index.ts';
import { rollbackRules } from './rollbacks/index.ts';
import { transactionRules } from './transactions/index.ts';

/** Rules that are about the same thing. */
export interface RuleGroup {
  readonly title: string;
  /** What its rules look for, in a sentence without a full stop. */
  readonly about: string;
  readonly rules: readonly Rule[];
}

/** Every rule by group, in the order they run; `allow-unused` is last, since it looks at what the others found. */
export const ruleGroups: readonly RuleGroup[] = [
  {
    title: 'Locks, rewrites and scans',
    about: 'what a statement locks, reads in full or writes anew while requests wait',
    rules: lockRules,
  },
  {
    title: 'Constraints',
    about: 'what is checked on existing rows and under which lock, and what is never checked',
    rules: constraintRules,
  },
  {
    title: 'Transactions and time',
    about: 'timeouts, how long and in which order locks are held, what a transaction refuses',
    rules: transactionRules,
  },
  {
    title: 'The running application',
    about: 'what breaks a version that is live, or loses data',
    rules: compatibilityRules,
  },
  {
    title: 'Data',
    about: 'backfills, bulk changes and the queries that verify them',
    rules: dataRules,
  },
  {
    title: 'Rollbacks',
    about: 'the way back from each step: that there is one, and that it leads back',
    rules: rollbackRules,
  },
  {
    title: 'Design',
    about: 'faults that show later, and opinions, which are off until a setting turns them on',
    rules: designRules,
  },
  {
    title: 'The plan',
    about: 'names, versions, and what is silenced',
    rules: [...planRules, allowUnused],
  },
];

/** Every rule, in the order they run. */
export const rules: readonly Rule[] = ruleGroups.flatMap((group) => group.rules);
