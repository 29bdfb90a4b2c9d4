import type { Statement } from '../../sql/model.ts';
import { blankPsqlParts } from '../../sql/parser.ts';

/** What of a script is in no step though it does something, in sentences: psql's own commands, rows of COPY, savepoints. */
export function passedOver(source: string, statements: readonly Statement[]): readonly string[] {
  const plain = blankPsqlParts(source).split('\n');
  const notes: string[] = [];
  let rows = false;
  for (const [at, line] of source.split('\n').entries()) {
    if (line === plain[at]) continue;
    if (!rows) notes.push(...noteOf(line));
    rows = line.trim() !== '\\.' && (rows || isCopy(line));
  }
  const undone = statements.some(
    ({ node }) => 'TransactionStmt' in node && /ROLLBACK|SAVEPOINT/.test(node.TransactionStmt.kind ?? ''),
  );
  if (undone)
    notes.push('ROLLBACK and savepoints are in no step: what they undo is. Take out what is not to stay.');
  return [...new Set(notes)];
}

function isCopy(line: string): boolean {
  return /^\s*COPY\b/i.test(line);
}

function noteOf(line: string): readonly string[] {
  const text = line.trim();
  const shown = text.length > 60 ? `${text.slice(0, 59)}…` : text;
  // Marks around a dump.
  if (/^\\(?:un)?restrict\b/.test(text)) return [];
  if (text.startsWith('\\')) return [`${shown} is a command of psql, and in no step.`];
  if (isCopy(line)) return [`${shown} is in no step, nor are its rows: insert them, or load them by hand.`];
  const variable = /(?<![:\w]):(?:\w+|'[^']*'|"[^"]*")/.exec(text)?.[0];
  return variable ? [`${variable} is a variable of psql: write what it stands for.`] : [];
}
