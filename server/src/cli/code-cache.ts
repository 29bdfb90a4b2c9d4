import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { dirname } from 'node:path';
import { Script } from 'node:vm';

/** A bundle as V8 has compiled it. */
export interface CompiledBundle {
  /** Whether V8 took the code it was given, rather than compile the source. */
  readonly cached: boolean;
  /** Runs it, as `require` would. */
  run(): void;
  /** What it has compiled by now: with it, the same Node starts the same bundle without compiling all of that again. */
  code(): Uint8Array;
}

/**
 * Compiles a CommonJS bundle, from what an earlier `code()` gave where that stands at `codePath`. V8 refuses the code of
 * another version of itself and then compiles the source, but tells sources apart by their length alone: the path
 * must be another one for another source.
 */
export function compileBundle(path: string, codePath?: string): CompiledBundle {
  const cachedData = codePath === undefined ? undefined : readIfThere(codePath);
  // esbuild writes ASCII alone, which is decoded fastest so.
  const source = readFileSync(path, 'latin1');
  const script = new Script(`(function (exports, require, module, __filename, __dirname) {${source}\n})`, {
    filename: path,
    ...(cachedData ? { cachedData } : {}),
  });
  return {
    cached: cachedData !== undefined && script.cachedDataRejected === false,
    run() {
      const module = { exports: {} };
      script.runInThisContext()(module.exports, createRequire(path), module, path, dirname(path));
    },
    code: () => script.createCachedData(),
  };
}

function readIfThere(path: string): Buffer | undefined {
  try {
    return readFileSync(path);
  } catch {
    return undefined;
  }
}
