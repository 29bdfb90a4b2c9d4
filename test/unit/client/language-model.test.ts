import assert from 'node:assert/strict';
import { dryRunText, findingsText } from '../../../client/src/language-model/result-text.ts';
import { listed, workspacePlan } from '../../../client/src/language-model/workspace-path.ts';

describe('what a language model is given', () => {
  const links: Readonly<Record<string, string>> = {
    '/project/a.migration.yaml': '/project/a.migration.yaml',
    '/project/sub/b.migration.yml': '/project/sub/b.migration.yml',
    '/project/away.migration.yaml': '/secret/x.migration.yaml',
    '/project/key.migration.yaml': '/project/key.pem',
    '/project/schema.sql': '/project/schema.sql',
    '/project': '/project',
    '/other': '/real/other',
    '/other/c.migration.yaml': '/real/other/c.migration.yaml',
  };
  const surroundings = { folders: ['/project', '/other'], realPath: (path: string) => links[path] };
  const found = (path: string) => {
    const one = workspacePlan(path, surroundings);
    return 'path' in one ? one.path : one.refused;
  };

  it('is a plan of the workspace, relative to a folder or absolute', () => {
    assert.equal(found('a.migration.yaml'), '/project/a.migration.yaml');
    assert.equal(found('./sub/../sub/b.migration.yml'), '/project/sub/b.migration.yml');
    assert.equal(found('/project/a.migration.yaml'), '/project/a.migration.yaml');
    assert.equal(found('c.migration.yaml'), '/other/c.migration.yaml');
  });

  it('is nothing outside of it, by whatever way', () => {
    for (const path of [
      '../x.migration.yaml',
      '/etc/passwd',
      '/workx/a.migration.yaml',
      'sub/../../x.migration.yaml',
    ])
      assert.match(found(path), /outside of the workspace/, path);
    assert.match(found('away.migration.yaml'), /leads outside/);
    for (const path of [
      'https://example.org/a.migration.yaml',
      'file:///project/a.migration.yaml',
      'a\0.migration.yaml',
    ])
      assert.match(found(path), /not an address/, path);
    assert.match(found('schema.sql'), /is no migration plan/);
    assert.match(found('key.migration.yaml'), /is no migration plan/);
    assert.match(found('none.migration.yaml'), /There is no file/);
    assert.match(
      JSON.stringify(workspacePlan('a.migration.yaml', { ...surroundings, folders: [] })),
      /No folder is open/,
    );
  });

  it('is a text of findings, the gravest first', () => {
    const range = { start: { line: 4, character: 2 }, end: { line: 4, character: 6 } };
    const text = findingsText('a.migration.yaml', [
      { range, severity: 2, code: 'drop-column', message: 'It is gone.' },
      { range, severity: 1, code: 'sql-syntax', message: 'Not SQL.' },
    ]);
    assert.equal(
      text,
      'a.migration.yaml: 1 error, 1 warning. The plan was checked, not run.\n5:3 error sql-syntax: Not SQL.\n5:3 warning drop-column: It is gone.',
    );
    assert.match(findingsText('a', []), /no findings/);
    const many = Array.from({ length: 500 }, () => ({
      range,
      severity: 1 as const,
      message: 'x'.repeat(400),
    }));
    assert.ok(findingsText('a', many).length < 25_000);
  });

  it('is a report without colours, of bounded length', () => {
    assert.equal(
      dryRunText('a', '\u001b[31mfailed\u001b[0m'),
      'Dry run of a on the embedded Postgres; no database of the user was touched.\n\nfailed',
    );
    assert.match(dryRunText('a', 'x'.repeat(50_000)), /the rest is left out: \d+ characters\.$/);
  });

  it('lists a bounded number of plans', () => {
    assert.equal(listed(['a', 'b', 'c'], 2), 'a, b and 1 more');
  });
});
