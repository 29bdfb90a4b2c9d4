import { existsSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { maxFileBytes, withFile } from '../node-files.ts';
import { decodeText } from '../text/decode.ts';

/** A file's text, or in a sentence without the path why it cannot be had. */
export type FileText = { readonly text: string } | { readonly error: string; readonly missing?: boolean };

/** The file system as the server needs it: synchronous, since `analyze` is. */
export interface Files {
  read(path: string): FileText;
  exists(path: string): boolean;
}

interface Remembered {
  readonly stamp: string;
  readonly result: FileText;
}

/**
 * The real file system. A file is read again only when its size, time or inode changed, so that a schema that is
 * asked for at every key press costs one `fstat`. At most `capacity` files are remembered.
 */
export function createNodeFiles(capacity = 32): Files {
  const remembered = new Map<string, Remembered>();
  return {
    exists: existsSync,
    read(path) {
      const result = withFile(path, ({ stamp, readBytes }): FileText => {
        const known = remembered.get(path);
        if (known?.stamp === stamp) return known.result;
        const text = decodeText(readBytes(), maxFileBytes);
        remember(path, { stamp, result: text });
        return text;
      });
      if ('missing' in result) remembered.delete(path);
      return result;
    },
  };

  function remember(path: string, file: Remembered): void {
    remembered.delete(path);
    remembered.set(path, file);
    for (const oldest of remembered.keys()) {
      if (remembered.size <= capacity) break;
      remembered.delete(oldest);
    }
  }
}

/** The path of a `file:` URI; undefined for any other scheme and for a URI that is none. */
export function pathOf(uri: string): string | undefined {
  if (!uri.startsWith('file:')) return undefined;
  try {
    // Editors differ in how they write a Windows drive: `c%3A`, `C:`.
    return fileURLToPath(uri).replace(/^[a-z]:/, (drive) => drive.toUpperCase());
  } catch {
    return undefined;
  }
}
