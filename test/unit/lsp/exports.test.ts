import assert from 'node:assert/strict';
import { type ExportParams, type ExportResult, exportRequest } from '../../../server/src/lsp/protocol.ts';
import { type ProtocolClient, startProtocolClient } from './protocol-client.ts';

const head = 'migration: Fill\ndatabase: { type: postgresql, version: 16, schema: schema.sql }\n';
const backfill = (id: string) => `      - step: Fill ${id}
        id: ${id}
        backfill: { table: users, set: a = b }
        rollback: { not_needed: nobody reads it }
`;
const plan = (steps: string, more = '') => `${head}${more}phases:\n  - phase: Only\n    steps:\n${steps}`;

describe('exports over the protocol', () => {
  let client: ProtocolClient;
  before(async () => {
    client = await startProtocolClient();
    client.write('schema.sql', 'CREATE TABLE users (id bigint PRIMARY KEY, a int, b int);');
  });
  after(() => client.stop());

  const ask = async (text: string, params: Omit<ExportParams, 'uri'>): Promise<ExportResult> => {
    const uri = client.write(`${crypto.randomUUID()}.migration.yaml`, text);
    return await client.connection.sendRequest(exportRequest, { uri, ...params });
  };
  const text = (result: ExportResult) =>
    'text' in result ? result.text : assert.fail(JSON.stringify(result));
  const refused = (result: ExportResult) =>
    'refused' in result ? result.refused : assert.fail('not refused');

  it('makes a runbook of a plan, in Markdown and in HTML', async () => {
    const one = plan(backfill('one'));
    assert.match(text(await ask(one, { what: 'runbook' })), /^# Fill\n/);
    assert.match(text(await ask(one, { what: 'runbook-html' })), /^<!DOCTYPE html>/);
  });

  it('makes alerts and queries, and says what is not in them', async () => {
    const watched = plan(
      backfill('one'),
      'monitoring: { alerts: [{ metric: moon, warning: "> 1" }], queries: [] }\n',
    );
    const alerts = await ask(watched, { what: 'alerts' });
    assert.match(text(alerts), /kind: PrometheusRule/);
    assert.match('notes' in alerts ? (alerts.notes[0] ?? '') : '', /^Not exported: moon/);
    assert.match(refused(await ask(watched, { what: 'queries' })), /no queries/);
    assert.match(refused(await ask(plan(backfill('one')), { what: 'alerts' })), /no alerts/);
  });

  it('asks which backfill is meant, where there are several', async () => {
    const two = plan(backfill('one') + backfill('two'));
    const result = await ask(two, { what: 'job' });
    assert.deepEqual('choose' in result && result.choose.map(({ id }) => id), ['one', 'two']);
    assert.match(text(await ask(two, { what: 'job', step: 'two' })), /name: backfill-two/);
    assert.match(refused(await ask(plan('      - { step: W, wait: 1h }\n'), { what: 'job' })), /no backfill/);
  });

  it('refuses a plan whose file has faults, with the first', async () => {
    const result = refused(await ask(plan(backfill('one'), 'colour: red\n'), { what: 'runbook' }));
    assert.match(result, /fault in line 3, mend it first: .*colour/);
  });
});
