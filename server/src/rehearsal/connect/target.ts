import { join } from 'node:path';
import type { ServerTarget } from '../server-connection.ts';
import { parseConnectionText } from './connection-text.ts';
import { environmentSettings, variables } from './environment.ts';
import { type Keywords, SettingsError, type Surroundings, severalHosts } from './keywords.ts';
import { passwordFrom, readPassFile } from './pass-file.ts';
import { serviceSettings } from './service-file.ts';
import { tlsFrom } from './tls.ts';

/** Keywords that have no bearing on what a dry run sees. */
const ignored: ReadonlySet<string> = new Set([
  'application_name',
  'client_encoding',
  'fallback_application_name',
  'gssdelegation',
  'gsslib',
  'keepalives',
  'keepalives_count',
  'keepalives_idle',
  'keepalives_interval',
  'krbsrvname',
  'load_balance_hosts',
  'max_protocol_version',
  'min_protocol_version',
  'sslcertmode',
  'sslcompression',
  'sslsni',
  'target_session_attrs',
  'tcp_user_timeout',
]);

/** Keywords whose absence would make a connection less safe than was asked for. */
const unsupported: ReadonlySet<string> = new Set([
  'require_auth',
  'requirepeer',
  'ssl_max_protocol_version',
  'sslcrl',
  'sslcrldir',
  'replication',
]);

const known: ReadonlySet<string> = new Set([
  ...Object.values(variables),
  ...ignored,
  ...unsupported,
  'sslpassword',
]);

/**
 * Completes what the user gave (a URL, or `keyword=value` pairs; nothing at all) as libpq does: a service file
 * fills what is not given, then the environment, then defaults; the password comes from a password file at last.
 *
 * @throws {SettingsError}
 */
export function resolveTarget(given: string | undefined, surroundings: Surroundings): ServerTarget {
  const fromText = given === undefined ? {} : parseConnectionText(given);
  const fromEnvironment = environmentSettings(surroundings.env);
  const service = fromText.service ?? fromEnvironment.service;
  const file = fromText.servicefile ?? fromEnvironment.servicefile;
  const fromService = service === undefined ? {} : serviceSettings(service, file, surroundings);
  const settings: Keywords = { ...fromEnvironment, ...fromService, ...fromText };
  refuseUnknown(settings);
  const user = settings.user ?? surroundings.osUser;
  const database = settings.dbname ?? user;
  const port = portOf(settings.port);
  const host = settings.host ?? settings.hostaddr ?? defaultHost(port, surroundings);
  const tls = tlsFrom(settings, host, surroundings);
  // An empty one counts as none.
  const password =
    settings.password ||
    passwordFrom(readPassFile(settings.passfile, surroundings), { host, port, database, user });
  return {
    host,
    ...(settings.hostaddr === undefined ? {} : { address: settings.hostaddr }),
    port,
    user,
    database,
    ...(password === undefined ? {} : { password }),
    ...(settings.options === undefined ? {} : { options: settings.options }),
    ...timeout(settings.connect_timeout),
    tls,
    keywords: settings,
  };
}

/** Whether the environment names a server: without that, a default would be somebody's guess. */
export function namesServer(env: Surroundings['env']): boolean {
  return ['PGHOST', 'PGHOSTADDR', 'PGPORT', 'PGDATABASE', 'PGSERVICE'].some((name) => env[name]);
}

function refuseUnknown(settings: Keywords): void {
  for (const [keyword, value] of Object.entries(settings)) {
    if (!known.has(keyword)) throw new SettingsError(`"${keyword}" is no setting of a Postgres connection.`);
    const kerberos = keyword === 'gssencmode' && value === 'require';
    if (unsupported.has(keyword) || kerberos)
      throw new SettingsError(
        `The connection asks for ${keyword}, which Switchback does not support: without it the connection would be less safe than was asked for. Use a connection without it.`,
      );
  }
}

function portOf(text: string | undefined): number {
  if (text === undefined) return 5432;
  const port = Number(text);
  if (Number.isInteger(port) && port > 0 && port < 65_536) return port;
  throw new SettingsError(
    text.includes(',') ? severalHosts : `"${text}" is no port: give a number from 1 to 65535.`,
  );
}

/** libpq's default is a socket, in a folder that is compiled into it: the usual ones are looked at. */
function defaultHost(port: number, { platform, exists }: Surroundings): string {
  const folders = platform === 'win32' ? [] : ['/var/run/postgresql', '/run/postgresql', '/tmp'];
  return folders.find((folder) => exists(join(folder, `.s.PGSQL.${port}`))) ?? 'localhost';
}

/** Seconds; zero, a negative number and nothing at all mean libpq's "for ever", which nobody wants here. */
function timeout(text: string | undefined): { readonly connectTimeout?: number } {
  const seconds = Number(text ?? 0);
  if (!Number.isFinite(seconds))
    throw new SettingsError(`connect_timeout is a number of seconds, and "${text}" is none.`);
  return seconds > 0 ? { connectTimeout: Math.max(seconds, 2) * 1000 } : {};
}
