import assert from 'node:assert/strict';
import { run } from '../../../server/src/cli/run.ts';
import { memoryIo } from './memory-io.ts';

const plan = `migration: Widen
database: { type: postgresql, version: 16, schema: schema.sql }
traffic: 2000/s
tables: { users: { rows: 8M, size: 2.4GB } }
session: { lock_timeout: 2s }
phases:
  - phase: Only
    steps:
      - step: Widen the amount
        sql: ALTER TABLE users ALTER amount TYPE bigint;
        rollback: ALTER TABLE users ALTER amount TYPE int;
      - step: Soak
        wait: 24h
`;

const schema = 'CREATE TABLE users (id bigint PRIMARY KEY, amount int);';

async function preview(args: string[], text = plan) {
  const files = {
    'schema.sql': schema,
    'a.migration.yaml': text,
    'a.sql': 'SELECT 1',
  };
  const io = memoryIo({ files });
  const exitCode = await run(['preview', ...args], io);
  return { exitCode, out: io.out(), err: io.err() };
}

describe('switchback preview', () => {
  it('prints each step with its time, its lock and who waits, and the sum', async () => {
    const { exitCode, out, err } = await preview(['a.migration.yaml', '--pool', '200']);
    assert.deepEqual([exitCode, err], [0, '']);
    assert.match(out, /Widen the amount .*ACCESS EXCLUSIVE on users: everybody waits/);
    assert.match(out, /pools are used up after 100 ms/);
    assert.match(out, /WAL for the replicas/);
    assert.match(out, /Soak +1 d/);
    assert.match(out, /In all .*1 d of soak/);
    assert.match(out, /sizes in the plan alone/);
  });

  it('is JSON on demand, with lines for ranges', async () => {
    const { out } = await preview(['a.migration.yaml', '--format', 'json']);
    const parsed = JSON.parse(out);
    assert.equal(parsed.basis, 'sizes');
    const [step] = parsed.phases[0].steps;
    assert.equal(step.class, 'rewrite');
    assert.equal(step.worst.keeps_out, 'everybody');
    assert.equal(step.range.start.line, 8);
  });

  it('is a page on demand, in a file where told to', async () => {
    const { out } = await preview(['a.migration.yaml', '--format', 'html']);
    assert.match(out, /^<!DOCTYPE html>/);
    assert.match(out, /<svg role="img"[\s\S]*>Widen the amount</);
    assert.doesNotMatch(out, /<script|https?:\/\/(?!www\.w3\.org)/);
    const io = memoryIo({ files: { 'a.migration.yaml': plan }, isTty: true });
    assert.equal(await run(['preview', 'a.migration.yaml', '--output', 'out.txt'], io), 1);
    assert.equal(io.out(), '');
    const written = io.files.read('/project/out.txt');
    assert.ok('bytes' in written);
    const text = new TextDecoder().decode(written.bytes);
    assert.match(text, /Widen the amount/);
    assert.ok(!text.includes('\u001b'));
  });

  it('loses nothing where the file cannot be written', async () => {
    const io = memoryIo({ files: { 'a.migration.yaml': plan } });
    const files = { ...io.files, create: () => ({ error: 'its folder is not there' }) };
    assert.equal(await run(['preview', 'a.migration.yaml', '--output', 'no/where.txt'], { ...io, files }), 2);
    assert.match(io.err(), /no\/where\.txt cannot be written: .*standard output/);
    assert.match(io.out(), /Widen the amount/);
  });

  it('writes what it tells into the plan, once', async () => {
    const io = memoryIo({ files: { 'a.migration.yaml': plan, 'schema.sql': schema } });
    const text = () => {
      const read = io.files.read('/project/a.migration.yaml');
      return 'bytes' in read ? new TextDecoder().decode(read.bytes) : read.error;
    };
    assert.equal(await run(['preview', 'a.migration.yaml', '--write', '--format', 'json'], io), 0);
    assert.match(io.err(), /a\.migration\.yaml: 1 estimate written, of widen_the_amount\./);
    assert.match(text(), /bigint;\n {8}estimate: \d+s-\d+min\n {8}rollback/);
    // The result is about the plan as it is then.
    const soak = JSON.parse(io.out()).phases[0].steps[1];
    assert.match(text().split('\n')[soak.range.start.line] ?? '', /step: Soak/);
    const first = text();
    assert.equal(await run(['preview', 'a.migration.yaml', '--write'], io), 0);
    assert.equal(text(), first);
    assert.match(io.err(), /no estimate was written/);
    assert.equal(await run(['preview', '-', '--write'], io), 2);
  });

  it('says what it cannot use', async () => {
    for (const [args, said] of [
      [['a.sql'], /Only a plan/],
      [[], /takes one plan/],
      [['a.migration.yaml', '--pool', '0'], /from 1/],
      [['none.migration.yaml'], /none\.migration\.yaml/],
    ] as const) {
      const { exitCode, err } = await preview([...args]);
      assert.equal(exitCode, 2);
      assert.match(err, said);
    }
    const { exitCode, err } = await preview(
      ['a.migration.yaml'],
      plan.replace('ALTER amount TYPE bigint', 'ALTR x'),
    );
    assert.equal(exitCode, 1);
    assert.match(err, /Syntax error/);
  });
});
