import assert from 'node:assert/strict';
import { CancellationTokenSource, DocumentDiagnosticRequest } from 'vscode-languageserver/node';
import { analyze, loadParsers } from '../../../server/src/analyze.ts';
import { plan } from './plans.ts';
import { type ProtocolClient, startProtocolClient } from './protocol-client.ts';

describe('requests that overlap', () => {
  let client: ProtocolClient;
  afterEach(() => client.stop());

  it('analyses a version once, whatever is asked about it', async () => {
    const analysed: string[] = [];
    client = await startProtocolClient({
      analyze(text, options) {
        analysed.push(text);
        return analyze(text, options);
      },
    });
    const uri = client.uriOf('a.migration.yaml');
    const document = client.open(uri, plan({ schema: '' }));
    await Promise.all([client.pull(uri), client.symbols(uri), client.pull(uri)]);
    assert.equal(analysed.length, 1);
    client.edit(document, 'Rename', 'Renamed');
    await Promise.all([client.pull(uri), client.symbols(uri)]);
    assert.deepEqual(analysed, [plan({ schema: '' }), document.getText()]);
  });

  it('answers with the newest text when an edit arrives while it waits', async () => {
    let release = () => {};
    const held = new Promise<void>((resolve) => {
      release = resolve;
    });
    client = await startProtocolClient({
      loadParsers: async () => {
        await held;
        return loadParsers();
      },
    });
    const uri = client.uriOf('a.migration.yaml');
    const document = client.open(uri, plan({ schema: '', sql: 'SELEC 1;' }));
    const early = client.pull(uri);
    client.edit(document, 'SELEC 1;', 'ALTER TABLE users ADD COLUMN handle text;');
    const late = client.pull(uri);
    release();
    const reports = await Promise.all([early, late]);
    assert.deepEqual(reports[0], reports[1]);
    assert.equal(reports[1].kind === 'full' && reports[1].items.length, 0);
    assert.equal(client.statuses.at(-1)?.version, document.version);
  });

  it('gives up a cancelled request before it costs anything', async () => {
    let analysed = 0;
    client = await startProtocolClient({
      analyze(text, options) {
        analysed++;
        return analyze(text, options);
      },
    });
    const uri = client.uriOf('a.migration.yaml');
    client.open(uri, plan({ schema: '' }));
    const source = new CancellationTokenSource();
    const request = client.connection.sendRequest(
      DocumentDiagnosticRequest.type,
      { textDocument: { uri } },
      source.token,
    );
    source.cancel();
    await assert.rejects(request, { code: -32800 });
    assert.equal(analysed, 0);
  });

  it('logs a failure of its own and goes on', async () => {
    let broken = true;
    client = await startProtocolClient({
      analyze(text, options) {
        if (broken) throw new Error('a fault of ours');
        return analyze(text, options);
      },
    });
    const uri = client.uriOf('a.migration.yaml');
    client.open(uri, plan({ schema: '' }));
    assert.deepEqual(await client.diagnostics(uri), []);
    assert.match(client.logged.join('\n'), /textDocument\/diagnostic failed: Error: a fault of ours/);
    broken = false;
    assert.deepEqual(await client.diagnostics(uri), []);
    assert.equal(client.statuses.length, 1);
  });
});
