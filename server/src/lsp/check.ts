import type { Diagnostic, TextDocuments } from 'vscode-languageserver';
import type { TextDocument } from 'vscode-languageserver-textdocument';
import type { Analyses, Checked } from './analyses.ts';
import { type DocsOf, diagnosticsOf } from './diagnostics.ts';
import { pathOf } from './files.ts';
import type { CheckParams, CheckResult, StatusParams } from './protocol.ts';
import type { Sources } from './sources.ts';

/** The language of plans in editors. */
export const planLanguage = 'migration-plan';

/** Which documents are checked, and their results. */
export interface Checks {
  /** An open plan, or an open SQL file that the user asked to check; undefined for what is none of our business. */
  current(uri: string): Promise<Checked | undefined>;
  /** Any plan or SQL file, open or on disk; why not, in a sentence, where it cannot be read. */
  find(uri: string): Promise<Checked | { readonly refused: string }>;
  /** The answer to `switchback/check`. */
  check(params: CheckParams): Promise<CheckResult>;
  result(checked: Checked): { readonly diagnostics: Diagnostic[]; readonly status: StatusParams };
  closed(uri: string): void;
}

export interface ChecksDependencies {
  readonly documents: TextDocuments<TextDocument>;
  readonly sources: Sources;
  readonly analyses: Analyses;
  readonly docsOf: DocsOf;
  /** Makes the client pull again: a document is checked from now on. */
  readonly refresh: () => void;
}

export function createChecks({ documents, sources, analyses, docsOf, refresh }: ChecksDependencies): Checks {
  /** Open SQL files that the user asked to check. */
  const asked = new Set<string>();
  const find: Checks['find'] = async (uri) => {
    const document = documents.get(uri);
    if (document) return analyses.of(document);
    const path = pathOf(uri);
    if (path === undefined) return { refused: `${uri} is not open in an editor and not on a local disk.` };
    const file = sources.read(path);
    if ('error' in file) return { refused: `${path} cannot be checked: ${file.error}.` };
    return analyses.ofText(uri, path.endsWith('.sql') ? 'sql' : planLanguage, file.text);
  };
  return {
    find,
    async current(uri) {
      const document = documents.get(uri);
      if (!document) return undefined;
      return document.languageId === planLanguage || asked.has(uri) ? analyses.of(document) : undefined;
    },
    async check({ uri }) {
      const document = documents.get(uri);
      if (document && document.languageId !== planLanguage && !asked.has(uri)) {
        if (document.languageId !== 'sql')
          return { refused: `${uri} is neither a migration plan nor an SQL file.` };
        asked.add(uri);
        refresh();
      }
      const checked = await find(uri);
      return 'refused' in checked ? checked : { diagnostics: diagnosticsOf(checked, docsOf) };
    },
    result(checked) {
      return { diagnostics: diagnosticsOf(checked, docsOf), status: statusOf(checked) };
    },
    closed: (uri) => void asked.delete(uri),
  };
}

function statusOf({ uri, version, analysis }: Checked): StatusParams {
  const count = (severity: string) =>
    analysis.findings.filter((finding) => finding.severity === severity).length;
  return {
    uri,
    version,
    pgVersion: analysis.pgVersion,
    errors: count('error'),
    warnings: count('warning'),
    infos: count('info'),
  };
}
