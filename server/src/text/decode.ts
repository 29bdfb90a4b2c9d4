import { formatBytes } from './amounts.ts';

/** The largest plan that is read, in bytes (2 MiB). A plan of 1,000 steps is about a tenth of it. */
export const maxPlanBytes = 2 * 1024 * 1024;

/** A file's text, or one sentence that says why it cannot be read as text. */
export type Decoded = { readonly text: string } | { readonly error: string };

/**
 * Decodes a file as UTF-8, the only encoding that is read. A byte order mark is dropped, so that offsets are
 * those an editor shows.
 *
 * @param limit largest size in bytes; a larger file is refused without looking into it.
 */
export function decodeText(bytes: Uint8Array, limit: number = maxPlanBytes): Decoded {
  if (bytes.length > limit) return { error: tooLarge(bytes.length, limit) };
  const foreign = otherEncoding(bytes);
  if (foreign !== undefined) return { error: `The file is ${foreign}. Save it as UTF-8.` };
  const zero = bytes.indexOf(0);
  if (zero >= 0) return { error: `The file is binary, not text: byte ${zero} is NUL.` };
  try {
    return { text: new TextDecoder('utf-8', { fatal: true }).decode(bytes) };
  } catch {
    const line = lineOfFirstBadByte(bytes);
    return {
      error: `The file is not valid UTF-8: line ${line} holds bytes that mean nothing in it. Save it as UTF-8.`,
    };
  }
}

/** The sentence that refuses a text of `size` where at most `limit` is read (both in bytes). */
export function tooLarge(size: number, limit: number): string {
  return `The file is too large: ${formatBytes(size)}, and at most ${formatBytes(limit)} is read.`;
}

function otherEncoding(bytes: Uint8Array): string | undefined {
  const [a, b, c, d] = bytes;
  if (a === 0xff && b === 0xfe) return c === 0 && d === 0 && bytes.length >= 4 ? 'UTF-32' : 'UTF-16';
  if (a === 0xfe && b === 0xff) return 'UTF-16';
  if (a === 0 && b === 0 && c === 0xfe && d === 0xff) return 'UTF-32';
  return looksLikeUtf16(bytes) ? 'UTF-16 without a byte order mark' : undefined;
}

/** Mostly-Latin text in UTF-16 has a NUL in nearly every second byte, always on the same side. */
function looksLikeUtf16(bytes: Uint8Array): boolean {
  const length = Math.min(bytes.length, 4096) & ~1;
  if (length < 4 || bytes.length % 2 !== 0) return false;
  const zeros = [0, 0];
  for (let i = 0; i < length; i++) if (bytes[i] === 0) zeros[i & 1] = (zeros[i & 1] ?? 0) + 1;
  const [even = 0, odd = 0] = zeros;
  const half = length / 2;
  return Math.max(even, odd) > half * 0.7 && Math.min(even, odd) < half * 0.1;
}

/** 1-based. Decoding up to each line's end keeps whole characters together: no UTF-8 sequence holds a line feed. */
function lineOfFirstBadByte(bytes: Uint8Array): number {
  let line = 1;
  for (let start = 0; start < bytes.length; line++) {
    const next = bytes.indexOf(10, start);
    const end = next < 0 ? bytes.length : next + 1;
    try {
      new TextDecoder('utf-8', { fatal: true }).decode(bytes.subarray(start, end));
    } catch {
      return line;
    }
    start = end;
  }
  return line;
}
