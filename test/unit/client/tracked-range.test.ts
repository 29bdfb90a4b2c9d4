import assert from 'node:assert/strict';
import fc from 'fast-check';
import { shift } from '../../../client/src/tracked-range.ts';

describe('shift', () => {
  it('keeps a span on its text, or drops it where the text itself was edited', () => {
    const edits = fc
      .tuple(fc.string(), fc.nat(), fc.nat(), fc.nat(), fc.nat(), fc.string())
      .map(([text, a, b, c, d, inserted]) => {
        const order = (x: number, y: number) =>
          [x % (text.length + 1), y % (text.length + 1)].sort((m, n) => m - n);
        const [start = 0, end = 0] = order(a, b);
        const [from = 0, to = 0] = order(c, d);
        return { text, span: { start, end }, from, to, inserted };
      });
    fc.assert(
      fc.property(edits, ({ text, span, from, to, inserted }) => {
        const after = text.slice(0, from) + inserted + text.slice(to);
        const moved = shift(span, { offset: from, length: to - from, inserted: inserted.length });
        const touched = from < span.end && to > span.start;
        if (moved) assert.equal(after.slice(moved.start, moved.end), text.slice(span.start, span.end));
        assert.equal(moved === undefined, touched);
      }),
    );
  });
});
