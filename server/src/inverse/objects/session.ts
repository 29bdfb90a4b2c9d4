import type { Statement, StatementKind } from '../../sql/model.ts';
import { type Inverse, restores } from '../model.ts';

/** Statements that change nothing that outlives the session. */
const passing: ReadonlySet<StatementKind> = new Set<StatementKind>([
  'CheckPointStmt',
  'ClosePortalStmt',
  'ConstraintsSetStmt',
  'DeallocateStmt',
  'DiscardStmt',
  'FetchStmt',
  'ListenStmt',
  'LoadStmt',
  'LockStmt',
  'NotifyStmt',
  'PrepareStmt',
  'ReindexStmt',
  'TransactionStmt',
  'UnlistenStmt',
  'VacuumStmt',
  'VariableSetStmt',
  'VariableShowStmt',
]);

/** What is not to be undone, since it ends with the session, or changes neither schema nor data. */
export function sessionInverse({ kind }: Statement): Inverse | undefined {
  if (!passing.has(kind)) return undefined;
  return restores(
    [],
    kind === 'VacuumStmt' || kind === 'ReindexStmt' || kind === 'CheckPointStmt'
      ? 'It changes neither schema nor data.'
      : 'It changes nothing beyond its session.',
  );
}
