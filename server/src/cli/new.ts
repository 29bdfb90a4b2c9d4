import { basename, dirname, relative, resolve } from 'node:path';
import { type Analysis, loadParsers } from '../analyze.ts';
import { tablesWithoutRows } from '../features/preview.ts';
import { prismaCommand, runPrisma } from '../prisma-schema.ts';
import { nestCode } from '../recipes/code/generate.ts';
import type { Recipe } from '../recipes/model.ts';
import { dumpedFrom, type NewPlan, newPlan, usualVersion } from '../recipes/new-plan.ts';
import { commonQuestions, optionOf, questionsOf } from '../recipes/questions.ts';
import { recipes } from '../recipes/registry.ts';
import { figuresOf } from '../rehearsal/captured-figures.ts';
import { nodeSurroundings } from '../rehearsal/connect/node-surroundings.ts';
import { type Captured, captureServer } from '../rehearsal/server-capture.ts';
import { printable } from '../text/terminal.ts';
import { type Arguments, type OptionTypes, pgVersion, readArguments } from './arguments.ts';
import { readNamedFile } from './documents.ts';
import { commandHelp } from './help.ts';
import { exitCodes, type InterruptSignal, type Io, UsageError } from './io.ts';
import { didYouMean } from './nearest.ts';
import { savePlan } from './save-plan.ts';
import { chosenTarget } from './server-engine.ts';
import { count, styleFor } from './style.ts';

const usualSchema = 'schema.sql';

const ownOptions = {
  schema: 'string',
  output: 'string',
  force: 'boolean',
  'pg-version': 'string',
  database: 'string',
  server: 'boolean',
  prisma: 'string',
} as const satisfies OptionTypes;

/** `switchback new TYPE`: writes a plan from a few answers, and prints its name. Returns the exit code. */
export async function newCommand(args: readonly string[], io: Io): Promise<number> {
  const asksHelp = args.some((argument) => argument === '--help' || argument === '-h');
  const type = typeIn(args);
  if (type === undefined) {
    if (args.some((argument) => argument.startsWith('-')) && !asksHelp)
      throw new UsageError(`Say first what the plan is for: switchback new TYPE. ${typeList()}`, 'new');
    io.stdout.write(asksHelp ? commandHelp.new : listing(io));
    return exitCodes.clean;
  }
  const recipe = recipeOf(type);
  if (asksHelp) {
    io.stdout.write(`${commandHelp.new}\n${detailed(recipe, io)}`);
    return exitCodes.clean;
  }
  const rest = args.filter((_, at) => at !== args.indexOf(type));
  const given = readArguments('new', rest, optionTypes(recipe));
  const [extra] = given.files;
  if (extra !== undefined)
    throw new UsageError(`new ${type} takes options alone, and ${extra} is none.`, 'new');
  return writePlan(recipe, given, io);
}

/** The first argument that is no option, and no option's value. */
function typeIn(args: readonly string[]): string | undefined {
  const flags = ['--force', '--server', '--help', '-h'];
  for (let at = 0; at < args.length; at++) {
    const argument = args[at] ?? '';
    if (!argument.startsWith('-')) return argument;
    if (!argument.includes('=') && !flags.includes(argument)) at++;
  }
  return undefined;
}

function recipeOf(type: string): Recipe {
  const found = recipes.find((one) => one.type === type.replaceAll('-', '_'));
  if (found) return found;
  const hint = didYouMean(
    type,
    recipes.map((one) => one.type),
  );
  throw new UsageError(`There is no plan of the type ${type}.${hint || ` ${typeList()}`}`, 'new');
}

function typeList(): string {
  return `The types are ${recipes.map(({ type }) => type).join(', ')}.`;
}

function optionTypes(recipe: Recipe): OptionTypes {
  return {
    ...ownOptions,
    ...Object.fromEntries(questionsOf(recipe).map(({ id }) => [id.replaceAll('_', '-'), 'string'] as const)),
  };
}

function listing(io: Io): string {
  const style = styleFor(io.stdout, io.env);
  const lines = recipes.map(
    ({ type, title, questions }) =>
      `  ${style.strong(type)}\n      ${title}: ${questions.map((one) => optionText(one)).join(' ')}\n`,
  );
  return [
    'Usage: switchback new TYPE --schema FILE [options]\n\nTypes, with what each asks:\n\n',
    ...lines,
    `\nAll of them: ${commonQuestions.map((one) => optionText(one)).join(' ')}\n`,
    'See `switchback new --help`, and `switchback new TYPE --help` for what a type does.\n',
  ].join('');
}

function optionText(question: Recipe['questions'][number]): string {
  const text = optionOf(question);
  return question.optional || question.default || question.when ? `[${text}]` : text;
}

function detailed(recipe: Recipe, io: Io): string {
  const style = styleFor(io.stdout, io.env);
  const width = Math.max(...questionsOf(recipe).map((one) => optionOf(one).length));
  const lines = questionsOf(recipe).map((question) => {
    const choices = question.choices ? ` ${question.choices.map(({ value }) => value).join(', ')}` : '';
    return `  ${optionOf(question).padEnd(width)}  ${question.prompt}${choices}\n`;
  });
  return `${style.strong(recipe.type)}: ${recipe.title}\n${recipe.summary}\n\n${lines.join('')}`;
}

interface Baseline {
  readonly sql: string;
  /** Absolute. */
  readonly path: string;
  readonly version: number | undefined;
  readonly captured: Captured | undefined;
}

