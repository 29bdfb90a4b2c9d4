import { spawn } from 'node:child_process';
import { existsSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { cached, npmInstall } from '../host/cache.ts';
import { type Comparison, median } from './comparison.ts';
import { readPeerCases } from './peer-case-file.ts';

const squawk = 'squawk-cli@2.66.0';
const pgfence = '@flvmnt/pgfence@0.1.5';
const languageServer = '@postgres-language-server/cli@0.25.5';

const rounds = 9;

interface Tool {
  readonly name: string;
  readonly command: string;
  readonly args: readonly string[];
  readonly note?: string;
  /** At most so many times the tool's time; absent for orientation. */
  readonly bar?: number;
}

/**
 * Wall time of checking all cases, each a file, from the start of the process to its end: `check` against other
 * linters, as npm installs them, in turns. Rejects where `dist/` is not built.
 */
export async function againstPeers(casesPath: string): Promise<readonly Comparison[]> {
  const cli = join(__dirname, '../../dist/cli.js');
  if (!existsSync(cli)) throw new Error('There is no dist/cli.js: run `npm run build` first.');
  const peers = await installedPeers();
  const folder = mkdtempSync(join(tmpdir(), 'switchback-bench-'));
  try {
    const { all, readable } = await writeCases(casesPath, folder, peers);
    const ours = (files: readonly string[]) => ({
      name: 'switchback',
      command: process.execPath,
      args: [cli, 'check', ...files],
    });
    const comparisons: Comparison[] = [];
    for (const [tool, files] of [
      ...toolsFor(peers, all, folder).map((tool) => [tool, all] as const),
      [stopsAtFaults(peers, readable), readable] as const,
    ]) {
      const [mine, theirs] = await inTurns(ours(files), tool, folder);
      const { name, bar, note } = tool;
      comparisons.push({
        name: `check of ${files.length} SQL files, against ${name}`,
        ours: mine,
        theirs,
        ...(bar === undefined ? {} : { bar }),
        ...(note === undefined ? {} : { note }),
      });
    }
    return comparisons;
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

async function installedPeers(): Promise<string> {
  const packages = [squawk, pgfence, languageServer];
  const name = packages.map((one) => one.replace(/^@/, '').replace(/[/@]/g, '-')).join('_');
  return join(await cached(name, (folder) => npmInstall(folder, packages)), 'node_modules');
}

function toolsFor(peers: string, files: readonly string[], folder: string): readonly Tool[] {
  const bin = (name: string) => join(peers, '.bin', name);
  const native = nativeSquawk(peers);
  return [
    { name: squawk, command: bin('squawk'), args: files, bar: 1 },
    ...(native
      ? [{ name: `${squawk}, its binary alone`, command: native, args: files, note: "without npm's command" }]
      : []),
    { name: languageServer, command: bin('postgres-language-server'), args: ['check', folder] },
  ];
}

function stopsAtFaults(peers: string, files: readonly string[]): Tool {
  return {
    name: pgfence,
    command: join(peers, '.bin', 'pgfence'),
    args: ['analyze', ...files],
    note: 'only files it can read: it stops at the first other one',
  };
}

/** Where npm puts the program itself, which the package's command starts. */
function nativeSquawk(peers: string): string | undefined {
  const scope = join(peers, '@squawk-cli');
  const [platform] = existsSync(scope) ? readdirSync(scope) : [];
  const path =
    platform && join(scope, platform, 'bin', process.platform === 'win32' ? 'squawk.exe' : 'squawk');
  return path && existsSync(path) ? path : undefined;
}

/** The cases as files, and those of them that pgfence gets through: its parser is an older one. */
async function writeCases(path: string, folder: string, peers: string) {
  const parser = createRequire(join(peers, 'package.json'))('libpg-query') as OlderParser;
  await parser.loadModule();
  const cases = readPeerCases(path).map(({ id, sql }) => {
    const file = join(folder, `case-${String(id).padStart(5, '0')}.sql`);
    writeFileSync(file, sql);
    return { file, readable: parses(parser, sql) };
  });
  return {
    all: cases.map(({ file }) => file),
    readable: cases.filter((one) => one.readable).map(({ file }) => file),
  };
}

interface OlderParser {
  loadModule(): Promise<void>;
  parseSync(sql: string): unknown;
}

function parses(parser: OlderParser, sql: string): boolean {
  try {
    parser.parseSync(sql);
    return true;
  } catch {
    return false;
  }
}

async function inTurns(ours: Tool, theirs: Tool, cwd: string): Promise<readonly [number, number]> {
  const times: [number[], number[]] = [[], []];
  for (let i = 0; i <= rounds; i++) {
    const mine = await wallTime(ours, cwd);
    const other = await wallTime(theirs, cwd);
    // The first time, files come from the disk.
    if (i === 0) continue;
    times[0].push(mine);
    times[1].push(other);
  }
  return [median(times[0]), median(times[1])];
}

/** ms. Where there are findings, all of them end with 1; what did not get through the files rejects. */
function wallTime({ name, command, args }: Tool, cwd: string): Promise<number> {
  return new Promise((resolve, reject) => {
    const started = performance.now();
    const child = spawn(command, args, { cwd, stdio: ['ignore', 'pipe', 'pipe'] });
    child.stdout.resume();
    child.stderr.resume();
    child.on('error', reject);
    child.on('close', (code) => {
      if (code === 0 || code === 1) resolve(performance.now() - started);
      else reject(new Error(`${name} ended with code ${code}.`));
    });
  });
}
