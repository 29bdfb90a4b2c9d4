import assert from 'node:assert/strict';
import type { DocumentSymbol } from 'vscode-languageserver/node';
import { plan } from './plans.ts';
import { type ProtocolClient, startProtocolClient } from './protocol-client.ts';

const app = `app:
  runs: v1
  versions:
    v1:
      - SELECT id FROM users
cleanup:
  - Remove the old code
`;

describe('the outline over the protocol', () => {
  let client: ProtocolClient;
  beforeEach(async () => {
    client = await startProtocolClient();
  });
  afterEach(() => client.stop());

  const outline = async (text: string) => {
    const uri = client.uriOf('a.migration.yaml');
    const document = client.open(uri, text);
    return { document, symbols: (await client.symbols(uri)) as DocumentSymbol[] };
  };
  const names = (symbols: readonly DocumentSymbol[], depth = 0): string[] =>
    symbols.flatMap(({ name, detail, children = [] }) => [
      `${'  '.repeat(depth)}${name}${detail ? ` (${detail})` : ''}`,
      ...names(children, depth + 1),
    ]);

  it('lists phases with their steps, and the other sections', async () => {
    const { symbols } = await outline(plan({ schema: '' }) + app);
    assert.deepEqual(names(symbols), [
      'Expand (low risk)',
      '  Add the new column (sql)',
      'Application',
      '  v1 (1 statement)',
      'Clean-up (1 entry)',
      '  Remove the old code',
    ]);
  });

  it('keeps every name inside its range, and every range inside its parent’s', async () => {
    const { document, symbols } = await outline(plan({ schema: '' }) + app);
    const verify = (list: readonly DocumentSymbol[], from: number, to: number) => {
      for (const { range, selectionRange, children = [] } of list) {
        const [start, end] = [document.offsetAt(range.start), document.offsetAt(range.end)];
        assert.ok(from <= start && end <= to);
        assert.ok(start <= document.offsetAt(selectionRange.start));
        assert.ok(document.offsetAt(selectionRange.end) <= end);
        verify(children, start, end);
      }
    };
    verify(symbols, 0, document.getText().length);
    const step = symbols[0]?.children?.[0];
    assert.equal(step && document.getText(step.selectionRange), 'Add the new column');
  });

  it('names what has no name yet, since editors refuse an empty one', async () => {
    const { symbols } = await outline('migration: x\nphases:\n  - phase:\n    steps:\n      - step:\n');
    for (const line of names(symbols)) assert.match(line.trim(), /\S/);
  });
});
