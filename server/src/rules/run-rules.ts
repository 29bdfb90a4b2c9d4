import { byRule, scopedAllows, silences } from './allow.ts';
import { type Rule, withSeverity } from './define-rule.ts';
import type { Finding, RuleContext, Severity } from './model.ts';
import { rules } from './registry.ts';
import type { Settings } from './settings.ts';

/** Runs every rule that is on; what an `allow` with a reason covers is left out. */
export function runRules(context: RuleContext, settings: Settings): Finding[] {
  const allows = byRule(scopedAllows(context), ({ allow }) => allow.rule.value);
  const found: Finding[] = [];
  for (const rule of rules) {
    // A rule that is off still runs where an `allow` names it, to see whether that silences anything.
    if (severityOf(rule, settings) !== 'off' || allows.has(rule.id)) found.push(...rule.run(context, found));
  }
  const severities = new Map(rules.map((rule) => [rule.id, severityOf(rule, settings)]));
  return found
    .filter((finding) => !allows.get(finding.rule)?.some((entry) => silences(entry, finding)))
    .flatMap((finding) => {
      const severity = severities.get(finding.rule);
      if (severity === 'off') return [];
      return severity ? [withSeverity(finding, severity)] : [finding];
    });
}

/** What the settings make of a rule; undefined where each finding keeps its own severity. */
function severityOf(rule: Rule, settings: Settings): Severity | 'off' | undefined {
  return settings.rules[rule.id] ?? (rule.off ? 'off' : undefined);
}
