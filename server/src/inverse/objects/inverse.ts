import type { DropStmt, Node } from '@pgsql/types';
import { addressOf, describedAt, kindOf } from '../../schema/addresses.ts';
import { applyStatement } from '../../schema/apply.ts';
import { walk } from '../../schema/expressions.ts';
import { firingCommands } from '../../schema/firing.ts';
import { findRelation, findType } from '../../schema/lookup.ts';
import type { Schema } from '../../schema/model.ts';
import type { Statement, StatementKind } from '../../sql/model.ts';
import { nameOfObject, nameOfRangeVar, nameOfStrings, stringsOf, writeName } from '../../sql/names.ts';
import { type Inverse, losesData, restores, unknown } from '../model.ts';
import { restoringInverse } from '../restoring.ts';
import { hasUnknownPrivileges } from './defaults.ts';
import { changedKeys } from './pieces.ts';
import { restoreObjects } from './restore.ts';

/** Statements that change nothing but views, functions, types, triggers, privileges and the like. */
const kinds: ReadonlySet<StatementKind> = new Set<StatementKind>([
  'AlterDefaultPrivilegesStmt',
  'AlterDomainStmt',
  'AlterEventTrigStmt',
  'AlterExtensionStmt',
  'AlterFunctionStmt',
  'AlterOwnerStmt',
  'AlterPolicyStmt',
  'AlterPublicationStmt',
  'AlterSeqStmt',
  'AlterStatsStmt',
  'CommentStmt',
  'CompositeTypeStmt',
  'CreateCastStmt',
  'CreateDomainStmt',
  'CreateEnumStmt',
  'CreateEventTrigStmt',
  'CreateExtensionStmt',
  'CreateFunctionStmt',
  'CreatePolicyStmt',
  'CreatePublicationStmt',
  'CreateRangeStmt',
  'CreateSeqStmt',
  'CreateStatsStmt',
  'CreateTrigStmt',
  'GrantStmt',
  'RefreshMatViewStmt',
  'RuleStmt',
  'ViewStmt',
]);

const droppable: ReadonlySet<string> = new Set([
  'OBJECT_VIEW',
  'OBJECT_MATVIEW',
  'OBJECT_SEQUENCE',
  'OBJECT_TRIGGER',
  'OBJECT_POLICY',
  'OBJECT_RULE',
  'OBJECT_FUNCTION',
  'OBJECT_PROCEDURE',
  'OBJECT_ROUTINE',
  'OBJECT_TYPE',
  'OBJECT_DOMAIN',
]);

/** What undoes a statement about anything but tables; undefined for one that is not about that alone. */
export function objectInverse(statement: Statement, before: Schema, pgVersion: number): Inverse | undefined {
  const shell = shellType(statement);
  if (shell) return shell;
  if (!isAboutObjects(statement, before)) return undefined;
  const said = asItStands(statement, before);
  if (said) return said;
  const now = applyStatement(before, statement, { madeByPlan: true });
  if (now === before) return unchanged(statement, before);
  // A typed table's columns come and go with those of its type.
  const ofType =
    'AlterTableStmt' in statement.node && statement.node.AlterTableStmt.objtype === 'OBJECT_TYPE';
  if (!ofType && takesTables(before, now)) return restoringInverse(statement, before, pgVersion);
  const { sql, left } = restoreObjects({ before, now, pgVersion, qualified: saysSchema(statement) });
  if (left.length > 0)
    return unknown(`How to bring back ${listed(left)} as it was is not known: write it by hand.`);
  const lost = lossOf(statement, before);
  if (lost !== undefined) return losesData(sql, lost);
  return restores(sql, reasonOf(statement, before, sql));
}

/** `CREATE TYPE n` alone: a name to be filled later. */
function shellType({ node }: Statement): Inverse | undefined {
  if (!('DefineStmt' in node) || node.DefineStmt.kind !== 'OBJECT_TYPE' || node.DefineStmt.definition)
    return undefined;
  const name = writeName(nameOfStrings(stringsOf(node.DefineStmt.defnames)));
  return restores([`DROP TYPE ${name}`], 'Dropping it leaves everything as it was.');
}

