import type { Rule } from '../define-rule.ts';
import { needsNewerVersion } from './needs-newer-version.ts';
import { rollbackMissing } from './rollback-missing.ts';
import { statementFails } from './statement-fails.ts';

/** The plan as a whole: rollbacks, versions, and what is left behind at its end. */
export const planRules: readonly Rule[] = [needsNewerVersion, statementFails, rollbackMissing];
