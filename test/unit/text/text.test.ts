import assert from 'node:assert/strict';
import fc from 'fast-check';
import { formatBytes, formatCount, formatWhole } from '../../../server/src/text/amounts.ts';
import { decodeText } from '../../../server/src/text/decode.ts';
import { createLineIndex } from '../../../server/src/text/line-index.ts';
import { documentRange, identityMap, pinnedMap } from '../../../server/src/text/offset-map.ts';
import { codePointToUtf16, createByteIndex } from '../../../server/src/text/utf8.ts';

const texts = fc
  .array(fc.constantFrom('a', 'é', '日', '😀', '\n', '\r\n', '\r', '\t', '\u2028'), { maxLength: 30 })
  .map((parts) => parts.join(''));

describe('createLineIndex', () => {
  it('counts lines as the Language Server Protocol does', () => {
    const index = createLineIndex('a\nbc\r\nd\re');
    assert.deepEqual(
      [0, 1, 2, 4, 6, 7, 8, 9].map((offset) => index.positionAt(offset)),
      [
        [0, 0],
        [0, 1],
        [1, 0],
        [1, 2],
        [2, 0],
        [2, 1],
        [3, 0],
        [3, 1],
      ].map(([line, character]) => ({ line, character })),
    );
  });

  it('maps forth and back, and keeps what is outside within the text', () => {
    fc.assert(
      fc.property(texts, fc.integer({ min: -5, max: 80 }), (text, offset) => {
        const index = createLineIndex(text);
        const inside = Math.max(0, Math.min(offset, text.length));
        const position = index.positionAt(offset);
        const back = index.offsetAt(position);
        // A position behind a line's break is brought to the line's end.
        const inBreak = text[inside - 1] === '\r' && text[inside] === '\n';
        assert.equal(back, inBreak ? inside - 1 : inside);
        assert.ok(index.offsetAt({ line: position.line, character: 999 }) >= back);
      }),
    );
    const index = createLineIndex('ab\nc');
    assert.equal(index.offsetAt({ line: 0, character: 9 }), 2);
    assert.equal(index.offsetAt({ line: 9, character: 0 }), 4);
    assert.equal(index.offsetAt({ line: -1, character: 3 }), 0);
  });
});

describe('createByteIndex', () => {
  it('agrees with the encoder at every character', () => {
    fc.assert(
      fc.property(texts, (text) => {
        const index = createByteIndex(text);
        let unit = 0;
        let count = 0;
        for (const char of text) {
          const byte = Buffer.byteLength(text.slice(0, unit));
          assert.equal(index.toByte(unit), byte);
          for (let within = 0; within < Buffer.byteLength(char); within++)
            assert.equal(index.toUtf16(byte + within), unit, 'a byte inside a character is its start');
          assert.equal(codePointToUtf16(text, count++), unit);
          unit += char.length;
        }
        assert.equal(index.toByte(text.length), Buffer.byteLength(text));
        assert.equal(index.toUtf16(Buffer.byteLength(text) + 7), text.length);
        assert.equal(codePointToUtf16(text, count + 3), text.length);
      }),
    );
  });
});

describe('decodeText', () => {
  const error = (bytes: Uint8Array, limit?: number) => {
    const decoded = decodeText(bytes, limit);
    return 'error' in decoded ? decoded.error : undefined;
  };

  it('reads UTF-8 back, without a byte order mark', () => {
    fc.assert(
      fc.property(texts, fc.boolean(), (text, mark) => {
        assert.deepEqual(decodeText(Buffer.from((mark ? '\uFEFF' : '') + text)), { text });
      }),
    );
  });

  it('says what else a file is', () => {
    const utf16 = Buffer.from('migration: x\n', 'utf16le');
    assert.match(error(Buffer.concat([Buffer.from([0xff, 0xfe]), utf16])) ?? '', /UTF-16\. Save it as UTF-8/);
    assert.match(error(utf16) ?? '', /UTF-16 without a byte order mark/);
    assert.match(error(Buffer.from(utf16).swap16()) ?? '', /UTF-16 without a byte order mark/);
    assert.match(error(Buffer.from([0xff, 0xfe, 0, 0, 65, 0, 0, 0])) ?? '', /UTF-32/);
    assert.match(error(Buffer.from('ab\0c')) ?? '', /binary, not text: byte 2 is NUL/);
    assert.match(error(Buffer.from('a\né\n\xe9\n', 'latin1')) ?? '', /not valid UTF-8: line 2/);
    assert.match(error(Buffer.alloc(3000, 97), 2048) ?? '', /2\.93 kB, and at most 2 kB/);
  });
});

describe('documentRange', () => {
  it('covers the path of a file for any part of its text, and is exact in a file itself', () => {
    const pinned = pinnedMap({ start: 5, end: 9 }, 100);
    assert.deepEqual(documentRange(pinned, { start: 40, end: 50 }), { start: 5, end: 9 });
    assert.deepEqual(documentRange(pinned, { start: 40, end: 40 }), { start: 5, end: 5 });
    assert.deepEqual(documentRange(identityMap(10), { start: 3, end: 20 }), { start: 3, end: 10 });
    assert.equal(pinned.toValue(9), undefined);
    assert.equal(identityMap(10).toValue(11), undefined);
  });
});

describe('amounts', () => {
  it('are printed as people read them', () => {
    assert.deepEqual([0, 1, 1023, 1024, 310_000, 2.4 * 1024 ** 3].map(formatBytes), [
      '0 bytes',
      '1 byte',
      '1023 bytes',
      '1 kB',
      '303 kB',
      '2.4 GB',
    ]);
    assert.deepEqual([9999, 12_500, 8e6].map(formatCount), ['9,999', '12.5k', '8M']);
    assert.equal(formatWhole(12_500), '12,500');
  });
});
