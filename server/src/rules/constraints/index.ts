import type { Rule } from '../define-rule.ts';
import { constraintBuildsIndex } from './constraint-builds-index.ts';
import { constraintNeverValidated } from './constraint-never-validated.ts';
import { constraintWithoutNotValid } from './constraint-without-not-valid.ts';
import { domainConstraintScans } from './domain-constraint-scans.ts';
import { domainNotNullScans } from './domain-not-null-scans.ts';
import { domainWithConstraint } from './domain-with-constraint.ts';
import { exclusionConstraint } from './exclusion-constraint.ts';
import { foreignKeysTogether } from './foreign-keys-together.ts';
import { notEnforcedValidated } from './not-enforced-validated.ts';
import { primaryKeyScans } from './primary-key-scans.ts';
import { replacementLacksConstraint } from './replacement-lacks-constraint.ts';
import { requiredColumnNeverFilled } from './required-column-never-filled.ts';
import { requiredColumnWithoutDefault } from './required-column-without-default.ts';
import { setNotNullScans } from './set-not-null-scans.ts';
import { temporaryObjectLeft } from './temporary-object-left.ts';
import { triggerDisabled } from './trigger-disabled.ts';
import { triggerNamesDroppedColumn } from './trigger-names-dropped-column.ts';
import { validatedInOneTransaction } from './validated-in-one-transaction.ts';

/** Constraints, triggers and domains: what is checked on existing rows, and under which lock. */
export const constraintRules: readonly Rule[] = [
  requiredColumnWithoutDefault,
  requiredColumnNeverFilled,
  setNotNullScans,
  constraintWithoutNotValid,
  validatedInOneTransaction,
  constraintNeverValidated,
  notEnforcedValidated,
  constraintBuildsIndex,
  primaryKeyScans,
  exclusionConstraint,
  foreignKeysTogether,
  domainConstraintScans,
  domainNotNullScans,
  domainWithConstraint,
  triggerDisabled,
  triggerNamesDroppedColumn,
  replacementLacksConstraint,
  temporaryObjectLeft,
];
