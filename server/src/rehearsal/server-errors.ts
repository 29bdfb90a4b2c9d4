import { SettingsError } from './connect/keywords.ts';
import type { DatabaseError } from './model.ts';
import type { ServerTarget } from './server-connection.ts';

/** Where a server is, for a message: never with a secret. */
export function placeOf({ host, port }: Pick<ServerTarget, 'host' | 'port'>): string {
  if (host.startsWith('/')) return `${host} (port ${port})`;
  return host.includes(':') ? `[${host}]:${port}` : `${host}:${port}`;
}

/** How a user names a server's database: `host/database`, with the port where it is not the usual one. */
export function serverName({
  host,
  port,
  database,
}: Pick<ServerTarget, 'host' | 'port' | 'database'>): string {
  const place = host.startsWith('/') ? 'local' : host.includes(':') ? `[${host}]` : host;
  return `${place}${port === 5432 ? '' : `:${port}`}/${database}`;
}

/** The server asks for a password and there is none: whoever can ask the user may try again. */
export class PasswordNeeded extends Error {
  override readonly name = 'PasswordNeeded';
}

/** Why a connection did not come about, and what to do. Errors that are explained already stay. */
export function explainConnectError(cause: unknown, target: ServerTarget): Error {
  if (cause instanceof PasswordNeeded || cause instanceof SettingsError) return cause;
  const { code, message } = fieldsOf(cause);
  const told = explanation(code, message, target);
  return told === undefined
    ? new Error(`The server at ${placeOf(target)} could not be reached: ${message}`, { cause })
    : new Error(told, { cause });
}

function fieldsOf(cause: unknown): { readonly code: string; readonly message: string } {
  // Node tries every address of a name, and gathers what came of each.
  const error = cause instanceof AggregateError ? (cause.errors[0] as unknown) : cause;
  const code = error instanceof Error && 'code' in error ? String(error.code) : '';
  return { code, message: error instanceof Error ? error.message : String(error) };
}

function explanation(code: string, message: string, target: ServerTarget): string | undefined {
  const place = placeOf(target);
  const { user, database, host } = target;
  switch (code) {
    case 'ECONNREFUSED':
    case 'ENOENT':
      return `No Postgres answers at ${place}. Start the server, or give another address: --database URL, or PGHOST and PGPORT.`;
    case 'ENOTFOUND':
    case 'EAI_AGAIN':
      return `The host name ${host} is not known. Check its spelling, or the network.`;
    case 'ETIMEDOUT':
    case 'EHOSTUNREACH':
    case 'ENETUNREACH':
      return `${place} does not answer. Check the address, the network and the firewall.`;
    case '28P01':
      return `The password for user ${user} at ${place} is wrong. Give the right one in a password file (~/.pgpass) or in PGPASSWORD.`;
    case '28000':
      if (target.tls?.mode === 'disable' && message.includes('no encryption') && !host.startsWith('/'))
        return `The server at ${place} lets user ${user} in over TLS alone: use sslmode=prefer or a stricter one.`;
      return `The server at ${place} does not let user ${user} in: ${message}. Use another user, or have pg_hba.conf changed.`;
    case '3D000':
      return `There is no database ${database} at ${place}. Give the name of one: --database URL, or PGDATABASE.`;
    case '42501':
      return `User ${user} may not connect to the database ${database} at ${place}: GRANT CONNECT ON DATABASE gives that right.`;
    case '53300':
      return `The server at ${place} has no connection left (a dry run needs up to four): try again once others have ended.`;
    case '57P03':
      return `The server at ${place} is starting or stopping (${message}): try again in a moment.`;
    case 'ERR_TLS_CERT_ALTNAME_INVALID':
      return `The server's certificate is not for ${host} (${message}). Use the host name that it is for, or sslmode=verify-ca.`;
    case 'CERT_HAS_EXPIRED':
      return `The certificate of ${place} has expired.`;
    case 'DEPTH_ZERO_SELF_SIGNED_CERT':
    case 'SELF_SIGNED_CERT_IN_CHAIN':
    case 'UNABLE_TO_GET_ISSUER_CERT_LOCALLY':
    case 'UNABLE_TO_VERIFY_LEAF_SIGNATURE':
      return `No authority that is trusted here vouches for the certificate of ${place} (${message}). Name the authority's certificate with sslrootcert=FILE.`;
    default:
      break;
  }
  if (message === 'timeout expired' || message === 'Connection terminated due to connection timeout')
    return `${place} does not answer. Check the address, the network and the firewall.`;
  if (message === noTls)
    return `The server at ${place} does not offer TLS, which sslmode asks for. Have it set up there, or use sslmode=prefer.`;
  if (message.startsWith('Connection terminated'))
    return `The server at ${place} hung up while the connection was made. Its log says why.`;
  return undefined;
}

/** The driver's words for a server that answers "N". */
export const noTls = 'The server does not support SSL connections';

/** Why a scratch database could not be made, and what to do; undefined where it says nothing to that. */
export function explainCreateError(
  { code, message }: { readonly code: string | undefined; readonly message: string },
  { user, database, ...place }: ServerTarget,
): string | undefined {
  switch (code) {
    case '42501':
      return `User ${user} may not make a database at ${placeOf(place)}, and a dry run needs one of its own. ALTER ROLE ${user} CREATEDB gives that right; or use another user.`;
    case '53100':
      return `The server's disk is full (${message}): the scratch database could not be made, and nothing of it is left. Free some space, or rehearse on another server.`;
    case '55006':
      return `The database ${database} is in use, so it cannot be copied.`;
    default:
      return undefined;
  }
}

/** An error that tells of the server and not of the plan, said so; others as they are. */
export function explainRunError(error: DatabaseError): DatabaseError {
  switch (error.code) {
    case '53100':
      return {
        ...error,
        message: `The server's disk is full: that is no fault of the plan. (${error.message})`,
        hint: 'The scratch database goes, and its space with it. Free some more, rehearse with fewer rows, or on another server.',
      };
    case '53200':
      return {
        ...error,
        message: `The server has no memory left: that is no fault of the plan. (${error.message})`,
      };
    default:
      return error;
  }
}
