import { compatibilityRules } from './compatibility/index.ts';
import { constraintRules } from './constraints/index.ts';
import { dataRules } from './data/index.ts';
import type { Rule } from './define-rule.ts';
import { designRules } from './design/index.ts';
import { lockRules } from './locks/index.ts';
import { allowUnused } from './plan/allow-unused.ts';
import { planRules } from './plan/index.ts';
import { transactionRules } from './transactions/index.ts';

/** Every rule, in the order they run; `allow-unused` is last, since it looks at what the others found. */
export const rules: readonly Rule[] = [
  ...lockRules,
  ...constraintRules,
  ...transactionRules,
  ...compatibilityRules,
  ...dataRules,
  ...designRules,
  ...planRules,
  allowUnused,
];
