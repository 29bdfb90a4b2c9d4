import type { ServerTarget } from '../server-connection.ts';
import type { Keywords } from './keywords.ts';

/**
 * libpq's environment variables, https://www.postgresql.org/docs/18/libpq-envars.html. Those that change nothing
 * of who is reached, and how safely, are left out; so is PGTZ: a dry run's sessions have the server's time zone.
 */
export const variables: Readonly<Record<string, string>> = {
  PGHOST: 'host',
  PGHOSTADDR: 'hostaddr',
  PGPORT: 'port',
  PGDATABASE: 'dbname',
  PGUSER: 'user',
  PGPASSWORD: 'password',
  PGPASSFILE: 'passfile',
  PGSERVICE: 'service',
  PGSERVICEFILE: 'servicefile',
  PGOPTIONS: 'options',
  PGCONNECT_TIMEOUT: 'connect_timeout',
  PGSSLMODE: 'sslmode',
  PGSSLNEGOTIATION: 'sslnegotiation',
  PGSSLCERT: 'sslcert',
  PGSSLKEY: 'sslkey',
  PGSSLROOTCERT: 'sslrootcert',
  PGSSLCRL: 'sslcrl',
  PGSSLCRLDIR: 'sslcrldir',
  PGSSLMINPROTOCOLVERSION: 'ssl_min_protocol_version',
  PGSSLMAXPROTOCOLVERSION: 'ssl_max_protocol_version',
  PGCHANNELBINDING: 'channel_binding',
  PGREQUIREAUTH: 'require_auth',
  PGGSSENCMODE: 'gssencmode',
};

export function environmentSettings(env: Readonly<Record<string, string | undefined>>): Keywords {
  return Object.fromEntries(
    Object.entries(variables).flatMap(([name, keyword]) => (env[name] ? [[keyword, env[name]]] : [])),
  );
}

/**
 * The environment in which libpq's programs reach the same server, the same way. Passwords go here and never into
 * a command line, which everybody on a machine can read.
 */
export function libpqEnvironment(target: ServerTarget): Readonly<Record<string, string | undefined>> {
  const { host, address, port, user, database, password } = target;
  const resolved: Keywords = {
    ...target.keywords,
    host,
    ...(address === undefined ? {} : { hostaddr: address }),
    port: String(port),
    user,
    dbname: database,
    ...(password === undefined ? {} : { password }),
  };
  // A variable of the surroundings that does not hold here is taken away; the service has said its part.
  return Object.fromEntries(
    Object.entries(variables).map(([name, keyword]) => [
      name,
      keyword.startsWith('service') ? undefined : resolved[keyword],
    ]),
  );
}
