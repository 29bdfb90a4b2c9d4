import { dirname, resolve } from 'node:path';
import type { TextDocuments } from 'vscode-languageserver';
import type { TextDocument } from 'vscode-languageserver-textdocument';
import type { ReadFile } from '../analyze.ts';
import { type Files, type FileText, pathOf } from './files.ts';

/** Texts by path: an open editor's buffer first, else the disk. */
export interface Sources {
  read(path: string): FileText;
  /** A `readFile` for the document at `uri`, which notes every path it is asked for. */
  readerFor(uri: string, onRead: (path: string) => void): ReadFile;
  readonly files: Files;
}

export function createSources(documents: TextDocuments<TextDocument>, files: Files): Sources {
  const open = (path: string) => documents.all().find(({ uri }) => pathOf(uri) === path);
  const read = (path: string): FileText => {
    const document = open(path);
    return document ? { text: document.getText() } : files.read(path);
  };
  return {
    files,
    read,
    readerFor(uri, onRead) {
      const plan = pathOf(uri);
      return (named) => {
        if (plan === undefined) return { error: `${named}: ${unreadableFrom(uri)}` };
        if (named === '' || named.includes('\0'))
          return { error: 'a file name may not be empty or hold a NUL.' };
        const path = resolve(dirname(plan), named);
        onRead(path);
        const file = read(path);
        return 'error' in file ? { error: `${named}: ${file.error}.` } : file;
      };
    },
  };
}

function unreadableFrom(uri: string): string {
  return uri.startsWith('untitled:')
    ? 'this plan is not saved yet, and the path is relative to it; save it first.'
    : 'this plan is not on a local disk, and other files are read from there alone.';
}
