import type {
  ArtifactLocation,
  Location,
  Log,
  Notification,
  Region,
  ReportingDescriptor,
  Result,
  Fix as SarifFix,
} from 'sarif';
import type { Rule } from '../../rules/define-rule.ts';
import type { Finding, Fix, Severity } from '../../rules/model.ts';
import { manualUri } from '../../rules/page.ts';
import { rules } from '../../rules/registry.ts';
import { createLineIndex, type LineIndex } from '../../text/line-index.ts';
import type { Range } from '../../text/range.ts';
import type { CheckedFile } from '../result.ts';
import { fingerprints } from './fingerprint.ts';
import { reportPath, reportUri } from './path.ts';

export interface SarifOptions {
  readonly cwd: string;
  readonly version: string;
  /** The Markdown page of a rule or problem code, where the package has it. */
  page(rule: string): string | undefined;
}

/** `check --format sarif`: SARIF 2.1.0, as code scanning services read it. */
export function formatSarif(files: readonly CheckedFile[], options: SarifOptions): string {
  const descriptors = describeRules(files, options);
  const ruleIndex = new Map(descriptors.map(({ id }, index) => [id, index]));
  const log: Log = {
    $schema: 'https://json.schemastore.org/sarif-2.1.0.json',
    version: '2.1.0',
    runs: [
      {
        tool: {
          driver: {
            name: 'Switchback',
            version: options.version,
            semanticVersion: options.version,
            rules: descriptors,
          },
        },
        columnKind: 'utf16CodeUnits',
        invocations: [
          {
            executionSuccessful: files.every(({ usable }) => usable),
            toolExecutionNotifications: files.flatMap((file) => unusableNotification(file, options.cwd)),
          },
        ],
        artifacts: files.map((file) => ({ location: artifactLocation(file, options.cwd) })),
        results: files.flatMap((file) => fileResults(file, ruleIndex, options.cwd)),
      },
    ],
  };
  return `${JSON.stringify(log, null, 2)}\n`;
}

const levels: Readonly<Record<Severity, 'error' | 'warning' | 'note'>> = {
  error: 'error',
  warning: 'warning',
  info: 'note',
};

/** Every rule, and those problems with the files themselves that were found. */
function describeRules(files: readonly CheckedFile[], { page }: SarifOptions): ReportingDescriptor[] {
  const known = new Set(rules.map(({ id }) => id));
  const codes = new Set(files.flatMap(({ findings }) => findings.map(({ rule }) => rule)));
  const ofFiles = [...codes].filter((code) => !known.has(code)).sort();
  return [
    ...rules.map((rule) => describeRule(rule, page(rule.id))),
    ...ofFiles.map((id) => describeProblem(id, page(id))),
  ];
}

const properties = { tags: ['postgres', 'migration'] };

function describeRule(rule: Rule, markdown: string | undefined): ReportingDescriptor {
  const { id, title, severity, off, docs } = rule;
  // The rule's own page is in the package alone; the manual's is what it rests on, and open to all.
  const [manual] = docs.manual;
  return {
    id,
    shortDescription: { text: title },
    fullDescription: { text: docs.problem, markdown: docs.problem },
    defaultConfiguration: { level: levels[severity], ...(off ? { enabled: false } : {}) },
    ...(manual ? { helpUri: manualUri(manual.path) } : {}),
    ...(markdown === undefined ? {} : { help: { text: `${docs.problem}\n\n${docs.solution}`, markdown } }),
    properties,
  };
}

function describeProblem(id: string, markdown: string | undefined): ReportingDescriptor {
  const title = 'A problem with the file itself';
  return {
    id,
    shortDescription: { text: title },
    fullDescription: { text: title },
    defaultConfiguration: { level: 'error' },
    ...(markdown === undefined ? {} : { help: { text: markdown, markdown } }),
    properties,
  };
}

function fileResults(file: CheckedFile, ruleIndex: ReadonlyMap<string, number>, cwd: string): Result[] {
  const lines = createLineIndex(file.text);
  const artifact = artifactLocation(file, cwd);
  const prints = fingerprints(file, reportPath(file.path, cwd));
  return file.findings.map((finding, index) => ({
    ruleId: finding.rule,
    ruleIndex: ruleIndex.get(finding.rule) ?? -1,
    level: levels[finding.severity],
    message: { text: finding.message },
    locations: [location(artifact, finding.range, lines, file.text)],
    partialFingerprints: { 'switchbackFinding/v1': prints[index] ?? '' },
    ...relatedLocations(finding, artifact, lines),
    ...(finding.fixes.length === 0
      ? {}
      : { fixes: finding.fixes.flatMap((fix) => sarifFix(fix, artifact, lines)) }),
    ...(finding.step === undefined ? {} : { properties: { step: finding.step } }),
  }));
}

function location(artifact: ArtifactLocation, range: Range, lines: LineIndex, text: string): Location {
  const snippet = text.slice(range.start, range.end);
  return {
    physicalLocation: {
      artifactLocation: artifact,
      region: { ...region(range, lines), ...(snippet === '' ? {} : { snippet: { text: snippet } }) },
    },
  };
}

function relatedLocations(
  { related }: Finding,
  artifact: ArtifactLocation,
  lines: LineIndex,
): Partial<Result> {
  if (related.length === 0) return {};
  return {
    relatedLocations: related.map(({ message, range }, index) => ({
      id: index + 1,
      message: { text: message },
      physicalLocation: { artifactLocation: artifact, region: region(range, lines) },
    })),
  };
}

function sarifFix(fix: Fix, artifactLocation: ArtifactLocation, lines: LineIndex): SarifFix[] {
  if (fix.edits.length === 0) return [];
  const replacements = fix.edits.map(({ range, newText }) => ({
    deletedRegion: region(range, lines),
    insertedContent: { text: newText },
  }));
  return [{ description: { text: fix.title }, artifactChanges: [{ artifactLocation, replacements }] }];
}

/** One-based; the end column is the one after the last character. */
function region(range: Range, lines: LineIndex): Region {
  const start = lines.positionAt(range.start);
  const end = lines.positionAt(range.end);
  return {
    startLine: start.line + 1,
    startColumn: start.character + 1,
    endLine: end.line + 1,
    endColumn: end.character + 1,
  };
}

function artifactLocation(file: CheckedFile, cwd: string): ArtifactLocation {
  return { uri: reportUri(file.path, cwd) };
}

function unusableNotification(file: CheckedFile, cwd: string): Notification[] {
  if (file.usable) return [];
  const problem = file.findings.find(({ severity }) => severity === 'error');
  return [
    {
      level: 'error',
      message: { text: problem?.message ?? 'Nothing can be read of this file.' },
      locations: [{ physicalLocation: { artifactLocation: artifactLocation(file, cwd) } }],
    },
  ];
}
