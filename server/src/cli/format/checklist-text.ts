import type { ChecklistReport, EntryStatus } from '../../rehearsal/model.ts';
import { printable, wrap } from '../../text/terminal.ts';
import { checklistSum } from '../../view/checklist-words.ts';
import type { Style } from '../style.ts';

export interface ChecklistTextOptions {
  readonly style: Style;
  /** Columns to write in. */
  readonly width: number;
}

const marks: Readonly<Record<EntryStatus, string>> = {
  met: '✓',
  unmet: '✗',
  told: '?',
  failed: '✗',
  refused: '✗',
  by_hand: '·',
};

/** A line an entry with what its query gave, and the sum. Ends in a line break. */
export function formatChecklist(report: ChecklistReport, { style, width }: ChecklistTextOptions): string {
  const { plan, server, version, entries, notes } = report;
  const paint = (status: EntryStatus) =>
    status === 'met'
      ? style.success
      : status === 'told'
        ? style.warning
        : status === 'by_hand'
          ? style.faint
          : style.error;
  const lines = [
    style.strong(clean(plan) || 'Checklist'),
    style.faint(`${clean(server)}, PostgreSQL ${clean(version)}`),
    '',
    ...entries.flatMap(({ check, status, message }) => [
      ...wrap(clean(check), width - 4).map(
        (line, at) => `  ${at === 0 ? paint(status)(marks[status]) : ' '} ${line}`,
      ),
      ...wrap(resultWords(status, message), width - 4)
        .filter((line) => line !== '')
        .map((line) => `    ${paint(status)(line)}`),
    ]),
    '',
    ...notes.flatMap((note) => wrap(clean(note), width).map(style.faint)),
    `${checklistSum(report)}.`,
  ];
  return `${lines.map((line) => line.trimEnd()).join('\n')}\n`;
}

function resultWords(status: EntryStatus, message: string): string {
  switch (status) {
    case 'by_hand':
      return '';
    case 'told':
      return `${clean(message)}: nothing is expected, judge it yourself`;
    case 'failed':
      return `Its query failed: ${clean(message)}`;
    default:
      return clean(message);
  }
}

function clean(text: string): string {
  return printable(text.replace(/\s+/g, ' '));
}
