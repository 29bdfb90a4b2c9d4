// Bundles the extension into dist/. Flags: --tests also bundles the editor suite, and leaves names and source maps
// in; --out=FOLDER instead of dist/; --quiet prints errors alone.
import { copyFileSync, existsSync, mkdirSync } from 'node:fs';
import { dirname, join, relative, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { build } from 'esbuild';
import { buildEmbedded } from './embedded.mjs';

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

await Promise.all([
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
  }),
  build({
    ...node,
    entryPoints: ['server/src/cli/main.ts'],
    outfile: join(dist, 'cli.js'),
    banner: { js: '#!/usr/bin/env node' },
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
if (!existsSync(join(dist, 'cli.js'))) throw new Error('cli.js is missing');
if (!flags.quiet)
  console.log(`built ${relative('', dist)}/ in ${((performance.now() - started) / 1000).toFixed(1)} s`);
