import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import fc from 'fast-check';
import { isMap, isScalar, isSeq } from 'yaml';
import { rangeOf, readYaml, type YamlFile } from '../../../server/src/plan/yaml-document.ts';
import { createYamlReader } from '../../../server/src/plan/yaml-reader.ts';
import { benchPlan } from '../../bench/bench-plan.ts';

const root = join(__dirname, '../../..');
const texts = [
  'test/fixtures/plans/every-key.migration.yaml',
  'examples/rename-username/rename-username.migration.yaml',
  'examples/as-published/as-published.migration.yaml',
].map((path) => readFileSync(join(root, path), 'utf8'));

/** What is read of a node: kinds, values and places. */
function shape(node: unknown): unknown {
  const { flow } = (node ?? {}) as { flow?: boolean };
  const place = rangeOf(node);
  if (isScalar(node)) return { value: node.value, source: node.source, type: node.type, place };
  if (isSeq(node)) return { items: node.items.map(shape), flow, place };
  if (isMap(node))
    return { pairs: node.items.map(({ key, value }) => [shape(key), shape(value)]), flow, place };
  return node ?? null;
}

function assertSame(read: YamlFile, text: string): void {
  const fresh = readYaml(text, 'a plan');
  assert.deepEqual(read.problems, fresh.problems);
  assert.deepEqual(read.value, fresh.value);
  assert.equal(read.source, fresh.source);
  assert.deepEqual(shape(read.document?.contents), shape(fresh.document?.contents));
}

/** What is typed: plain characters, and all that has a meaning in YAML. */
const typed = fc.oneof(
  { weight: 4, arbitrary: fc.constantFrom(...'abz019 _') },
  fc.constantFrom(...'-:#|>\'"[]{}&*!%@?,\n\t\\', '\r\n', '\n\n'),
  fc.constantFrom(
    '- ',
    ': ',
    ' #',
    '\n# c\n',
    '\n  ',
    '\n      ',
    '\n      - step: x\n',
    '\n---\n',
    '<<: *a',
  ),
  fc.constantFrom('|\n', '>-\n', '&a x', '*a', '!!str ', 'phases:\n', '    steps:\n', 'id: a\n', '"x\n y"'),
);

const edit = fc.record({ at: fc.nat(), remove: fc.constantFrom(0, 0, 0, 1, 1, 7, 60), insert: typed });

function apply(text: string, { at, remove, insert }: { at: number; remove: number; insert: string }): string {
  const place = at % (text.length + 1);
  return text.slice(0, place) + insert + text.slice(place + remove);
}

describe('reading YAML again after an edit', () => {
  for (const [i, original] of [...texts, benchPlan(45)].entries()) {
    it(`gives what reading it afresh gives, plan ${i + 1}`, () => {
      fc.assert(
        fc.property(fc.array(edit, { minLength: 1, maxLength: 6 }), fc.boolean(), (edits, windows) => {
          const read = createYamlReader();
          let text = windows ? original.replace(/\n/g, '\r\n') : original;
          assertSame(read(text), text);
          for (const one of edits) {
            const before = text;
            text = apply(text, one);
            assertSame(read(text), text);
            // Taken back, as one does whose typing broke the file.
            assertSame(read(before), before);
          }
        }),
        { numRuns: 15 },
      );
    });
  }

  it('parses no more than the step that changed', () => {
    const read = createYamlReader();
    const text = benchPlan(400);
    const before = read(text);
    const after = read(text.replace('Add note_0 to t3\n', 'Add a note_0 to t3\n'));
    const steps = ({ document }: YamlFile) => {
      const phases = document?.getIn(['phases', 0, 'steps'], true);
      return isSeq(phases) ? phases.items : [];
    };
    const shared = steps(after).map((step, i) => step === steps(before)[i]);
    assert.deepEqual(shared.slice(0, 5), [true, true, true, false, false]);
    // Those that follow have moved, and are read from what is kept.
    assert.deepEqual(shape(steps(after)[5]), shape(steps(readYaml(after.source, 'a plan'))[5]));
  });

  it('knows equal steps by their places', () => {
    const step = '      - step: Same\n        id: same\n        sql: SELECT 1;\n';
    const text = `phases:\n  - phase: A\n    steps:\n${step}${step}${step}`;
    const read = createYamlReader();
    assertSame(read(text), text);
    assertSame(read(`# more\n${text}`), `# more\n${text}`);
    assertSame(read(text + step), text + step);
  });
});
