import { join } from 'node:path';
import { type Keywords, SettingsError, type Surroundings } from './keywords.ts';

/**
 * The settings of a service, from the user's file, else from the system's.
 * https://www.postgresql.org/docs/18/libpq-pgservice.html
 *
 * @throws {SettingsError} where no file has it.
 */
export function serviceSettings(
  service: string,
  given: string | undefined,
  { env, home, platform, readFile }: Surroundings,
): Keywords {
  const usual =
    platform === 'win32'
      ? join(env.APPDATA ?? home, 'postgresql', '.pg_service.conf')
      : join(home, '.pg_service.conf');
  const own = given ?? usual;
  const system = env.PGSYSCONFDIR ? [join(env.PGSYSCONFDIR, 'pg_service.conf')] : [];
  for (const path of [own, ...system]) {
    const settings = sectionOf(readFile(path)?.text ?? '', service, path);
    if (settings) return settings;
  }
  throw new SettingsError(
    `There is no service "${service}": it was looked for in ${[own, ...system].join(' and ')}.`,
  );
}

function sectionOf(text: string, service: string, path: string): Keywords | undefined {
  let settings: Record<string, string> | undefined;
  for (const [at, raw] of text.split('\n').entries()) {
    const line = raw.trim();
    if (line === '' || line.startsWith('#')) continue;
    if (line.startsWith('[')) {
      if (settings) return settings;
      if (line === `[${service}]`) settings = {};
      continue;
    }
    if (!settings) continue;
    const equals = line.indexOf('=');
    if (equals < 0 || line.startsWith('ldap'))
      throw new SettingsError(`${path}, line ${at + 1}: keyword=value is expected here.`);
    const keyword = line.slice(0, equals).trim();
    settings[keyword] ??= line.slice(equals + 1).trim();
  }
  return settings;
}
