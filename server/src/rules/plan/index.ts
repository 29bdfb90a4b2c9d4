import type { Rule } from '../define-rule.ts';
import { needsNewerVersion } from './needs-newer-version.ts';
import { statementFails } from './statement-fails.ts';

/** The plan as a whole: names, versions. */
export const planRules: readonly Rule[] = [needsNewerVersion, statementFails];
