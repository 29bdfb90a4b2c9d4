// Builds dist/embedded/: the embedded Postgres, its worker and the data directory it starts from.
import { createHash } from 'node:crypto';
import {
  copyFileSync,
  existsSync,
  mkdirSync,
  readFileSync,
  renameSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import zlib from 'node:zlib';
import { build } from 'esbuild';

/** Extensions that a baseline may create, each with its bundle's name. */
const extensions = {
  bloom: 'bloom',
  btree_gin: 'btree_gin',
  btree_gist: 'btree_gist',
  citext: 'citext',
  cube: 'cube',
  earthdistance: 'earthdistance',
  fuzzystrmatch: 'fuzzystrmatch',
  hstore: 'hstore',
  intarray: 'intarray',
  isn: 'isn',
  lo: 'lo',
  ltree: 'ltree',
  moddatetime: 'spi',
  pg_buffercache: 'pg_buffercache',
  pg_stat_statements: 'pg_stat_statements',
  pg_trgm: 'pg_trgm',
  pgcrypto: 'pgcrypto',
  seg: 'seg',
  tablefunc: 'tablefunc',
  unaccent: 'unaccent',
  'uuid-ossp': 'uuid-ossp',
};

/** What initdb is told. Small WAL segments keep the snapshot small; nothing else follows from them. */
const initdb = ['--wal-segsize=1', '--no-sync'];

/**
 * Run once in the new cluster. initdb finds few ICU locales here, so the usual ones are named. No session ever
 * connects to the templates, so they need not be shipped; the freeze and the checkpoint leave a snapshot that
 * starts without recovery.
 */
const prepare = `
  ${['und', 'en', 'en-US', 'en-GB', 'de', 'es', 'fr', 'it', 'ja', 'nl', 'pl', 'pt', 'pt-BR', 'sv', 'tr', 'zh']
    .map(
      (locale) =>
        `CREATE COLLATION IF NOT EXISTS pg_catalog."${locale}-x-icu" (provider = icu, locale = '${locale}');`,
    )
    .join('\n')}
	UPDATE pg_database SET datistemplate = false;
	DROP DATABASE template0;
	DROP DATABASE template1;
	VACUUM (FREEZE, ANALYZE);
	SELECT pg_switch_wal();
	CHECKPOINT;
`;

/**
 * Builds `dist/embedded`. Quick when the snapshot there was made by the same Postgres in the same way; else it
 * runs initdb, which takes some seconds. Several builds at once do not disturb each other: every file appears
 * whole, by a rename.
 */
export async function buildEmbedded({ root, dist }) {
  const pglite = join(root, 'node_modules/@electric-sql/pglite/dist');
  const out = join(dist, 'embedded');
  mkdirSync(join(out, 'extensions'), { recursive: true });
  for (const name of ['pglite.wasm', 'pglite.data']) place(join(pglite, name), join(out, name));
  for (const [name, bundle] of Object.entries(extensions))
    place(join(pglite, `${bundle}.tar.gz`), join(out, 'extensions', `${name}.tar.gz`));
  await Promise.all([bundleWorker(root, out), snapshot(root, out)]);
}

/** Copies unless the same bytes are there. */
function place(from, to) {
  const bytes = readFileSync(from);
  if (!existsSync(to) || !bytes.equals(readFileSync(to))) writeWhole(to, bytes, from);
}

function writeWhole(to, bytes, copyOf) {
  const half = `${to}.${process.pid}.part`;
  try {
    if (copyOf) copyFileSync(copyOf, half);
    else writeFileSync(half, bytes);
    renameSync(half, to);
  } finally {
    rmSync(half, { force: true });
  }
}

async function bundleWorker(root, out) {
  const { outputFiles } = await build({
    absWorkingDir: root,
    entryPoints: ['server/src/rehearsal/embedded-worker.ts'],
    outfile: join(out, 'worker.mjs'),
    write: false,
    bundle: true,
    minify: true,
    platform: 'node',
    target: 'node20',
    // An ES module, since Postgres's loader asks import.meta where it stands.
    format: 'esm',
    legalComments: 'none',
    logLevel: 'warning',
  });
  const to = join(out, 'worker.mjs');
  const bytes = Buffer.from(outputFiles[0].contents);
  if (!existsSync(to) || !bytes.equals(readFileSync(to))) writeWhole(to, bytes);
}

async function snapshot(root, out) {
  const to = join(out, 'pgdata.tar.br');
  const stampFile = join(out, 'pgdata.stamp');
  const { version } = JSON.parse(
    readFileSync(join(root, 'node_modules/@electric-sql/pglite/package.json'), 'utf8'),
  );
  const recipe = createHash('sha256')
    .update(readFileSync(fileURLToPath(import.meta.url)))
    .digest('hex');
  const isCurrent = () =>
    existsSync(to) && existsSync(stampFile) && readFileSync(stampFile, 'utf8') === stampOf(readFileSync(to));
  // The stamp holds the snapshot's own digest too, so that a damaged one is made again.
  const stampOf = (bytes) =>
    `pglite ${version}\nrecipe ${recipe}\nsnapshot ${createHash('sha256').update(bytes).digest('hex')}\n`;
  if (isCurrent()) return;
  const bytes = await makeSnapshot();
  writeWhole(to, bytes);
  writeWhole(stampFile, stampOf(bytes));
}

async function makeSnapshot() {
  const { PGlite } = await import('@electric-sql/pglite');
  const db = await PGlite.create({ initDbStartParams: initdb });
  try {
    for (const statement of prepare.split(';').map((part) => part.trim()))
      if (statement) await db.exec(statement);
    // Segments before and after the current one hold nothing that a start needs.
    const { rows } = await db.query('SELECT pg_walfile_name(pg_current_wal_lsn()) AS segment');
    const directory = '/pglite/data/pg_wal';
    for (const name of db.Module.FS.readdir(directory))
      if (/^[0-9A-F]{24}$/.test(name) && name !== rows[0].segment)
        db.Module.FS.unlink(`${directory}/${name}`);
    const tar = Buffer.from(await (await db.dumpDataDir('none')).arrayBuffer());
    return zlib.brotliCompressSync(tar, {
      params: {
        [zlib.constants.BROTLI_PARAM_QUALITY]: 9,
        [zlib.constants.BROTLI_PARAM_LGWIN]: 24,
        [zlib.constants.BROTLI_PARAM_SIZE_HINT]: tar.length,
      },
    });
  } finally {
    await db.close();
  }
}
