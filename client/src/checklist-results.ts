import {
  Diagnostic,
  DiagnosticSeverity,
  Disposable,
  languages,
  Range,
  type TextDocument,
  type TextEditor,
  ThemeColor,
  window,
  workspace,
} from 'vscode';
import type { ChecklistReport, EntryReport } from '../../server/src/lsp/protocol.ts';
import { type Span, shift } from './tracked-range.ts';

/** What a checklist found, beside each of its entries, and in the Problems panel where one is not met. */
export interface ChecklistResults extends Disposable {
  show(document: TextDocument, report: ChecklistReport): void;
}

interface Placed {
  readonly entry: EntryReport;
  readonly span: Span;
}

interface Shown {
  readonly server: string;
  readonly entries: readonly Placed[];
}

type Look = 'good' | 'bad' | 'open';

const looks: Readonly<Record<EntryReport['status'], Look | undefined>> = {
  met: 'good',
  unmet: 'bad',
  failed: 'bad',
  refused: 'bad',
  told: 'open',
  by_hand: undefined,
};
const marks: Readonly<Record<Look, string>> = { good: '✓', bad: '✗', open: '?' };
const colors: Readonly<Record<Look, string>> = {
  good: 'testing.iconPassed',
  bad: 'testing.iconFailed',
  open: 'editorCodeLens.foreground',
};

export function createChecklistResults(): ChecklistResults {
  const collection = languages.createDiagnosticCollection('Switchback checklist');
  const shown = new Map<string, Shown>();
  const types = Object.fromEntries(
    Object.entries(colors).map(([look, color]) => [
      look,
      window.createTextEditorDecorationType({ after: { margin: '0 0 0 2em', color: new ThemeColor(color) } }),
    ]),
  );
  const decorate = (editor: TextEditor) => {
    const found = shown.get(editor.document.uri.toString());
    for (const [look, type] of Object.entries(types))
      editor.setDecorations(type, found ? decorations(editor.document, found, look) : []);
  };
  const publish = (document: TextDocument) => {
    const found = shown.get(document.uri.toString());
    collection.set(document.uri, found ? diagnostics(document, found) : []);
    for (const editor of window.visibleTextEditors) if (editor.document === document) decorate(editor);
  };
  const listening = Disposable.from(
    window.onDidChangeVisibleTextEditors((editors) => editors.forEach(decorate)),
    workspace.onDidCloseTextDocument(({ uri }) => {
      shown.delete(uri.toString());
      collection.delete(uri);
    }),
    // A result stays with its entry, and goes when that is edited: it is of another question then.
    workspace.onDidChangeTextDocument(({ document, contentChanges }) => {
      const found = shown.get(document.uri.toString());
      if (!found || contentChanges.length === 0) return;
      let { entries } = found;
      for (const { rangeOffset: offset, rangeLength: length, text } of contentChanges)
        entries = entries.flatMap(({ entry, span }) => {
          const moved = shift(span, { offset, length, inserted: text.length });
          return moved ? [{ entry, span: moved }] : [];
        });
      shown.set(document.uri.toString(), { ...found, entries });
      publish(document);
    }),
  );
  return {
    show(document, { server, entries }) {
      const placed = entries.map((entry) => ({ entry, span: entry.range }));
      shown.set(document.uri.toString(), { server, entries: placed });
      publish(document);
    },
    dispose() {
      listening.dispose();
      collection.dispose();
      for (const type of Object.values(types)) type.dispose();
    },
  };
}

function decorations(document: TextDocument, { entries }: Shown, look: string) {
  return entries.flatMap(({ entry, span }) => {
    const own = looks[entry.status];
    if (own === undefined || own !== look) return [];
    const { range } = document.lineAt(document.positionAt(span.start).line);
    return [
      {
        range: new Range(range.end, range.end),
        renderOptions: { after: { contentText: `${marks[own]} ${resultWords(entry)}` } },
      },
    ];
  });
}

function resultWords({ status, message }: EntryReport): string {
  const text = status === 'failed' ? `its query failed: ${message}` : message;
  const line = text.replaceAll(/\s+/g, ' ');
  return line.length > 100 ? `${line.slice(0, 100)}…` : line;
}

function diagnostics(document: TextDocument, { server, entries }: Shown): Diagnostic[] {
  return entries.flatMap(({ entry, span }) => {
    if (looks[entry.status] !== 'bad') return [];
    const { range } = document.lineAt(document.positionAt(span.start).line);
    const start = document.positionAt(span.start);
    const message = `${entry.check}: ${entry.message} (on ${server})`;
    const diagnostic = new Diagnostic(new Range(start, range.end), message, DiagnosticSeverity.Warning);
    diagnostic.source = 'Switchback checklist';
    return [diagnostic];
  });
}
