import assert from 'node:assert/strict';
import { choice, pgVersion, readArguments, wholeNumber } from '../../../server/src/cli/arguments.ts';
import { didYouMean } from '../../../server/src/cli/nearest.ts';

const types = { format: 'string', 'pg-version': 'string', rows: 'string', quiet: 'boolean' } as const;
const read = (...args: string[]) => readArguments('check', args, types);

describe('arguments', () => {
  it('tells files from options, in any order and either spelling', () => {
    const given = read('a.sql', '--format', 'json', '--pg-version=15', 'b.sql', '--quiet', '--', '--c.sql');
    assert.deepEqual(given.files, ['a.sql', 'b.sql', '--c.sql']);
    assert.equal(given.value('format'), 'json');
    assert.equal(pgVersion('check', given), 15);
    assert.equal(given.flag('quiet'), true);
    assert.equal(given.value('rows'), undefined);
  });

  it('takes a lone dash as a file', () => {
    assert.deepEqual(read('-').files, ['-']);
  });

  it('takes a rate that may be given, and no file for one', () => {
    const known = { load: 'rate', pool: 'string' } as const;
    const load = (...args: string[]) => readArguments('dry-run', args, known);
    for (const args of [
      ['--load', '200/s', 'a.yaml'],
      ['a.yaml', '--load=200/s'],
      ['--load=200/s', 'a.yaml'],
    ]) {
      const given = load(...args);
      assert.deepEqual([given.value('load'), given.has('load'), given.files], ['200/s', true, ['a.yaml']]);
    }
    for (const args of [
      ['--load', 'a.yaml'],
      ['a.yaml', '--load'],
      ['--load', '--pool', '3', 'a.yaml'],
    ]) {
      const given = load(...args);
      assert.deepEqual([given.value('load'), given.has('load'), given.files], [undefined, true, ['a.yaml']]);
    }
    assert.equal(load('a.yaml').has('load'), false);
    for (const wrong of ['0', '200', '5q', '3/x'])
      assert.equal(load('--load', wrong, 'a.yaml').value('load'), wrong);
    assert.deepEqual(load('--load', '0042_a.yaml').files, ['0042_a.yaml']);
  });

  it('names the nearest known option', () => {
    assert.throws(() => read('--fromat', 'json'), {
      name: 'UsageError',
      message: '--fromat is not an option of `switchback check`. Did you mean --format?',
    });
    assert.throws(() => read('--zzzzzz'), { message: '--zzzzzz is not an option of `switchback check`.' });
    assert.throws(() => read('--constructor'), { name: 'UsageError' });
    assert.throws(() => read('-f'), { name: 'UsageError' });
  });

  it('wants values where they belong and only there', () => {
    assert.throws(() => read('--format'), { message: '--format needs a value.' });
    assert.throws(() => read('--format', '--quiet'), { message: '--format needs a value.' });
    assert.throws(() => read('--quiet=yes'), { message: '--quiet takes no value.' });
  });

  it('checks choices and numbers', () => {
    assert.equal(choice('check', read(), 'format', ['text', 'json']), 'text');
    assert.throws(() => choice('check', read('--format', 'jsn'), 'format', ['text', 'json']), {
      message: '--format jsn is unknown. Did you mean json?',
    });
    assert.throws(() => choice('check', read('--format', 'xml1234'), 'format', ['text', 'json']), {
      message: '--format xml1234 is unknown. It is one of text, json.',
    });
    for (const bad of ['13', '19', '16.2', 'sixteen', '', '0x10'])
      assert.throws(() => pgVersion('check', read(`--pg-version=${bad}`)), { name: 'UsageError' }, bad);
    assert.equal(wholeNumber('dry-run', read('--rows', '0'), 'rows', { min: 0, max: 10 }), 0);
    assert.throws(() => wholeNumber('dry-run', read('--rows', '11'), 'rows', { min: 0, max: 10 }), {
      message: '--rows 11: give a whole number from 0 to 10.',
    });
  });
});

describe('did you mean', () => {
  const known = ['check', 'explain', 'dry-run', 'rules'];
  const cases = { chekc: 'check', dryrun: 'dry-run', dry_run: 'dry-run', exp: 'explain', Rules: 'rules' };
  for (const [typed, meant] of Object.entries(cases))
    it(`finds ${meant} for ${typed}`, () => {
      assert.equal(didYouMean(typed, known), ` Did you mean ${meant}?`);
    });
  it('stays silent where nothing is near', () => {
    assert.equal(didYouMean('frobnicate', known), '');
    assert.equal(didYouMean('', known), '');
  });
});
