import { pathToFileURL } from 'node:url';
import type { Connection, Diagnostic } from 'vscode-languageserver';
import type { PlanProblem } from '../plan/model.ts';
import { parseSettings } from '../plan/settings-file.ts';
import type { Finding } from '../rules/model.ts';
import { defaultSettings, type Settings } from '../rules/settings.ts';
import { createLineIndex } from '../text/line-index.ts';
import { toDiagnostic } from './convert.ts';
import type { DocsOf } from './diagnostics.ts';
import type { FileText } from './files.ts';
import { settingsPaths } from './settings.ts';
import type { Sources } from './sources.ts';

/** The nearest `.switchback.yaml` above a file. */
export interface ProjectSettings {
  /**
   * Its settings, or undefined where there is none. Reports what is wrong in it as diagnostics of that file.
   * @param onRead is given every path that was looked at, found or not.
   */
  of(path: string, onRead: (path: string) => void): Settings | undefined;
}

interface Read {
  readonly file: FileText;
  readonly settings: Settings;
}

/**
 * The settings file is another extension's document (plain YAML), often not even open, so its problems are
 * pushed rather than pulled: a mistyped rule would else silently change what a plan is told.
 */
export function createProjectSettings(
  connection: Connection,
  sources: Sources,
  docsOf: DocsOf,
): ProjectSettings {
  const known = new Map<string, Read>();
  const publish = (path: string, diagnostics: Diagnostic[]) =>
    void connection.sendDiagnostics({ uri: pathToFileURL(path).href, diagnostics });
  const read = (path: string, file: FileText): Settings => {
    const text = 'text' in file ? file.text : '';
    const { settings, problems } = 'text' in file ? parseSettings(text) : unreadable(file.error);
    const context = { uri: pathToFileURL(path).href, lines: createLineIndex(text), docsOf };
    publish(
      path,
      problems.map((problem) => toDiagnostic(findingOf(problem), context)),
    );
    known.set(path, { file, settings });
    return settings;
  };
  return {
    of(path, onRead) {
      for (const candidate of settingsPaths(path, sources.files)) {
        onRead(candidate);
        const file = sources.read(candidate);
        if ('error' in file && file.missing) {
          if (known.delete(candidate)) publish(candidate, []);
          continue;
        }
        const before = known.get(candidate);
        return before && sameText(before.file, file) ? before.settings : read(candidate, file);
      }
      return undefined;
    },
  };
}

function sameText(a: FileText, b: FileText): boolean {
  return 'text' in a ? 'text' in b && a.text === b.text : 'error' in b && a.error === b.error;
}

function unreadable(why: string): ReturnType<typeof parseSettings> {
  const message = `The file cannot be read: ${why}.`;
  return {
    settings: defaultSettings,
    problems: [{ code: 'plan-unreadable', message, range: { start: 0, end: 0 } }],
  };
}

function findingOf({ code, message, range, related = [] }: PlanProblem): Finding {
  return { rule: code, severity: 'error', message, range, step: undefined, related, fixes: [], tags: [] };
}
