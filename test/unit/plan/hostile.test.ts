import assert from 'node:assert/strict';
import { createPlanParser } from '../../../server/src/plan/parse.ts';

const parser = createPlanParser();
const options = { readFile: () => ({ error: 'no such file' }) };
const head = 'migration: m\ndatabase: { version: 16 }\nphases:\n  - phase: p\n    steps:\n';

/** Files whose reading time grew with the square of their length in some part of the way. */
const files: Readonly<Record<string, (length: number) => string>> = {
  'a mistake in each step': (length) => head + '      - wiat: 1\n'.repeat(length / 16),
  'steps of one name': (length) => head + '      - { step: a, wait: 1s }\n'.repeat(length / 29),
  'nothing but quotes': (length) => '"'.repeat(length),
  'nothing but keys': (length) => Array.from({ length: length / 10 }, (_, i) => `k${i}: 1`).join('\n'),
  'one key again and again': (length) => 'a: 1\n'.repeat(length / 5),
  'colons in one line': (length) => 'a: '.repeat(length / 3),
  'an open bracket in each step': (length) => head + '      - step: [\n'.repeat(length / 16),
  'an alias of nothing in each step': (length) => head + '      - step: *a\n'.repeat(length / 17),
};

/** Characters, and ms: what costs the square of the length takes more than 12 s here, all else 1 to 3 s. */
const length = 600_000;
const limit = 10_000;

describe('a plan file made to take for ever', () => {
  for (const [name, make] of Object.entries(files)) {
    it(`is read in time that grows with its length: ${name}`, () => {
      const text = make(length);
      const started = performance.now();
      const { problems } = parser.parse(text, options);
      const ms = performance.now() - started;
      assert.ok(ms < limit, `${ms.toFixed(0)} ms`);
      for (const { range } of problems) assert.ok(range.start <= range.end && range.end <= text.length);
    }).timeout(120_000);
  }
});
