import { join } from 'node:path';
import type { Surroundings } from './keywords.ts';

interface Asked {
  readonly host: string;
  readonly port: number;
  readonly database: string;
  readonly user: string;
}

/**
 * The text of libpq's password file; empty where there is none. One that others may read is passed over, as libpq
 * does. https://www.postgresql.org/docs/18/libpq-pgpass.html
 */
export function readPassFile(
  given: string | undefined,
  { env, home, platform, readFile }: Surroundings,
): string {
  const usual =
    platform === 'win32' ? join(env.APPDATA ?? home, 'postgresql', 'pgpass.conf') : join(home, '.pgpass');
  const file = readFile(given ?? usual);
  const isPrivate = platform === 'win32' || ((file?.mode ?? 0) & 0o077) === 0;
  return file && isPrivate ? file.text : '';
}

/** The password on the first line that fits: `host:port:database:user:password`. */
export function passwordFrom(text: string, { host, port, database, user }: Asked): string | undefined {
  // A socket's folder is asked for as localhost.
  const asked = [host.startsWith('/') ? 'localhost' : host, String(port), database, user];
  for (const line of text.split(/\r?\n/)) {
    if (line.startsWith('#')) continue;
    const fields = fieldsOf(line);
    if (fields.length < 5) continue;
    const fits = asked.every((value, at) => fields[at] === '*' || plain(fields[at]) === value);
    if (fits) return plain(fields[4]);
  }
  return undefined;
}

/** Parts between colons; a backslash takes a colon's meaning. */
function fieldsOf(line: string): string[] {
  return [...line.matchAll(/((?:\\.|[^:\\])*)(:|$)/g)].map(([, field = '']) => field);
}

function plain(field = ''): string {
  return field.replaceAll(/\\(.)/g, '$1');
}
