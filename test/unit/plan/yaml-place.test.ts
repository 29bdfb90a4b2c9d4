import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { mark, placeAt, placeInAll, placeToType } from '../../../server/src/plan/yaml-place.ts';

const example = readFileSync(
  join(__dirname, '../../../examples/rename-username/rename-username.migration.yaml'),
  'utf8',
);

describe('places in YAML', () => {
  const typed = (marked: string) => placeToType(marked.replace('$0', ''), marked.indexOf('$0'));
  const shown = (marked: string) => {
    const place = typed(marked);
    return place && `${place.at} ${place.path.join('.')} = ${place.value.replace(mark, '|')}`;
  };

  it('are found for what is half typed', () => {
    assert.equal(shown('a: 1\n$0'), 'key | = |'.replace('key |', `key ${mark}`));
    assert.equal(shown('a: $0'), 'value a = |');
    assert.equal(shown('a:\n  - b: 1\n    c: x$0'), 'value a.0.c = x|');
    assert.equal(shown('a: { b: 1, c: $0'), 'value a.c = |');
    assert.equal(shown('a: [1, $0]'), 'value a.1 = |');
    assert.equal(shown('a: |\n  x\n  $0\nb: 1'), 'value a = x\n|\n');
    assert.equal(shown('a: "x $0'), 'value a = x |');
    assert.equal(shown('a: 1 # $0'), undefined);
    assert.equal(shown(`a: ${mark}$0`), undefined);
  });

  it('know what stands beside them', () => {
    const place = typed('phases:\n  - steps:\n      - step: A\n        backfill: { table: users, set: $0');
    assert.deepEqual(place?.path, ['phases', 0, 'steps', 0, 'backfill', 'set']);
    assert.deepEqual([...(place?.beside ?? [])], [['table', 'users']]);
    assert.deepEqual([...(typed('a: 1\nb: 2\n$0')?.beside.keys() ?? [])], ['a', 'b']);
  });

  it('do not lose the steps below a quote that is not closed', () => {
    const text = 'phases:\n  - phase: A\n    steps:\n      - step: "A$0\n        wait: 1h\n      - step: B\n';
    assert.deepEqual(typed(text)?.path, ['phases', 0, 'steps', 0, 'step']);
    const below = text.replace('$0', '').replace('step: B', 'step: B$0');
    assert.deepEqual(typed(below)?.path, ['phases', 0, 'steps', 1, 'step']);
  });

  it('are the same whether a step is read by itself or the whole text is', () => {
    for (let offset = 0; offset < example.length; offset += 101) {
      const [own, whole] = [placeAt(example, offset), placeInAll(example, offset)];
      const alone = { around: [], ...(whole && whole.path.length < 3 && { beside: new Map() }) };
      assert.deepEqual(own && { ...own, ...alone }, whole && { ...whole, ...alone }, `at ${offset}`);
    }
  });

  it('are none for what is nested too deeply', () => {
    assert.equal(typed(`${'['.repeat(20_000)}$0`), undefined);
  });
});
