import { join } from 'node:path';
import { exitCodes } from './io.ts';
import { nodeIo } from './node-io.ts';
import { run } from './run.ts';

// The bundle stands in the package's dist/. The exit code is set rather than exit called, so that a pipe gets
// everything that was written.
run(process.argv.slice(2), nodeIo(join(__dirname, '..'))).then(
  (exitCode) => {
    process.exitCode = exitCode;
  },
  (error: unknown) => {
    const message = error instanceof Error ? error.message : String(error);
    process.stderr.write(`switchback: This is a fault of Switchback itself, please report it: ${message}\n`);
    if (process.env.SWITCHBACK_DEBUG && error instanceof Error) process.stderr.write(`${error.stack}\n`);
    process.exitCode = exitCodes.unusable;
  },
);
