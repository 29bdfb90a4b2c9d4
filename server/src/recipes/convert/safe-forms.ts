import type { Analysis } from '../../analyze.ts';
import { setStepKey } from '../../plan/edit.ts';
import { applyEdits, fixAll } from '../../rules/fix-all.ts';
import type { Finding, Fix } from '../../rules/model.ts';
import { ruleGroups } from '../../rules/registry.ts';
import { proposedRollback } from '../../rules/rollbacks/proposal.ts';

/** Rounds at the most: each takes one fix. */
const maxRounds = 60;

export interface SafeForms {
  readonly text: string;
  readonly analysis: Analysis;
  /** What was put in another's place though it is not the same to the letter, in sentences. */
  readonly replaced: readonly string[];
}

/**
 * A plan's text with every safe fix made, and then those that put a statement which blocks or rewrites into other steps:
 * one after the other, each kept where it brings no new error and takes its own finding away.
 */
export function toSafeForms(start: string, read: (text: string) => Analysis): SafeForms {
  let now = fixAll(start, read(start), read);
  const replaced: string[] = [];
  const refused = new Set<string>();
  for (let round = 0; round < maxRounds; round++) {
    const next = nextFix(now.analysis, refused);
    if (!next) break;
    const { finding, fix } = next;
    const text = applyEdits(now.text, fix.edits);
    const after = fixAll(text, read(text), read);
    if (!isBetter(now.analysis, after.analysis, finding)) {
      refused.add(keyOf(finding));
      continue;
    }
    replaced.push(`${fix.title} (step "${nameOf(now.analysis, finding)}").`);
    now = after;
  }
  const text = withoutLongWaysBack(now.text, now.analysis);
  if (text === now.text) return { text, analysis: now.analysis, replaced };
  return { ...fixAll(text, read(text), read), replaced };
}

/** A way back of all rows in one statement, where undoing another step covers what the backfill has written. */
function withoutLongWaysBack(text: string, analysis: Analysis): string {
  const edits = analysis.findings.flatMap((finding) => {
    const at = analysis.steps.find(({ step }) => step.id === finding.step);
    if (finding.rule !== inBatches || at?.step.action?.kind !== 'backfill') return [];
    const proposal = proposedRollback(analysis, at);
    if (!proposal || proposal.reason !== undefined) return [];
    return setStepKey(text, at.step, 'rollback', proposal.source) ?? [];
  });
  return applyEdits(text, edits);
}

/** Rules about what others have to wait for: where they have a fix, it is a safer way to the same end. */
const withSafeForms = new Set(
  ruleGroups.slice(0, 3).flatMap(({ rules }) => rules.filter(({ fixable }) => fixable).map(({ id }) => id)),
);
const inBatches = 'change-unbatched';

function nextFix(
  { findings, steps }: Analysis,
  refused: ReadonlySet<string>,
): { readonly finding: Finding; readonly fix: Fix } | undefined {
  for (const finding of findings) {
    if (finding.severity === 'info' || refused.has(keyOf(finding))) continue;
    if (!withSafeForms.has(finding.rule) && finding.rule !== inBatches) continue;
    // The way back is its author's.
    const step = steps.find((one) => one.step.id === finding.step)?.step;
    if (step?.rollback && finding.range.start >= step.rollback.range.start) continue;
    const fix = finding.fixes.find(({ edits }) => edits.length > 0);
    if (fix) return { finding, fix };
  }
  return undefined;
}

function isBetter(before: Analysis, after: Analysis, finding: Finding): boolean {
  const errors = (findings: readonly Finding[]) =>
    findings.filter(({ severity }) => severity === 'error').length;
  const same = (findings: readonly Finding[]) => findings.filter(({ rule }) => rule === finding.rule).length;
  return errors(after.findings) <= errors(before.findings) && same(after.findings) < same(before.findings);
}

function keyOf({ rule, step, message }: Finding): string {
  return `${rule} ${step} ${message}`;
}

function nameOf({ steps }: Analysis, finding: Finding): string {
  return steps.find((one) => one.step.id === finding.step)?.step.name.value ?? '';
}
