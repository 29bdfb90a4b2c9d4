import type { Node } from '@pgsql/types';
import { volatilityOf } from '../../effects/volatility.ts';
import { walk } from '../../schema/expressions.ts';
import type { Schema } from '../../schema/model.ts';
import type { CodeBody, Statement, StatementKind } from '../../sql/model.ts';
import { stringsOf } from '../../sql/names.ts';
import { type Inverse, losesData, restores, unknown } from '../model.ts';

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

/** DO, CALL, functions that move a sequence, and what is done for all that a role owns; undefined for the rest. */
export function codeInverse(statement: Statement, before: Schema): Inverse | undefined {
  const { node } = statement;
  if ('DoStmt' in node)
    return onlyReads(statement.body(), before)
      ? restores([], 'The block only reads: nothing is to be undone.')
      : unknown('What the block does hangs on what it meets: write what undoes it by hand.');
  if ('CallStmt' in node)
    return unknown('What the procedure does, its body alone tells: write what undoes it by hand.');
  if ('DropOwnedStmt' in node || 'ReassignOwnedStmt' in node)
    return unknown(
      'All that the role owns and was granted is not known: name the objects, each has a way back of its own.',
    );
  if ('AlterRoleSetStmt' in node || 'AlterDatabaseSetStmt' in node || 'AlterSystemStmt' in node)
    return unknown('Which value was set before is not known: a schema dump does not hold it.');
  if ('AlterRoleStmt' in node || 'DropRoleStmt' in node || 'GrantRoleStmt' in node)
    return unknown('What the role was before is not known: a schema dump does not hold roles.');
  return 'SelectStmt' in node ? sequenceMoved(node) : undefined;
}

function onlyReads(body: CodeBody | undefined, before: Schema): boolean {
  if (!body || body.unread.length > 0 || body.problems.length > 0) return false;
  return body.statements.every(({ statement: { node } }) => {
    const writes = [...walk(node)].some(([kind]) => writing.has(kind));
    return 'SelectStmt' in node && !writes && volatilityOf(node, before) === 'steady';
  });
}

const writing = new Set(['InsertStmt', 'UpdateStmt', 'DeleteStmt', 'MergeStmt', 'IntoClause']);

/** `SELECT setval(…)`, and nothing else that would change something. */
function sequenceMoved(node: Node): Inverse | undefined {
  let moved = false;
  for (const [kind, fields] of walk(node)) {
    if (writing.has(kind)) return undefined;
    if (kind !== 'FuncCall') continue;
    const name = stringsOf(fields.funcname as Node[]).at(-1) ?? '';
    if (name === 'nextval' || name === 'setval') moved = true;
    else if (!steady.has(name)) return undefined;
  }
  return moved
    ? losesData(
        [],
        'How far the sequence had counted is lost: read last_value before, and set it back with setval if that matters.',
      )
    : undefined;
}

/** What is asked for beside it, to find where the sequence is to stand. */
const steady = new Set(['pg_get_serial_sequence', 'max', 'min', 'count', 'coalesce', 'greatest']);
