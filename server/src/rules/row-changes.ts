import type { InsertStmt, Node } from '@pgsql/types';
import { walk } from '../schema/expressions.ts';
import { nameOfRangeVar, writeName } from '../sql/names.ts';
import type { RuleContext, Severity, StatementAnalysis } from './model.ts';
import { tableSize } from './table-size.ts';

/** A change of fewer rows is over before anyone waits. */
const fewRows = 10_000;
/** A WHERE that may take the whole table is worth a word from here on. */
const manyRows = 100_000;
/** A copy of as many takes minutes. */
const manyCopied = 1_000_000;

/** Many rows that one statement changes, or copies. */
export interface RowChange {
  readonly verb: 'UPDATE' | 'DELETE' | 'INSERT';
  /** For an INSERT the table that is copied. */
  readonly table: string;
  /** No WHERE: every row for certain. */
  readonly whole: boolean;
}

/** A change of rows that the plan did not make itself and that no constant picks out. */
export function rowChange(s: StatementAnalysis): RowChange | undefined {
  const { node } = s.statement;
  if ('InsertStmt' in node) return copyOf(s, node.InsertStmt);
  const [verb, fields] =
    'UpdateStmt' in node
      ? (['UPDATE', node.UpdateStmt] as const)
      : 'DeleteStmt' in node
        ? (['DELETE', node.DeleteStmt] as const)
        : [];
  if (!verb || !fields?.relation) return undefined;
  const lock = s.effects.locks.find(({ mode }) => mode === 'RowExclusiveLock');
  if (!lock || lock.isNew || s.effects.class === 'instant') return undefined;
  if (fields.whereClause && picksByConstant(fields.whereClause)) return undefined;
  return { verb, table: writeName(nameOfRangeVar(fields.relation)), whole: !fields.whereClause };
}

/** `INSERT … SELECT` of a whole table. */
function copyOf(s: StatementAnalysis, { selectStmt }: InsertStmt): RowChange | undefined {
  const [copied] = s.effects.scans;
  return copied && selectStmt ? { verb: 'INSERT', table: copied.relation, whole: true } : undefined;
}

/** Whether a constant, a parameter or a LIMIT takes part: then it may well be a few rows, and only the server knows. */
function picksByConstant(where: Node): boolean {
  for (const [kind, fields] of walk(where)) {
    if (kind === 'A_Const' || kind === 'ParamRef' || (kind === 'SelectStmt' && fields.limitCount))
      return true;
  }
  return false;
}

/** How bad such a change is; undefined where it is not worth a word: a small table, or a WHERE on a table of unknown size. */
export function severityOfChange(
  context: RuleContext,
  { verb, table, whole }: RowChange,
): Severity | undefined {
  const rows = tableSize(context, table)?.rows?.value;
  // A copy changes no row that somebody waits for.
  if (verb === 'INSERT') return rows !== undefined && rows >= manyCopied ? 'warning' : undefined;
  if (rows === undefined) return whole ? 'warning' : undefined;
  if (rows < fewRows) return undefined;
  return whole || rows >= manyRows ? 'error' : 'warning';
}
