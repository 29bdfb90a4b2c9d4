import assert from 'node:assert/strict';
import { CodeLensRequest } from 'vscode-languageserver/node';
import { proveStepCommand, type StepsResult, stepsRequest } from '../../../server/src/lsp/protocol.ts';
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

  it('has a lens above the title and above the step, which name the plan and the step', async () => {
    client = await startProtocolClient({ commands: true });
    const uri = client.uriOf('a.migration.yaml');
    const document = client.open(uri, plan({ schema: '' }));
    const found = (await lenses(uri)) ?? [];
    assert.deepEqual(
      found.map(({ command }) => [command?.title, command?.command, command?.arguments]),
      [
        ['Dry run', proveStepCommand, [uri]],
        ['Prove this step', proveStepCommand, [uri, 'add_the_new_column']],
      ],
    );
    assert.equal(found[1] && covered(document, found[1].range), 'Add the new column');
  });

  it('has no lenses for a client that has no such command', async () => {
    client = await startProtocolClient();
    const uri = client.uriOf('a.migration.yaml');
    client.open(uri, plan({ schema: '' }));
    assert.deepEqual(await lenses(uri), []);
  });
});
