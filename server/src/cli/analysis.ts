import type { Analysis, AnalyzeOptions, Parsers } from '../analyze.ts';
import { analyze } from '../analyze.ts';
import type { Finding } from '../rules/model.ts';
import type { Settings } from '../rules/settings.ts';
import type { Document } from './documents.ts';
import { wholeFile } from './project-settings.ts';
import type { CheckedFile } from './result.ts';
import { isRule } from './rule-docs.ts';

/** A file with what is known of it; no analysis where its text cannot be had. */
export interface AnalyzedDocument {
  readonly checked: CheckedFile;
  readonly analysis: Analysis | undefined;
}

export type DocumentOptions = Pick<AnalyzeOptions, 'pgVersion' | 'baselineSql'> & {
  readonly settings: Settings;
};

/** Analyses one file. What is wrong with the file itself is among its findings. */
export function analyzeDocument(
  document: Document,
  parsers: Parsers,
  options: DocumentOptions,
): AnalyzedDocument {
  const { path, text, error } = document;
  if (error !== undefined)
    return {
      checked: { path, text, findings: [wholeFile('plan-unreadable', error)], usable: false },
      analysis: undefined,
    };
  const { pgVersion, baselineSql, settings } = options;
  const analysis = analyze(text, {
    parsers,
    kind: document.kind,
    readFile: document.readFile,
    settings,
    ...(pgVersion === undefined ? {} : { pgVersion }),
    ...(baselineSql === undefined ? {} : { baselineSql }),
  });
  return { checked: { path, text, findings: analysis.findings, usable: isUsable(analysis) }, analysis };
}

/**
 * Whether anything could be made of the file: not where it is empty or no text, where its YAML is so broken that no
 * step was read, or where it is a plan for another database.
 */
function isUsable({ kind, plan, findings, steps }: Analysis): boolean {
  if (findings.some(({ rule }) => rule === 'plan-unreadable')) return false;
  if (kind === 'sql') return true;
  const ofFile = fileProblems(findings);
  if (steps.length === 0 && ofFile.some(({ rule }) => rule === 'plan-yaml' || rule === 'plan-type'))
    return false;
  const database = plan.database.type?.range;
  return !ofFile.some(
    ({ rule, range }) =>
      rule === 'plan-value' &&
      database !== undefined &&
      range.start === database.start &&
      range.end === database.end,
  );
}

/** The findings about the file itself (YAML, keys, SQL that does not parse), not about the migration it describes. */
export function fileProblems(findings: readonly Finding[]): Finding[] {
  return findings.filter(({ rule }) => !isRule(rule));
}
