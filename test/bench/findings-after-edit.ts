import { longPlan, schema } from '../unit/lsp/plans.ts';
import type { ProtocolClient } from '../unit/lsp/protocol-client.ts';
import { withBuiltServer } from './built-server.ts';
import type { Comparison } from './comparison.ts';
import { percentile } from './percentile.ts';

const steps = 50;
const warmUp = 20;
const samples = 200;

/** From an edit in a plan of 50 steps, with a schema beside it, to its findings in the client. */
export async function findingsAfterEdit(): Promise<readonly Comparison[]> {
  const times = await withBuiltServer(false, measure);
  const name = `findings after an edit in a plan of ${steps} steps`;
  return [
    { name: `${name}, median`, ours: percentile(times, 0.5), bar: 50 },
    { name: `${name}, 95th percentile`, ours: percentile(times, 0.95) },
  ];
}

async function measure(client: ProtocolClient): Promise<number[]> {
  client.write('schema.sql', schema);
  const uri = client.uriOf('long.migration.yaml');
  const document = client.open(uri, longPlan(steps));
  const found = (await client.diagnostics(uri)).length;
  if (found === 0) throw new Error('the plan should have findings');
  const times: number[] = [];
  for (let i = 0; i < warmUp + samples; i++) {
    // A new name each time, here and there in the plan: the statement and all facts after it are new.
    const step = (i * 7) % steps;
    const [name, start] = new RegExp(`((?:COLUMN c|INDEX users_)${step})\\w*`).exec(document.getText()) ?? [];
    if (name === undefined) throw new Error(`the plan has no step ${step}`);
    const started = performance.now();
    client.edit(document, name, `${start}_${i}`);
    await client.pull(uri);
    if (i >= warmUp) times.push(performance.now() - started);
  }
  return times;
}
