// Bundles the extension into dist/. Flags: --tests also bundles the editor suite, and leaves names and source maps
// in; --out=FOLDER instead of dist/; --quiet prints errors alone.
import { createHash } from 'node:crypto';
import { copyFileSync, mkdirSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { dirname, join, relative, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { build } from 'esbuild';
import { buildEmbedded } from './embedded.mjs';
import { run } from './process.mjs';

const root = join(dirname(fileURLToPath(import.meta.url)), '..');
const { values: flags } = parseArgs({
  options: {
    tests: { type: 'boolean', default: false },
    quiet: { type: 'boolean', default: false },
    out: { type: 'string', default: 'dist' },
  },
});
const dist = resolve(root, flags.out);
mkdirSync(dist, { recursive: true });

const started = performance.now();
const node = {
  absWorkingDir: root,
  bundle: true,
  platform: 'node',
  target: 'node20',
  format: 'cjs',
  minify: !flags.tests,
  sourcemap: flags.tests ? 'inline' : false,
  logLevel: 'warning',
  // The libraries' ES module builds can be tree-shaken; their "main" ones cannot.
  mainFields: ['module', 'main'],
  legalComments: 'none',
};

/** The library that draws the timeline is as large as all the rest: a file of its own, read when one is drawn. */
const drawnApart = {
  name: 'drawn-apart',
  setup({ onResolve }) {
    onResolve({ filter: /^\.\/timeline\.ts$/ }, ({ kind }) =>
      kind === 'entry-point' ? undefined : { path: './timeline.js', external: true },
    );
  },
};

await Promise.all([
  build({ ...node, entryPoints: ['server/src/features/timeline.ts'], outfile: join(dist, 'timeline.js') }),
  build({
    ...node,
    entryPoints: ['client/src/extension.ts'],
    outfile: join(dist, 'client.js'),
    external: ['vscode'],
  }),
  build({
    ...node,
    entryPoints: ['server/src/lsp/main.ts'],
    outfile: join(dist, 'server.js'),
    plugins: [drawnApart],
  }),
  build({
    ...node,
    entryPoints: ['server/src/cli/main.ts'],
    outfile: join(dist, 'cli-main.js'),
    plugins: [drawnApart],
    // Code that is compiled beforehand knows `require` alone.
    supported: { 'dynamic-import': false },
  }),
  flags.tests &&
    build({
      ...node,
      entryPoints: ['test/editor/index.ts'],
      outfile: join(dist, 'test/index.js'),
      external: ['vscode', 'mocha'],
    }),
  buildEmbedded({ root, dist }),
]);

// The parser looks for its WebAssembly beside the bundle that holds it.
copyFileSync(join(root, 'node_modules/libpg-query/wasm/libpg-query.wasm'), join(dist, 'libpg-query.wasm'));
await buildTerminal();
if (!flags.quiet)
  console.log(`built ${relative('', dist)}/ in ${((performance.now() - started) / 1000).toFixed(1)} s`);

/**
 * The terminal program's start, and the code that this machine's Node makes of the program: it then starts in half the
 * time. Any other Node compiles the bundle for itself.
 */
async function buildTerminal() {
  const bundle = join(dist, 'cli-main.js');
  const codeFile = `cli-main.${createHash('sha256').update(readFileSync(bundle)).digest('hex').slice(0, 16)}.code`;
  for (const name of readdirSync(dist)) if (name.endsWith('.code')) rmSync(join(dist, name));
  await build({
    ...node,
    entryPoints: ['server/src/cli/start.ts'],
    outfile: join(dist, 'cli.js'),
    define: { codeFile: JSON.stringify(codeFile) },
    banner: { js: '#!/usr/bin/env node' },
  });
  // What these files need is what most need.
  const examples = ['as-published', 'rename-username'].flatMap((name) => [
    join(root, `examples/${name}/${name}.migration.yaml`),
    join(root, `examples/${name}/schema.sql`),
  ]);
  const script = join(root, '.scripts/code-cache.ts');
  const args = ['--import', 'tsx', script, bundle, join(dist, codeFile), 'check', ...examples];
  await run(process.execPath, args, { cwd: root });
}
