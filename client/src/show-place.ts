import {
  type Position,
  Range,
  Selection,
  type TextDocument,
  TextEditorRevealType,
  type Uri,
  ViewColumn,
  window,
  workspace,
} from 'vscode';
import { nameOf } from './commands/target.ts';
import type { Dialogs } from './dialogs.ts';

/** Puts the cursor at a place of a plan, in the editor that shows it; says so where the plan is gone. */
export async function showPlace(
  plan: Uri,
  placeIn: (document: TextDocument) => Position,
  dialogs: Dialogs,
): Promise<void> {
  try {
    const document = await workspace.openTextDocument(plan);
    const position = document.validatePosition(placeIn(document));
    const visible = window.visibleTextEditors.find((editor) => editor.document === document);
    const editor = await window.showTextDocument(document, {
      viewColumn: visible?.viewColumn ?? ViewColumn.One,
    });
    const place = new Range(position, document.lineAt(position).range.end);
    editor.selection = new Selection(place.start, place.start);
    editor.revealRange(place, TextEditorRevealType.InCenterIfOutsideViewport);
  } catch {
    void dialogs.error(`${nameOf(plan)} cannot be opened any more.`);
  }
}
