import { dirname, join, relative } from 'node:path';
import { parseSettings } from '../plan/settings-file.ts';
import type { Finding } from '../rules/model.ts';
import { defaultSettings, type Settings } from '../rules/settings.ts';
import { decodeText } from '../text/decode.ts';
import type { Io } from './io.ts';
import type { CheckedFile } from './result.ts';

/** Project settings, and the file they stand in with what is wrong in it. */
export interface ProjectSettings {
  readonly settings: Settings;
  /** Undefined where there is no file. */
  readonly file: CheckedFile | undefined;
}

export interface SettingsFinder {
  /** The settings for a file in this folder (absolute). */
  find(folder: string): ProjectSettings;
  /** The settings files met so far that hold problems. */
  faulty(): readonly CheckedFile[];
}

const fileName = '.switchback.yaml';

/**
 * Finds the nearest `.switchback.yaml` from a file's folder upward: up to the root of the git repository that the
 * folder is in, or of the file system. Each file is read once.
 */
export function createSettingsFinder(io: Io): SettingsFinder {
  const known = new Map<string, ProjectSettings>();
  const paths = new Map<string, string | undefined>();
  return {
    find(folder) {
      if (!paths.has(folder)) paths.set(folder, nearestSettingsPath(folder, io));
      const path = paths.get(folder);
      if (path === undefined) return { settings: defaultSettings, file: undefined };
      const found = known.get(path) ?? readSettings(path, relative(io.cwd, path) || path, io);
      known.set(path, found);
      return found;
    },
    faulty: () => [...known.values()].flatMap(({ file }) => (file && file.findings.length > 0 ? [file] : [])),
  };
}

function nearestSettingsPath(folder: string, io: Io): string | undefined {
  for (let current = folder; ; current = dirname(current)) {
    const path = join(current, fileName);
    if (io.files.exists(path)) return path;
    if (io.files.exists(join(current, '.git')) || dirname(current) === current) return undefined;
  }
}

/** Reads the settings at `path` (absolute), called `name` in outputs. What is wrong in them is in `file`. */
export function readSettings(path: string, name: string, io: Io): ProjectSettings {
  const read = io.files.read(path);
  const decoded =
    'bytes' in read ? decodeText(read.bytes) : { error: `The file cannot be read: ${read.error}.` };
  if ('error' in decoded) {
    const findings = [wholeFile('plan-unreadable', decoded.error)];
    return { settings: defaultSettings, file: { path: name, text: '', findings, usable: false } };
  }
  const { settings, problems } = parseSettings(decoded.text);
  const findings = problems.map(({ code, message, range, related = [], fix }) => ({
    ...wholeFile(code, message),
    range,
    related,
    fixes: fix ? [{ title: fix.title, edits: [{ range: fix.range, newText: fix.newText }], safe: true }] : [],
  }));
  return { settings, file: { path: name, text: decoded.text, findings, usable: true } };
}

/** A finding about a file as a whole, or one to put a range to. */
export function wholeFile(rule: string, message: string): Finding {
  return {
    rule,
    severity: 'error',
    message,
    range: { start: 0, end: 0 },
    step: undefined,
    related: [],
    fixes: [],
    tags: [],
  };
}
