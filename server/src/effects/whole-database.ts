import type { AlterEnumStmt, CreateSubscriptionStmt, TransactionStmt } from '@pgsql/types';
import type { StatementKind } from '../sql/model.ts';
import type { Describe } from './builder.ts';
import { isFalse } from './index.ts';

/** CREATE DATABASE and its like: refused inside a transaction block, and no table is touched. */
export const notTransactional: Describe<unknown> = (task) => task.notTransactional();

/** Making the replication slot on the other server cannot be rolled back. */
export const createSubscription: Describe<CreateSubscriptionStmt> = (task, { options = [] }) => {
  const declined = options.some(
    (node) =>
      'DefElem' in node &&
      ['connect', 'create_slot'].includes(node.DefElem.defname ?? '') &&
      isFalse(node.DefElem.arg),
  );
  if (!declined) task.notTransactional();
};

/** A new label is allowed in a transaction since Postgres 12, though it cannot be used before the commit. */
export const alterEnum: Describe<AlterEnumStmt> = () => {};

export const transactionControl: Describe<TransactionStmt> = () => {};

/** Kinds of statement that touch catalogs, settings or roles, and no user's table. */
const quiet: ReadonlySet<StatementKind> = new Set<StatementKind>([
  'AlterCollationStmt',
  'AlterDatabaseRefreshCollStmt',
  'AlterDatabaseSetStmt',
  'AlterDatabaseStmt',
  'AlterDefaultPrivilegesStmt',
  'AlterEventTrigStmt',
  'AlterExtensionContentsStmt',
  'AlterExtensionStmt',
  'AlterFunctionStmt',
  'AlterOperatorStmt',
  'AlterOwnerStmt',
  'AlterRoleSetStmt',
  'AlterRoleStmt',
  'AlterStatsStmt',
  'AlterTSConfigurationStmt',
  'AlterTSDictionaryStmt',
  'AlterTypeStmt',
  'CheckPointStmt',
  'CompositeTypeStmt',
  'ConstraintsSetStmt',
  'CreateCastStmt',
  'CreateConversionStmt',
  'CreateDomainStmt',
  'CreateEnumStmt',
  'CreateEventTrigStmt',
  'CreateExtensionStmt',
  'CreateFdwStmt',
  'CreateForeignServerStmt',
  'CreateOpClassStmt',
  'CreateOpFamilyStmt',
  'CreatePLangStmt',
  'CreateRangeStmt',
  'CreateRoleStmt',
  'CreateUserMappingStmt',
  'DeallocateStmt',
  'DefineStmt',
  'DiscardStmt',
  'DropRoleStmt',
  'GrantRoleStmt',
  'ListenStmt',
  'LoadStmt',
  'NotifyStmt',
  'UnlistenStmt',
  'VariableSetStmt',
  'VariableShowStmt',
]);

export function touchesNoRelation(kind: StatementKind): boolean {
  return quiet.has(kind);
}
