import type { Node } from '@pgsql/types';
import type { ParsedSql, Statement } from '../sql/model.ts';
import { applyAlterTable } from './alter-table.ts';
import { applyCall, applyCalls, applyCode } from './code.ts';
import { applyCreateTableAs, applyRefresh } from './create-query-table.ts';
import { applyCreateTable } from './create-table.ts';
import { applyAlterOwner, applyComment } from './described.ts';
import { type Apply, createDraft, type Draft, schemaOf } from './draft.ts';
import { applyDrop } from './drop.ts';
import { withExposed } from './exposure.ts';
import { applyAlterExtension, applyCreateExtension, applyImportForeignSchema } from './extensions.ts';
import { applyAlterFunction, applyCreateFunction } from './functions.ts';
import { applyCreateIndex } from './indexes.ts';
import type { Schema } from './model.ts';
import {
  applyAlterSequence,
  applyCreateForeignTable,
  applyCreateSchema,
  applyCreateSequence,
} from './objects.ts';
import {
  applyAlterEventTrigger,
  applyAlterStatistics,
  applyCreateCast,
  applyCreateEventTrigger,
  applyCreateStatistics,
  applyDefineObject,
} from './other-objects.ts';
import { applyDefaultPrivileges, applyGrant } from './privileges.ts';
import { applyAlterPublication, applyCreatePublication } from './publications.ts';
import { applyRename } from './rename.ts';
import { applyCreateRule } from './rules.ts';
import { applyDiscard, applySelect, applySetting, loginPath } from './search-path.ts';
import { applySetSchema } from './set-schema.ts';
import { changeSession, spellDumpedTypes } from './spelling.ts';
import { applyCluster } from './table-settings.ts';
import { applyTransaction, begin, commit } from './transactions.ts';
import { applyAlterPolicy, applyCreatePolicy, applyCreateTrigger } from './triggers.ts';
import {
  applyAlterDomain,
  applyAlterEnum,
  applyCompositeType,
  applyCreateDomain,
  applyCreateEnum,
  applyCreateRange,
} from './types.ts';
import { applyPerhaps } from './uncertain.ts';
import { applyCreateView } from './views.ts';
import { applyWrite } from './writes.ts';

type Appliers = {
  readonly [Kind in Node extends infer N ? (N extends unknown ? keyof N : never) : never]?: Apply<never>;
};

const appliers: Appliers = {
  AlterDefaultPrivilegesStmt: applyDefaultPrivileges,
  AlterDomainStmt: applyAlterDomain,
  AlterEnumStmt: applyAlterEnum,
  AlterEventTrigStmt: applyAlterEventTrigger,
  AlterExtensionStmt: applyAlterExtension,
  AlterFunctionStmt: applyAlterFunction,
  AlterObjectSchemaStmt: applySetSchema,
  AlterOwnerStmt: applyAlterOwner,
  AlterPolicyStmt: applyAlterPolicy,
  AlterPublicationStmt: applyAlterPublication,
  AlterSeqStmt: applyAlterSequence,
  AlterStatsStmt: applyAlterStatistics,
  AlterTableStmt: applyAlterTable,
  CallStmt: applyCall(applyNode),
  ClusterStmt: applyCluster,
  CommentStmt: applyComment,
  CompositeTypeStmt: applyCompositeType,
  CopyStmt: applyWrite,
  CreateCastStmt: applyCreateCast,
  CreateDomainStmt: applyCreateDomain,
  CreateEnumStmt: applyCreateEnum,
  CreateEventTrigStmt: applyCreateEventTrigger,
  CreateExtensionStmt: applyCreateExtension,
  CreateForeignTableStmt: applyCreateForeignTable,
  CreateFunctionStmt: applyCreateFunction,
  CreatePolicyStmt: applyCreatePolicy,
  CreatePublicationStmt: applyCreatePublication,
  CreateRangeStmt: applyCreateRange,
  CreateSchemaStmt: applyCreateSchema,
  CreateSeqStmt: applyCreateSequence,
  CreateStatsStmt: applyCreateStatistics,
  CreateStmt: applyCreateTable,
  CreateTableAsStmt: applyCreateTableAs,
  CreateTrigStmt: applyCreateTrigger,
  DefineStmt: applyDefineObject,
  DiscardStmt: applyDiscard,
  DoStmt: applyCode(applyNode),
  DropStmt: applyDrop,
  GrantStmt: applyGrant,
  ImportForeignSchemaStmt: applyImportForeignSchema,
  IndexStmt: applyCreateIndex,
  InsertStmt: applyWrite,
  MergeStmt: applyWrite,
  RefreshMatViewStmt: applyRefresh,
  RenameStmt: applyRename,
  RuleStmt: applyCreateRule,
  SelectStmt: inTurn(applySelect, applyCalls(applyNode)),
  TransactionStmt: applyTransaction,
  VariableSetStmt: applySetting,
  ViewStmt: applyCreateView,
};

