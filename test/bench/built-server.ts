import { type ChildProcess, spawn } from 'node:child_process';
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import {
  createProtocolConnection,
  StreamMessageReader,
  StreamMessageWriter,
} from 'vscode-languageserver/node';
import { joinServer, type ProtocolClient } from '../unit/lsp/protocol-client.ts';

const dist = join(__dirname, '../../dist');

/** Speaks to the built server, in a process of its own, over its standard streams; it ends with `work`. */
export async function withBuiltServer<T>(
  trusted: boolean,
  work: (client: ProtocolClient) => Promise<T>,
): Promise<T> {
  const server = start();
  try {
    const connection = createProtocolConnection(
      new StreamMessageReader(server.stdout),
      new StreamMessageWriter(server.stdin),
    );
    const client = await joinServer(connection, { distPath: dist, docsBase: '', trusted });
    const result = await work(client);
    await client.stop();
    return result;
  } finally {
    server.kill();
  }
}

function start(): ChildProcess & { stdin: NodeJS.WritableStream; stdout: NodeJS.ReadableStream } {
  const program = join(dist, 'server.js');
  if (!existsSync(program)) throw new Error('There is no dist/server.js: run `npm run build` first.');
  return spawn(process.execPath, [program, '--stdio'], { stdio: ['pipe', 'pipe', 'inherit'] });
}
