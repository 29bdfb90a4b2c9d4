import assert from 'node:assert/strict';
import { CancellationTokenSource, WorkDoneProgress } from 'vscode-languageserver/node';
import type { Rehearse, RehearseRequest } from '../../../server/src/lsp/dry-run.ts';
import {
  type DryRunParams,
  type DryRunResult,
  dryRunRequest,
  trustedNotification,
} from '../../../server/src/lsp/protocol.ts';
import type { Report, Verdict } from '../../../server/src/rehearsal/model.ts';
import { notUnwound } from '../../../server/src/rehearsal/proof-results.ts';
import { plan } from './plans.ts';
import { type ProtocolClient, startProtocolClient, until } from './protocol-client.ts';

const report = (verdict: Verdict): Report => ({
  plan: 'Rename username',
  engine: 'a test',
  verdict,
  error: undefined,
  start: { app: [] },
  unwind: notUnwound(''),
  steps: [],
  ms: 1,
  rows: {},
  notes: [],
});

/** A run that reports one step and goes on until it is aborted or told to end. */
function heldRehearsal() {
  const requests: RehearseRequest[] = [];
  const endings: (() => void)[] = [];
  const rehearse: Rehearse = (_, request) => {
    requests.push(request);
    request.onProgress({ step: 1, steps: 4, message: 'Add the new column' });
    return new Promise((resolve) => {
      endings.push(() => resolve(report('passed')));
      request.signal.addEventListener('abort', () => resolve(report('cancelled')));
    });
  };
  return { requests, rehearse, end: () => endings.shift()?.() };
}

describe('dry runs over the protocol', () => {
  let client: ProtocolClient;
  afterEach(() => client.stop());

  const start = async (held: ReturnType<typeof heldRehearsal>, trusted = true) => {
    client = await startProtocolClient({ trusted, rehearse: () => held.rehearse });
    const uri = client.uriOf('a.migration.yaml');
    client.open(uri, plan({ schema: '' }));
    const params: DryRunParams = { uri, rows: 10, stepTimeout: 5000, workDoneToken: 'run' };
    const run = (
      token = new CancellationTokenSource().token,
      uriToRun = uri,
      load: DryRunParams['load'] = undefined,
    ) =>
      client.connection.sendRequest<DryRunResult>(dryRunRequest, { ...params, uri: uriToRun, load }, token);
    return { uri, run };
  };

  it('runs with the client’s settings, reports progress and answers with the report', async () => {
    const held = heldRehearsal();
    const { run } = await start(held);
    const progress: unknown[] = [];
    client.connection.onProgress(WorkDoneProgress.type, 'run', (value) => void progress.push(value));
    const answer = run();
    await until('a start', () => held.requests.length === 1);
    assert.equal(held.requests[0]?.rows, 10);
    assert.equal(held.requests[0]?.stepTimeout, 5000);
    held.end();
    const result = await answer;
    assert.ok('report' in result);
    assert.deepEqual(result.report, JSON.parse(JSON.stringify(report('passed'))));
    assert.match(result.text, /Passed/);
    assert.deepEqual(progress, [
      { kind: 'begin', title: 'Dry run', percentage: 0, cancellable: true },
      { kind: 'report', percentage: 25, message: 'Add the new column' },
      { kind: 'end' },
    ]);
  });

  it('lets the project’s settings win', async () => {
    const held = heldRehearsal();
    const { run } = await start(held);
    client.write('.switchback.yaml', 'dry_run: { rows: 7, step_timeout: 3s }\n');
    const answer = run();
    await until('a start', () => held.requests.length === 1);
    assert.equal(held.requests[0]?.rows, 7);
    assert.equal(held.requests[0]?.stepTimeout, 3000);
    held.end();
    await answer;
  });

  it('takes what a run under load is like from the project, then from the client, and puts none on by itself', async () => {
    const held = heldRehearsal();
    const { run } = await start(held);
    client.write('.switchback.yaml', 'dry_run: { load: { max_wait: 100ms } }\n');
    for (const load of [{ maxWait: 3000, pool: 7 }, undefined]) {
      const answer = run(undefined, undefined, load);
      await until('a start', () => held.requests.length > 0);
      assert.deepEqual(held.requests.shift()?.load, load && { maxWait: 100, pool: 7 });
      held.end();
      await answer;
    }
  });

  it('stops when the client cancels, and still reports', async () => {
    const held = heldRehearsal();
    const { run } = await start(held);
    const source = new CancellationTokenSource();
    const answer = run(source.token);
    await until('a start', () => held.requests.length === 1);
    source.cancel();
    const result = await answer;
    assert.equal('report' in result && result.report.verdict, 'cancelled');
  });

  it('runs a plan once at a time, and again when that is over', async () => {
    const held = heldRehearsal();
    const { run } = await start(held);
    const first = run();
    await until('a start', () => held.requests.length === 1);
    const second = await run();
    assert.match('refused' in second ? second.refused : '', /under way/);
    held.end();
    await first;
    const third = run();
    await until('another start', () => held.requests.length === 2);
    held.end();
    assert.ok('report' in (await third));
  });

  it('runs nothing in a workspace that is not trusted, until it is', async () => {
    const held = heldRehearsal();
    const { run } = await start(held, false);
    const refused = await run();
    assert.match('refused' in refused ? refused.refused : '', /Restricted Mode/);
    assert.equal(held.requests.length, 0);
    await client.connection.sendNotification(trustedNotification);
    const answer = run();
    await until('a start', () => held.requests.length === 1);
    held.end();
    assert.ok('report' in (await answer));
  });

  it('refuses what it cannot read, and survives a run that fails inside', async () => {
    const held = heldRehearsal();
    const { run } = await start({ ...held, rehearse: () => Promise.reject(new Error('a fault of ours')) });
    const missing = await run(undefined, client.uriOf('missing.migration.yaml'));
    assert.match('refused' in missing ? missing.refused : '', /there is no such file/);
    const failed = await run();
    assert.match('refused' in failed ? failed.refused : '', /output channel/);
    assert.match(client.logged.join('\n'), /a fault of ours/);
    const again = await run();
    assert.ok('refused' in again && !/under way/.test(again.refused));
  });
});