export { exposeNewRelations } from './exposure.ts';

/** Nothing is there; with `complete` nothing else can be, without it anything may. */
export function emptySchema({ complete }: { readonly complete: boolean }): Schema {
  return {
    complete,
    searchPath: ['public'],
    timeZone: undefined,
    relations: new Map(),
    types: new Map(),
    functions: new Map(),
    schemas: new Set(['public']),
    objects: new Map(),
  };
}

/**
 * The schema after a statement. The one before stays as it is; what does not change is shared. A statement
 * that changes no schema gives the same schema, and so does one that Postgres would refuse, as far as the
 * schema tells: that something is there already, is missing, or is needed by something else. `perhaps`: it may not
 * run at all.
 */
export function applyStatement(
  schema: Schema,
  statement: Statement,
  { madeByPlan, perhaps = false }: { readonly madeByPlan: boolean; readonly perhaps?: boolean },
): Schema {
  if (!(statement.kind in appliers)) return schema;
  const draft = createDraft(schema, madeByPlan);
  const apply = () => applyNode(draft, statement.node, statement);
  if (perhaps) applyPerhaps(draft, apply);
  else apply();
  if (draft.refused) return schema;
  return madeByPlan ? withExposed(schema, schemaOf(draft), statement) : schemaOf(draft);
}

/** The schema inside of a transaction that was begun for a step: a ROLLBACK there comes back to this. */
export function beginTransaction(schema: Schema): Schema {
  const draft = createDraft(schema, true);
  begin(draft);
  return schemaOf(draft);
}

/** The schema after the COMMIT that ends a step; the same where its SQL has ended the transaction itself. */
export function commitTransaction(schema: Schema): Schema {
  if (!schema.transaction) return schema;
  const draft = createDraft(schema, true);
  commit(draft);
  return schemaOf(draft);
}

/**
 * The schema that a baseline describes: `pg_dump --schema-only`, or hand-written DDL. Complete when all of it
 * could be read. The search path and the TimeZone it sets end with it, as a session's does; the search path that it
 * sets for roles, or the database, is that of the sessions to come.
 */
export function baselineSchema(parsed: ParsedSql): Schema {
  const start = emptySchema({ complete: parsed.problems.length === 0 });
  const draft = createDraft(start, false);
  for (const statement of parsed.statements) {
    applyNode(draft, statement.node, statement);
    draft.refused = false;
  }
  commit(draft);
  changeSession(draft, { ...start, searchPath: loginPath(parsed.statements) ?? start.searchPath });
  spellDumpedTypes(draft);
  draft.relations.rebase();
  return schemaOf(draft);
}

function inTurn<Fields>(...parts: readonly Apply<Fields>[]): Apply<Fields> {
  return (draft, fields, statement) => {
    for (const part of parts) part(draft, fields, statement);
  };
}

/** Carries out one statement's parse tree, whatever statement it is a part of. */
export function applyNode(draft: Draft, node: Node, statement: Statement): void {
  const [kind, fields] = Object.entries(node)[0] ?? [''];
  const apply = appliers[kind as keyof Appliers];
  if (apply) apply(draft, fields as never, statement);
}
