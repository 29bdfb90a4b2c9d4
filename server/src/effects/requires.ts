import type { AlterTableStmt, Node, RangeVar } from '@pgsql/types';
import { walk } from '../schema/expressions.ts';
import { findRelation, tableOf } from '../schema/lookup.ts';
import type { Schema } from '../schema/model.ts';
import type { Statement } from '../sql/model.ts';
import { nameOfRangeVar, nameOfStrings, stringsOf } from '../sql/names.ts';
import { functionVersions } from './function-versions.ts';
import { pgVersions, type VersionNeed } from './model.ts';

type Fields = Readonly<Record<string, unknown>>;
/** What a node of the parse tree asks of the server; undefined where the oldest version can do it. */
type NeedOf = (fields: Fields) => VersionNeed | undefined;

const need = (version: number, what: string): VersionNeed => ({ version, what });
const needIf = (holds: unknown, version: number, what: string): VersionNeed | undefined =>
  holds ? need(version, what) : undefined;

/**
 * What in the statement the oldest supported version cannot parse or do, and the first version that can; of
 * several the newest.
 */
export function requiresOf(statement: Statement, schema: Schema): VersionNeed | undefined {
  let newest: VersionNeed | undefined;
  const meet = (found: VersionNeed | undefined) => {
    if (found && found.version > (newest?.version ?? pgVersions.oldest)) newest = found;
  };
  for (const [kind, fields] of walk(statement.node)) {
    for (const needOf of needs[kind] ?? []) meet(needOf(fields));
    if (kind === 'FuncCall') meet(functionNeed(stringsOf(fields.funcname as Node[]), schema));
  }
  if ('ClusterStmt' in statement.node && tableOf(schema, statement.node.ClusterStmt.relation)?.partitioned)
    meet(need(15, 'CLUSTER on a partitioned table'));
  if ('MergeStmt' in statement.node && isView(statement.node.MergeStmt.relation, schema))
    meet(need(17, 'MERGE into a view'));
  if ('AlterTableStmt' in statement.node) meet(partitionedNeed(statement.node.AlterTableStmt, schema));
  return newest;
}

function isView(range: RangeVar | undefined, schema: Schema): boolean {
  return range !== undefined && findRelation(schema, nameOfRangeVar(range))?.kind === 'view';
}

const notNullConstraint = 'NOT NULL as a constraint with a name';
const notEnforced = 'NOT ENFORCED';

