#!/usr/bin/env node
// Stands in for the VS Code executable: takes its arguments, runs the suite in a browser, exits with its code.
require('tsx/cjs');
const { runSuite } = require('./vscode.ts');

const stop = new AbortController();
for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP']) process.on(signal, () => stop.abort());
// Whoever started this process holds its standard input: the end of it is the end of them.
process.stdin.on('end', () => stop.abort()).on('error', () => stop.abort());
process.stdin.resume();
for (const stream of [process.stdout, process.stderr]) stream.on('error', () => undefined);

runSuite(process.argv.slice(2), stop.signal)
  .catch((error) => {
    console.error(error instanceof Error ? error.message : error);
    return 1;
  })
  .then((code) => process.exit(code));
