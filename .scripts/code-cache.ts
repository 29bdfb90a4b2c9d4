// Writes the code that V8 compiles of a bundle while it runs: code-cache.ts BUNDLE CODE ARGUMENTS…, where the bundle
// reads the arguments as its own.
import { writeFileSync } from 'node:fs';
import { setFlagsFromString } from 'node:v8';
import { compileBundle } from '../server/src/cli/code-cache.ts';

const [bundle, code] = process.argv.splice(2, 2);
if (bundle === undefined || code === undefined) throw new Error('code-cache.ts BUNDLE CODE ARGUMENTS…');
// As it will be run: V8 refuses code that was made under other flags.
setFlagsFromString('--wasm-lazy-compilation');
const compiled = compileBundle(bundle);
process.once('exit', () => {
  writeFileSync(code, compiled.code());
  process.exitCode = 0;
});
compiled.run();
