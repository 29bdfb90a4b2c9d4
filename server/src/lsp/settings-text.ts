import type { TextDocuments } from 'vscode-languageserver';
import type { TextDocument } from 'vscode-languageserver-textdocument';
import { createLineIndex, type LineIndex } from '../text/line-index.ts';
import { settingsFileName } from './settings.ts';

/** A project's settings file as it stands in the editor. */
export interface SettingsText {
  readonly text: string;
  readonly lines: LineIndex;
}

/** The open settings file of that URI; undefined for any other document. */
export function settingsText(documents: TextDocuments<TextDocument>, uri: string): SettingsText | undefined {
  if (!uri.endsWith(`/${settingsFileName}`)) return undefined;
  const text = documents.get(uri)?.getText();
  return text === undefined ? undefined : { text, lines: createLineIndex(text) };
}
