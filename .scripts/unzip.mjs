import { createWriteStream } from 'node:fs';
import { mkdir } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { dirname, join, resolve, sep } from 'node:path';
import { pipeline } from 'node:stream/promises';
import { promisify } from 'node:util';

// The packing tool's own unzipper.
const yauzl = createRequire(createRequire(import.meta.url).resolve('@vscode/vsce'))('yauzl');

/** Unpacks a zip archive into a folder. Rejects where an entry would lie outside of it. */
export async function unzip(archive, folder) {
  const zip = await promisify(yauzl.open)(archive, { lazyEntries: true });
  const openEntry = promisify(zip.openReadStream.bind(zip));
  await new Promise((done, fail) => {
    zip.on('error', fail).on('end', done);
    zip.on('entry', (entry) => {
      extract(entry, openEntry, folder).then(() => zip.readEntry(), fail);
    });
    zip.readEntry();
  });
}

async function extract(entry, openEntry, folder) {
  const path = resolve(join(folder, entry.fileName));
  if (!path.startsWith(resolve(folder) + sep))
    throw new Error(`${entry.fileName} lies outside of the archive`);
  if (entry.fileName.endsWith('/')) return;
  await mkdir(dirname(path), { recursive: true });
  await pipeline(await openEntry(entry), createWriteStream(path));
}
