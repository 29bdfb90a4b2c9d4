import { join } from 'node:path';
import type { ConnectionOptions, PeerCertificate, SecureVersion } from 'node:tls';
import { type Keywords, SettingsError, type Surroundings } from './keywords.ts';

export const tlsModes = ['disable', 'allow', 'prefer', 'require', 'verify-ca', 'verify-full'] as const;
/** libpq's sslmode: https://www.postgresql.org/docs/18/libpq-ssl.html#LIBPQ-SSL-PROTECTION */
export type TlsMode = (typeof tlsModes)[number];

/** How a connection is encrypted and the server known, complete. */
export interface TlsSettings {
  readonly mode: TlsMode;
  /** The host name that a certificate must be for, with verify-full. */
  readonly host: string;
  /** Certificates of the authorities, PEM; Node's own list where absent. */
  readonly root?: string;
  /** The client's certificate and key, PEM. */
  readonly certificate?: string;
  readonly key?: string;
  readonly keyPassword?: string;
  readonly oldest?: SecureVersion;
  /** TLS begins at once, without asking in plain text first. */
  readonly direct: boolean;
  readonly channelBinding: 'disable' | 'prefer' | 'require';
}

/**
 * Reads the settings and the files that they name. As in libpq, `require` with a root certificate means
 * `verify-ca`, `sslrootcert=system` means `verify-full`, and a socket is never encrypted.
 *
 * @throws {SettingsError}
 */
export function tlsFrom(settings: Keywords, host: string, surroundings: Surroundings): TlsSettings {
  const channelBinding = oneOf(settings, 'channel_binding', ['disable', 'prefer', 'require'], 'prefer');
  const system = settings.sslrootcert === 'system';
  const asked = oneOf(settings, 'sslmode', tlsModes, system ? 'verify-full' : 'prefer');
  if (host.startsWith('/') || asked === 'disable')
    return { mode: 'disable', host, direct: false, channelBinding };
  if (system && asked !== 'verify-full')
    throw new SettingsError(`sslrootcert=system needs sslmode=verify-full, not ${asked}.`);
  const files = filesFrom(settings, system, surroundings);
  const verifies = asked.startsWith('verify');
  if (verifies && !system && files.root === undefined)
    throw new SettingsError(
      `sslmode=${asked} needs the certificate of the server's authority, and there is none in ${files.rootPath}. Name it with sslrootcert=FILE, or use sslrootcert=system.`,
    );
  const mode = asked === 'require' && files.root !== undefined ? 'verify-ca' : asked;
  const direct = oneOf(settings, 'sslnegotiation', ['postgres', 'direct'], 'postgres') === 'direct';
  if (direct && (mode === 'allow' || mode === 'prefer'))
    throw new SettingsError(`sslnegotiation=direct needs sslmode=require or a stricter one, not ${mode}.`);
  const oldest = settings.ssl_min_protocol_version ?? 'TLSv1.2';
  if (!isVersion(oldest))
    throw new SettingsError(`"${oldest}" is no version of TLS: write TLSv1.2 or TLSv1.3.`);
  const { root, certificate, key } = files;
  return {
    mode,
    host,
    ...(root === undefined ? {} : { root }),
    ...(certificate === undefined || key === undefined ? {} : { certificate, key }),
    ...(settings.sslpassword === undefined ? {} : { keyPassword: settings.sslpassword }),
    oldest,
    direct,
    channelBinding,
  };
}

function isVersion(text: string): text is SecureVersion {
  return ['TLSv1', 'TLSv1.1', 'TLSv1.2', 'TLSv1.3'].includes(text);
}

function oneOf<T extends string>(settings: Keywords, keyword: string, words: readonly T[], otherwise: T): T {
  const value = settings[keyword];
  if (value === undefined) return otherwise;
  const found = words.find((word) => word === value);
  if (found !== undefined) return found;
  throw new SettingsError(`${keyword}=${value} is unknown: it is one of ${words.join(', ')}.`);
}

interface TlsFiles {
  readonly rootPath: string;
  readonly root: string | undefined;
  readonly certificate: string | undefined;
  readonly key: string | undefined;
}

/** A file that the settings name must be there; those in libpq's usual place may be. */
function filesFrom(settings: Keywords, system: boolean, surroundings: Surroundings): TlsFiles {
  const { env, home, platform, readFile } = surroundings;
  const folder = platform === 'win32' ? join(env.APPDATA ?? home, 'postgresql') : join(home, '.postgresql');
  const read = (keyword: string, name: string) => {
    const path = settings[keyword] ?? join(folder, name);
    const file = readFile(path);
    if (!file && settings[keyword] !== undefined)
      throw new SettingsError(`The file that ${keyword} names cannot be read: ${path}.`);
    return file && { ...file, path };
  };
  const certificate = read('sslcert', 'postgresql.crt');
  const key = certificate && read('sslkey', 'postgresql.key');
  if (certificate && !key)
    throw new SettingsError(
      `There is a certificate, ${certificate.path}, without its key. Name it with sslkey=FILE.`,
    );
  // Root's may be read by its group, as libpq allows; whose it is, is not asked here.
  if (key && platform !== 'win32' && (key.mode & 0o037) !== 0)
    throw new SettingsError(`Others may read the key ${key.path}. Take that right away: chmod 600 FILE.`);
  return {
    rootPath: settings.sslrootcert ?? join(folder, 'root.crt'),
    root: system ? undefined : read('sslrootcert', 'root.crt')?.text,
    certificate: certificate?.text,
    key: key?.text,
  };
}

/** Whether one attempt to connect is encrypted: `prefer` and `allow` have a second one. */
export function attempts({ mode }: TlsSettings): readonly boolean[] {
  if (mode === 'disable') return [false];
  if (mode === 'allow') return [false, true];
  return mode === 'prefer' ? [true, false] : [true];
}

/** Options of `tls.connect` for an encrypted attempt. */
export function tlsOptions(tls: TlsSettings, checkHost: CheckHost): ConnectionOptions {
  const { mode, host, root, certificate, key, keyPassword, oldest } = tls;
  const verifies = mode === 'verify-ca' || mode === 'verify-full';
  return {
    rejectUnauthorized: verifies,
    ...(verifies && root !== undefined ? { ca: root } : {}),
    ...(certificate === undefined ? {} : { cert: certificate, key }),
    ...(keyPassword === undefined ? {} : { passphrase: keyPassword }),
    ...(oldest === undefined ? {} : { minVersion: oldest }),
    // The name that was asked for, which is not always the address that is connected to.
    checkServerIdentity: (_, certificate) =>
      mode === 'verify-full' ? checkHost(host, certificate) : undefined,
  };
}

type CheckHost = (host: string, certificate: PeerCertificate) => Error | undefined;
