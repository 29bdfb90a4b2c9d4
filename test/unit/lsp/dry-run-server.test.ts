import assert from 'node:assert/strict';
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { seal } from '../../../client/src/seal.ts';
import {
  type CaptureResult,
  type ChecklistResult,
  type ConfirmServerParams,
  captureRequest,
  checklistRequest,
  confirmServerRequest,
  type DryRunParams,
  type DryRunResult,
  dryRunRequest,
  type OverrideServerParams,
  overrideServerRequest,
  passwordKeyRequest,
  type ServerChoice,
} from '../../../server/src/lsp/protocol.ts';
import { rehearse } from '../../../server/src/rehearsal/rehearse.ts';
import { type RealServer, startServer } from '../rehearsal/real-server.ts';
import { type ProtocolClient, startProtocolClient } from './protocol-client.ts';

const plan = `migration: Test
database: { type: postgresql, version: 18 }
phases:
  - phase: Only
    steps:
      - step: Make a table
        sql: CREATE TABLE t (id int PRIMARY KEY);
        rollback: DROP TABLE t;
`;

describe('dry runs on a server over the protocol', function () {
  this.timeout(60_000);
  let server: RealServer;
  let client: ProtocolClient;
  const asked: (ConfirmServerParams | OverrideServerParams)[] = [];
  let answer = true;

  before(async () => {
    server = await startServer();
    await server.run('CREATE DATABASE app');
    await server.run('CREATE DATABASE app_live');
    await server.run(`CREATE ROLE ada LOGIN CREATEDB PASSWORD 'secret'`);
    await server.run(
      `COPY (SELECT unnest(ARRAY['local all postgres trust', 'local all all scram-sha-256'])) TO PROGRAM 'cat > pg_hba.conf'`,
    );
    await server.run('SELECT pg_reload_conf()');
    client = await startProtocolClient({
      rehearse: () => (analysis, request) => {
        if (!request.engine) throw new Error('no engine');
        return rehearse(analysis, request.engine, request);
      },
    });
    for (const request of [confirmServerRequest, overrideServerRequest])
      client.connection.onRequest(request, (params: ConfirmServerParams & OverrideServerParams) => {
        asked.push(params);
        return answer;
      });
    client.open(client.uriOf('a.migration.yaml'), plan);
  });
  after(async () => {
    await client?.stop();
    await server?.stop();
  });
  beforeEach(() => {
    asked.length = 0;
    answer = true;
  });
  afterEach(async () => assert.deepEqual(await server.scratch(), []));

  async function run(
    connection: string,
    password?: string,
    kind: ServerChoice['kind'] = 'server',
    more: Partial<DryRunParams> = {},
  ) {
    const key = await client.connection.sendRequest<string>(passwordKeyRequest);
    return await client.connection.sendRequest<DryRunResult>(dryRunRequest, {
      uri: client.uriOf('a.migration.yaml'),
      rows: 10,
      stepTimeout: 20_000,
      workDoneToken: 'run',
      ...more,
      server: { kind, connection, ...(password === undefined ? {} : { password: seal(password, key) }) },
    });
  }
  const app = (user: string, database = 'app') =>
    `host=${server.target().host} user=${user} dbname=${database}`;

  it('asks for the password, and runs with it once the user confirms', async () => {
    const without = await run(app('ada'));
    assert.ok('refused' in without && without.password);
    assert.match(without.refused, /asks for the password of user ada/);
    const wrong = await run(app('ada'), 'wrong');
    assert.ok('refused' in wrong && wrong.password);
    assert.match(wrong.refused, /password for user ada at .* is wrong/);
    assert.deepEqual(asked, []);
    const right = await run(app('ada'), 'secret');
    assert.ok('report' in right);
    assert.equal(right.report.verdict, 'passed', right.report.error?.message);
    const { preview, lines, timeline } = right.preview ?? {};
    assert.deepEqual([preview?.basis, preview?.measured_on], ['measured', right.report.engine]);
    assert.deepEqual([lines?.make_a_table, timeline?.wide.startsWith('<svg')], [5, true]);
    const [identity] = asked as ConfirmServerParams[];
    assert.deepEqual(
      [identity?.name, identity?.database, identity?.user, identity?.isClone],
      ['local/app', 'app', 'ada', false],
    );
    assert.doesNotMatch(JSON.stringify(right), /secret/);
  });

  it('puts load on where that is asked for, and says what it needs', async () => {
    const result = await run(app('ada'), 'secret', 'server', { load: {} });
    assert.ok('report' in result);
    assert.equal(result.report.verdict, 'refused');
    assert.match(result.report.error?.message ?? '', /give the plan a rate/);
  });

  it('does nothing without a yes, and asks again where it looks like production', async () => {
    answer = false;
    const refused = await run(app('postgres'));
    assert.ok('report' in refused);
    assert.deepEqual([refused.report.verdict, asked.length], ['refused', 1]);
    answer = true;
    asked.length = 0;
    const overridden = await run(app('postgres', 'app_live'));
    assert.ok('report' in overridden);
    assert.equal(overridden.report.verdict, 'passed', overridden.report.error?.message);
    assert.deepEqual((asked[1] as OverrideServerParams).name, 'local/app_live');
  });

  it('captures the schema and the figures, and writes nothing itself', async () => {
    const capture = (connection: string) =>
      client.connection.sendRequest<CaptureResult>(captureRequest, {
        uri: client.uriOf('a.migration.yaml'),
        server: { kind: 'server', connection },
      });
    const wanted = await capture(app('ada'));
    assert.ok('refused' in wanted && wanted.password);
    const result = await capture(app('postgres'));
    // What is on the PATH decides: a pg_dump that is new enough, or one that is not, which is said.
    if ('refused' in result) assert.match(result.refused, /was not captured\. (There is no|The) pg_dump/);
    else
      assert.deepEqual(
        [result.from, result.schema.path, result.schema.isNamed],
        ['local/app', 'schema.sql', false],
      );
    assert.equal(existsSync(join(client.folder, 'schema.sql')), false);
  });

  it('asks what a checklist asks, once the user confirms, in a workspace that is trusted', async () => {
    const uri = client.uriOf('list.migration.yaml');
    client.open(
      uri,
      `${plan}checklist:\n  - { check: One, sql: SELECT 1, expect: 1 }\n  - { check: Two, sql: SELECT 1, expect: 2 }\n`,
    );
    const ask = (from: ProtocolClient, connection: string) =>
      from.connection.sendRequest<ChecklistResult>(checklistRequest, {
        uri,
        server: { kind: 'server', connection },
      });
    const found = await ask(client, app('postgres', 'app_live'));
    assert.ok('report' in found, JSON.stringify(found));
    assert.deepEqual(
      found.report.entries.map(({ status }) => status),
      ['met', 'unmet'],
    );
    const [identity] = asked as ConfirmServerParams[];
    assert.deepEqual([identity?.purpose, identity?.name], ['checklist', 'local/app_live']);
    assert.match(identity?.signs?.join() ?? '', /named like production/);
    const locked = await ask(client, app('ada'));
    assert.ok('refused' in locked && locked.password);
    answer = false;
    const denied = await ask(client, app('postgres'));
    assert.match('refused' in denied ? denied.refused : '', /not confirmed: nothing was asked/);
    const stranger = await startProtocolClient({ trusted: false });
    try {
      stranger.open(uri, `${plan}checklist: [{ check: One, sql: SELECT 1 }]\n`);
      const refused = await ask(stranger, app('postgres'));
      assert.match('refused' in refused ? refused.refused : '', /trusted workspace/);
    } finally {
      await stranger.stop();
    }
  });

  it('says what is missing', async () => {
    const bad = await run('mysql://x');
    assert.ok('refused' in bad && /begins with postgres/.test(bad.refused));
    const clone = await run('', undefined, 'clone');
    assert.ok('refused' in clone && /names no clone commands/.test(clone.refused));
    const gone = await run('host=/nowhere dbname=app');
    assert.ok('refused' in gone && /^No Postgres answers at \/nowhere/.test(gone.refused));
  });
});
