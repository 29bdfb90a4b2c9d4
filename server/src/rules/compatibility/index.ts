import type { Rule } from '../define-rule.ts';

/** What breaks the application that is running, or loses data: drops, renames, changed meanings. */
export const compatibilityRules: readonly Rule[] = [];
