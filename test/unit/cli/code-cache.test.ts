import assert from 'node:assert/strict';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { compileBundle } from '../../../server/src/cli/code-cache.ts';

describe('cli: the code that a build keeps of a bundle', () => {
  let folder: string;
  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), 'switchback-code-'));
  });
  afterEach(() => rmSync(folder, { recursive: true, force: true }));

  const bundleOf = (source: string) => {
    const path = join(folder, 'bundle.js');
    writeFileSync(path, source);
    return path;
  };

  /** What a bundle that notes something has noted. */
  const noted = (run: () => void) => {
    const notes: unknown[] = [];
    const global = globalThis as { note?: (what: unknown) => void };
    global.note = (what) => notes.push(what);
    try {
      run();
    } finally {
      delete global.note;
    }
    return notes;
  };

  it('is taken, and runs as the bundle does', () => {
    const path = bundleOf(
      "const twice = (n) => 2 * n; note([twice(21), __dirname, require('node:os').EOL.length])",
    );
    const first = compileBundle(path);
    const notes = noted(() => first.run());
    writeFileSync(join(folder, 'code'), first.code());
    const second = compileBundle(path, join(folder, 'code'));
    assert.equal(second.cached, true);
    assert.deepEqual(
      noted(() => second.run()),
      notes,
    );
    assert.deepEqual((notes[0] as unknown[]).slice(0, 2), [42, folder]);
  });

  it('is done without where there is none, or it is of another bundle or of no use', () => {
    const other = compileBundle(bundleOf('note("other")')).code();
    const useless = [undefined, other, new Uint8Array(0), new TextEncoder().encode('no code at all')];
    for (const [at, code] of useless.entries()) {
      // Another source each time: V8 would find again what it has just compiled.
      const path = bundleOf(`note("this bundle, ${at}")`);
      rmSync(join(folder, 'code'), { force: true });
      if (code) writeFileSync(join(folder, 'code'), code);
      const compiled = compileBundle(path, join(folder, 'code'));
      assert.equal(compiled.cached, false);
      assert.deepEqual(
        noted(() => compiled.run()),
        [`this bundle, ${at}`],
      );
    }
  });
});
