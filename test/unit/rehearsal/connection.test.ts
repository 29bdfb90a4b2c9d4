import assert from 'node:assert/strict';
import { libpqEnvironment } from '../../../server/src/rehearsal/connect/environment.ts';
import type { Surroundings } from '../../../server/src/rehearsal/connect/keywords.ts';
import { resolveTarget } from '../../../server/src/rehearsal/connect/target.ts';

const pem = '-----BEGIN CERTIFICATE-----';

interface Options {
  readonly env?: Record<string, string>;
  readonly files?: Record<string, string>;
  readonly modes?: Record<string, number>;
  readonly sockets?: readonly string[];
}

function surroundings({ env = {}, files = {}, modes = {}, sockets = [] }: Options = {}): Surroundings {
  return {
    env,
    home: '/home/ada',
    osUser: 'ada',
    platform: 'linux',
    readFile(path) {
      const text = files[path];
      return text === undefined ? undefined : { text, mode: modes[path] ?? 0o600 };
    },
    exists: (path) => sockets.includes(path),
  };
}

function resolve(given: string | undefined, options?: Options) {
  const { keywords: _, tls, ...target } = resolveTarget(given, surroundings(options));
  return { ...target, mode: tls?.mode };
}

describe('where a server is', () => {
  it('is read from a URL, from pairs, and from nothing', () => {
    const local = { host: 'localhost', port: 5432, user: 'ada', database: 'ada', mode: 'prefer' };
    assert.deepEqual(resolve(undefined), local);
    assert.deepEqual(resolve('postgres://'), local);
    assert.deepEqual(resolve('postgresql:///app'), { ...local, database: 'app' });
    assert.deepEqual(
      resolve('postgres://eve:p%40%3Ass@db.example.org:6543/my%20app?sslmode=require&connect_timeout=10'),
      {
        host: 'db.example.org',
        port: 6543,
        user: 'eve',
        password: 'p@:ss',
        database: 'my app',
        connectTimeout: 10_000,
        mode: 'require',
      },
    );
    assert.deepEqual(resolve('postgres://eve@[::1]/app').host, '::1');
    assert.deepEqual(resolve('postgres://%2Fvar%2Frun/app'), {
      ...local,
      host: '/var/run',
      database: 'app',
      mode: 'disable',
    });
    assert.deepEqual(resolve('postgres:///app?host=/tmp&port=5433').port, 5433);
    assert.deepEqual(resolve(`host=db dbname='my app' password='it\\'s' user = eve`), {
      ...local,
      host: 'db',
      database: 'my app',
      password: "it's",
      user: 'eve',
    });
    assert.deepEqual(resolve('host=db hostaddr=10.0.0.1').address, '10.0.0.1');
  });

  it('defaults to the socket that is there', () => {
    assert.equal(resolve('dbname=app port=5433', { sockets: ['/tmp/.s.PGSQL.5433'] }).host, '/tmp');
    assert.equal(resolve('dbname=app', { sockets: ['/tmp/.s.PGSQL.5433'] }).host, 'localhost');
  });

  it('takes what is given before the service, and that before the environment', () => {
    const files = {
      '/home/ada/.pg_service.conf':
        '# mine\n[other]\nhost=wrong\n[dev]\nhost=from-service\nport = 6000\nuser=sam\n\n[last]\nhost=x\n',
    };
    const env = {
      PGSERVICE: 'dev',
      PGHOST: 'from-env',
      PGUSER: 'env',
      PGDATABASE: 'envdb',
      PGSSLMODE: 'disable',
    };
    const target = resolve('postgres://eve@/', { files, env });
    assert.deepEqual(target, {
      host: 'from-service',
      port: 6000,
      user: 'eve',
      database: 'envdb',
      mode: 'disable',
    });
    const elsewhere = { '/etc/services': '[dev]\nhost=there' };
    assert.equal(
      resolve(undefined, { env: { PGSERVICE: 'dev', PGSERVICEFILE: '/etc/services' }, files: elsewhere })
        .host,
      'there',
    );
    const system = { '/etc/pg/pg_service.conf': '[dev]\nhost=system' };
    assert.equal(resolve('service=dev', { env: { PGSYSCONFDIR: '/etc/pg' }, files: system }).host, 'system');
  });

  it('finds the password on the first line of the password file that fits', () => {
    const files = {
      '/home/ada/.pgpass':
        '# comment\ndb:5432:app:eve:no\ndb:5432:app:ada:a\\:b\\\\c\n*:*:*:ada:any\nlocalhost:*:app:*:socket\n',
    };
    assert.equal(resolve('host=db dbname=app', { files }).password, 'a:b\\c');
    assert.equal(resolve('host=db dbname=other', { files }).password, 'any');
    assert.equal(resolve('host=/tmp user=eve dbname=app', { files }).password, 'socket');
    assert.equal(resolve('host=db user=eve dbname=other', { files }).password, undefined);
    assert.equal(resolve('host=db password=mine', { files }).password, 'mine');
    assert.equal(resolve('host=db', { files, env: { PGPASSWORD: 'env' } }).password, 'env');
    assert.equal(resolve('host=db', { files, modes: { '/home/ada/.pgpass': 0o644 } }).password, undefined);
    const other = { '/secret': '*:*:*:*:other' };
    assert.equal(resolve('host=db', { files: other, env: { PGPASSFILE: '/secret' } }).password, 'other');
  });

  it('has libpq’s rules for TLS', () => {
    const root = { '/home/ada/.postgresql/root.crt': pem };
    assert.equal(resolve('host=db sslmode=require', { files: root }).mode, 'verify-ca');
    assert.equal(resolve('host=db sslmode=require').mode, 'require');
    assert.equal(resolve('host=db sslrootcert=system').mode, 'verify-full');
    assert.equal(resolve('host=db sslmode=verify-full', { files: root }).mode, 'verify-full');
    assert.equal(resolve('host=/tmp sslmode=verify-full').mode, 'disable');
    const { tls } = resolveTarget(
      'host=db sslmode=verify-ca sslrootcert=/ca sslcert=/crt sslkey=/key',
      surroundings({ files: { '/ca': 'CA', '/crt': 'CRT', '/key': 'KEY' } }),
    );
    assert.deepEqual([tls?.root, tls?.certificate, tls?.key], ['CA', 'CRT', 'KEY']);
  });

  it('says what is wrong with the settings, and no secret', () => {
    const wrong: readonly (readonly [string, RegExp, Options?])[] = [
      ['mysql://db/app', /begins with postgres:\/\//],
      ['app', /no connection: give a URL/],
      ['postgres://eve:sec#ret@db/app', /write # and \? in a name or password as %23 and %3F/],
      ['postgres://eve:100%ret@db/app', /write % in a name or password as %25/],
      ['postgres://a,b/app', /several hosts/],
      ['host=a,b', /several hosts/],
      ['postgres://db/app?sslmod=require', /"sslmod" is no setting/],
      ['host=db port=80000', /no port/],
      ['host=db sslmode=always', /sslmode=always is unknown: it is one of disable, allow/],
      ['host=db sslmode=verify-full', /needs the certificate of the server's authority/],
      ['host=db sslmode=require sslrootcert=system', /needs sslmode=verify-full/],
      ['host=db sslmode=require sslrootcert=/none', /cannot be read: \/none/],
      ['host=db sslcert=/crt', /without its key/, { files: { '/crt': 'x' } }],
      [
        'host=db sslcert=/crt sslkey=/key',
        /Others may read the key/,
        { files: { '/crt': 'x', '/key': 'x' }, modes: { '/key': 0o644 } },
      ],
      ['host=db sslcrl=/x', /sslcrl, which Switchback does not support/],
      ['host=db gssencmode=require', /gssencmode, which/],
      ['service=none', /There is no service "none"/],
      ['host=db sslnegotiation=direct', /needs sslmode=require/],
      [`host=db password='sec`, /list of keyword=value/],
    ];
    for (const [given, message, options] of wrong)
      assert.throws(
        () => resolveTarget(given, surroundings(options)),
        (error: Error) => {
          assert.equal(error.name, 'SettingsError', given);
          assert.match(error.message, message);
          assert.doesNotMatch(error.message, /sec|ret@/);
          return true;
        },
      );
  });

  it('is told to libpq’s programs by the environment', () => {
    const target = resolveTarget(
      'postgres://eve:pw@db:1/app?sslmode=require',
      surroundings({ env: { PGHOST: 'other', PGSERVICE: '' } }),
    );
    const env = libpqEnvironment(target);
    assert.deepEqual(
      [env.PGHOST, env.PGPORT, env.PGUSER, env.PGDATABASE, env.PGPASSWORD, env.PGSSLMODE, env.PGSERVICE],
      ['db', '1', 'eve', 'app', 'pw', 'require', undefined],
    );
  });
});
