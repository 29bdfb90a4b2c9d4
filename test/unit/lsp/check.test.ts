import assert from 'node:assert/strict';
import { type CheckResult, checkRequest } from '../../../server/src/lsp/protocol.ts';
import { plan, schema } from './plans.ts';
import { type ProtocolClient, startProtocolClient, until } from './protocol-client.ts';

describe('checks on command', () => {
  let client: ProtocolClient;
  beforeEach(async () => {
    client = await startProtocolClient();
    client.write('schema.sql', schema);
  });
  afterEach(() => client.stop());

  const check = (uri: string) => client.connection.sendRequest<CheckResult>(checkRequest, { uri });

  it('gives what a pull gives', async () => {
    const uri = client.uriOf('a.migration.yaml');
    client.open(uri, plan({ sql: 'SELEC 1;' }));
    assert.deepEqual(await check(uri), { diagnostics: await client.diagnostics(uri) });
  });

  it('checks a plan that no editor shows', async () => {
    const result = await check(client.write('b.migration.yaml', plan({ sql: 'SELEC 1;' })));
    assert.ok('diagnostics' in result && result.diagnostics.length > 0);
    assert.ok('diagnostics' in (await check(client.write('c.migration.yaml', plan()))));
  });

  it('says why a file cannot be checked', async () => {
    const missing = await check(client.uriOf('missing.migration.yaml'));
    assert.match('refused' in missing ? missing.refused : '', /there is no such file/);
    const remote = await check('http://example.org/a.migration.yaml');
    assert.match('refused' in remote ? remote.refused : '', /not on a local disk/);
    client.open(client.uriOf('a.txt'), 'hello', 'plaintext');
    const text = await check(client.uriOf('a.txt'));
    assert.match('refused' in text ? text.refused : '', /neither/);
  });

  it('follows an SQL file from the first check until it is closed', async () => {
    const uri = client.uriOf('migrate.sql');
    const document = client.open(uri, 'CREATE INDEX a ON users (username);', 'sql');
    assert.deepEqual(await client.diagnostics(uri), []);
    const result = await check(uri);
    assert.ok('diagnostics' in result && result.diagnostics.length > 0);
    await until('a refresh', () => client.refreshes.length === 1);
    assert.deepEqual(await client.diagnostics(uri), result.diagnostics);
    client.edit(document, 'CREATE INDEX a', 'CREATE INDEX CONCURRENTLY a');
    const after = await client.diagnostics(uri);
    assert.ok(!after.some(({ code }) => code === 'index-without-concurrently'));
    await client.close(document);
    client.open(uri, 'CREATE INDEX a ON users (username);', 'sql');
    assert.deepEqual(await client.diagnostics(uri), []);
  });
});
