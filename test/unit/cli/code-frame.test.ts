import assert from 'node:assert/strict';
import fc from 'fast-check';
import { codeFrame } from '../../../server/src/cli/format/code-frame.ts';
import { displayWidth } from '../../../server/src/text/terminal.ts';

function frameOf(text: string, marked: string, width = 80) {
  const start = text.indexOf(marked);
  return codeFrame(text, { start, end: start + marked.length }, width);
}

describe('code frame', () => {
  it('marks the range under its line', () => {
    const frame = frameOf('a: 1\nsql: CREATE INDEX i ON t (c)\n', 'INDEX');
    assert.deepEqual(frame, {
      line: 2,
      column: 13,
      lines: [{ number: 2, source: 'sql: CREATE INDEX i ON t (c)', before: 12, marked: 5 }],
      hidden: 0,
    });
  });

  it('counts columns of tabs and wide characters, not code units', () => {
    const frame = frameOf("\tSELECT '日本', x", 'x');
    assert.equal(frame.column, 15);
    assert.equal(frame.lines[0]?.before, 4 + 6 + 1 + 1 + 4 + 1 + 1 + 1);
    assert.equal(frame.lines[0]?.marked, 1);
  });

  it('shows the first lines of a long range, marked from their first letter', () => {
    const text = 'sql: |\n  ALTER TABLE a\n    ADD b int,\n    ADD c int,\n    ADD d int;\nend';
    const frame = codeFrame(text, { start: text.indexOf('ALTER'), end: text.indexOf('\nend') + 1 }, 80);
    assert.deepEqual(
      frame.lines.map(({ number, before, marked }) => [number, before, marked]),
      [
        [2, 2, 13],
        [3, 4, 10],
        [4, 4, 10],
      ],
    );
    assert.equal(frame.hidden, 1);
  });

  it('cuts a long line to a window around the mark', () => {
    const frame = frameOf(`${'a'.repeat(5000)}HERE${'b'.repeat(5000)}`, 'HERE', 60);
    const [line] = frame.lines;
    assert.ok(line);
    assert.ok(displayWidth(line.source) <= 62, line.source);
    assert.equal(line.source.slice(line.before, line.before + line.marked), 'HERE');
  });

  it('shows control characters as pictures', () => {
    const [line] = frameOf('a\u001b[31mred\u0007 x', 'x').lines;
    assert.equal(line?.source, 'a␛[31mred␇ x');
  });

  it('works for an empty range at the end and for an empty text', () => {
    assert.deepEqual(codeFrame('ab', { start: 2, end: 2 }, 80).lines, [
      { number: 1, source: 'ab', before: 2, marked: 1 },
    ]);
    assert.equal(codeFrame('', { start: 0, end: 0 }, 80).lines.length, 1);
  });

  it('never fails and always marks within what it shows', () => {
    fc.assert(
      fc.property(
        fc.string({ unit: 'binary', maxLength: 300 }),
        fc.nat(300),
        fc.nat(60),
        fc.integer({ min: 40, max: 120 }),
        (text, from, length, width) => {
          const start = Math.min(from, text.length);
          const frame = codeFrame(text, { start, end: Math.min(start + length, text.length) }, width);
          for (const line of frame.lines) {
            assert.ok(line.marked >= 1);
            assert.ok(line.before >= 0 && line.before <= displayWidth(line.source) + 1);
            // biome-ignore lint/suspicious/noControlCharactersInRegex: none may be left
            assert.ok(!/[\u0000-\u001f\u007f-\u009f]/.test(line.source));
          }
        },
      ),
    );
  });
});
