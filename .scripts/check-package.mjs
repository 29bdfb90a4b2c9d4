import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { run } from './process.mjs';

const { createMessageConnection, StreamMessageReader, StreamMessageWriter } = createRequire(import.meta.url)(
  'vscode-jsonrpc/node',
);

/** Starts the unpacked extension's server and terminal program on the examples. Rejects where one does not work. */
export async function checkPackage(extension, examples) {
  await checkServer(extension, join(examples, 'as-published/as-published.migration.yaml'));
  await checkTerminal(extension, examples);
}

/** A conversation as an editor holds it: the server finds the plan's faults, so it found its parser. */
async function checkServer(extension, plan) {
  const server = spawn(process.execPath, [join(extension, 'dist/server.js'), '--stdio'], {
    cwd: extension,
    stdio: ['pipe', 'pipe', 'inherit'],
    timeout: 60_000,
  });
  const ended = new Promise((resolve) => server.once('exit', resolve));
  const connection = createMessageConnection(
    new StreamMessageReader(server.stdout),
    new StreamMessageWriter(server.stdin),
  );
  // What the server asks of an editor; none of it matters here.
  connection.onRequest(() => null);
  connection.listen();
  const uri = pathToFileURL(plan).href;
  await connection.sendRequest('initialize', {
    processId: process.pid,
    rootUri: null,
    capabilities: { textDocument: { diagnostic: {} } },
    initializationOptions: {
      distPath: join(extension, 'dist'),
      docsBase: 'https://example.org',
      trusted: true,
    },
  });
  await connection.sendNotification('initialized', {});
  await connection.sendNotification('textDocument/didOpen', {
    textDocument: { uri, languageId: 'migration-plan', version: 1, text: readFileSync(plan, 'utf8') },
  });
  const report = await connection.sendRequest('textDocument/diagnostic', { textDocument: { uri } });
  assert.equal(report.kind, 'full');
  assert.notEqual(report.items.length, 0, 'the packed server finds nothing in a plan with faults');
  await connection.sendRequest('shutdown');
  await connection.sendNotification('exit');
  assert.equal(await ended, 0, 'the packed server did not end cleanly');
  connection.dispose();
  console.log(`server: ${report.items.length} findings in a plan with faults`);
}

async function checkTerminal(extension, examples) {
  const terminal = (args, accept) =>
    run(process.execPath, [join(extension, 'dist/cli.js'), ...args, '--format', 'json'], {
      cwd: examples,
      accept,
      timeout: 120_000,
    });
  const check = await terminal(['check', 'as-published/as-published.migration.yaml'], [0, 1]);
  const findings = JSON.parse(check.stdout).files.flatMap((file) => file.findings);
  assert.notEqual(findings.length, 0, 'the packed program finds nothing in a plan with faults');
  const dryRun = await terminal(['dry-run', 'rename-username/rename-username.migration.yaml'], [0, 1]);
  const report = JSON.parse(dryRun.stdout);
  assert.equal(report.verdict, 'passed', `the packed program's dry run: ${JSON.stringify(report.error)}`);
  console.log(
    `terminal: ${findings.length} findings; the dry run ${report.verdict}, ${report.steps.length} steps`,
  );
}
