import assert from 'node:assert/strict';
import { mkdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { CancellationTokenSource } from 'vscode-languageserver/node';
import {
  type CaptureBaselineResult,
  type ConvertSqlParams,
  type ConvertSqlResult,
  captureBaselineRequest,
  convertSqlRequest,
  type NewPlanParams,
  type NewPlanResult,
  newPlanRequest,
  type PrismaSchemaResult,
  prismaSchemaRequest,
  type RecipesParams,
  type RecipesResult,
  recipesRequest,
} from '../../../server/src/lsp/protocol.ts';
import { type ProtocolClient, startProtocolClient, until } from './protocol-client.ts';

const users = 'CREATE TABLE users (id bigint PRIMARY KEY, username varchar(255) NOT NULL, email text);';
const refused = (result: object) =>
  'refused' in result ? String(result.refused) : assert.fail(`not refused: ${JSON.stringify(result)}`);

describe('plans from answers over the protocol', () => {
  let client: ProtocolClient;
  let uri: string;
  before(async () => {
    client = await startProtocolClient();
    uri = client.write('schema.sql', `-- Dumped from database version 15.4\n${users}`);
  });
  after(() => client.stop());

  const recipes = (params: RecipesParams): Promise<RecipesResult> =>
    client.connection.sendRequest(recipesRequest, params);
  const newPlan = (params: NewPlanParams): Promise<NewPlanResult> =>
    client.connection.sendRequest(newPlanRequest, params);
  const questions = async (params: Omit<RecipesParams, 'baseline' | 'type'>) => {
    const result = await recipes({ baseline: { uri }, type: 'rename_column', ...params });
    assert.ok('questions' in result, JSON.stringify(result));
    return new Map(result.questions.map((one) => [one.id, one]));
  };

  it('lists what plans are written for, without a schema', async () => {
    const result = await recipes({});
    assert.ok('recipes' in result);
    assert.ok(result.recipes.some(({ type, title }) => type === 'rename_column' && title !== ''));
    assert.deepEqual(result.questions, []);
  });

  it('asks with what the schema has, by the answers so far, and says what is wrong with one', async () => {
    assert.deepEqual(
      (await questions({})).get('table')?.candidates?.map(({ value }) => value),
      ['users'],
    );
    const asked = await questions({ answers: { table: 'users', column: 'usernam' } });
    assert.deepEqual(
      asked.get('column')?.candidates?.map(({ value }) => value),
      ['id', 'username', 'email'],
    );
    assert.match(asked.get('column')?.problem ?? '', /Did you mean username/);
    const result = await recipes({ baseline: { uri } });
    assert.equal('pgVersion' in result && result.pgVersion, 15);
  });

  it('takes what a server said of the main table as the default', async () => {
    const figures = { rows: 'public.users=1234,public.orders=5', size: 'public.users=2GB' };
    const asked = await questions({ answers: { table: 'users' }, figures });
    assert.deepEqual(
      ['rows', 'size'].map((id) => asked.get(id)?.default),
      ['1234', '2GB'],
    );
    assert.equal((await questions({ figures })).get('rows')?.default, undefined);
  });

  it('writes a plan that names its schema from where it stands', async () => {
    const answers = { table: 'users', column: 'username', to: 'handle', rows: '8M', traffic: '2000/s' };
    const params = { type: 'rename_column', answers, baseline: { uri } };
    const made = await newPlan({ ...params, folderUri: client.uriOf('plans') });
    assert.ok('text' in made, JSON.stringify(made));
    assert.match(made.text, /schema: \.\.\/schema\.sql/);
    assert.match(made.text, /version: 15/);
    assert.match(made.name, /^rename-users-username/);
    const newer = await newPlan({ ...params, baseline: { uri, pgVersion: 18 } });
    assert.match('text' in newer ? newer.text : '', /version: 18/);
  });

  it('says which answer is at fault, and what is wrong with a schema', async () => {
    const answers = { table: 'users', column: 'username', to: 'email' };
    const taken = await newPlan({ type: 'rename_column', answers, baseline: { uri } });
    assert.match(refused(taken), /has a column email already/);
    assert.equal('question' in taken && taken.question, 'to');
    const broken = client.write('broken.sql', 'CREATE TABLE t (;\n');
    assert.match(refused(await recipes({ baseline: { uri: broken }, type: 'rename_column' })), /line 1/);
    assert.match(
      refused(
        await newPlan({ type: 'rename_column', answers: {}, baseline: { uri: client.uriOf('no.sql') } }),
      ),
      /there is no such file/,
    );
    assert.match(refused(await recipes({ type: 'paint_it_blue' })), /no plan of the type paint_it_blue/);
  });

  it('says what to do instead in the words of the editor, not of the terminal', async () => {
    const keyless = client.write('keyless.sql', 'CREATE TABLE log (at timestamptz NOT NULL, line text);');
    const say = async (type: string, answers: Record<string, string>) =>
      refused(await newPlan({ type, answers: { table: 'log', ...answers }, baseline: { uri: keyless } }));
    assert.match(
      await say('drop_column', { column: 'line' }),
      /\(New Plan… › Give a table a primary key, or another one\), or .*: answer “What becomes of its values\?” with none\.$/,
    );
    assert.match(
      await say('add_required_column', { name: 'level', type: 'integer' }),
      /: answer “What do the rows get that are there already\?”, or answer “What .*” for one value/,
    );
  });
});

describe('migrations of other tools over the protocol', () => {
  let client: ProtocolClient;
  before(async () => {
    client = await startProtocolClient();
  });
  after(() => client.stop());

  const convert = (params: ConvertSqlParams): Promise<ConvertSqlResult> =>
    client.connection.sendRequest(convertSqlRequest, params);
  const text = (result: ConvertSqlResult) =>
    'text' in result ? result.text : assert.fail(JSON.stringify(result));

  it('become plans, on what the migrations before them make', async () => {
    client.write('V1__users.sql', users);
    const uri = client.write('V2__index.sql', 'CREATE INDEX users_email ON users (email);');
    const result = await convert({ uri, planUri: client.uriOf('V2.migration.yaml'), pgVersion: 16 });
    assert.match(text(result), /CREATE INDEX CONCURRENTLY users_email/);
    assert.ok('schema' in result && result.schema);
    assert.equal(result.schema.uri, client.uriOf('V2__index.schema.sql'));
    assert.match(result.schema.text, /CREATE TABLE users/);
  });

  it('are taken as an editor has them, followed or not', async () => {
    const uri = client.write('V3__email.sql', 'ALTER TABLE users ADD COLUMN one int;');
    const params = { uri, planUri: client.uriOf('V3.migration.yaml'), pgVersion: 16 };
    const unsaved = await convert({ ...params, text: 'ALTER TABLE users ADD COLUMN two int;' });
    assert.match(text(unsaved), /ADD COLUMN two/);
    assert.match(text(await convert(params)), /ADD COLUMN one/);
    const document = client.open(uri, 'ALTER TABLE users ADD COLUMN three int;', 'sql');
    assert.match(text(await convert(params)), /ADD COLUMN three/);
    await client.close(document);
  });

  it('take a schema that is named, and say what cannot be read', async () => {
    const schemaUri = client.write('named.sql', users);
    const uri = client.write('V4__last.sql', 'ALTER TABLE users DROP COLUMN email;');
    const params = { uri, planUri: client.uriOf('V4.migration.yaml'), pgVersion: 17 };
    const named = await convert({ ...params, schemaUri });
    assert.match(text(named), /schema: named\.sql/);
    assert.equal('schema' in named && named.schema, false);
    assert.match(refused(await convert({ ...params, text: 'ALTER TABEL users;' })), /cannot read its SQL/);
    assert.match(refused(await convert({ ...params, uri: client.uriOf('no.sql') })), /no such file/);
  });
});

/** A prisma that says what it was asked, waits where the schema is called so, and fails where it is. */
const prisma = `const schema = process.argv.at(-2);
if (schema.includes('slow')) { require('node:fs').writeFileSync('started', String(process.pid)); setInterval(() => {}, 1000); }
else if (schema.includes('wrong')) { console.error('Error: P1012 postgres://ada:secret@db/app'); process.exitCode = 1; }
else console.log('-- ' + process.argv.slice(2).join(' ') + '\\nCREATE TABLE users (id int);');`;
const datasource = (provider: string) => `datasource db {\n  provider = "${provider}"\n}\n`;

describe('the schema of Prisma over the protocol', () => {
  let client: ProtocolClient;
  beforeEach(async () => {
    client = await startProtocolClient();
  });
  afterEach(() => client.stop());

  const install = (version = '6.19.0') => {
    mkdirSync(join(client.folder, 'node_modules/prisma/build'), { recursive: true });
    client.write('package.json', '{}');
    client.write('node_modules/prisma/build/index.js', prisma);
    client.write(
      'node_modules/prisma/package.json',
      JSON.stringify({ version, bin: { prisma: 'build/index.js' } }),
    );
  };
  const schemaIn = (folder: string, provider = 'postgresql') => {
    mkdirSync(join(client.folder, folder));
    return client.write(`${folder}/schema.prisma`, datasource(provider));
  };
  const ask = (uri: string, confirmed: boolean): Promise<PrismaSchemaResult> =>
    client.connection.sendRequest(prismaSchemaRequest, { uri, confirmed });

  it('is what the workspace’s own prisma says, once that is confirmed', async () => {
    install();
    const uri = schemaIn('prisma');
    const first = await ask(uri, false);
    assert.ok('confirm' in first);
    assert.match(first.confirm.program, /node_modules[\\/]prisma[\\/]build[\\/]index\.js$/);
    assert.match(
      first.confirm.command,
      /^prisma migrate diff --from-empty --to-schema-datamodel .*schema\.prisma --script$/,
    );
    const made = await ask(uri, true);
    assert.match('text' in made ? made.text : '', /--to-schema-datamodel [\s\S]*CREATE TABLE users/);
    install('7.1.0');
    const newer = await ask(uri, false);
    assert.match('confirm' in newer ? newer.confirm.command : '', /--from-empty --to-schema \S/);
  });

  it('is refused where it is for another database, where no prisma is installed, or where it fails', async () => {
    assert.match(refused(await ask(schemaIn('none'), true)), /no node_modules\/prisma .* install/);
    install();
    assert.match(refused(await ask(schemaIn('mysql', 'mysql'), true)), /schema for mysql/);
    const failed = refused(await ask(schemaIn('wrong'), true));
    assert.match(failed, /P1012/);
    assert.doesNotMatch(failed, /secret/);
  });

  it('is stopped by a cancel', async () => {
    install();
    const uri = schemaIn('slow');
    const source = new CancellationTokenSource();
    const running = client.connection.sendRequest(
      prismaSchemaRequest,
      { uri, confirmed: true },
      source.token,
    );
    const started = join(client.folder, 'started');
    const pid = () => {
      try {
        return Number(readFileSync(started, 'utf8'));
      } catch {
        return 0;
      }
    };
    for (let tries = 0; pid() === 0 && tries < 500; tries++)
      await new Promise((resolve) => setTimeout(resolve, 20));
    assert.notEqual(pid(), 0);
    source.cancel();
    await assert.rejects(running as Promise<unknown>, /cancelled/);
    await until('the end of the process', () => {
      try {
        return !process.kill(pid(), 0);
      } catch {
        return true;
      }
    });
  });

  it('is not made, and no server is asked, in a workspace that is not trusted', async () => {
    const other = await startProtocolClient({ trusted: false });
    try {
      const params = { uri: other.uriOf('schema.prisma'), confirmed: true };
      const result: PrismaSchemaResult = await other.connection.sendRequest(prismaSchemaRequest, params);
      assert.match(refused(result), /trusted workspace/);
      const server = { kind: 'server', connection: 'postgres://localhost/app' };
      const captured: CaptureBaselineResult = await other.connection.sendRequest(captureBaselineRequest, {
        server,
      });
      assert.match(refused(captured), /trusted workspace/);
    } finally {
      await other.stop();
    }
  });
});
