import { printable } from '../../text/terminal.ts';
import type { Explained } from '../explain.ts';
import { count, type Style } from '../style.ts';

export interface ExplanationOptions {
  readonly pgVersion: number;
  readonly style: Style;
  /** Columns to write in. */
  readonly width: number;
}

/** `explain --format text`: per statement its source line, class and what Postgres does. */
export function formatExplanation(statements: readonly Explained[], options: ExplanationOptions): string {
  const { style, pgVersion } = options;
  const head = `${style.strong(count(statements.length, 'statement'))} on Postgres ${pgVersion}\n`;
  let step: string | null = null;
  const blocks = statements.map((statement) => {
    const title =
      statement.step !== step && statement.step !== null
        ? `\n${style.strong(printable(statement.step))}`
        : '';
    step = statement.step;
    return `${title}\n${explained(statement, options)}`;
  });
  return head + blocks.join('');
}

const classStyle = {
  instant: 'success',
  scan: 'warning',
  build: 'warning',
  rewrite: 'error',
  batched: 'info',
  unknown: 'warning',
} as const;

function explained(statement: Explained, { style, width }: ExplanationOptions): string {
  const place = `${String(statement.line).padStart(5)}  `;
  const sql = printable(statement.sql.replace(/\s+/g, ' '));
  const room = width - place.length;
  const shown = sql.length > room ? `${[...sql].slice(0, room - 1).join('')}…` : sql;
  const rows: [string, string][] = [
    ['class', style[classStyle[statement.class]](statement.class)],
    ...statement.locks.map(({ relation, mode, new: isNew }): [string, string] => [
      'lock',
      `${mode} on ${printable(relation)}${isNew ? style.faint(' (made by this plan, no one else uses it yet)') : ''}`,
    ]),
    ...statement.reasons.map(({ effect, relation, reason }): [string, string] => [
      effect,
      `${printable(relation)}${reason === '' ? '' : `: ${printable(reason)}`}`,
    ]),
    ...statement.unknown.map((sentence): [string, string] => ['unknown', printable(sentence)]),
    ...undoing(statement),
  ];
  if (statement.rollback) rows.unshift(['rollback', 'of this step']);
  if (!statement.transactional) rows.push(['runs', 'outside a transaction block only']);
  if (statement.file !== null) rows.push(['file', printable(statement.file)]);
  const lines = rows.map(
    ([label, text]) => `${' '.repeat(place.length)}${style.faint(label.padEnd(9))} ${text}\n`,
  );
  return `${style.faint(place)}${shown}\n${lines.join('')}`;
}

const verdicts = {
  restores: 'restores schema and data',
  loses_data: 'loses data',
  impossible: 'impossible',
  unknown: 'not known',
} as const;

/** What undoes it; nothing where there is nothing to undo. */
function undoing({ inverse: { verdict, sql, reason } }: Explained): [string, string][] {
  if (verdict === 'restores' && sql.length === 0) return [];
  const lines = sql.map((line): [string, string] => ['undo', `${printable(line.replace(/\s+/g, ' '))};`]);
  return [...lines, ['undo', `${verdicts[verdict]}: ${printable(reason)}`]];
}
