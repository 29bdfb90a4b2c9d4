import assert from 'node:assert/strict';
import { type InlayHint, InlayHintRequest } from 'vscode-languageserver/node';
import { plan } from './plans.ts';
import { type ProtocolClient, startProtocolClient } from './protocol-client.ts';

describe('inlay hints over the protocol', () => {
  let client: ProtocolClient;
  beforeEach(async () => {
    client = await startProtocolClient();
  });
  afterEach(() => client.stop());

  it('stand behind the statements of the lines that are asked for', async () => {
    const uri = client.uriOf('a.migration.yaml');
    const document = client.open(uri, plan({ schema: '' }));
    const ask = async (from: number, to: number) =>
      (await client.connection.sendRequest(InlayHintRequest.type, {
        textDocument: { uri },
        range: { start: { line: from, character: 0 }, end: { line: to, character: 0 } },
      })) as InlayHint[];
    const [hint] = await ask(0, document.lineCount);
    assert.match(String(hint?.label), /^ACCESS EXCLUSIVE · instant$/);
    const line = hint?.position.line ?? 0;
    assert.match(document.getText().split('\n')[line] ?? '', /ALTER TABLE/);
    assert.deepEqual(await ask(0, line - 1), []);
  });
});
