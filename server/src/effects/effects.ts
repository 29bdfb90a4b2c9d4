import type { DeclareCursorStmt, ExplainStmt, Node, PrepareStmt } from '@pgsql/types';
import type { Schema } from '../schema/model.ts';
import type { Statement } from '../sql/model.ts';
import { alterTable } from './alter-table.ts';
import { createTask, type Describe, type EffectsContext, type Task } from './builder.ts';
import { describeCall, describeDo } from './code.ts';
import { drop } from './drop.ts';
import { createIndex, isFalse, reindex } from './index.ts';
import { cluster, lockTable, refresh, truncate, vacuum } from './maintenance.ts';
import type { Effects } from './model.ts';
import {
  alterDomain,
  alterPolicy,
  alterSequence,
  comment,
  createForeignTable,
  createFunction,
  createRule,
  createSchema,
  createSequence,
  createStatistics,
  createTable,
  createTableAs,
  createTrigger,
  createView,
  dependOnExtension,
  grant,
  publish,
} from './objects.ts';
import { copy, insert, merge, remove, select, update } from './query.ts';
import { rename, setSchema } from './rename.ts';
import { requiresOf } from './requires.ts';
import {
  alterEnum,
  createSubscription,
  notTransactional,
  touchesNoRelation,
  transactionControl,
} from './whole-database.ts';

export type { EffectsContext } from './builder.ts';

type Describers = {
  readonly [Kind in Node extends infer N ? (N extends unknown ? keyof N : never) : never]?: Describe<never>;
};

const describers: Describers = {
  AlterDomainStmt: alterDomain,
  AlterEnumStmt: alterEnum,
  AlterObjectDependsStmt: dependOnExtension,
  AlterObjectSchemaStmt: setSchema,
  AlterPolicyStmt: alterPolicy,
  AlterPublicationStmt: publish,
  AlterSeqStmt: alterSequence,
  AlterSystemStmt: notTransactional,
  AlterTableStmt: alterTable,
  CallStmt: describeCall,
  ClusterStmt: cluster,
  CommentStmt: comment,
  CopyStmt: copy,
  CreateForeignTableStmt: createForeignTable,
  CreateFunctionStmt: createFunction,
  CreatePolicyStmt: alterPolicy,
  CreatePublicationStmt: publish,
  CreateSchemaStmt: createSchema,
  CreateSeqStmt: createSequence,
  CreateStatsStmt: createStatistics,
  CreateStmt: createTable,
  CreateSubscriptionStmt: createSubscription,
  CreateTableAsStmt: createTableAs,
  CreateTableSpaceStmt: notTransactional,
  CreateTrigStmt: createTrigger,
  CreatedbStmt: notTransactional,
  DeleteStmt: remove,
  DoStmt: describeDo,
  DropStmt: drop,
  DropSubscriptionStmt: notTransactional,
  DropTableSpaceStmt: notTransactional,
  DropdbStmt: notTransactional,
  GrantStmt: grant,
  IndexStmt: createIndex,
  InsertStmt: insert,
  LockStmt: lockTable,
  MergeStmt: merge,
  RefreshMatViewStmt: refresh,
  ReindexStmt: reindex,
  RenameStmt: rename,
  RuleStmt: createRule,
  SelectStmt: select,
  TransactionStmt: transactionControl,
  TruncateStmt: truncate,
  UpdateStmt: update,
  VacuumStmt: vacuum,
  ViewStmt: createView,
};

/** EXPLAIN locks as its statement does, and only with ANALYZE runs it; so do PREPARE and DECLARE. */
const plan: Describe<ExplainStmt | PrepareStmt | DeclareCursorStmt> = (task, fields) => {
  const { query } = fields;
  const options = 'options' in fields && Array.isArray(fields.options) ? (fields.options as Node[]) : [];
  const runs = options.some(
    (node) => 'DefElem' in node && node.DefElem.defname === 'analyze' && !isFalse(node.DefElem.arg),
  );
  const nothing = () => {};
  const part = runs ? task : { ...task, rewrite: nothing, scan: nothing, build: nothing, unknown: nothing };
  if (query) describeNode(part, query);
};

function describeNode(task: Task, node: Node): boolean {
  const [kind, fields] = Object.entries(node)[0] ?? [];
  const describe =
    kind === 'ExplainStmt' || kind === 'PrepareStmt' || kind === 'DeclareCursorStmt'
      ? plan
      : describers[kind as keyof Describers];
  describe?.(task, fields as never);
  return describe !== undefined;
}

/**
 * What Postgres will do for a statement on the schema as it is before it: locks, rewrites, scans, index
 * builds. What the schema cannot tell is in `unknown`, and the class is `unknown` where that decides it. Locks
 * on indexes are given where they stop somebody (SHARE UPDATE EXCLUSIVE and up).
 */
export function effectsOf(statement: Statement, before: Schema, context: EffectsContext): Effects {
  const task: Task = createTask(statement, before, context, effectsOf);
  if (!describeNode(task, statement.node) && !touchesNoRelation(statement.kind)) {
    task.unknown('what this kind of statement does to the tables', {
      remedy: 'run the dry run, which sees it',
      locks: true,
    });
  }
  const requires = requiresOf(statement, before);
  return requires ? { ...task.finish(), requires } : task.finish();
}
