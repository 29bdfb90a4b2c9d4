// Packs the extension into a VSIX and checks what was packed: unpacked elsewhere, away from the source tree and from
// node_modules, its server and its terminal program start and find their WebAssembly files.
// Flags: --out=FILE (switchback.vsix); --unpack=FOLDER keeps the unpacked extension there.
import { cpSync, existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join, relative, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import vsce from '@vscode/vsce';
import { checkPackage } from './check-package.mjs';
import { run } from './process.mjs';
import { unzip } from './unzip.mjs';

const root = join(dirname(fileURLToPath(import.meta.url)), '..');
/** Bytes. */
const limit = 12 * 1024 * 1024;

const { values: flags } = parseArgs({
  options: { out: { type: 'string', default: 'switchback.vsix' }, unpack: { type: 'string' } },
});
const vsix = resolve(flags.out);
const temporary = mkdtempSync(join(tmpdir(), 'switchback-package-'));
try {
  await pack(join(temporary, 'source'));
  const unpacked = flags.unpack === undefined ? join(temporary, 'unpacked') : resolve(flags.unpack);
  rmSync(unpacked, { recursive: true, force: true });
  await unzip(vsix, unpacked);
  checkSize();
  checkContents(join(unpacked, 'extension'));
  await checkPackage(join(unpacked, 'extension'), join(root, 'examples'));
} catch (error) {
  console.error(error instanceof Error ? error.message : error);
  process.exitCode = 1;
} finally {
  rmSync(temporary, { recursive: true, force: true });
}

/** A copy of the checkout is packed, so that the checkout's own dist/, a developer's build, stays as it is. */
async function pack(source) {
  const outside = new Set(['.git', 'node_modules', 'dist', 'test']);
  cpSync(root, source, {
    recursive: true,
    filter: (path) => !outside.has(relative(root, path)) && !path.endsWith('.vsix'),
  });
  // Made once a machine: initdb takes seconds.
  const embedded = join(root, 'dist/embedded');
  if (existsSync(embedded)) cpSync(embedded, join(source, 'dist/embedded'), { recursive: true });
  const build = join(root, '.scripts/build.mjs');
  await run(process.execPath, [build, '--quiet', `--out=${join(source, 'dist')}`], { cwd: root });
  await vsce.createVSIX({
    cwd: source,
    packagePath: vsix,
    dependencies: false,
    allowMissingRepository: true,
    rewriteRelativeLinks: false,
  });
}

function checkSize() {
  const { size } = statSync(vsix);
  const shown = `${(size / 1024 / 1024).toFixed(1)} MB`;
  if (size > limit) throw new Error(`${relative('', vsix)} is ${shown}; at most ${limit / 1024 / 1024} MB`);
  console.log(`${relative('', vsix)}: ${shown}`);
}

/** Nothing of the sources or the tests, and everything that the manifest names. */
function checkContents(extension) {
  const files = readdirSync(extension, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map((entry) => relative(extension, join(entry.parentPath, entry.name)).replaceAll('\\', '/'));
  const allowed =
    /^(dist\/(?!test\/)|schemas\/|syntaxes\/|server\/docs\/|client\/media\/|examples\/[\w-]+\/(?:[\w-]+\.migration\.yaml|schema\.sql)$|package\.json$|(readme|changelog)\.md$|license(\.txt)?$)/i;
  const stray = files.filter((file) => !allowed.test(file) || /\.(ts|map)$/.test(file));
  if (stray.length > 0) throw new Error(`the package holds what it should not:\n  ${stray.join('\n  ')}`);
  const manifest = JSON.parse(readFileSync(join(extension, 'package.json'), 'utf8'));
  const missing = namedFiles(manifest).filter((file) => !existsSync(join(extension, file)));
  if (missing.length > 0) throw new Error(`package.json names what is not packed: ${missing.join(', ')}`);
  console.log(`${files.length} files`);
}

/** Every value of the manifest that is a path of its own: `./…`. */
function namedFiles(value) {
  if (typeof value === 'string') return value.startsWith('./') ? [value] : [];
  if (typeof value !== 'object' || value === null) return [];
  return Object.entries(value)
    .filter(([key]) => key !== 'scripts')
    .flatMap(([, each]) => namedFiles(each));
}
