import { pathToFileURL } from 'node:url';
import type { Connection } from 'vscode-languageserver';
import { parseSettings } from '../plan/settings-file.ts';
import type { Settings } from '../rules/settings.ts';
import { createLineIndex } from '../text/line-index.ts';
import { toDiagnostic } from './convert.ts';
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
  readonly text: string;
  readonly settings: Settings;
}

/**
 * The settings file is another extension's document (plain YAML), often not even open, so its problems are
 * pushed rather than pulled: a mistyped rule would else silently change what a plan is told.
 */
export function createProjectSettings(connection: Connection, sources: Sources): ProjectSettings {
  const known = new Map<string, Read>();
  const publish = (path: string, text: string): Settings => {
    const { settings, problems } = parseSettings(text);
    const uri = pathToFileURL(path).href;
    const lines = createLineIndex(text);
    void connection.sendDiagnostics({
      uri,
      diagnostics: problems.map(({ code, message, range, related }) =>
        toDiagnostic(
          {
            rule: code,
            severity: 'error',
            message,
            range,
            related: related ?? [],
            step: undefined,
            fixes: [],
            tags: [],
          },
          { uri, lines, docsOf: () => undefined },
        ),
      ),
    });
    known.set(path, { text, settings });
    return settings;
  };
  const forget = (path: string) => {
    if (known.delete(path))
      void connection.sendDiagnostics({ uri: pathToFileURL(path).href, diagnostics: [] });
  };
  return {
    of(path, onRead) {
      for (const candidate of settingsPaths(path)) {
        onRead(candidate);
        const file = sources.read(candidate);
        if ('error' in file) {
          forget(candidate);
          continue;
        }
        const before = known.get(candidate);
        return before?.text === file.text ? before.settings : publish(candidate, file.text);
      }
      return undefined;
    },
  };
}
