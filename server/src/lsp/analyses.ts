import type { TextDocument } from 'vscode-languageserver-textdocument';
import type { Analysis, AnalyzeOptions, Parsers } from '../analyze.ts';
import type { Settings } from '../rules/settings.ts';
import { createLineIndex, type LineIndex } from '../text/line-index.ts';
import { pathOf } from './files.ts';
import type { ProjectSettings } from './project-settings.ts';
import { type EditorSettings, mergeSettings } from './settings.ts';
import type { Sources } from './sources.ts';

/** What is known of one version of a document. Positions are those of `analysis.text`, whatever was typed since. */
export interface Checked {
  readonly uri: string;
  readonly version: number;
  readonly analysis: Analysis;
  readonly lines: LineIndex;
  /** The editor's and the project's, merged. */
  readonly settings: Settings;
}

/** Analyses of open documents, one per version and state of the files they depend on. */
export interface Analyses {
  /**
   * The analysis of the document as it is when the answer is given: an edit that arrives meanwhile is in it, so
   * that no late result ever stands for a newer text.
   */
  of(document: TextDocument): Promise<Checked>;
  /** The same for a text that is not kept: a file that no editor shows. */
  ofText(uri: string, languageId: string, text: string): Promise<Checked>;
  /** Drops what depends on a file (a schema, settings); true where there was something. */
  fileChanged(path: string): boolean;
  /** Drops everything: the editor's settings changed. */
  reset(): void;
  forget(uri: string): void;
}

export interface AnalysesDependencies {
  readonly analyze: (text: string, options: AnalyzeOptions) => Analysis;
  readonly parsers: () => Promise<Parsers>;
  readonly sources: Sources;
  readonly editorSettings: EditorSettings;
  readonly projectSettings: ProjectSettings;
}

interface Kept extends Checked {
  /** Paths whose content, or absence, the analysis depends on. */
  readonly files: ReadonlySet<string>;
}

export function createAnalyses(dependencies: AnalysesDependencies): Analyses {
  const kept = new Map<string, Kept>();
  return {
    async of(document) {
      const [parsers, settings] = await prerequisites(dependencies, document.uri);
      // From here on nothing waits: text, version and result belong together.
      const known = kept.get(document.uri);
      if (known?.version === document.version) return known;
      const checked = check(dependencies, parsers, settings, {
        uri: document.uri,
        version: document.version,
        languageId: document.languageId,
        text: document.getText(),
      });
      kept.set(document.uri, checked);
      return checked;
    },
    async ofText(uri, languageId, text) {
      const [parsers, settings] = await prerequisites(dependencies, uri);
      return check(dependencies, parsers, settings, { uri, version: 0, languageId, text });
    },
    fileChanged(path) {
      let found = false;
      for (const [uri, { files }] of kept) if (files.has(path)) found = kept.delete(uri);
      return found;
    },
    reset: () => kept.clear(),
    forget: (uri) => void kept.delete(uri),
  };
}

function prerequisites({ parsers, editorSettings }: AnalysesDependencies, uri: string) {
  return Promise.all([parsers(), editorSettings.of(uri)]);
}

function check(
  { analyze, sources, projectSettings }: AnalysesDependencies,
  parsers: Parsers,
  editorSettings: Settings,
  document: { uri: string; version: number; languageId: string; text: string },
): Kept {
  const { uri, version, languageId, text } = document;
  const files = new Set<string>();
  const path = pathOf(uri);
  const project = path === undefined ? undefined : projectSettings.of(path, (file) => files.add(file));
  const settings = mergeSettings(editorSettings, project);
  const analysis = analyze(text, {
    parsers,
    kind: languageId === 'sql' ? 'sql' : 'plan',
    readFile: sources.readerFor(uri, (file) => files.add(file)),
    settings,
  });
  return { uri, version, analysis, lines: createLineIndex(text), settings, files };
}
