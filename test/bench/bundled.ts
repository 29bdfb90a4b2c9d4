import { execFile } from 'node:child_process';
import { copyFileSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { build } from 'esbuild';
import type { Comparison } from './comparison.ts';

const root = join(__dirname, '../..');

/** Bundles a program as the product is bundled, runs it in a process of its own, and reads what it printed. */
export async function runBundled(program: string): Promise<readonly Comparison[]> {
  const folder = mkdtempSync(join(tmpdir(), 'switchback-bench-'));
  try {
    const outfile = join(folder, 'bench.js');
    await build({
      absWorkingDir: root,
      entryPoints: [join(__dirname, program)],
      outfile,
      bundle: true,
      platform: 'node',
      target: 'node20',
      format: 'cjs',
      minify: true,
      mainFields: ['module', 'main'],
      logLevel: 'error',
    });
    copyFileSync(
      join(root, 'node_modules/libpg-query/wasm/libpg-query.wasm'),
      join(folder, 'libpg-query.wasm'),
    );
    const { stdout } = await promisify(execFile)(process.execPath, [outfile], { timeout: 240_000 });
    return JSON.parse(stdout) as readonly Comparison[];
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}
