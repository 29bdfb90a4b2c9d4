import assert from 'node:assert/strict';
import fc from 'fast-check';
import { Document, parseDocument, parse as parseYaml, Scalar } from 'yaml';
import { insertSteps, setStepKey } from '../../../server/src/plan/edit.ts';
import { createPlanParser } from '../../../server/src/plan/parse.ts';
import type { TextEdit } from '../../../server/src/text/range.ts';
import { applyEdits } from '../rules/fix-laws.ts';

const parser = createPlanParser();
const stepsOf = (text: string) =>
  parser.parse(text, { readFile: () => ({ error: 'none' }) }).plan.phases[0]?.steps ?? [];

type Steps = Record<string, unknown>[];
const meaningOf = (text: string) =>
  (parseYaml(text) as { phases: { steps: Steps }[] }).phases[0]?.steps ?? [];

/** A text and the style that it is written in. */
interface Styled {
  readonly text: string;
  readonly style: Scalar.Type;
}

const characters = fc.constantFrom(
  ...'ab;,:#\'"\\{}[]&*!|>%@`-? \n\n\t'.split(''),
  ...[' #', ': ', '\n\n', '\n ', 'é', '😀', 'SELECT 1;', '-- c\n', '\n---\n', '\n- x'],
);
const styled: fc.Arbitrary<Styled> = fc.record({
  text: fc.array(characters, { maxLength: 14 }).map((parts) => parts.join('')),
  style: fc.constantFrom<Scalar.Type>(
    'PLAIN',
    'QUOTE_SINGLE',
    'QUOTE_DOUBLE',
    'BLOCK_LITERAL',
    'BLOCK_FOLDED',
  ),
});
const value = fc.oneof(
  styled,
  fc.array(fc.record({ sql: styled }), { maxLength: 2 }),
  fc.record({ sql: styled, not_needed: styled }),
  fc.constant(null),
);
const step = fc.record({ sql: value, rollback: value, allow: value }, { requiredKeys: ['sql'] });
interface Layout {
  readonly indent: number;
  readonly indentSeq: boolean;
  readonly crlf: boolean;
  /** Whether a blank line separates the steps. */
  readonly apart: boolean;
  /** Whether the file ends without a line break. */
  readonly open: boolean;
}

const layout: fc.Arbitrary<Layout> = fc.record({
  indent: fc.constantFrom(2, 4),
  indentSeq: fc.boolean(),
  crlf: fc.boolean(),
  apart: fc.boolean(),
  open: fc.boolean(),
});

function map(of: unknown, leaf: (one: Styled) => unknown): unknown {
  if (Array.isArray(of)) return of.map((one) => map(one, leaf));
  if (typeof of !== 'object' || of === null) return of;
  if ('style' in of) return leaf(of as Styled);
  return Object.fromEntries(Object.entries(of).map(([key, one]) => [key, map(one, leaf)]));
}

const node = (of: unknown) =>
  map(of, ({ text, style }) => {
    const scalar = new Scalar(text);
    scalar.type = style;
    return scalar;
  });
const plain = (of: unknown) => map(of, ({ text }) => text);

function planText(steps: readonly unknown[], how: Layout): string {
  const named = steps.map((one, i) => ({ step: `step ${i}`, ...(node(one) as object) }));
  const document = new Document({ phases: [{ phase: 'A', steps: named }] });
  let text = document.toString({ indent: how.indent, indentSeq: how.indentSeq, lineWidth: 30 });
  text = text.replace('step: step 0', 'step: step 0 # first');
  if (how.apart) text = text.replace(/\n( *)(- step: step 1)/, '\n\n$1# second\n$1$2');
  if (how.open) text = text.replace(/\n$/, '');
  // The writer has faults of its own with odd plain scalars.
  fc.pre(parseDocument(text).errors.length === 0);
  return how.crlf ? text.replaceAll('\n', '\r\n') : text;
}

function apply(text: string, edits: TextEdit[] | undefined, crlf: boolean): string {
  assert.ok(edits, `an edit in ${JSON.stringify(text)}`);
  const after = applyEdits(text, edits);
  assert.ok(!crlf || !/(?<!\r)\n/.test(after), JSON.stringify(after));
  return after;
}

describe('edits of steps, for any steps in any style', () => {
  it('setStepKey changes that key and nothing else', () => {
    const key = fc.constantFrom('rollback', 'transaction', 'allow', 'sql', 'expect');
    fc.assert(
      fc.property(step, step, layout, key, value, (first, second, how, name, wanted) => {
        const text = planText([first, second], how);
        stepsOf(text).forEach((one, index) => {
          const after = meaningOf(apply(text, setStepKey(text, one, name, plain(wanted)), how.crlf));
          assert.ok(Object.hasOwn(after[index] ?? {}, name));
          const others = (steps: Steps) =>
            steps.map((other, i) => (i === index ? { ...other, [name]: undefined } : other));
          assert.deepEqual(others(after), others(meaningOf(text)), JSON.stringify(text));
        });
      }),
      { numRuns: 150 },
    );
  });

  it('insertSteps adds those steps and changes no other', () => {
    fc.assert(
      fc.property(step, step, layout, value, (first, second, how, sql) => {
        const text = planText([first, second], how);
        const added = [
          { step: 'new', sql: plain(sql) },
          { step: 'newer', wait: '1h' },
        ];
        stepsOf(text).forEach((one, index) => {
          for (const side of ['before', 'after'] as const) {
            const after = meaningOf(apply(text, insertSteps(text, one, side, added), how.crlf));
            const [new1, new2] = after.splice(index + (side === 'after' ? 1 : 0), 2);
            assert.deepEqual([new1?.step, new2?.step], ['new', 'newer']);
            assert.deepEqual(after, meaningOf(text), JSON.stringify(text));
          }
        });
      }),
      { numRuns: 150 },
    );
  });
});
