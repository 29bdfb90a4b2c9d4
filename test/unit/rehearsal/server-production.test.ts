import assert from 'node:assert/strict';
import type { ServerFacts } from '../../../server/src/rehearsal/server-facts.ts';
import { diskSign, refusalFor, signsOf } from '../../../server/src/rehearsal/server-production.ts';

const facts: ServerFacts = {
  version: '16.1',
  major: 16,
  superuser: true,
  isPrivileged: true,
  mayCreate: true,
  inRecovery: false,
  replicas: 0,
  sessions: 3,
  sessionsOnDatabase: 0,
  exists: true,
  size: 1024 ** 3,
  mayCopy: true,
  free: undefined,
};

describe('a server that looks like production', () => {
  const signs = (host: string, database: string, more: Partial<ServerFacts> = {}, listed: string[] = []) =>
    signsOf({ host, port: 5432, user: 'ada', database }, { ...facts, ...more }, listed).map(
      ({ sign }) => sign,
    );

  it('is known by its names', () => {
    for (const [host, database] of [
      ['prod-db-1', 'app'],
      ['db.prod.example.org', 'app'],
      ['db', 'app_production'],
      ['db', 'PROD'],
      ['live', 'app'],
    ] as const)
      assert.deepEqual(signs(host, database), ['name'], `${host}/${database}`);
    for (const [host, database] of [
      ['localhost', 'products'],
      ['db', 'reproduction'],
      ['delivery', 'olive'],
      ['/var/run/prod', 'app'],
      ['db', 'preprod2x'],
    ] as const)
      assert.deepEqual(signs(host, database), [], `${host}/${database}`);
  });

  it('is known by the list, by its replicas and by its sessions', () => {
    assert.deepEqual(signs('db1', 'app', {}, ['db1']), ['name']);
    assert.deepEqual(signs('db1.example.org', 'app', {}, ['*.example.org/a*']), ['name']);
    assert.deepEqual(signs('db1', 'app', {}, ['db', 'ap', 'db1/x']), []);
    assert.deepEqual(signs('db1', 'app', { replicas: 1, sessions: 40 }), ['replicas', 'sessions']);
    assert.equal(diskSign({ ...facts, free: 5 * 1024 ** 3 }), undefined);
    assert.equal(diskSign({ ...facts, free: 1024 ** 3 })?.sign, 'disk');
  });

  it('is refused with the reasons and the way to override them, all of them', () => {
    const found = signsOf(
      { host: 'db', port: 5432, user: 'ada', database: 'prod' },
      { ...facts, replicas: 2 },
      [],
    );
    assert.match(
      refusalFor(found),
      /^db\/prod is named like production \("prod"\)\. 2 replicas stream .*--override name,replicas\.$/,
    );
  });
});
