import type { Node } from '@pgsql/types';
import type { ParsedSql, Statement } from '../sql/model.ts';
import { applyAlterTable } from './alter-table.ts';
import { applyCreateTable } from './create-table.ts';
import { type Apply, createDraft, type Draft, schemaOf } from './draft.ts';
import { applyDrop } from './drop.ts';
import { applyCreateIndex } from './indexes.ts';
import type { Schema } from './model.ts';
import {
  applyAlterSequence,
  applyCreateForeignTable,
  applyCreateSchema,
  applyCreateSequence,
  applyCreateTableAs,
  applyCreateTrigger,
  applyCreateView,
} from './objects.ts';
import { applyRename, applySetSchema, respellTypes } from './rename.ts';
import { applySearchPath, applySelect } from './search-path.ts';
import {
  applyAlterDomain,
  applyAlterEnum,
  applyCompositeType,
  applyCreateDomain,
  applyCreateEnum,
  applyCreateFunction,
  applyCreateRange,
} from './types.ts';
import { applyWrite } from './writes.ts';

type Appliers = {
  readonly [Kind in Node extends infer N ? (N extends unknown ? keyof N : never) : never]?: Apply<never>;
};

const appliers: Appliers = {
  AlterDomainStmt: applyAlterDomain,
  AlterEnumStmt: applyAlterEnum,
  AlterObjectSchemaStmt: applySetSchema,
  AlterSeqStmt: applyAlterSequence,
  AlterTableStmt: applyAlterTable,
  CompositeTypeStmt: applyCompositeType,
  CopyStmt: applyWrite,
  CreateDomainStmt: applyCreateDomain,
  CreateEnumStmt: applyCreateEnum,
  CreateForeignTableStmt: applyCreateForeignTable,
  CreateFunctionStmt: applyCreateFunction,
  CreateRangeStmt: applyCreateRange,
  CreateSchemaStmt: applyCreateSchema,
  CreateSeqStmt: applyCreateSequence,
  CreateStmt: applyCreateTable,
  CreateTableAsStmt: applyCreateTableAs,
  CreateTrigStmt: applyCreateTrigger,
  DropStmt: applyDrop,
  IndexStmt: applyCreateIndex,
  InsertStmt: applyWrite,
  MergeStmt: applyWrite,
  RenameStmt: applyRename,
  SelectStmt: applySelect,
  VariableSetStmt: applySearchPath,
  ViewStmt: applyCreateView,
};

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
  };
}

/**
 * The schema after a statement. The one before stays as it is; what does not change is shared. A statement
 * that Postgres would refuse, or that changes no schema, gives the same schema.
 */
export function applyStatement(
  schema: Schema,
  statement: Statement,
  { madeByPlan }: { readonly madeByPlan: boolean },
): Schema {
  if (!(statement.kind in appliers)) return schema;
  const draft = createDraft(schema, madeByPlan);
  applyTo(draft, statement);
  return schemaOf(draft);
}

/**
 * The schema that a baseline describes: `pg_dump --schema-only`, or hand-written DDL. Complete when all of it
 * could be read. The search path and the TimeZone it sets end with it, as a session's does.
 */
export function baselineSchema(parsed: ParsedSql): Schema {
  const start = emptySchema({ complete: parsed.problems.length === 0 });
  const draft = createDraft(start, false);
  for (const statement of parsed.statements) applyTo(draft, statement);
  draft.searchPath = start.searchPath;
  draft.timeZone = start.timeZone;
  respellTypes(draft);
  return schemaOf(draft);
}

/**
 * After a deploy the application may use, and fill, what the plan has made so far: it is empty no longer.
 */
export function exposeNewRelations(schema: Schema): Schema {
  const relations = new Map(
    [...schema.relations].map(([key, one]) => [key, one.empty ? { ...one, empty: false } : one] as const),
  );
  return { ...schema, relations };
}

function applyTo(draft: Draft, statement: Statement): void {
  const apply = appliers[statement.kind];
  if (apply) apply(draft, Object.values(statement.node)[0] as never, statement);
}