function isAboutObjects({ kind, node }: Statement, before: Schema): boolean {
  if (kinds.has(kind)) return true;
  if ('CreateTableAsStmt' in node) return node.CreateTableAsStmt.objtype === 'OBJECT_MATVIEW';
  if ('DefineStmt' in node) return kindOf(node.DefineStmt.kind ?? '') !== undefined;
  if ('CreateSchemaStmt' in node) return !makesTables(node.CreateSchemaStmt.schemaElts);
  if ('DropStmt' in node) {
    const { removeType = '' } = node.DropStmt;
    return droppable.has(removeType) || kindOf(removeType) !== undefined;
  }
  if (!('AlterTableStmt' in node)) return false;
  const { objtype = '', relation, cmds = [] } = node.AlterTableStmt;
  const subtypes = cmds.flatMap((one) => ('AlterTableCmd' in one ? [one.AlterTableCmd.subtype ?? ''] : []));
  if (subtypes.every((one) => one === 'AT_ChangeOwner' || one in firingCommands)) return true;
  if (['OBJECT_VIEW', 'OBJECT_MATVIEW', 'OBJECT_SEQUENCE', 'OBJECT_TYPE'].includes(objtype)) return true;
  const named = relation && findRelation(before, nameOfRangeVar(relation));
  return named !== undefined && named.kind !== 'table' && named.kind !== 'index';
}

/** With CASCADE columns, constraints, indexes and whole tables may go along. */
function takesTables(before: Schema, now: Schema): boolean {
  return changedKeys(before.relations, now.relations).some((key) => {
    const [was, is] = [before.relations.get(key), now.relations.get(key)];
    if (was?.kind === 'index' || is?.kind === 'index') return true;
    if (was?.kind !== 'table') return false;
    if (is?.kind !== 'table') return true;
    const names = (all: readonly { readonly name: string }[]) => all.map(({ name }) => name).join('\0');
    return names(was.columns) !== names(is.columns) || names(was.constraints) !== names(is.constraints);
  });
}

function makesTables(elements: readonly Node[] | undefined): boolean {
  return (elements ?? []).some((one) => 'CreateStmt' in one || 'IndexStmt' in one);
}

function saysSchema({ node }: Statement): boolean {
  for (const [kind, fields] of walk(node)) if (kind === 'RangeVar') return fields.schemaname !== undefined;
  return false;
}

/** Statements of which the schema alone does not tell the way back. */
function asItStands(statement: Statement, before: Schema): Inverse | undefined {
  const { node } = statement;
  const [fields] = Object.values(node) as [Readonly<Record<string, unknown>>];
  const maybe = fields.replace === true || fields.if_not_exists === true;
  const makes = /^(?:Create|Define|View|Rule|CompositeType)/.test(statement.kind);
  if (!before.complete && (!makes || maybe) && !isOwn(statement, before)) return incomplete(statement);
  if (
    'CreateExtensionStmt' in node &&
    maybe &&
    !before.objects.has(`extension ${node.CreateExtensionStmt.extname}`)
  )
    return unknown(
      'With IF NOT EXISTS it is not known whether this statement made the extension: the baseline does not tell of those that a database is made with.',
    );
  if ('DropStmt' in node) return dropAsItStands(node.DropStmt, before) ?? dropOverload(node.DropStmt, before);
  if ('AlterExtensionStmt' in node) return extensionUpdate(node.AlterExtensionStmt.extname ?? '', before);
  if ('CommentStmt' in node) return comment(statement, before);
  if ('GrantStmt' in node) return grantAsItStands(node.GrantStmt, before);
  if ('AlterOwnerStmt' in node) {
    const { objectType = '', object } = node.AlterOwnerStmt;
    return ownerUnknown(before, addressOf(before, objectType, object));
  }
  if ('AlterTableStmt' in node) return alterAsItStands(node.AlterTableStmt, before);
  return undefined;
}

