import assert from 'node:assert/strict';
import { sep } from 'node:path';
import {
  type CodeAction,
  type CreateFile,
  DidCloseTextDocumentNotification,
  type TextDocumentEdit,
} from 'vscode-languageserver/node';
import { TextDocument } from 'vscode-languageserver-textdocument';
import {
  type AllowParams,
  type AllowResult,
  allowRequest,
  checkRequest,
} from '../../../server/src/lsp/protocol.ts';
import { settingsHome } from '../../../server/src/lsp/settings.ts';
import { plan, schema } from './plans.ts';
import { applied, type ProtocolClient, startProtocolClient } from './protocol-client.ts';

const rule = 'index-without-concurrently';
const faulty = plan({
  sql: 'CREATE INDEX users_username ON users (username);',
  rollback: '        rollback: { transaction: false, sql: DROP INDEX CONCURRENTLY users_username }\n',
});

function paramsOf(action: CodeAction | undefined): Omit<AllowParams, 'reason'> {
  const [params] = action?.command?.arguments ?? [];
  assert.ok(params);
  return params;
}

describe('silencing over the protocol', () => {
  let client: ProtocolClient;
  const start = async (commands: boolean) => {
    client = await startProtocolClient({ commands });
    client.write('schema.sql', schema);
  };
  afterEach(() => client.stop());

  const rulesAt = async (uri: string) => (await client.diagnostics(uri)).map(({ code }) => code);
  const menu = async (uri: string) => {
    const finding = (await client.diagnostics(uri)).find(({ code }) => code === rule);
    assert.ok(finding);
    return client.fixes(uri, finding.range);
  };

  it('offers every scope after the fixes, and the project’s settings', async () => {
    await start(false);
    const uri = client.uriOf('a.migration.yaml');
    client.open(uri, faulty);
    const titles = (await menu(uri)).map(({ title }) => title);
    assert.deepEqual(titles, [
      'Build the index CONCURRENTLY',
      `Allow ${rule} in this step…`,
      `Allow ${rule} in this phase…`,
      `Allow ${rule} in this plan…`,
      `Switch ${rule} off in .switchback.yaml`,
      'Set the estimate to 1s-61s, from the sizes in the plan alone',
    ]);
  });

  it('writes a place for the reason where the client cannot ask, and demands that it is filled', async () => {
    await start(false);
    for (const scope of ['step', 'phase', 'plan']) {
      const uri = client.uriOf(`${scope}.migration.yaml`);
      const document = client.open(uri, faulty);
      const entry = (await menu(uri)).find(({ title }) => title.endsWith(`in this ${scope}…`));
      assert.ok(entry);
      client.edit(document, document.getText(), applied(document, entry));
      assert.deepEqual((await rulesAt(uri)).sort(), [rule, 'plan-value']);
      client.edit(document, '<why it is all right here>', 'sign-up is closed');
      assert.deepEqual(await rulesAt(uri), []);
    }
  });

  it('lets a client that can ask send the reason', async () => {
    await start(true);
    const uri = client.uriOf('a.migration.yaml');
    const document = client.open(uri, faulty);
    const entry = (await menu(uri)).find(({ title }) => title.endsWith('in this step…'));
    assert.equal(entry?.edit, undefined);
    assert.equal(entry?.command?.command, 'switchback.allow');
    const params = paramsOf(entry);
    const send = (reason: string): Promise<AllowResult> =>
      client.connection.sendRequest(allowRequest, { ...params, reason });
    for (const reason of ['', '  ', '<why>']) assert.ok('refused' in (await send(reason)));
    const result = await send(' no writes: "night" ');
    assert.ok('edit' in result);
    client.edit(document, document.getText(), applied(document, result));
    assert.match(document.getText(), /allow:\n {10}index-without-concurrently: 'no writes: "night"'\n/);
    assert.deepEqual(await rulesAt(uri), []);
    assert.match(JSON.stringify(await send('late')), /changed meanwhile/);
    await client.connection.sendNotification(DidCloseTextDocumentNotification.type, {
      textDocument: { uri },
    });
    assert.match(JSON.stringify(await send('later')), /not open/);
  });

  it('says what to write by hand where it cannot', async () => {
    await start(true);
    const uri = client.uriOf('a.migration.yaml');
    client.open(uri, faulty.replace('- step:', '- &one\n        step:'));
    const entry = (await menu(uri)).find(({ title }) => title.endsWith('in this step…'));
    const params = paramsOf(entry);
    const result = await client.connection.sendRequest(allowRequest, { ...params, reason: 'why' });
    assert.match(JSON.stringify(result), /Add by hand: allow: \{ index-without-concurrently: why \}/);
  });

  it('writes a comment into an .sql file', async () => {
    await start(false);
    const uri = client.uriOf('a.sql');
    const text = "SET lock_timeout = '2s';\nCREATE INDEX i ON users (email);\n";
    const document = client.open(uri, text, 'sql');
    await client.connection.sendRequest(checkRequest, { uri });
    const entries = await menu(uri);
    assert.deepEqual(
      entries.slice(-3).map(({ title }) => title),
      [
        `Allow ${rule} in this statement…`,
        `Allow ${rule} in this file…`,
        `Switch ${rule} off in .switchback.yaml`,
      ],
    );
    const [statement] = entries.slice(-3);
    assert.ok(statement);
    assert.equal(
      applied(document, statement),
      text.replace('CREATE', `-- switchback: allow ${rule}: <why it is all right here>\nCREATE`),
    );
  });

  it('makes the settings file, or adds to the nearest with its comments', async () => {
    await start(true);
    const uri = client.uriOf('a.migration.yaml');
    client.open(uri, faulty);
    const off = async () => {
      const entry = (await menu(uri)).find(({ title }) => title.startsWith('Switch '));
      assert.ok(entry?.edit?.documentChanges);
      assert.deepEqual(entry.command?.arguments, [client.uriOf('.switchback.yaml')]);
      return entry.edit.documentChanges as readonly (CreateFile | TextDocumentEdit)[];
    };
    const [made, filled] = await off();
    assert.deepEqual(made, {
      kind: 'create',
      uri: client.uriOf('.switchback.yaml'),
      options: { ignoreIfExists: true },
    });
    assert.ok(filled && 'edits' in filled);
    assert.deepEqual(
      filled.edits.map((edit) => 'newText' in edit && edit.newText),
      [`rules:\n  ${rule}: off\n`],
    );

    const settings = '# ours\nrules: # loud\n  lock-timeout-missing: error # yes\n';
    client.write('.switchback.yaml', settings);
    const [change, ...more] = await off();
    assert.deepEqual(more, []);
    assert.ok(change && 'edits' in change);
    const document = TextDocument.create('x', 'yaml', 0, settings);
    const written = TextDocument.applyEdits(document, change.edits as never);
    assert.equal(written, `${settings}  ${rule}: off\n`);
    client.open(client.uriOf('.switchback.yaml'), written, 'yaml');
    assert.deepEqual(await rulesAt(uri), [], 'unsaved settings count');
  });

  it('silences no problem with the file itself', async () => {
    await start(false);
    const uri = client.uriOf('a.migration.yaml');
    client.open(uri, plan({ sql: 'SELEC 1;' }));
    const [finding] = await client.diagnostics(uri);
    assert.ok(finding);
    assert.deepEqual(await client.fixes(uri, finding.range), []);
  });
});

describe('where a settings file is made', () => {
  const at = (path: string) => path.replaceAll('/', sep);
  const home = (existing: readonly string[], folders: readonly string[]) =>
    settingsHome(
      at('/w/repo/db/a.migration.yaml'),
      { exists: (path) => existing.map(at).includes(path) },
      folders.map(at),
    );

  it('is where it takes effect: the nearest, the folder that is open, the repository, beside the file', () => {
    assert.deepEqual(home(['/w/.switchback.yaml'], ['/w/repo']), {
      path: at('/w/.switchback.yaml'),
      exists: true,
    });
    assert.deepEqual(home([], ['/w/repo']), { path: at('/w/repo/.switchback.yaml'), exists: false });
    assert.deepEqual(home(['/w/repo/.git'], ['/w']), { path: at('/w/repo/.switchback.yaml'), exists: false });
    assert.deepEqual(home(['/w/repo/.git'], []), { path: at('/w/repo/.switchback.yaml'), exists: false });
    assert.deepEqual(home([], []), { path: at('/w/repo/db/.switchback.yaml'), exists: false });
    assert.deepEqual(home([], ['/elsewhere']), { path: at('/w/repo/db/.switchback.yaml'), exists: false });
  });
});
