import { dirname, isAbsolute, join, relative, sep } from 'node:path';
import type { Connection } from 'vscode-languageserver';
import { defaultSettings, type Settings } from '../rules/settings.ts';
import { type Files, pathOf } from './files.ts';

/** The project's settings file. */
export const settingsFileName = '.switchback.yaml';

/** The editor's settings for one resource, asked once until they change. */
export interface EditorSettings {
  of(uri: string): Promise<Settings>;
  /** Forgets all answers. */
  reset(): void;
}

/** @param supported whether the client answers `workspace/configuration`. */
export function createEditorSettings(connection: Connection, supported: () => boolean): EditorSettings {
  let answers = new Map<string, Promise<Settings>>();
  return {
    of(uri) {
      if (!supported()) return Promise.resolve(defaultSettings);
      const known = answers.get(uri);
      if (known) return known;
      const asked = ask(connection, uri);
      answers.set(uri, asked);
      return asked;
    },
    reset() {
      answers = new Map();
    },
  };
}

async function ask(connection: Connection, uri: string): Promise<Settings> {
  try {
    const rules: unknown = await connection.workspace.getConfiguration({
      section: 'switchback.rules',
      scopeUri: uri,
    });
    return { ...defaultSettings, rules: readRules(rules) };
  } catch (error) {
    connection.console.error(`The editor's settings cannot be had: ${String(error)}`);
    return defaultSettings;
  }
}

/** Whatever the user wrote: entries that mean nothing are left out (the editor marks them in settings.json). */
function readRules(value: unknown): Settings['rules'] {
  if (typeof value !== 'object' || value === null) return {};
  const severities: Record<string, Settings['rules'][string]> = {};
  for (const [rule, severity] of Object.entries(value))
    if (severity === 'off' || severity === 'info' || severity === 'warning' || severity === 'error')
      severities[rule] = severity;
  return severities;
}

/** The editor's settings with the file's over them: the file wins, since the terminal reads it too. */
export function mergeSettings(editor: Settings, file: Settings | undefined): Settings {
  if (!file) return editor;
  return {
    rules: { ...editor.rules, ...file.rules },
    session: { ...editor.session, ...file.session },
    dryRun: { ...editor.dryRun, ...file.dryRun },
    ...(file.server ? { server: file.server } : {}),
  };
}

/**
 * Paths where the settings of a file at `path` may stand, nearest first: up to the root of the git repository
 * that the file is in, or of the file system.
 */
export function settingsPaths(path: string, files: Pick<Files, 'exists'>): string[] {
  const paths: string[] = [];
  for (let folder = dirname(path); ; folder = dirname(folder)) {
    paths.push(join(folder, settingsFileName));
    if (files.exists(join(folder, '.git')) || folder === dirname(folder)) return paths;
  }
}

/** The settings file that holds for a document; undefined where there is none. */
export function settingsFileOf(uri: string, files: Pick<Files, 'exists'>): string | undefined {
  const path = pathOf(uri);
  return path === undefined
    ? undefined
    : settingsPaths(path, files).find((candidate) => files.exists(candidate));
}

/**
 * The settings file of a file at `path`: the nearest there is; else where one is found from anywhere in the
 * client's folder, or in the git repository; else beside the file.
 */
export function settingsHome(
  path: string,
  files: Pick<Files, 'exists'>,
  folders: readonly string[],
): { readonly path: string; readonly exists: boolean } {
  const paths = settingsPaths(path, files);
  const nearest = paths.find((candidate) => files.exists(candidate));
  if (nearest !== undefined) return { path: nearest, exists: true };
  const inFolder = paths.filter((candidate) =>
    folders.some((folder) => isInside(folder, dirname(candidate))),
  );
  const top = paths.at(-1);
  const root = top !== undefined && files.exists(join(dirname(top), '.git')) ? top : paths[0];
  return { path: inFolder.at(-1) ?? root ?? join(dirname(path), settingsFileName), exists: false };
}

function isInside(folder: string, path: string): boolean {
  const way = relative(folder, path);
  return way === '' || (way !== '..' && !way.startsWith(`..${sep}`) && !isAbsolute(way));
}