function incomplete(statement: Statement): Inverse {
  const what = /^Create|^Define|^View|^Rule/.test(statement.kind)
    ? 'It may have been there before, and what it was then is not known'
    : 'What was there before is not known';
  return unknown(`${what}: give the baseline DDL under database.schema, or write the way back by hand.`);
}

/** Whether the plan itself made what the statement names, so that all of it is known. */
function isOwn({ node }: Statement, before: Schema): boolean {
  const [fields] = Object.values(node) as [Readonly<Record<string, unknown>>];
  for (const [kind, range] of walk(fields)) {
    if (kind !== 'RangeVar') continue;
    const relation = findRelation(before, nameOfRangeVar(range));
    return relation?.madeByPlan === true;
  }
  return false;
}

function unchanged({ node, kind }: Statement, before: Schema): Inverse {
  const [fields] = Object.values(node) as [Readonly<Record<string, unknown>>];
  const tolerant =
    fields.missing_ok === true || fields.if_not_exists === true || fields.skipIfNewValExists === true;
  if (tolerant && before.complete) return restores([], 'It changes nothing here: nothing is to be undone.');
  return unknown(
    kind === 'DropStmt'
      ? 'What it drops is not known: give the baseline DDL under database.schema.'
      : 'Postgres would refuse this statement on the schema as it is, or what it names is not known: there is nothing to undo.',
  );
}

function dropAsItStands(
  { removeType, objects = [], behavior, missing_ok }: DropStmt,
  before: Schema,
): Inverse | undefined {
  if (removeType === 'OBJECT_EXTENSION')
    return dropExtension(objects, behavior === 'DROP_CASCADE', missing_ok === true, before);
  const kind = kindOf(removeType ?? '');
  if (kind === undefined || kind === 'schema') return undefined;
  const known = objects.map((object) => {
    const address = addressOf(before, removeType ?? '', object);
    return address?.map === 'objects' ? before.objects.get(address.key) : undefined;
  });
  if (known.every((one) => one?.definition)) {
    if (behavior === 'DROP_CASCADE' && kind !== 'publication' && kind !== 'statistics')
      return unknown(
        'What goes along with it under CASCADE is not known: drop those by name, each with its own way back.',
      );
    return undefined;
  }
  if (missing_ok && before.complete && known.every((one) => one === undefined) && followed.has(kind))
    return restores([], 'What it would drop is not there: nothing is to be undone.');
  return unknown(`The definition of the ${kind} that it drops is not known: write it out.`);
}

/** Which of several functions of a name a call means, the types of its arguments decide, which are not followed. */
function dropOverload({ removeType, objects = [], behavior }: DropStmt, before: Schema): Inverse | undefined {
  const routine = removeType === 'OBJECT_FUNCTION' || removeType === 'OBJECT_ROUTINE';
  if (!routine || behavior !== 'DROP_CASCADE') return undefined;
  const several = objects.some((object) => {
    const address = addressOf(before, removeType ?? '', object);
    return address?.map === 'functions' && (before.functions.get(address.key)?.overloads?.length ?? 0) > 1;
  });
  return several
    ? unknown(
        'Which of the functions of that name is called by what goes along under CASCADE is not followed: drop those by name first.',
      )
    : undefined;
}

/** Kinds of which a baseline holds all that there are. */
const followed = new Set([
  'publication',
  'statistics',
  'event trigger',
  'collation',
  'aggregate',
  'operator',
  'text search configuration',
  'text search dictionary',
]);

function dropExtension(
  objects: readonly Node[],
  cascade: boolean,
  missingOk: boolean,
  before: Schema,
): Inverse | undefined {
  for (const object of objects) {
    const name = nameOfObject(object)?.name ?? '';
    const known = before.objects.get(`extension ${name}`);
    if (!known)
      return missingOk && before.complete && name !== 'plpgsql'
        ? restores([], 'The extension is not there: nothing is to be undone.')
        : unknown(
            `Whether the extension ${name} is there, and in which version, is not known: name it in the baseline.`,
          );
    if (cascade)
      return unknown(`What goes along with the extension ${name} is not known: drop that by name first.`);
    if (known.settings?.new_version === undefined)
      return unknown(
        `Which version of the extension ${name} was installed is not known: CREATE EXTENSION makes the newest. Say VERSION in the baseline.`,
      );
  }
  return undefined;
}

