import {
  type DocumentHighlight,
  DocumentHighlightKind,
  type Location,
  LSPErrorCodes,
  type Position,
  type Range,
  ResponseError,
  type WorkspaceEdit,
} from 'vscode-languageserver';
import { type Mention, mentionAt, renamed, sameMentions } from '../features/references.ts';
import type { Checked } from './analyses.ts';
import { toLspRange, workspaceEdit } from './convert.ts';

function atPosition({ analysis, lines }: Checked, position: Position): Mention | undefined {
  return mentionAt(analysis, lines.offsetAt(position));
}

function same(checked: Checked, position: Position): readonly Mention[] {
  const mention = atPosition(checked, position);
  return mention ? sameMentions(checked.analysis, mention) : [];
}

/** Where a step's id or a version is given. */
export function definition(checked: Checked, position: Position): Location[] {
  return locations(
    checked,
    same(checked, position).filter(({ isDefinition }) => isDefinition),
  );
}

/** Where it is named. */
export function references(checked: Checked, position: Position, withDefinition: boolean): Location[] {
  return locations(
    checked,
    same(checked, position).filter(({ isDefinition }) => withDefinition || !isDefinition),
  );
}

function locations({ uri, lines }: Checked, found: readonly Mention[]): Location[] {
  return found.map(({ range }) => ({ uri, range: toLspRange(range, lines) }));
}

export function highlights(checked: Checked, position: Position): DocumentHighlight[] {
  return same(checked, position).map(({ range, isDefinition }) => ({
    range: toLspRange(range, checked.lines),
    kind: isDefinition ? DocumentHighlightKind.Write : DocumentHighlightKind.Read,
  }));
}

/** What a rename would change; null where nothing with a name of its own stands. */
export function prepareRename(
  checked: Checked,
  position: Position,
): { range: Range; placeholder: string } | null {
  const mention = atPosition(checked, position);
  return mention ? { range: toLspRange(mention.range, checked.lines), placeholder: mention.name } : null;
}

/** @throws ResponseError with what is wrong with the new name, which editors show. */
export function rename(checked: Checked, position: Position, newName: string): WorkspaceEdit | null {
  const mention = atPosition(checked, position);
  if (!mention) return null;
  const edits = renamed(checked.analysis, mention, newName);
  if ('refused' in edits) throw new ResponseError(LSPErrorCodes.RequestFailed, edits.refused);
  return workspaceEdit(checked, edits);
}
