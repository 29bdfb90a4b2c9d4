import { scopedAllows, silencer } from './allow.ts';
import { concernsIn, mayFind } from './concerns.ts';
import { type Rule, withSeverity } from './define-rule.ts';
import type { Finding, RuleContext, Severity } from './model.ts';
import { rules } from './registry.ts';
import type { Settings } from './settings.ts';
import type { StepFindings } from './step-findings.ts';

/** Runs every rule that is on; what an `allow` with a reason covers is left out. */
export function runRules(context: RuleContext, settings: Settings, known: StepFindings): Finding[] {
  const allows = scopedAllows(context);
  const allowed = new Set(allows.map(({ allow }) => allow.rule.value));
  const found: Finding[] = [];
  const present = concernsIn(context.statements);
  // A rule that is off still runs where an `allow` names it, to see whether that silences anything.
  const running = rules.filter((rule) => severityOf(rule, settings) !== 'off' || allowed.has(rule.id));
  const eachStep = running.filter((rule) => rule.eachStep);
  const inSteps = known.of(eachStep, context);
  let next = 0;
  for (const rule of running) {
    const own = rule.eachStep
      ? inSteps[next++]
      : mayFind(rule, present)
        ? rule.run(context, found)
        : undefined;
    for (const one of own ?? []) found.push(one);
  }
  const isSilenced = silencer(allows);
  const byId = new Map(found.length > 0 ? running.map((rule) => [rule.id, rule]) : []);
  return found
    .filter((finding) => !isSilenced(finding))
    .flatMap((finding) => {
      const rule = byId.get(finding.rule);
      const severity = rule && severityOf(rule, settings);
      if (severity === 'off') return [];
      return severity ? [withSeverity(finding, severity)] : [finding];
    });
}

/** What the settings make of a rule; undefined where each finding keeps its own severity. */
function severityOf(rule: Rule, settings: Settings): Severity | 'off' | undefined {
  return settings.rules[rule.id] ?? (rule.off ? 'off' : undefined);
}