function extensionUpdate(name: string, before: Schema): Inverse | undefined {
  const version = before.objects.get(`extension ${name}`)?.settings?.new_version;
  return version === undefined
    ? unknown(
        `Which version of the extension ${name} there was is not known, and few extensions have a way back to an older one.`,
      )
    : unknown(
        `Whether the extension ${name} has a script from the new version back to ${version} is for its author to say: few have one.`,
      );
}

function comment({ node }: Statement, before: Schema): Inverse | undefined {
  if (!('CommentStmt' in node)) return undefined;
  const { objtype = '', object } = node.CommentStmt;
  const address = addressOf(before, objtype, object);
  const described = address && describedAt(before, address);
  const isPublic = address?.key === 'schema public';
  const isSchema = address !== undefined && /^schema /.test(address.key);
  if (isSchema && !isPublic) return undefined;
  const extension = objtype === 'OBJECT_EXTENSION';
  if (!described || ((isPublic || extension) && described.comment === undefined))
    return unknown('The comment that was there before is not known: write COMMENT … IS with it, or NULL.');
  return undefined;
}

function grantAsItStands(
  {
    objtype,
    objects = [],
    targtype,
    grantees = [],
    behavior,
    is_grant,
  }: Extract<Node, { GrantStmt: unknown }>['GrantStmt'],
  before: Schema,
): Inverse | undefined {
  const roles = grantees.flatMap((node) => ('RoleSpec' in node ? [node.RoleSpec] : []));
  const isPublic =
    objects.some((one) => 'String' in one && one.String.sval === 'public') && objtype === 'OBJECT_SCHEMA';
  if (isPublic && roles.some(({ roletype }) => roletype === 'ROLESPEC_PUBLIC'))
    return unknown(
      'What PUBLIC may do in the schema public depends on the version that the database was made with.',
    );
  if (roles.some(({ roletype }) => roletype !== 'ROLESPEC_PUBLIC' && roletype !== 'ROLESPEC_CSTRING'))
    return unknown('Which role it names is only known when it runs: name the role itself.');
  if (!is_grant && behavior === 'DROP_CASCADE')
    return unknown('What others granted on with the grant option goes along, and is not followed here.');
  if (targtype === 'ACL_TARGET_ALL_IN_SCHEMA' && objtype !== 'OBJECT_TABLE' && objtype !== 'OBJECT_SEQUENCE')
    return hasFunctionsOfOthers(objects, before)
      ? unknown(
          'The functions of range types and extensions are among them, and who could call those before is not followed: name the functions.',
        )
      : undefined;
  if (targtype !== 'ACL_TARGET_OBJECT') return undefined;
  const type = objtype === 'OBJECT_PROCEDURE' || objtype === 'OBJECT_ROUTINE' ? 'OBJECT_FUNCTION' : objtype;
  const missing = objects.some((object) => {
    const address = addressOf(before, type ?? '', object);
    if (address && hasUnknownPrivileges(before, address)) return true;
    return !address || (!describedAt(before, address) && !/^schema /.test(address.key));
  });
  return missing
    ? unknown('Who could do what with it before is not known: give the baseline DDL under database.schema.')
    : undefined;
}

function hasFunctionsOfOthers(objects: readonly Node[], { types, objects: others }: Schema): boolean {
  const places = objects.flatMap((one) => ('String' in one ? [one.String.sval] : []));
  const isRange = [...types.values()].some(
    ({ kind, name }) => kind === 'range' && places.includes(name.schema),
  );
  return (
    isRange || [...others.values()].some(({ kind, name }) => kind === 'extension' && name.name !== 'plpgsql')
  );
}

