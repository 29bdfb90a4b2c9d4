// What `switchback` starts: the bundle beside it, from the code that the build keeps for this Node where there is any.
import { join } from 'node:path';
import { setFlagsFromString } from 'node:v8';
import { compileBundle } from './code-cache.ts';

/** The name of the code's file, which the build sets: it follows from the bundle's content. */
declare const codeFile: string;

// The Postgres grammar is large, and one run needs a small part of it. Newer versions of V8 do so by themselves.
setFlagsFromString('--wasm-lazy-compilation');
compileBundle(join(__dirname, 'cli-main.js'), join(__dirname, codeFile)).run();
