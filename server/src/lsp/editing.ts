import type { CompletionItem, Connection, ServerCapabilities, TextDocuments } from 'vscode-languageserver';
import type { TextDocument } from 'vscode-languageserver-textdocument';
import type { Checked } from './analyses.ts';
import { type Checks, planLanguage } from './check.ts';
import { completionTriggers, createCompletions } from './completion.ts';
import type { DocsOf } from './diagnostics.ts';
import { foldingRanges } from './folding.ts';
import { createHandler } from './handler.ts';
import { hoverAt, settingsHoverAt } from './hover.ts';
import { documentLinks, type LinkContext } from './links.ts';
import { definition, highlights, prepareRename, references, rename } from './references.ts';
import { selectionsAt } from './selection.ts';
import { settingsText } from './settings-text.ts';

/** What helps while a plan is written. */
export const editingCapabilities: ServerCapabilities = {
  hoverProvider: true,
  completionProvider: { resolveProvider: true, triggerCharacters: [...completionTriggers] },
  foldingRangeProvider: true,
  documentLinkProvider: { resolveProvider: false },
  definitionProvider: true,
  referencesProvider: true,
  documentHighlightProvider: true,
  renameProvider: { prepareProvider: true },
  selectionRangeProvider: true,
};

export interface EditingDependencies {
  readonly documents: TextDocuments<TextDocument>;
  readonly checks: Pick<Checks, 'current'>;
  readonly docsOf: DocsOf;
  readonly links: () => Omit<LinkContext, 'docsOf'>;
  /** Whether the client is ours, with its commands. */
  readonly hasCommands: () => boolean;
}

/** Answers what an editor asks while someone reads and types. */
export function serveEditing(connection: Connection, dependencies: EditingDependencies): void {
  const { documents, checks, docsOf, links, hasCommands } = dependencies;
  const handler = createHandler(connection.console);
  const lists = createCompletions(hasCommands);
  /** Answers of a plan, or of an SQL file that is checked; `empty` of any other document. */
  const ofChecked =
    <P extends { textDocument: { uri: string } }, R>(empty: R, answer: (checked: Checked, params: P) => R) =>
    async (params: P): Promise<R> => {
      const checked = await checks.current(params.textDocument.uri);
      return checked ? answer(checked, params) : empty;
    };
  connection.onHover(
    handler('textDocument/hover', null, (params) => {
      const settings = settingsText(documents, params.textDocument.uri);
      if (settings) return settingsHoverAt(settings, params, docsOf);
      return ofChecked(null, (checked, asked: typeof params) => hoverAt(checked, asked, docsOf))(params);
    }),
  );
  connection.onCompletion(
    handler<Parameters<typeof lists.of>[1], CompletionItem[]>('textDocument/completion', [], (params) => {
      const settings = settingsText(documents, params.textDocument.uri);
      return settings ? lists.ofSettings(settings, params) : ofChecked([], lists.of)(params);
    }),
  );
  connection.onCompletionResolve(lists.resolved);
  connection.onFoldingRanges(
    handler('textDocument/foldingRange', null, ({ textDocument: { uri } }) => {
      const document = documents.get(uri);
      return document?.languageId === planLanguage ? foldingRanges(document.getText()) : null;
    }),
  );
  connection.onDocumentLinks(
    handler(
      'textDocument/documentLink',
      [],
      ofChecked([], (checked) => documentLinks(checked, { ...links(), docsOf })),
    ),
  );
  connection.onDefinition(
    handler(
      'textDocument/definition',
      [],
      ofChecked([], (checked, { position }) => definition(checked, position)),
    ),
  );
  connection.onReferences(
    handler(
      'textDocument/references',
      [],
      ofChecked([], (checked, { position, context }) =>
        references(checked, position, context.includeDeclaration),
      ),
    ),
  );
  connection.onDocumentHighlight(
    handler(
      'textDocument/documentHighlight',
      [],
      ofChecked([], (checked, { position }) => highlights(checked, position)),
    ),
  );
  connection.onPrepareRename(
    handler(
      'textDocument/prepareRename',
      null,
      ofChecked(null, (checked, { position }) => prepareRename(checked, position)),
    ),
  );
  connection.onRenameRequest(
    handler(
      'textDocument/rename',
      null,
      ofChecked(null, (checked, { position, newName }) => rename(checked, position, newName)),
    ),
  );
  connection.onSelectionRanges(
    handler(
      'textDocument/selectionRange',
      [],
      ofChecked([], (checked, { positions }) => selectionsAt(checked, positions)),
    ),
  );
}
