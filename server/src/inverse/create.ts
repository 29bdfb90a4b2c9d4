import { findRelation } from '../schema/lookup.ts';
import type { Schema } from '../schema/model.ts';
import type { Statement } from '../sql/model.ts';
import {
  nameOfRangeVar,
  nameOfStrings,
  type ObjectName,
  quoteIdentifier,
  stringsOf,
  writeName,
} from '../sql/names.ts';
import { typeNameText } from '../sql/type-names.ts';
import { createMoreInverse } from './create-more.ts';
import { type Inverse, restores, unknown } from './model.ts';

interface Made {
  /** As DROP names it: `TABLE users`. */
  readonly object: string;
  /** IF NOT EXISTS or OR REPLACE: it may have been there before. */
  readonly maybe: boolean;
  /** Whether it was there; undefined where that is not known. */
  readonly existed: boolean | undefined;
  /** Rows written meanwhile go with it. */
  readonly holdsRows: boolean;
}

/** DROP of what a CREATE made; undefined for what is no CREATE. */
export function createInverse(statement: Statement, before: Schema): Inverse | undefined {
  const made = whatIsMade(statement, before);
  if (!made) return createMoreInverse(statement);
  if (made.maybe && made.existed === undefined) {
    return unknown(
      'It may have been there before, and what it was then is not known: write its old definition out, or drop it if it is new.',
    );
  }
  if (made.maybe && made.existed) {
    return /^(?:TABLE|SEQUENCE|MATERIALIZED VIEW|SCHEMA|EXTENSION)/.test(made.object)
      ? restores([], 'It was there before: nothing is to be undone.')
      : unknown('It replaces an older definition: write that one out.');
  }
  const reason = made.holdsRows
    ? 'Dropping it leaves what was there before as it was; rows written into it meanwhile go with it.'
    : 'Dropping it leaves everything as it was.';
  return restores([`DROP ${made.object}`], reason);
}

function whatIsMade(statement: Statement, before: Schema): Made | undefined {
  const node = statement.node;
  const relation = (
    words: string,
    name: ObjectName,
    maybe: boolean | undefined,
    holdsRows: boolean,
  ): Made => ({
    object: `${words} ${writeName(name)}`,
    maybe: maybe === true,
    existed: findRelation(before, name) ? true : before.complete ? false : undefined,
    holdsRows,
  });
  const plain = (object: string, maybe?: boolean, existed?: boolean): Made => ({
    object,
    maybe: maybe === true,
    existed: existed || (before.complete && existed === false ? false : undefined),
    holdsRows: false,
  });
  if ('CreateStmt' in node && node.CreateStmt.relation) {
    return relation('TABLE', nameOfRangeVar(node.CreateStmt.relation), node.CreateStmt.if_not_exists, true);
  }
  if ('CreateTableAsStmt' in node && node.CreateTableAsStmt.into?.rel) {
    const { into, objtype, if_not_exists } = node.CreateTableAsStmt;
    const isView = objtype === 'OBJECT_MATVIEW';
    return relation(
      isView ? 'MATERIALIZED VIEW' : 'TABLE',
      nameOfRangeVar(into.rel ?? {}),
      if_not_exists,
      !isView,
    );
  }
  if ('ViewStmt' in node && node.ViewStmt.view)
    return relation('VIEW', nameOfRangeVar(node.ViewStmt.view), node.ViewStmt.replace, false);
  if ('CreateSeqStmt' in node && node.CreateSeqStmt.sequence) {
    return relation(
      'SEQUENCE',
      nameOfRangeVar(node.CreateSeqStmt.sequence),
      node.CreateSeqStmt.if_not_exists,
      false,
    );
  }
  if ('CreateSchemaStmt' in node && !node.CreateSchemaStmt.schemaElts) {
    const { schemaname = '', if_not_exists } = node.CreateSchemaStmt;
    return plain(`SCHEMA ${quoteIdentifier(schemaname)}`, if_not_exists, before.schemas.has(schemaname));
  }
  if ('CreateExtensionStmt' in node) {
    const { extname = '', if_not_exists } = node.CreateExtensionStmt;
    return {
      object: `EXTENSION ${quoteIdentifier(extname)}`,
      maybe: if_not_exists === true,
      existed: undefined,
      holdsRows: false,
    };
  }
  return typeMade(statement) ?? codeMade(statement);
}

function typeMade(statement: Statement): Made | undefined {
  const node = statement.node;
  const made = (object: string): Made => ({ object, maybe: false, existed: false, holdsRows: false });
  if ('CreateEnumStmt' in node)
    return made(`TYPE ${writeName(nameOfStrings(stringsOf(node.CreateEnumStmt.typeName)))}`);
  if ('CreateRangeStmt' in node)
    return made(`TYPE ${writeName(nameOfStrings(stringsOf(node.CreateRangeStmt.typeName)))}`);
  if ('CreateDomainStmt' in node)
    return made(`DOMAIN ${writeName(nameOfStrings(stringsOf(node.CreateDomainStmt.domainname)))}`);
  if ('CompositeTypeStmt' in node && node.CompositeTypeStmt.typevar) {
    return made(`TYPE ${writeName(nameOfRangeVar(node.CompositeTypeStmt.typevar))}`);
  }
  return undefined;
}

function codeMade(statement: Statement): Made | undefined {
  const node = statement.node;
  if ('CreateFunctionStmt' in node) {
    const { funcname, is_procedure, replace, parameters = [] } = node.CreateFunctionStmt;
    const inputs = parameters.flatMap((one) => {
      if (!('FunctionParameter' in one)) return [];
      const { mode, argType } = one.FunctionParameter;
      const output = mode === 'FUNC_PARAM_OUT' || mode === 'FUNC_PARAM_TABLE';
      return output || !argType ? [] : [typeNameText(argType) ?? ''];
    });
    const name = writeName(nameOfStrings(stringsOf(funcname)));
    const word = is_procedure ? 'PROCEDURE' : 'FUNCTION';
    return {
      object: `${word} ${name}(${inputs.join(', ')})`,
      maybe: replace === true,
      existed: undefined,
      holdsRows: false,
    };
  }
  if ('CreateTrigStmt' in node && node.CreateTrigStmt.relation) {
    const { trigname = '', relation, replace } = node.CreateTrigStmt;
    const object = `TRIGGER ${quoteIdentifier(trigname)} ON ${writeName(nameOfRangeVar(relation))}`;
    return { object, maybe: replace === true, existed: undefined, holdsRows: false };
  }
  if ('CreatePolicyStmt' in node && node.CreatePolicyStmt.table) {
    const { policy_name = '', table } = node.CreatePolicyStmt;
    return {
      object: `POLICY ${quoteIdentifier(policy_name)} ON ${writeName(nameOfRangeVar(table))}`,
      maybe: false,
      existed: false,
      holdsRows: false,
    };
  }
  return undefined;
}
