import { basename, dirname, relative, resolve } from 'node:path';
import { loadParsers } from '../analyze.ts';
import { type ConvertedFile, convertFile } from '../recipes/convert/from-folder.ts';
import { dumpedFrom, usualVersion } from '../recipes/new-plan.ts';
import { printable } from '../text/terminal.ts';
import { pgVersion, readArguments } from './arguments.ts';
import { readNamedFile } from './documents.ts';
import { exitCodes, type Io, UsageError } from './io.ts';
import { savePlan } from './save-plan.ts';
import { count } from './style.ts';

/** `switchback convert FILE`: a migration of another tool as a plan; prints the plan's name. Returns the exit code. */
export async function convert(args: readonly string[], io: Io): Promise<number> {
  const given = readArguments('convert', args, {
    schema: 'string',
    output: 'string',
    force: 'boolean',
    'pg-version': 'string',
  });
  const [path, ...more] = given.files;
  if (path === undefined || more.length > 0)
    throw new UsageError('convert takes one migration file.', 'convert');
  const asked = pgVersion('convert', given);
  const output = given.value('output');
  if (output !== undefined && output !== '-' && !/\.migration\.ya?ml$/.test(basename(output)))
    return fail(`${output}: a plan's file is called NAME.migration.yaml.`, io);
  const folder = output === undefined || output === '-' ? io.cwd : dirname(resolve(io.cwd, output));
  const schemaName = given.value('schema');
  const schema =
    schemaName === undefined ? undefined : readNamedFile(resolve(io.cwd, schemaName), schemaName, io);
  if (schema && 'error' in schema) throw new UsageError(`--schema ${schema.error}`, 'convert');
  const version = asked ?? (schema && dumpedFrom(schema.text)) ?? usualVersion;
  const made = convertFile({
    path: resolve(io.cwd, path).replaceAll('\\', '/'),
    shown: path,
    files: { list: io.files.list, read: (file) => readNamedFile(file, basename(file), io) },
    parsers: await loadParsers({ singleUse: true }),
    schema: schema && {
      sql: schema.text,
      path: relative(folder, resolve(io.cwd, schemaName ?? '')).replaceAll('\\', '/'),
    },
    pgVersion: version,
  });
  if ('problem' in made) return fail(made.problem, io);
  if (output === '-') io.stdout.write(made.text);
  else {
    const failed = write(made, folder, output, given.flag('force'), io);
    if (failed !== undefined) return fail(failed, io);
  }
  for (const note of made.notes) io.stderr.write(`switchback: ${printable(note)}\n`);
  if (asked === undefined && version === usualVersion)
    io.stderr.write(
      `switchback: Production is taken to run Postgres ${version}: --pg-version says another.\n`,
    );
  return exitCodes.clean;
}

/** Writes the baseline that the earlier migrations make, then the plan. Why not, in a sentence, where that fails. */
function write(
  made: Extract<ConvertedFile, { readonly text: string }>,
  folder: string,
  output: string | undefined,
  force: boolean,
  io: Io,
): string | undefined {
  const name = output ?? `${made.name}.migration.yaml`;
  const plan = resolve(io.cwd, name);
  if (io.files.exists(plan) && !force)
    return `${name} is there already, and was left as it is: --output NAME writes another file, --force replaces it.`;
  if (made.schemaSql !== undefined) {
    const schemaName = `${made.name}.schema.sql`;
    const failed = savePlan(resolve(folder, schemaName), schemaName, made.schemaSql, force, io);
    if (failed !== undefined) return failed;
  }
  const failed = savePlan(plan, name, made.text, force, io);
  if (failed !== undefined) return failed;
  io.stdout.write(`${printable(name)}\n`);
  const { findings } = made.analysis;
  if (findings.length > 0)
    io.stderr.write(
      `switchback: ${count(findings.length, 'finding')} in it: see \`switchback check ${printable(name)}\`.\n`,
    );
  return undefined;
}

function fail(message: string, io: Io): number {
  io.stderr.write(`switchback: ${printable(message)}\n`);
  return exitCodes.unusable;
}
