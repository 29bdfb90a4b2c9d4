import { join } from 'node:path';
import type { Io } from './io.ts';

/** The version in the installed package's manifest. */
export function packageVersion(io: Io): string {
  const read = io.files.read(join(io.packageRoot, 'package.json'));
  if ('error' in read) throw new Error(`The package is incomplete: package.json: ${read.error}.`);
  const { version } = JSON.parse(new TextDecoder().decode(read.bytes)) as { version: string };
  return version;
}