async function writePlan(recipe: Recipe, given: Arguments, io: Io): Promise<number> {
  const asked = pgVersion('new', given);
  const answers: Record<string, string> = {};
  for (const { id } of questionsOf(recipe)) {
    const value = given.value(id.replaceAll('_', '-'));
    if (value !== undefined) answers[id] = value;
  }
  const baseline = await baselineFor(given, io);
  if ('failed' in baseline) {
    const unusable = fail(baseline.failed, io);
    return baseline.exitCode ?? unusable;
  }
  const version = asked ?? baseline.version ?? usualVersion;
  const parsers = await loadParsers({ singleUse: true });
  const folder = io.cwd;
  const output = given.value('output');
  const schemaFrom = (file: string) => relative(dirname(file), baseline.path).replaceAll('\\', '/');
  const make = (file: string): NewPlan =>
    newPlan({
      recipe,
      answers: { ...figuresOf(baseline.captured?.tables ?? []), ...answers },
      parsers,
      schemaSql: baseline.sql,
      schemaPath: schemaFrom(file),
      pgVersion: version,
      code: nestCode,
    });
  const made = make(resolve(folder, output === undefined || output === '-' ? 'plan' : output));
  if ('problem' in made) return fail(made.problem, io);
  if (asked === undefined && baseline.version === undefined)
    io.stderr.write(
      `switchback: Production is taken to run Postgres ${version}: --pg-version says another.\n`,
    );
  if (output === '-') {
    io.stdout.write(made.text);
    return exitCodes.clean;
  }
  const name = output ?? `${made.name}.migration.yaml`;
  if (!/\.migration\.ya?ml$/.test(basename(name)))
    return fail(`${name}: a plan's file is called NAME.migration.yaml.`, io);
  const failed = savePlan(resolve(folder, name), name, made.text, given.flag('force'), io);
  if (failed !== undefined) return fail(failed, io);
  io.stdout.write(`${printable(name)}\n`);
  const { findings } = made.analysis;
  if (findings.length > 0)
    io.stderr.write(
      `switchback: ${count(findings.length, 'finding')} in it: see \`switchback check ${printable(name)}\`.\n`,
    );
  tellMissingRows(made.analysis, answers.rows, io);
  return exitCodes.clean;
}

/** Who gave the rows of one table learns which others the plan works on. */
function tellMissingRows(analysis: Analysis, rows: string | undefined, io: Io): void {
  const missing = rows === undefined ? [] : tablesWithoutRows(analysis);
  if (missing.length === 0) return;
  const asked = [rows, ...missing.map((one) => `${one}=N`)].join(',');
  io.stderr.write(
    `switchback: How long steps take on ${printable(missing.join(', '))} is not told without the rows there: --rows ${printable(asked)}\n`,
  );
}

/** The DDL that the plan starts from: a file, or a server's or Prisma's, which is then written into that file. */
async function baselineFor(
  given: Arguments,
  io: Io,
): Promise<Baseline | { readonly failed: string; readonly exitCode?: number }> {
  const name = given.value('schema') ?? usualSchema;
  const path = resolve(io.cwd, name);
  const target = chosenTarget('new', given, nodeSurroundings(io.env));
  const prisma = given.value('prisma');
  if (target && prisma !== undefined)
    throw new UsageError('The schema is either a server’s or Prisma’s: --prisma, or --database.', 'new');
  if (!target && prisma === undefined) {
    const read = readNamedFile(path, name, io);
    if ('error' in read) {
      const how =
        given.value('schema') === undefined
          ? 'A plan is written from the schema as it is: --schema FILE (pg_dump --schema-only > schema.sql), --database URL, or --prisma FILE.'
          : '';
      return { failed: `${read.error} ${how}`.trim() };
    }
    return { sql: read.text, path, version: dumpedFrom(read.text), captured: undefined };
  }
  if (io.files.exists(path) && !given.flag('force'))
    return {
      failed: `${name} is there already: --schema NAME writes the schema into another file, --force replaces it.`,
    };
  try {
    const captured = target && (await captureServer(target));
    const sql = captured?.sql ?? (await prismaSql(resolve(io.cwd, prisma ?? ''), io));
    const failed = savePlan(path, name, sql, given.flag('force'), io);
    if (failed !== undefined) return { failed };
    return { sql, path, version: captured && Number.parseInt(captured.version, 10), captured };
  } catch (error) {
    if (error instanceof Interrupted)
      return { failed: error.message, exitCode: exitCodes.interrupted[error.signal] };
    if (error instanceof Error) return { failed: error.message };
    throw error;
  }
}

class Interrupted extends Error {
  readonly signal: InterruptSignal;

  constructor(signal: InterruptSignal) {
    super('prisma migrate diff was stopped, and nothing was written.');
    this.signal = signal;
  }
}

/** The DDL of a Prisma schema, by the prisma of its project. Rejects with a message for the user. */
async function prismaSql(path: string, io: Io): Promise<string> {
  const command = prismaCommand(path);
  if ('problem' in command) throw new Error(command.problem);
  const controller = new AbortController();
  const stopListening = io.onInterrupt((signal) => controller.abort(new Interrupted(signal)));
  try {
    return await runPrisma(command, controller.signal);
  } finally {
    stopListening();
  }
}

function fail(message: string, io: Io): number {
  io.stderr.write(`switchback: ${printable(message)}\n`);
  return exitCodes.unusable;
}
