import assert from 'node:assert/strict';
import {
  type CompletionItem,
  CompletionRequest,
  CompletionResolveRequest,
  DefinitionRequest,
  DocumentHighlightRequest,
  DocumentLinkRequest,
  FoldingRangeRequest,
  HoverRequest,
  type Location,
  PrepareRenameRequest,
  ReferencesRequest,
  RenameRequest,
  SelectionRangeRequest,
} from 'vscode-languageserver/node';
import type { TextDocument } from 'vscode-languageserver-textdocument';
import { plan, schema } from './plans.ts';
import { applied, covered, type ProtocolClient, startProtocolClient } from './protocol-client.ts';

const app = `app:
  runs: v1
  versions:
    v1: []
    v2: []
`;
const deploy = '      - step: Go\n        deploy: v2\n        rollback: { deploy: v1 }\n';

describe('editing over the protocol', () => {
  let client: ProtocolClient;
  beforeEach(async () => {
    client = await startProtocolClient({ commands: true });
    client.write('schema.sql', schema);
  });
  afterEach(() => client.stop());

  /** A document with the cursor at `$0`. */
  const at = (marked: string, name = 'a.migration.yaml', language?: string) => {
    const document = client.open(client.uriOf(name), marked.replace('$0', ''), language);
    const position = document.positionAt(marked.indexOf('$0'));
    return { document, position, params: { textDocument: { uri: document.uri }, position } };
  };
  const items = async (marked: string, name?: string) => {
    const { params } = at(marked, name);
    return (await client.connection.sendRequest(CompletionRequest.type, params)) as CompletionItem[];
  };
  const source = plan() + deploy + app;

  it('completes the types that plans are written for, and the metrics that are exported', async () => {
    const types = await items('migration: x\ntype: $0\n');
    assert.ok(
      types.some(({ label, detail }) => label === 'move_column' && /another table/.test(detail ?? '')),
    );
    const metrics = await items(
      'migration: x\nmonitoring:\n  alerts:\n    - metric: $0\n',
      'b.migration.yaml',
    );
    assert.ok(metrics.some(({ label }) => label === 'disk_io_wait'));
  });

  it('hovers', async () => {
    const { document, params } = at(source.replace('ALTER', 'AL$0TER'));
    const found = await client.connection.sendRequest(HoverRequest.type, params);
    assert.ok(found?.range);
    assert.equal(covered(document, found.range), 'ALTER TABLE users ADD COLUMN handle text');
    assert.match((found.contents as { value: string }).value, /`ACCESS EXCLUSIVE` on `users`/);
  });

  it('completes, and documents an entry when it is looked at', async () => {
    const found = await items(source.replace('ALTER TABLE users', 'ALTER TABLE us$0'));
    const users = found.find(({ label }) => label === 'users');
    assert.ok(users?.textEdit && users.documentation === undefined);
    const resolved = await client.connection.sendRequest(CompletionResolveRequest.type, users);
    assert.match((resolved.documentation as { value: string }).value, /\*\*users\*\* · table · 8M rows/);
  });

  it('completes what is typed right now, even where it does not parse', async () => {
    const { document, params } = at(`$0${source}`);
    client.edit(
      document,
      'rollback: ALTER TABLE users DROP COLUMN handle;',
      'rollback: ALTER TABLE users DROP COLUMN ',
    );
    const place = document.getText().indexOf('DROP COLUMN ') + 'DROP COLUMN '.length;
    const context = { triggerKind: 2 as const, triggerCharacter: ' ' };
    const asked = { ...params, position: document.positionAt(place), context };
    const found = (await client.connection.sendRequest(CompletionRequest.type, asked)) as CompletionItem[];
    assert.ok(found.some(({ label }) => label === 'handle'));
  });

  it('goes on to suggest the value of a key, with a client that can', async () => {
    const found = await items(source.replace('        deploy: v2', '        $0'));
    const key = found.find(({ label }) => label === 'deploy');
    assert.equal(key?.command?.command, 'editor.action.triggerSuggest');
  });

  it('renames a version everywhere, and says why not', async () => {
    const { document, params } = at(source.replace('runs: v1', 'runs: v$01'));
    const prepared = (await client.connection.sendRequest(PrepareRenameRequest.type, params)) as {
      placeholder: string;
    };
    assert.equal(prepared.placeholder, 'v1');
    const edit = await client.connection.sendRequest(RenameRequest.type, { ...params, newName: 'first' });
    assert.ok(edit);
    const text = applied(document, { edit: edit as { documentChanges: unknown[] } });
    assert.equal(text.match(/\bfirst\b/g)?.length, 3);
    assert.doesNotMatch(text, /\bv1\b/);
    await assert.rejects(
      client.connection.sendRequest(RenameRequest.type, { ...params, newName: 'v2' }),
      /There is a version v2 already\./,
    );
  });

  it('finds definition, references and highlights', async () => {
    const { document, params } = at(source.replace('{ deploy: v1', '{ deploy: v$01'));
    const [defined] = (await client.connection.sendRequest(DefinitionRequest.type, params)) as Location[];
    assert.ok(defined);
    assert.equal(lineOf(document, defined), '    v1: []');
    const all = await client.connection.sendRequest(ReferencesRequest.type, {
      ...params,
      context: { includeDeclaration: false },
    });
    assert.deepEqual(
      all?.map((one) => lineOf(document, one).trim()),
      ['rollback: { deploy: v1 }', 'runs: v1'],
    );
    const highlighted = await client.connection.sendRequest(DocumentHighlightRequest.type, params);
    assert.equal(highlighted?.length, 3);
  });

  it('folds, links to files that are there, and grows a selection', async () => {
    const { document, params } = at(source.replace('ALTER', 'AL$0TER'));
    const { textDocument } = params;
    const folds = await client.connection.sendRequest(FoldingRangeRequest.type, { textDocument });
    assert.ok(folds?.some(({ startLine }) => document.getText().split('\n')[startLine] === 'phases:'));
    const links = await client.connection.sendRequest(DocumentLinkRequest.type, { textDocument });
    assert.deepEqual(
      links?.map(({ target }) => target),
      [client.uriOf('schema.sql')],
    );
    const [selection] =
      (await client.connection.sendRequest(SelectionRangeRequest.type, {
        textDocument,
        positions: [params.position],
      })) ?? [];
    assert.equal(selection && covered(document, selection.range), 'ALTER');
  });

  it('serves the settings file', async () => {
    const { params } = at('rules:\n  drop$0\n', '.switchback.yaml', 'yaml');
    const found = (await client.connection.sendRequest(CompletionRequest.type, params)) as CompletionItem[];
    assert.ok(found.some(({ label }) => label === 'drop-column'));
  });

  it('leaves other documents alone', async () => {
    const sql = at('SELECT $01', 'a.sql', 'sql');
    assert.equal(await client.connection.sendRequest(HoverRequest.type, sql.params), null);
    assert.deepEqual(await client.connection.sendRequest(CompletionRequest.type, sql.params), []);
  });
});

function lineOf(document: TextDocument, { range }: { range: { start: { line: number } } }): string {
  return document.getText().split('\n')[range.start.line] ?? '';
}
