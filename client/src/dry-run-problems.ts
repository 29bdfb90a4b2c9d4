import {
  Diagnostic,
  DiagnosticRelatedInformation,
  DiagnosticSeverity,
  type Disposable,
  Location,
  languages,
  Range,
  type TextDocument,
  type Uri,
  workspace,
} from 'vscode';
import type { Report } from '../../server/src/rehearsal/model.ts';
import { type ReportProblem, reportProblems } from './report-problems.ts';
import { type Edit, type Span, shift } from './tracked-range.ts';

/** What failed in dry runs, in the Problems panel at the statement's place. */
export interface DryRunProblems extends Disposable {
  /** A run of the document as it is now begins: what an earlier one found goes. */
  start(document: TextDocument): void;
  /** The run's problems, at the places that their text has by now. */
  show(uri: Uri, report: Report): void;
  clear(uri: Uri): void;
  /** The offset where a step stands by now; undefined without a run, or when its text was deleted. */
  stepOffset(uri: Uri, index: number): number | undefined;
}

type Entry = ReportProblem;

interface Tracked {
  /** Edits since the run began, while it runs. */
  readonly edits: Edit[];
  entries: readonly Entry[];
  steps: readonly (Span | undefined)[];
}

export function createDryRunProblems(): DryRunProblems {
  const collection = languages.createDiagnosticCollection('Switchback dry run');
  const tracked = new Map<string, Tracked>();
  const clear = (uri: Uri) => {
    tracked.delete(uri.toString());
    collection.delete(uri);
  };
  const publish = (uri: Uri, { entries }: Tracked) => {
    const document = workspace.textDocuments.find((open) => open.uri.toString() === uri.toString());
    if (document)
      collection.set(
        uri,
        entries.map((entry) => toDiagnostic(document, entry)),
      );
  };
  const changed = workspace.onDidChangeTextDocument(({ document, contentChanges }) => {
    const found = tracked.get(document.uri.toString());
    if (!found || contentChanges.length === 0) return;
    for (const { rangeOffset, rangeLength, text } of contentChanges)
      apply(found, { offset: rangeOffset, length: rangeLength, inserted: text.length });
    publish(document.uri, found);
  });
  const closed = workspace.onDidCloseTextDocument(({ uri }) => clear(uri));
  return {
    clear,
    start({ uri }) {
      collection.delete(uri);
      tracked.set(uri.toString(), { edits: [], entries: [], steps: [] });
    },
    show(uri, report) {
      const found = tracked.get(uri.toString());
      if (!found) return;
      found.entries = reportProblems(report);
      found.steps = report.steps.map(({ range }) => ({ start: range.start, end: range.start }));
      for (const edit of found.edits.splice(0)) move(found, edit);
      publish(uri, found);
    },
    stepOffset: (uri, index) => tracked.get(uri.toString())?.steps[index]?.start,
    dispose() {
      changed.dispose();
      closed.dispose();
      collection.dispose();
    },
  };
}

function apply(tracked: Tracked, edit: Edit): void {
  if (tracked.steps.length === 0) tracked.edits.push(edit);
  else move(tracked, edit);
}

function move(tracked: Tracked, edit: Edit): void {
  tracked.entries = tracked.entries.flatMap((entry) => {
    const span = shift(entry.span, edit);
    if (!span) return [];
    const related = entry.related.flatMap((place) => {
      const moved = shift(place.span, edit);
      return moved ? { ...place, span: moved } : [];
    });
    return { ...entry, span, related };
  });
  tracked.steps = tracked.steps.map((span) => span && shift(span, edit));
}

const levels: Readonly<Record<Entry['severity'], DiagnosticSeverity>> = {
  error: DiagnosticSeverity.Error,
  information: DiagnosticSeverity.Information,
};

function toDiagnostic(document: TextDocument, { span, message, severity, code, related }: Entry): Diagnostic {
  const rangeOf = ({ start, end }: Span) => new Range(document.positionAt(start), document.positionAt(end));
  const range = rangeOf(span);
  const diagnostic = new Diagnostic(range, message, levels[severity]);
  diagnostic.source = 'Switchback dry run';
  if (code !== undefined) diagnostic.code = code;
  diagnostic.relatedInformation = related.map(
    (place) =>
      new DiagnosticRelatedInformation(new Location(document.uri, rangeOf(place.span)), place.message),
  );
  return diagnostic;
}
