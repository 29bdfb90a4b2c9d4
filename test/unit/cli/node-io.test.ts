import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { mkdtempSync, rmSync, symlinkSync, truncateSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { nodeFiles } from '../../../server/src/cli/node-io.ts';

describe('the file system', () => {
  let folder: string;
  before(() => {
    folder = mkdtempSync(join(tmpdir(), 'switchback-cli-'));
  });
  after(() => rmSync(folder, { recursive: true }));

  it('gives the bytes of a file', () => {
    writeFileSync(join(folder, 'a.sql'), 'SELECT 1;');
    const read = nodeFiles.read(join(folder, 'a.sql'));
    assert.ok('bytes' in read);
    assert.equal(new TextDecoder().decode(read.bytes), 'SELECT 1;');
    assert.ok(nodeFiles.exists(join(folder, 'a.sql')));
  });

  const errorOf = (name: string) => {
    const read = nodeFiles.read(join(folder, name));
    return 'error' in read ? read.error : undefined;
  };

  it('says in words why there are none', () => {
    assert.equal(errorOf('missing.sql'), 'there is no such file');
    assert.match(errorOf('.') ?? '', /^it is a folder: name the files in it/);
    writeFileSync(join(folder, 'file'), '');
    assert.equal(errorOf('file/a.sql'), 'a part of its path is a file, not a folder');
    assert.equal(errorOf('n'.repeat(5000)), 'its name is too long');
  });

  it('follows no circle of links', function () {
    if (process.platform === 'win32') this.skip();
    symlinkSync(join(folder, 'circle'), join(folder, 'circle'));
    assert.equal(errorOf('circle'), 'its symbolic links lead in a circle');
  });

  it('does not wait for a pipe', function () {
    if (process.platform === 'win32') this.skip();
    execFileSync('mkfifo', [join(folder, 'pipe')]);
    assert.equal(errorOf('pipe'), 'it is not a regular file');
  });

  it('holds no giant file in memory', () => {
    writeFileSync(join(folder, 'giant'), '');
    truncateSync(join(folder, 'giant'), 2 ** 31);
    assert.equal(errorOf('giant'), 'it holds 2048 MB; at most 64 MB are read');
  });
});
