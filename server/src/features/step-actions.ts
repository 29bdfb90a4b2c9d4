import type { Analysis } from '../analyze.ts';
import { safeFixes, touches } from '../rules/fix-all.ts';
import type { Finding, StepAnalysis } from '../rules/model.ts';
import { ruleGroups } from '../rules/registry.ts';
import { rollbackRules } from '../rules/rollbacks/index.ts';
import { rollbackFixes } from '../rules/rollbacks/proposal.ts';
import { isEmptyRollback, rollbackMissing } from '../rules/rollbacks/rollback-missing.ts';
import { contains, type Range, type TextEdit } from '../text/range.ts';

/** A change that the author may ask for, wherever in the step the cursor stands. Plain data. */
export interface StepAction {
  readonly title: string;
  readonly edits: readonly TextEdit[];
}

/**
 * What can be done about the steps that a range touches, beside the fixes of the findings right there: write the rollback
 * or the right one, and put the step, or its rollback, into its safe form.
 */
export function stepActions(analysis: Analysis, range: Range): readonly StepAction[] {
  if (analysis.kind !== 'plan') return [];
  const actions = analysis.steps
    .filter(({ step }) => touches(step.range, range))
    .flatMap((at) => [...rollbackActions(analysis, at, range), ...safeForms(analysis, at, range)]);
  return [...new Map(actions.map((action) => [action.title, action])).values()];
}

/** Every rollback that is missing and can be written without losing anything; undefined where there is none. */
export function insertMissingRollbacks({ findings }: Pick<Analysis, 'findings'>): StepAction | undefined {
  const fixes = safeFixes(findings.filter(({ rule }) => rule === rollbackMissing.id));
  if (fixes.length === 0) return undefined;
  const title =
    fixes.length === 1
      ? 'Insert the missing rollback that loses nothing'
      : `Insert the ${fixes.length} missing rollbacks that lose nothing`;
  return { title, edits: fixes.flatMap(({ fix }) => fix.edits) };
}

const aboutRollbacks = new Set(rollbackRules.map(({ id }) => id));

function rollbackActions(analysis: Analysis, at: StepAnalysis, range: Range): readonly StepAction[] {
  const own = analysis.findings.filter(({ rule, step }) => step === at.step.id && aboutRollbacks.has(rule));
  // At a finding its fixes are offered with it.
  if (own.some((finding) => touches(finding.range, range))) return [];
  const kind = at.step.action?.kind;
  const isMissing = at.step.rollback === undefined || isEmptyRollback(at);
  if (isMissing && kind !== 'verify' && kind !== 'wait') return rollbackFixes(analysis, at, 'Insert');
  return own.flatMap(({ fixes }) => fixes);
}

/** Rules that have a safer way to the same end. */
const withSafeForms = new Set(
  ruleGroups.slice(0, 3).flatMap(({ rules }) => rules.filter(({ fixable }) => fixable).map(({ id }) => id)),
);

function safeForms(analysis: Analysis, { step }: StepAnalysis, range: Range): readonly StepAction[] {
  const own = analysis.findings.filter(
    (finding) =>
      finding.step === step.id && withSafeForms.has(finding.rule) && !touches(finding.range, range),
  );
  const inRollback = ({ range: place }: Finding) =>
    step.rollback !== undefined && contains(step.rollback.range, place);
  return [
    safeForm(
      'Convert this step to its safe form',
      own.filter((finding) => !inRollback(finding)),
    ),
    safeForm('Convert the rollback to its safe form', own.filter(inRollback)),
  ].flat();
}

function safeForm(title: string, findings: readonly Finding[]): readonly StepAction[] {
  const edits = safeFixes(findings).flatMap(({ fix }) => fix.edits);
  return edits.length > 0 ? [{ title, edits }] : [];
}
