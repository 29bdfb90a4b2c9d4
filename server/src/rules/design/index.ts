import type { Rule } from '../define-rule.ts';

/** Opinions on types, indexes, names and style: off, or notes. */
export const designRules: readonly Rule[] = [];
