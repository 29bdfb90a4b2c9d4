import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { run } from '../../../server/src/cli/run.ts';
import { rules } from '../../../server/src/rules/registry.ts';
import { memoryIo, projectRoot } from './memory-io.ts';

async function cli(...argv: string[]) {
  const io = memoryIo();
  return { exitCode: await run(argv, io), out: io.out(), err: io.err() };
}

describe('switchback', () => {
  it('prints its version', async () => {
    const { version } = JSON.parse(readFileSync(join(projectRoot, 'package.json'), 'utf8'));
    assert.deepEqual(await cli('--version'), { exitCode: 0, out: `${version}\n`, err: '' });
  });

  it('prints help, for itself and for every command, in lines that fit a terminal', async () => {
    const main = await cli('--help');
    assert.equal(main.exitCode, 0);
    for (const command of [
      'check',
      'explain',
      'dry-run',
      'checklist',
      'runbook',
      'monitoring',
      'job',
      'rules',
    ]) {
      assert.match(main.out, new RegExp(`^  ${command} `, 'm'));
      const help = await cli(command, '--help');
      assert.equal(help.exitCode, 0);
      assert.match(help.out, new RegExp(`^Usage: switchback ${command} `));
      assert.deepEqual(await cli('help', command), help);
      for (const line of help.out.split('\n')) assert.ok(line.length <= 115, line);
    }
  });

  it('exits 2 with help where it is told nothing', async () => {
    const { exitCode, out, err } = await cli();
    assert.deepEqual([exitCode, out], [2, '']);
    assert.match(err, /^Usage:/m);
  });

  it('names the nearest command and option', async () => {
    assert.deepEqual(await cli('chekc', 'a.sql'), {
      exitCode: 2,
      out: '',
      err: 'switchback: chekc is not a command. Did you mean check?\n',
    });
    assert.deepEqual(await cli('check', '--formt=json', 'a.sql'), {
      exitCode: 2,
      out: '',
      err: 'switchback: --formt is not an option of `switchback check`. Did you mean --format?\nSee `switchback check --help`.\n',
    });
    assert.match((await cli('--versoin')).err, /Did you mean --version\?/);
    assert.equal((await cli('__proto__')).exitCode, 2);
  });
});

describe('switchback rules', () => {
  it('lists every rule', async () => {
    const { out, exitCode } = await cli('rules', '--format', 'json');
    assert.equal(exitCode, 0);
    assert.deepEqual(
      JSON.parse(out).rules.map(({ id, severity, title }: Record<string, string>) => [id, severity, title]),
      rules.map(({ id, severity, title }) => [id, severity, title]),
    );
    const lines = (await cli('rules')).out.trimEnd().split('\n');
    assert.equal(lines.length, rules.length);
    for (const [index, { id, severity, off }] of rules.entries())
      assert.match(lines[index] ?? '', new RegExp(`^${id} +${off ? 'off' : severity} `));
  });

  it('prints the page of one', async () => {
    const { out, exitCode } = await cli('rules', 'rollback-missing');
    assert.equal(exitCode, 0);
    assert.match(out, /^# /);
  });

  it('names the nearest rule', async () => {
    const { exitCode, err } = await cli('rules', 'rolback-missing');
    assert.equal(exitCode, 2);
    assert.match(err, /There is no rule rolback-missing\. Did you mean rollback-missing\?/);
  });
});