const needs: Readonly<Record<string, readonly NeedOf[]>> = {
  AccessPriv: [({ priv_name }) => needIf(priv_name === 'maintain', 17, 'the privilege MAINTAIN')],
  ATAlterConstraint: [
    ({ alterEnforceability }) =>
      needIf(alterEnforceability, 18, 'ALTER CONSTRAINT … ENFORCED or NOT ENFORCED'),
    ({ alterInheritability }) => needIf(alterInheritability, 18, 'ALTER CONSTRAINT … INHERIT or NO INHERIT'),
  ],
  AlterDatabaseRefreshCollStmt: [() => need(15, 'ALTER DATABASE … REFRESH COLLATION VERSION')],
  AlterStatsStmt: [({ stxstattarget }) => needIf(stxstattarget === undefined, 17, 'SET STATISTICS DEFAULT')],
  AlterTableCmd: [
    ({ subtype }) => needIf(subtype === 'AT_SetAccessMethod', 15, 'SET ACCESS METHOD'),
    ({ subtype, name }) =>
      needIf(subtype === 'AT_SetAccessMethod' && name === undefined, 17, 'SET ACCESS METHOD DEFAULT'),
    ({ subtype }) => needIf(subtype === 'AT_SetExpression', 17, 'ALTER COLUMN … SET EXPRESSION'),
    ({ subtype, def }) =>
      needIf(subtype === 'AT_SetStatistics' && def === undefined, 17, 'SET STATISTICS DEFAULT'),
    ({ subtype, def }) =>
      needIf(subtype === 'AT_AddConstraint' && contypeOf(def) === 'CONSTR_NOTNULL', 18, notNullConstraint),
  ],
  AlterTableStmt: [
    ({ objtype, cmds }) =>
      needIf(
        objtype === 'OBJECT_SEQUENCE' && /"AT_Set(?:Un)?Logged"/.test(JSON.stringify(cmds)),
        15,
        'ALTER SEQUENCE … SET LOGGED or UNLOGGED',
      ),
  ],
  ColumnDef: [({ storage_name }) => needIf(storage_name, 16, 'STORAGE in a column definition')],
  Constraint: [
    ({ nulls_not_distinct }) => needIf(nulls_not_distinct, 15, 'NULLS NOT DISTINCT'),
    ({ fk_del_set_cols }) => needIf(fk_del_set_cols, 15, 'ON DELETE SET NULL or SET DEFAULT with columns'),
    ({ contype, generated_kind }) =>
      needIf(contype === 'CONSTR_GENERATED' && generated_kind === 'v', 18, 'a virtual generated column'),
    ({ contype }) => needIf(contype === 'CONSTR_ATTR_NOT_ENFORCED', 18, notEnforced),
    ({ contype }) => needIf(contype === 'CONSTR_ATTR_ENFORCED', 18, 'ENFORCED'),
    ({ contype, is_enforced }) =>
      needIf((contype === 'CONSTR_CHECK' || contype === 'CONSTR_FOREIGN') && !is_enforced, 18, notEnforced),
    ({ contype, is_no_inherit }) =>
      needIf(contype === 'CONSTR_NOTNULL' && is_no_inherit, 18, 'NOT NULL … NO INHERIT'),
    ({ contype, keys }) => needIf(contype === 'CONSTR_NOTNULL' && keys, 18, notNullConstraint),
    ({ contype, skip_validation }) =>
      needIf(contype === 'CONSTR_NOTNULL' && skip_validation, 18, 'NOT NULL … NOT VALID'),
    ({ without_overlaps }) => needIf(without_overlaps, 18, 'WITHOUT OVERLAPS'),
    ({ fk_with_period }) => needIf(fk_with_period, 18, 'FOREIGN KEY (… PERIOD …)'),
  ],
  CreateForeignTableStmt: [
    ({ base }) =>
      needIf(JSON.stringify(base).includes('"TableLikeClause"'), 18, 'LIKE in CREATE FOREIGN TABLE'),
  ],
  CreateSeqStmt: [
    ({ sequence }) =>
      needIf((sequence as Fields | undefined)?.relpersistence === 'u', 15, 'CREATE UNLOGGED SEQUENCE'),
  ],
  CreateStatsStmt: [({ defnames }) => needIf(defnames === undefined, 16, 'CREATE STATISTICS without a name')],
  CreateStmt: [
    ({ partspec, tableElts }) =>
      needIf(
        partspec && JSON.stringify(tableElts ?? []).includes('"CONSTR_EXCLUSION"'),
        17,
        'EXCLUDE on a partitioned table',
      ),
  ],
  DefElem: [
    ({ defname }) => needIf(defname === 'security_invoker', 15, 'views with security_invoker'),
    ({ defname }) => needIf(defname === 'buffer_usage_limit', 16, 'BUFFER_USAGE_LIMIT'),
    ({ defname }) =>
      needIf(
        ['only_database_stats', 'process_main', 'skip_database_stats'].includes(String(defname)),
        16,
        `VACUUM (${String(defname).toUpperCase()})`,
      ),
    ({ defname }) => needIf(defname === 'on_error', 17, 'COPY … ON_ERROR'),
    ({ defname }) => needIf(defname === 'reject_limit', 18, 'COPY … REJECT_LIMIT'),
  ],
  GrantStmt: [({ objtype }) => needIf(objtype === 'OBJECT_PARAMETER_ACL', 15, 'GRANT … ON PARAMETER')],
  IndexStmt: [({ nulls_not_distinct }) => needIf(nulls_not_distinct, 15, 'NULLS NOT DISTINCT')],
  JsonArrayAgg: [() => need(16, 'JSON_ARRAYAGG')],
  JsonArrayConstructor: [() => need(16, 'JSON_ARRAY')],
  JsonFuncExpr: [() => need(17, 'JSON_EXISTS, JSON_QUERY and JSON_VALUE')],
  JsonIsPredicate: [() => need(16, 'IS JSON')],
  JsonObjectAgg: [() => need(16, 'JSON_OBJECTAGG')],
  JsonObjectConstructor: [() => need(16, 'JSON_OBJECT')],
  JsonScalarExpr: [() => need(17, 'JSON_SCALAR')],
  JsonSerializeExpr: [() => need(17, 'JSON_SERIALIZE')],
  JsonTable: [() => need(17, 'JSON_TABLE')],
  MergeStmt: [
    () => need(15, 'MERGE'),
    ({ returningClause }) => needIf(returningClause, 17, 'MERGE … RETURNING'),
  ],
  MergeWhenClause: [
    ({ matchKind }) =>
      needIf(matchKind === 'MERGE_WHEN_NOT_MATCHED_BY_SOURCE', 17, 'MERGE … WHEN NOT MATCHED BY SOURCE'),
  ],
  PublicationObjSpec: [
    ({ pubobjtype }) =>
      needIf(String(pubobjtype).startsWith('PUBLICATIONOBJ_TABLES_IN'), 15, 'publishing TABLES IN SCHEMA'),
    ({ pubtable }) =>
      needIf(
        pubtable && ((pubtable as Fields).whereClause || (pubtable as Fields).columns),
        15,
        'publishing some columns or rows of a table',
      ),
  ],
  RangeSubselect: [({ alias }) => needIf(alias === undefined, 16, 'a subquery in FROM without an alias')],
  ReindexStmt: [
    ({ kind, name, relation }) =>
      needIf(
        ['REINDEX_OBJECT_DATABASE', 'REINDEX_OBJECT_SYSTEM'].includes(String(kind)) && !name && !relation,
        16,
        'REINDEX DATABASE or SYSTEM without a name',
      ),
  ],
  ReturningOption: [() => need(18, 'RETURNING WITH (OLD AS …, NEW AS …)')],
  VacuumRelation: [
    ({ relation }) => needIf(relation && !(relation as Fields).inh, 18, 'VACUUM ONLY and ANALYZE ONLY'),
  ],
};

