import type { Node } from '@pgsql/types';
import type { Schema } from '../schema/model.ts';
import type { Statement } from '../sql/model.ts';
import { alterTable } from './alter-table.ts';
import { createTask, type Describe, type EffectsContext, type Task } from './builder.ts';
import { drop } from './drop.ts';
import { createIndex, reindex } from './index.ts';
import { cluster, lockTable, refresh, truncate, vacuum } from './maintenance.ts';
import type { Effects } from './model.ts';
import {
  alterDomain,
  alterPolicy,
  alterSequence,
  comment,
  createForeignTable,
  createSequence,
  createStatistics,
  createTable,
  createTableAs,
  createTrigger,
  createView,
  exclusiveOn,
  grant,
} from './objects.ts';
import { copy, insert, merge, remove, select, update } from './query.ts';
import { rename, setSchema } from './rename.ts';
import { requiresOf } from './requires.ts';
import {
  alterEnum,
  createSubscription,
  notTransactional,
  runsCode,
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
  AlterObjectSchemaStmt: setSchema,
  AlterPolicyStmt: alterPolicy,
  AlterSeqStmt: alterSequence,
  AlterSystemStmt: notTransactional,
  AlterTableStmt: alterTable,
  CallStmt: runsCode,
  ClusterStmt: cluster,
  CommentStmt: comment,
  CopyStmt: copy,
  CreateForeignTableStmt: createForeignTable,
  CreatePolicyStmt: alterPolicy,
  CreateSeqStmt: createSequence,
  CreateStatsStmt: createStatistics,
  CreateStmt: createTable,
  CreateSubscriptionStmt: createSubscription,
  CreateTableAsStmt: createTableAs,
  CreateTableSpaceStmt: notTransactional,
  CreateTrigStmt: createTrigger,
  CreatedbStmt: notTransactional,
  DeleteStmt: remove,
  DoStmt: runsCode,
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
  RuleStmt: exclusiveOn,
  SelectStmt: select,
  TransactionStmt: transactionControl,
  TruncateStmt: truncate,
  UpdateStmt: update,
  VacuumStmt: vacuum,
  ViewStmt: createView,
};

/**
 * What Postgres will do for a statement on the schema as it is before it: locks, rewrites, scans, index
 * builds. What the schema cannot tell is in `unknown`, and the class is `unknown` where that decides it. Locks
 * on indexes are given where they stop somebody (SHARE UPDATE EXCLUSIVE and up).
 */
export function effectsOf(statement: Statement, before: Schema, context: EffectsContext): Effects {
  const task: Task = createTask(statement, before, context);
  const describe = describers[statement.kind];
  if (describe) describe(task, Object.values(statement.node)[0] as never);
  else if (!touchesNoRelation(statement.kind)) {
    task.unknown('what this kind of statement does to the tables', {
      remedy: 'run the dry run, which sees it',
    });
  }
  const requires = requiresOf(statement, before);
  return requires ? { ...task.finish(), requires } : task.finish();
}
