import { byRule, scopedAllows, silences } from './allow.ts';
import { withSeverity } from './define-rule.ts';
import type { Finding, RuleContext } from './model.ts';
import { rules } from './registry.ts';
import type { Settings } from './settings.ts';

/** Runs every rule; what settings switch off or an `allow` with a reason covers is left out. */
export function runRules(context: RuleContext, settings: Settings): Finding[] {
  const found: Finding[] = [];
  for (const rule of rules) found.push(...rule.run(context, found));
  const allows = byRule(scopedAllows(context), ({ allow }) => allow.rule.value);
  return found
    .filter((finding) => !allows.get(finding.rule)?.some((entry) => silences(entry, finding)))
    .flatMap((finding) => {
      const severity = settings.rules[finding.rule];
      if (severity === 'off') return [];
      return severity ? [withSeverity(finding, severity)] : [finding];
    });
}