function contypeOf(def: unknown): unknown {
  return (def as { Constraint?: Fields } | undefined)?.Constraint?.contype;
}

/** A function that the server brings along since some version; one of the schema's own of that name is not it. */
function functionNeed(parts: readonly string[], schema: Schema): VersionNeed | undefined {
  const { schema: place, name } = nameOfStrings(parts);
  const version = functionVersions.get(name);
  if (version === undefined || (place !== undefined && place !== 'pg_catalog')) return undefined;
  const own = schema.searchPath.some((one) => schema.functions.has(`${one}.${name}`));
  return own ? undefined : need(version, `the function ${name}`);
}

/** What a partitioned table could not have at first. */
function partitionedNeed(fields: AlterTableStmt, schema: Schema): VersionNeed | undefined {
  if (!tableOf(schema, fields.relation)?.partitioned) return undefined;
  for (const node of fields.cmds ?? []) {
    const { def, subtype } = 'AlterTableCmd' in node ? node.AlterTableCmd : {};
    if (subtype === 'AT_SetAccessMethod') return need(17, 'SET ACCESS METHOD on a partitioned table');
    if (subtype !== 'AT_AddConstraint' || !def || !('Constraint' in def)) continue;
    const { contype, skip_validation } = def.Constraint;
    if (contype === 'CONSTR_EXCLUSION') return need(17, 'EXCLUDE on a partitioned table');
    if (contype === 'CONSTR_FOREIGN' && skip_validation)
      return need(18, 'FOREIGN KEY … NOT VALID on a partitioned table');
  }
  return undefined;
}
