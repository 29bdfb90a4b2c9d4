import { lastAtOrBefore } from './line-index.ts';

/** UTF-8 byte offsets of a text to UTF-16 ones, and back. */
export interface ByteIndex {
  /** The UTF-16 offset of a byte; a byte inside a character belongs to the character's start. */
  toUtf16(byte: number): number;
  /** The byte of a UTF-16 offset; the second half of a surrogate pair belongs to the pair's start. */
  toByte(utf16: number): number;
}

/**
 * Indexes `text`. A text of ASCII alone needs nothing; else a look-up searches the non-ASCII characters,
 * O(log n). A lone surrogate counts three bytes, as encoders write U+FFFD for it.
 */
export function createByteIndex(text: string): ByteIndex {
  // biome-ignore lint/suspicious/noControlCharactersInRegex: the whole of ASCII is meant.
  if (/^[\x00-\x7f]*$/.test(text)) {
    const clamp = (offset: number) => Math.max(0, Math.min(offset, text.length));
    return { toUtf16: clamp, toByte: clamp };
  }
  const { units, bytes } = wideCharacters(text);
  return {
    toUtf16(byte) {
      const i = lastAtOrBefore(bytes, byte);
      return step(text, units[i] ?? 0, byte - (bytes[i] ?? 0));
    },
    toByte(utf16) {
      const i = lastAtOrBefore(units, utf16);
      const unit = units[i] ?? 0;
      const byte = bytes[i] ?? 0;
      const wide = charBytes(text, unit);
      const rest = Math.min(utf16, text.length) - unit - wide.units;
      return rest >= 0 ? byte + wide.bytes + rest : byte;
    },
  };
}

/** The UTF-16 offset of the `n`th code point (0-based); the text's end where there are fewer. */
export function codePointToUtf16(text: string, n: number): number {
  let offset = 0;
  for (let left = n; left > 0 && offset < text.length; left--) offset += charBytes(text, offset).units;
  return offset;
}

/** Where each non-ASCII character starts, after an entry for the text's own start. */
function wideCharacters(text: string): { units: number[]; bytes: number[] } {
  const units = [0];
  const bytes = [0];
  let byte = 0;
  for (let unit = 0; unit < text.length; ) {
    const char = charBytes(text, unit);
    if (char.bytes > 1 && unit > 0) {
      units.push(unit);
      bytes.push(byte);
    }
    unit += char.units;
    byte += char.bytes;
  }
  return { units, bytes };
}

/** From a (possibly wide) character at `unit`, `bytes` further; only ASCII follows that character. */
function step(text: string, unit: number, bytes: number): number {
  const char = charBytes(text, unit);
  return bytes < char.bytes ? unit : Math.min(unit + char.units + bytes - char.bytes, text.length);
}

function charBytes(text: string, unit: number): { units: number; bytes: number } {
  const code = text.codePointAt(unit) ?? 0;
  if (code < 0x80) return { units: 1, bytes: 1 };
  if (code < 0x800) return { units: 1, bytes: 2 };
  return code < 0x10000 ? { units: 1, bytes: 3 } : { units: 2, bytes: 4 };
}
