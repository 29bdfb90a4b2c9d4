import type { Analysis } from '../analyze.ts';
import type { Finding } from '../rules/model.ts';

/**
 * What stands in the way of an export: faults of the file itself, after which the plan may say something else than its
 * author meant, and SQL that does not parse, which nobody should paste. Findings about the migration do not: a runbook
 * names them.
 */
export function exportFaults({ findings }: Pick<Analysis, 'findings'>): readonly Finding[] {
  return findings.filter(
    ({ rule, severity }) => severity === 'error' && (rule.startsWith('plan-') || rule === 'sql-syntax'),
  );
}

/** Errors that the migration itself has: the export warns of them. */
export function exportWarnings({ findings }: Pick<Analysis, 'findings'>): readonly Finding[] {
  return findings.filter(
    ({ rule, severity }) => severity === 'error' && !rule.startsWith('plan-') && rule !== 'sql-syntax',
  );
}
