import type { TransactionStmt } from '@pgsql/types';
import type { Statement } from '../sql/model.ts';
import { stringsOf } from '../sql/names.ts';
import { type Apply, type Draft, restore, snapshot } from './draft.ts';
import { changeSession } from './spelling.ts';

/** BEGIN, COMMIT, ROLLBACK and savepoints: what is rolled back has never been. */
export const applyTransaction: Apply<TransactionStmt> = (draft, { kind, savepoint_name = '', chain }) => {
  switch (kind) {
    case 'TRANS_STMT_BEGIN':
    case 'TRANS_STMT_START':
      begin(draft);
      break;
    case 'TRANS_STMT_COMMIT':
    case 'TRANS_STMT_PREPARE':
      commit(draft);
      if (chain) begin(draft);
      break;
    case 'TRANS_STMT_ROLLBACK':
      if (draft.transaction) restore(draft, draft.transaction.start);
      if (chain) begin(draft);
      break;
    case 'TRANS_STMT_SAVEPOINT':
      setSavepoint(draft, savepoint_name);
      break;
    case 'TRANS_STMT_RELEASE':
    case 'TRANS_STMT_ROLLBACK_TO':
      endSavepoint(draft, savepoint_name, kind === 'TRANS_STMT_ROLLBACK_TO');
      break;
    default:
      break;
  }
};

/** What comes of the statement depends on the transaction that it stands in: it ends or marks one, or sets for its length. */
export function asksForTransaction({ node }: Statement): boolean {
  if ('TransactionStmt' in node) return true;
  if ('VariableSetStmt' in node) return node.VariableSetStmt.is_local === true;
  if (!('SelectStmt' in node)) return false;
  return (node.SelectStmt.targetList ?? []).some((target) => {
    const value = 'ResTarget' in target ? target.ResTarget.val : undefined;
    const called = value && 'FuncCall' in value ? stringsOf(value.FuncCall.funcname).at(-1) : undefined;
    return called === 'set_config';
  });
}

/** A BEGIN inside of a transaction changes nothing. */
export function begin(draft: Draft): void {
  draft.transaction ??= { start: snapshot(draft), savepoints: [], session: undefined };
}

/** Ends what SET LOCAL set. */
export function commit(draft: Draft): void {
  const session = draft.transaction?.session;
  draft.transaction = undefined;
  if (session) changeSession(draft, session);
}

function setSavepoint(draft: Draft, name: string): void {
  const { transaction } = draft;
  if (!transaction) return;
  const savepoint = { name, schema: snapshot(draft) };
  draft.transaction = { ...transaction, savepoints: [...transaction.savepoints, savepoint] };
}

/** RELEASE forgets the savepoint and those after it; ROLLBACK TO goes back to it and keeps it. */
function endSavepoint(draft: Draft, name: string, back: boolean): void {
  const { transaction } = draft;
  const at = transaction?.savepoints.findLastIndex((one) => one.name === name) ?? -1;
  const savepoint = transaction?.savepoints[at];
  if (!transaction || !savepoint) {
    draft.refused = true;
    return;
  }
  if (back) restore(draft, savepoint.schema);
  const kept = transaction.savepoints.slice(0, back ? at + 1 : at);
  const session = back ? savepoint.schema.transaction?.session : transaction.session;
  draft.transaction = { ...transaction, savepoints: kept, session };
}
