import assert from 'node:assert/strict';
import { CodeLensRequest, CodeLensResolveRequest } from 'vscode-languageserver/node';
import { TextDocument } from 'vscode-languageserver-textdocument';
import {
  type EstimatesResult,
  estimatesRequest,
  previewTimingCommand,
  proveStepCommand,
  type StepsResult,
  stepsRequest,
} from '../../../server/src/lsp/protocol.ts';
import { plan } from './plans.ts';
import { covered, type ProtocolClient, startProtocolClient } from './protocol-client.ts';

describe('steps over the protocol', () => {
  let client: ProtocolClient;
  afterEach(() => client.stop());

  const steps = async (uri: string): Promise<StepsResult> =>
    await client.connection.sendRequest(stepsRequest, { uri });
  const lenses = (uri: string) =>
    client.connection.sendRequest(CodeLensRequest.type, { textDocument: { uri } });

  it('lists the steps of a plan that is open, and of one that is not', async () => {
    client = await startProtocolClient();
    const text = plan({ schema: '' });
    const closed = client.write('closed.migration.yaml', text);
    const open = client.uriOf('open.migration.yaml');
    const document = client.open(open, text);
    for (const uri of [closed, open]) {
      const result = await steps(uri);
      assert.ok('steps' in result);
      assert.deepEqual(
        result.steps.map(({ name, phase, action }) => [name, phase, action]),
        [['Add the new column', 'Expand', 'sql']],
      );
      assert.equal(result.steps[0] && covered(document, result.steps[0].range), 'Add the new column');
    }
    const gone = await steps(client.uriOf('gone.migration.yaml'));
    assert.ok('refused' in gone);
    assert.match(gone.refused, /gone\.migration\.yaml/);
  });

  it('has lenses above the title and above the step, which name the plan and the step', async () => {
    client = await startProtocolClient({ commands: true });
    const uri = client.uriOf('a.migration.yaml');
    const document = client.open(uri, plan({ schema: '' }));
    const found = (await lenses(uri)) ?? [];
    // What they cost is told once they are seen.
    assert.deepEqual(
      found.map(({ command }) => command?.title),
      ['Dry run', undefined, 'Prove this step', undefined],
    );
    const seen = await Promise.all(
      found.map((lens) =>
        lens.command ? lens : client.connection.sendRequest(CodeLensResolveRequest.type, lens),
      ),
    );
    assert.deepEqual(
      seen.map(({ command }) => [command?.title, command?.command, command?.arguments]),
      [
        ['Dry run', proveStepCommand, [uri]],
        ['under a second · 1 step locks for under a second', previewTimingCommand, [uri]],
        ['Prove this step', proveStepCommand, [uri, 'add_the_new_column']],
        ['instant · everybody waits for under a second', previewTimingCommand, [uri]],
      ],
    );
    assert.equal(found[2] && covered(document, found[2].range), 'Add the new column');
  });

  it('has no lenses on timing where the user wants none', async () => {
    client = await startProtocolClient({ commands: true });
    client.settings['switchback.codeLens.timing'] = false;
    const uri = client.uriOf('a.migration.yaml');
    client.open(uri, plan({ schema: '' }));
    assert.deepEqual(
      (await lenses(uri))?.map(({ command }) => command?.title),
      ['Dry run', 'Prove this step'],
    );
  });

  it('writes what is predicted into the steps of an open plan, once', async () => {
    client = await startProtocolClient();
    const uri = client.uriOf('a.migration.yaml');
    const document = client.open(uri, plan({ schema: '' }));
    const ask = () => client.connection.sendRequest<EstimatesResult>(estimatesRequest, { uri });
    const result = await ask();
    assert.ok('edit' in result);
    assert.deepEqual([result.written, result.left, result.basis], [1, [], 'sizes']);
    const change = result.edit.documentChanges?.[0];
    assert.ok(change && 'edits' in change);
    const [edit] = change.edits;
    assert.ok(edit && 'newText' in edit);
    assert.match(edit.newText, /estimate: 1s/);
    client.edit(document, document.getText(), TextDocument.applyEdits(document, [edit]));
    const again = await ask();
    assert.ok('refused' in again);
    assert.match(again.refused, /^Nothing to write/);
  });

  it('has no lenses for a client that has no such command', async () => {
    client = await startProtocolClient();
    const uri = client.uriOf('a.migration.yaml');
    client.open(uri, plan({ schema: '' }));
    assert.deepEqual(await lenses(uri), []);
  });
});
