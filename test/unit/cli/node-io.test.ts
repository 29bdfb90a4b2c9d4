import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import {
  chmodSync,
  lstatSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  symlinkSync,
  truncateSync,
  writeFileSync,
} from 'node:fs';
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

  it('replaces a file whole, its mode kept, through a link, and leaves nothing beside it', function () {
    if (process.platform === 'win32') this.skip();
    const place = mkdtempSync(join(folder, 'write-'));
    const [target, link] = [join(place, 'a.yaml'), join(place, 'link.yaml')];
    writeFileSync(target, 'old');
    chmodSync(target, 0o640);
    symlinkSync(target, link);
    assert.equal(nodeFiles.write(link, Buffer.from('new')), undefined);
    assert.equal(readFileSync(target, 'utf8'), 'new');
    assert.equal(statSync(target).mode & 0o777, 0o640);
    assert.ok(lstatSync(link).isSymbolicLink());
    assert.deepEqual(readdirSync(place).sort(), ['a.yaml', 'link.yaml']);
  });

  it('says why a file is not written', () => {
    assert.deepEqual(nodeFiles.write(join(folder, 'nowhere'), Buffer.from('x')), { error: 'it is gone' });
  });
});