function ownerUnknown(before: Schema, address: ReturnType<typeof addressOf>): Inverse | undefined {
  return address && describedAt(before, address)?.owner !== undefined
    ? undefined
    : unknown('Who owned it before is not known: the baseline says so where it is dumped with its owners.');
}

function alterAsItStands(
  { relation, cmds = [], objtype, missing_ok }: Extract<Node, { AlterTableStmt: unknown }>['AlterTableStmt'],
  before: Schema,
): Inverse | undefined {
  if (objtype === 'OBJECT_TYPE') return undefined;
  const named = relation && findRelation(before, nameOfRangeVar(relation));
  if (!named)
    return missing_ok && before.complete
      ? restores([], 'What it would alter is not there: nothing is to be undone.')
      : unknown('What it alters is not known: give the baseline DDL under database.schema.');
  const subtypes = cmds.flatMap((one) => ('AlterTableCmd' in one ? [one.AlterTableCmd.subtype] : []));
  if (subtypes.includes('AT_ChangeOwner') && named.owner === undefined)
    return ownerUnknown(before, undefined);
  return undefined;
}

/** What is lost for good, in a sentence; undefined where nothing is. */
function lossOf({ node }: Statement, before: Schema): string | undefined {
  if ('DropStmt' in node) {
    if (node.DropStmt.removeType === 'OBJECT_SEQUENCE')
      return 'The sequence is made again, but it starts anew: how far it had counted is lost. Note last_value before, or rename it away now and drop it later.';
    return undefined;
  }
  if ('AlterSeqStmt' in node) {
    const restarts = (node.AlterSeqStmt.options ?? []).some(
      (one) => 'DefElem' in one && one.DefElem.defname === 'restart',
    );
    return restarts
      ? 'How far the sequence had counted is lost: note last_value before, and set it back with setval.'
      : undefined;
  }
  if ('AlterTableStmt' in node && node.AlterTableStmt.objtype === 'OBJECT_TYPE') {
    const dropped = (node.AlterTableStmt.cmds ?? []).flatMap((one) =>
      'AlterTableCmd' in one && one.AlterTableCmd.subtype === 'AT_DropColumn'
        ? [one.AlterTableCmd.name ?? '']
        : [],
    );
    const type =
      node.AlterTableStmt.relation && findType(before, nameOfRangeVar(node.AlterTableStmt.relation));
    return dropped.length > 0 && type
      ? `What stands in the attribute ${dropped.join(', ')} is lost wherever the type is used: copy it aside first.`
      : undefined;
  }
  return undefined;
}

function reasonOf({ node, kind }: Statement, before: Schema, sql: readonly string[]): string {
  if ('RefreshMatViewStmt' in node && !node.RefreshMatViewStmt.skipData && sql.length === 0)
    return 'Its rows follow from the tables that it reads: nothing is to be undone.';
  if (sql.length === 0) return 'It changes nothing that would have to be undone.';
  if ('CreateFunctionStmt' in node || 'ViewStmt' in node || 'RuleStmt' in node || 'CreateTrigStmt' in node) {
    const replaced =
      (Object.values(node)[0] as { replace?: boolean }).replace === true &&
      sql.some((one) => !/^(?:DROP|REVOKE)/.test(one));
    if (replaced) return 'The definition that was there before comes back.';
  }
  if (kind === 'DropStmt') {
    const views = sql.some((one) => /^CREATE MATERIALIZED VIEW/.test(one));
    return views ? 'It is made again as it was; its rows are computed anew.' : 'It is made again as it was.';
  }
  if (/^Create|^Define|^View|^Rule|^CompositeType/.test(kind) && before)
    return 'Dropping it leaves everything as it was.';
  return 'This brings back what was there before.';
}

function listed(names: readonly string[]): string {
  return names.length < 2 ? (names[0] ?? '') : `${names.slice(0, -1).join(', ')} and ${names.at(-1)}`;
}
