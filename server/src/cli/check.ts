import { resolve } from 'node:path';
import { loadParsers } from '../analyze.ts';
import { printable } from '../text/terminal.ts';
import { analyzeDocument } from './analysis.ts';
import { choice, pgVersion, readArguments } from './arguments.ts';
import { isSettings, readDocument } from './documents.ts';
import { fixDocument } from './fix.ts';
import { formatGitlab } from './format/gitlab.ts';
import { formatJson } from './format/json.ts';
import { formatSarif } from './format/sarif.ts';
import { formatText } from './format/text.ts';
import { exitCodes, type Io, UsageError } from './io.ts';
import { packageVersion } from './package-version.ts';
import { createSettingsFinder, readSettings } from './project-settings.ts';
import { type CheckedFile, hasErrors } from './result.ts';
import { readPage } from './rule-docs.ts';
import { styleFor, textWidth } from './style.ts';

const formats = ['text', 'json', 'sarif', 'gitlab'] as const;
type Format = (typeof formats)[number];

/** `switchback check FILE…`: the findings of every file. Returns the exit code. */
export async function check(args: readonly string[], io: Io): Promise<number> {
  const given = readArguments('check', args, {
    format: 'string',
    'pg-version': 'string',
    'stdin-filename': 'string',
    fix: 'boolean',
  });
  const format = choice('check', given, 'format', formats);
  const version = pgVersion('check', given);
  if (given.files.length === 0) throw new UsageError('check needs at least one plan or .sql file.', 'check');

  const fix = given.flag('fix');
  if (fix && given.files.includes('-'))
    throw new UsageError('--fix writes files, and standard input (-) is none.', 'check');

  const options = { version, stdinName: given.value('stdin-filename'), fix };
  const { files, failures } = await checkFiles(given.files, options, io);
  for (const file of files) if (!file.usable) io.stderr.write(`switchback: ${unusableReason(file)}\n`);
  for (const failure of failures) io.stderr.write(`switchback: ${printable(failure)}\n`);
  io.stdout.write(render(files, format, io));
  if (failures.length > 0 || files.some(({ usable }) => !usable)) return exitCodes.unusable;
  return hasErrors(files) ? exitCodes.findings : exitCodes.clean;
}

interface CheckOptions {
  /** Overrides the plans' version of Postgres. */
  readonly version: number | undefined;
  readonly stdinName: string | undefined;
  /** Writes the safe fixes. */
  readonly fix: boolean;
}

interface CheckedFiles {
  readonly files: readonly CheckedFile[];
  /** Files that could not be written, in a sentence each. */
  readonly failures: readonly string[];
}

/** Checks the files one by one; settings with problems follow at the end, under their own path. */
async function checkFiles(
  paths: readonly string[],
  { version, stdinName, fix }: CheckOptions,
  io: Io,
): Promise<CheckedFiles> {
  // What --fix writes is analysed again after each edit.
  const parsers = await loadParsers({ singleUse: !fix });
  const finder = createSettingsFinder(io);
  const checked: CheckedFile[] = [];
  const failures: string[] = [];
  for (const path of onePerFile(paths, io)) {
    if (isSettings(path)) {
      const { file } = readSettings(resolve(io.cwd, path), path, io);
      if (file) checked.push(file);
      continue;
    }
    const document = await readDocument(path, io, stdinName);
    const options = { pgVersion: version, settings: finder.find(document.folder).settings };
    if (fix) {
      const result = fixDocument(document, parsers, options, io);
      checked.push(result.checked);
      if (result.failed !== undefined) failures.push(result.failed);
    } else checked.push(analyzeDocument(document, parsers, options).checked);
  }
  const named = new Set(checked.map((file) => resolve(io.cwd, file.path)));
  const faulty = finder.faulty().filter((file) => !named.has(resolve(io.cwd, file.path)));
  return { files: [...checked, ...faulty], failures };
}

/** Overlapping globs name a file twice; it is checked once. */
function onePerFile(paths: readonly string[], io: Io): string[] {
  const seen = new Set<string>();
  return paths.filter((path) => {
    const place = path === '-' ? path : resolve(io.cwd, path);
    if (seen.has(place)) return false;
    seen.add(place);
    return true;
  });
}

/** `PATH: why`, from the first error. */
export function unusableReason(file: CheckedFile): string {
  const problem = file.findings.find(({ severity }) => severity === 'error');
  return printable(`${file.path}: ${problem?.message ?? 'Nothing can be read of this file.'}`);
}

function render(files: readonly CheckedFile[], format: Format, io: Io): string {
  switch (format) {
    case 'json':
      return formatJson(files, io.packageRoot);
    case 'sarif':
      return formatSarif(files, {
        cwd: io.cwd,
        version: packageVersion(io),
        page: (rule) => readPage(rule, io),
      });
    case 'gitlab':
      return formatGitlab(files, io.cwd);
    case 'text':
      return formatText(files, { style: styleFor(io.stdout, io.env), width: textWidth(io.stdout) });
  }
}
