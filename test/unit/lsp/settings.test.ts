import assert from 'node:assert/strict';
import { unlinkSync } from 'node:fs';
import { join } from 'node:path';
import {
  DidChangeConfigurationNotification,
  DidChangeWatchedFilesNotification,
  FileChangeType,
} from 'vscode-languageserver/node';
import { plan, schema } from './plans.ts';
import { type ProtocolClient, startProtocolClient, until } from './protocol-client.ts';

const rule = 'index-without-concurrently';

describe('settings over the protocol', () => {
  let client: ProtocolClient;
  let uri: string;
  beforeEach(async () => {
    client = await startProtocolClient();
    client.write('schema.sql', schema);
    uri = client.uriOf('a.migration.yaml');
  });
  afterEach(() => client.stop());

  const open = () =>
    client.open(
      uri,
      plan({
        sql: 'CREATE INDEX users_username ON users (username);',
        rollback: '        rollback: DROP INDEX users_username;\n',
      }),
    );
  const severities = async () =>
    (await client.diagnostics(uri)).filter(({ code }) => code === rule).map(({ severity }) => severity);
  const settingsChanged = (name: string) =>
    client.connection.sendNotification(DidChangeWatchedFilesNotification.type, {
      changes: [{ uri: client.uriOf(name), type: FileChangeType.Changed }],
    });

  it('follows the editor’s settings as they change', async () => {
    open();
    assert.equal((await severities()).length, 1);
    client.settings['switchback.rules'] = { [rule]: 'off' };
    await client.connection.sendNotification(DidChangeConfigurationNotification.type, { settings: null });
    await until('a refresh', () => client.refreshes.length > 0);
    assert.deepEqual(await severities(), []);
  });

  it('takes settings that mean nothing for none', async () => {
    client.settings['switchback.rules'] = { [rule]: 'loud', other: 7 };
    open();
    assert.equal((await severities()).length, 1);
  });

  it('lets the project’s file win, and follows it', async () => {
    client.settings['switchback.rules'] = { [rule]: 'off' };
    client.write('.switchback.yaml', `rules:\n  ${rule}: info\n`);
    open();
    assert.deepEqual(await severities(), [3]);
    client.write('.switchback.yaml', `rules:\n  ${rule}: warning\n`);
    await settingsChanged('.switchback.yaml');
    await until('a refresh', () => client.refreshes.length > 0);
    assert.deepEqual(await severities(), [2]);
  });

  it('notices a project file that comes and goes', async () => {
    open();
    assert.equal((await severities()).length, 1);
    client.write('.switchback.yaml', `rules:\n  ${rule}: off\n`);
    await settingsChanged('.switchback.yaml');
    assert.deepEqual(await severities(), []);
    unlinkSync(join(client.folder, '.switchback.yaml'));
    await settingsChanged('.switchback.yaml');
    assert.equal((await severities()).length, 1);
  });

  it('shows what is wrong in the project’s file, in that file, until it is mended', async () => {
    const file = client.write('.switchback.yaml', 'rulez: {}\n');
    open();
    await severities();
    await until('a report', () => client.published.length === 1);
    assert.equal(client.published[0]?.uri, file);
    assert.match(String(client.published[0]?.diagnostics[0]?.message), /rulez/);
    client.write('.switchback.yaml', 'rules: {}\n');
    await settingsChanged('.switchback.yaml');
    await severities();
    await until('a report', () => client.published.length === 2);
    assert.deepEqual(client.published[1], { uri: file, diagnostics: [] });
  });
});
