import { printable } from '../text/terminal.ts';
import { check } from './check.ts';
import { type CommandName, commandHelp, mainHelp } from './help.ts';
import { exitCodes, type Io, UsageError } from './io.ts';
import { didYouMean } from './nearest.ts';
import { packageVersion } from './package-version.ts';

type Command = (args: readonly string[], io: Io) => Promise<number>;

/** Runs the program with these arguments and returns its exit code. Bad input never throws. */
export async function run(argv: readonly string[], io: Io): Promise<number> {
  try {
    return await dispatch(argv, io);
  } catch (error) {
    if (!(error instanceof UsageError)) throw error;
    io.stderr.write(`switchback: ${printable(error.message)}\n`);
    if (error.command !== undefined) io.stderr.write(`See \`switchback ${error.command} --help\`.\n`);
    return exitCodes.unusable;
  }
}

async function dispatch(argv: readonly string[], io: Io): Promise<number> {
  const [first, ...rest] = argv;
  if (first === undefined) {
    io.stderr.write(mainHelp);
    return exitCodes.unusable;
  }
  if (isHelp(first)) return print(mainHelp, io);
  if (first === '--version' || first === '-v') return print(`${packageVersion(io)}\n`, io);
  if (first === 'help')
    return print(rest[0] === undefined ? mainHelp : commandHelp[commandName(rest[0])], io);
  const name = commandName(first);
  const optionsEnd = rest.indexOf('--');
  // Of a plan's type there is more to tell.
  if (name !== 'new' && rest.slice(0, optionsEnd < 0 ? undefined : optionsEnd).some(isHelp))
    return print(commandHelp[name], io);
  const command = await loadCommand(name);
  return command(rest, io);
}

function isHelp(argument: string): boolean {
  return argument === '--help' || argument === '-h';
}

function print(text: string, io: Io): number {
  io.stdout.write(text);
  return exitCodes.clean;
}

function commandName(typed: string): CommandName {
  const names = Object.keys(commandHelp) as CommandName[];
  const found = names.find((name) => name === typed);
  if (found !== undefined) return found;
  if (typed.startsWith('-'))
    throw new UsageError(
      `${typed} is not an option of \`switchback\`.${didYouMean(typed, ['--help', '--version'])} Name a command first: ${names.join(', ')}.`,
    );
  const hint = didYouMean(typed, names) || ` The commands are ${names.join(', ')}.`;
  throw new UsageError(`${typed} is not a command.${hint}`);
}

/** Commands are loaded when they are run: `check` does not wait for what only a dry run needs. */
async function loadCommand(name: CommandName): Promise<Command> {
  switch (name) {
    case 'check':
      return check;
    case 'explain':
      return (await import('./explain.ts')).explain;
    case 'preview':
      return (await import('./preview.ts')).preview;
    case 'dry-run':
      return (await import('./dry-run.ts')).dryRun;
    case 'capture':
      return (await import('./capture.ts')).capture;
    case 'checklist':
      return (await import('./checklist.ts')).checklist;
    case 'runbook':
      return (await import('./runbook.ts')).runbook;
    case 'job':
      return (await import('./job.ts')).job;
    case 'monitoring':
      return (await import('./monitoring.ts')).monitoring;
    case 'convert':
      return (await import('./convert.ts')).convert;
    case 'new':
      return (await import('./new.ts')).newCommand;
    case 'rules':
      return (await import('./rules.ts')).rules;
  }
}
