import assert from 'node:assert/strict';
import * as fc from 'fast-check';
import { LayeredMap } from '../../../server/src/schema/layered-map.ts';

interface Value {
  readonly of: string;
  readonly number: number;
}

const names = fc
  .constantFrom('a', 'b', 'c', 'd', 'e', 'f', 'g', 'h')
  .chain((one) => fc.nat(30).map((number) => `${one}${number}`));
const changes = fc.array(
  fc.oneof(
    { weight: 5, arbitrary: fc.record({ key: names, of: names, number: fc.nat() }) },
    { weight: 2, arbitrary: fc.record({ gone: names }) },
    { weight: 1, arbitrary: fc.record({ fork: fc.nat() }) },
  ),
  { maxLength: 300, size: 'max' },
);

describe('layered map', () => {
  it('holds what a map holds, in each of its forks', () => {
    fc.assert(
      fc.property(changes, (list) => {
        const forks = [{ layered: new LayeredMap<Value>(({ of }) => [of]), plain: new Map<string, Value>() }];
        let at = 0;
        for (const change of list) {
          const now = forks[at % forks.length];
          assert.ok(now);
          if ('fork' in change) {
            forks.push({ layered: now.layered.fork(), plain: new Map(now.plain) });
            at = change.fork;
          } else if ('gone' in change) {
            assert.equal(now.layered.delete(change.gone), now.plain.delete(change.gone));
          } else {
            const value = { of: change.of, number: change.number };
            now.layered.set(change.key, value);
            now.plain.set(change.key, value);
          }
        }
        for (const { layered, plain } of forks) {
          assert.equal(layered.size, plain.size);
          assert.deepEqual(new Map(layered), new Map(plain));
          for (const [key, value] of plain) assert.equal(layered.get(key), value);
        }
      }),
      { numRuns: 200 },
    );
  });

  it('finds all that points at something', () => {
    fc.assert(
      fc.property(changes, names, (list, link) => {
        const map = new LayeredMap<Value>(({ of }) => [of]);
        for (const change of list) {
          if ('key' in change) map.set(change.key, { of: change.of, number: change.number });
          else if ('gone' in change) map.delete(change.gone);
          const found = new Set(map.linked(link));
          for (const value of map.values()) assert.ok(value.of !== link || found.has(value));
        }
      }),
      { numRuns: 50 },
    );
  });

  it('may be changed while it is walked', () => {
    const map = new LayeredMap<Value>(({ of }) => [of]);
    for (let number = 0; number < 200; number++) map.set(`k${number}`, { of: 'x', number });
    for (const [key, value] of map) map.set(key, { ...value, number: value.number + 1 });
    assert.deepEqual(
      [...map.values()].map(({ number }) => number),
      Array.from({ length: 200 }, (_, number) => number + 1),
    );
  });
});
