import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { WorkDoneProgress } from 'vscode-languageserver/node';
import { type DryRunParams, type DryRunResult, dryRunRequest } from '../../server/src/lsp/protocol.ts';
import type { ProtocolClient } from '../unit/lsp/protocol-client.ts';
import { withBuiltServer } from './built-server.ts';
import type { Comparison } from './comparison.ts';
import { percentile } from './percentile.ts';

const example = join(__dirname, '../../examples/rename-username');
const samples = 8;

/**
 * From the request for a dry run to the start of its first step, which is one of SQL: Postgres is up by then, the
 * baseline loaded and its tables filled with 1,000 rows each. The server is warm, Postgres never.
 */
export async function firstStatement(): Promise<readonly Comparison[]> {
  const times = await withBuiltServer(true, measure);
  const name = 'dry run: start to first statement';
  return [
    { name: `${name}, median`, ours: percentile(times, 0.5), bar: 1500 },
    { name: `${name}, 95th percentile`, ours: percentile(times, 0.95) },
  ];
}

async function measure(client: ProtocolClient): Promise<number[]> {
  client.write('schema.sql', readFileSync(join(example, 'schema.sql'), 'utf8'));
  const uri = client.uriOf('rename-username.migration.yaml');
  client.open(uri, readFileSync(join(example, 'rename-username.migration.yaml'), 'utf8'));
  const times: number[] = [];
  for (let i = 0; i <= samples; i++) {
    const time = await oneRun(client, uri, `run ${i}`);
    if (i > 0) times.push(time);
  }
  return times;
}

async function oneRun({ connection }: ProtocolClient, uri: string, workDoneToken: string): Promise<number> {
  const started = performance.now();
  let first: number | undefined;
  const listening = connection.onProgress(WorkDoneProgress.type, workDoneToken, (value) => {
    // Before the first step none of them is done: 0 %.
    if (value.kind === 'report' && (value.percentage ?? 0) > 0) first ??= performance.now() - started;
  });
  const params: DryRunParams = { uri, workDoneToken, rows: 1000, stepTimeout: 60_000 };
  const result = await connection.sendRequest<DryRunResult>(dryRunRequest, params);
  listening.dispose();
  if ('refused' in result) throw new Error(result.refused);
  if (result.report.verdict !== 'passed' || first === undefined)
    throw new Error(`the dry run: ${result.report.verdict} ${result.report.error?.message ?? ''}`);
  return first;
}
