import assert from 'node:assert/strict';
import * as vscode from 'vscode';
import { closeAll, extensionId, open, until } from '../editor.ts';

describe('restricted mode', () => {
  afterEach(closeAll);

  it('the folder is not trusted', () => {
    assert.equal(vscode.workspace.isTrusted, false);
  });

  it('the extension starts all the same', async () => {
    await open('as-published/as-published.migration.yaml');
    await until('the extension is active', () => vscode.extensions.getExtension(extensionId)?.isActive);
  });
});
