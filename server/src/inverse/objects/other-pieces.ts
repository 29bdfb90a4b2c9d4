import type { OtherObject } from '../../schema/model.ts';
import { quoteIdentifier, quoteLiteral } from '../../sql/names.ts';
import { defaultPrivilegesSql } from './describe.ts';
import { changedKeys, isReady, type ObjectPiece, type Work } from './pieces.ts';
import { firingAction, objectText, publicationMembers, publishedTable, writeObject } from './write-object.ts';
import { setting } from './write-view.ts';

/** Schemas, publications, statistics, extensions, collations and the like. */
export function otherPieces(work: Work): readonly ObjectPiece[] {
  const { before, now } = work;
  const schemas = [...new Set([...before.schemas, ...now.schemas])].flatMap(
    (name): readonly ObjectPiece[] => {
      if (before.schemas.has(name) === now.schemas.has(name)) return [];
      if (before.schemas.has(name))
        return [{ stage: 'make schemas', sql: `CREATE SCHEMA ${quoteIdentifier(name)}` }];
      return isEmptySchema(work, name)
        ? [{ stage: 'drop schemas', sql: `DROP SCHEMA ${quoteIdentifier(name)}` }]
        : [];
    },
  );
  const objects = changedKeys(before.objects, now.objects).flatMap((key) => {
    const [was, is] = [before.objects.get(key), now.objects.get(key)];
    if ((was ?? is)?.kind === 'schema') return [];
    return objectChanges(work, was, is);
  });
  return [...schemas, ...objects];
}

function isEmptySchema({ now }: Work, schema: string): boolean {
  const inside = ({ name }: { readonly name: { readonly schema: string | undefined } }) =>
    name.schema === schema;
  return ![
    ...now.relations.values(),
    ...now.types.values(),
    ...now.functions.values(),
    ...now.objects.values(),
  ].some(inside);
}

function objectChanges(
  work: Work,
  was: OtherObject | undefined,
  is: OtherObject | undefined,
): readonly ObjectPiece[] {
  const { old, current, pgVersion } = work;
  if ((was ?? is)?.kind === 'default privileges')
    return defaultPrivilegesSql(is, was, pgVersion).map((sql) => ({ stage: 'describe', sql }));
  const declared = (one: OtherObject | undefined) => one?.definition !== undefined;
  if (is && !declared(was) && declared(is))
    return [{ stage: 'drop objects', sql: `DROP ${objectText(current, is)}` }];
  if (!was || !declared(was)) return [];
  if (!is) {
    const tables = (was.tables ?? []).map((key) => `relation ${key}`);
    const sql = isReady(work, [...(was.dependsOn ?? []), ...tables]) ? writeObject(old, was) : undefined;
    return (sql ?? []).map((one) => ({ stage: 'make objects', sql: one }));
  }
  const sql = was.kind === 'publication' ? publicationChanges(work, was, is) : settingChanges(work, was, is);
  return sql.map((one) => ({ stage: 'make objects', sql: one }));
}

function settingChanges({ old }: Work, was: OtherObject, is: OtherObject): readonly string[] {
  const alter = `ALTER ${objectText(old, was)}`;
  const [before, now] = [was.settings ?? {}, is.settings ?? {}];
  if (was.kind === 'statistics' && before.target !== now.target)
    return [`${alter} SET STATISTICS ${before.target ?? '-1'}`];
  if (was.kind === 'event trigger' && before.firing !== now.firing)
    return [`${alter} ${firingAction(before.firing)}`];
  if (was.kind === 'extension' && before.schema !== now.schema && before.schema !== undefined)
    return [`${alter} SET SCHEMA ${quoteIdentifier(before.schema)}`];
  if (was.kind === 'extension' && before.new_version !== now.new_version && before.new_version !== undefined)
    return [`${alter} UPDATE TO ${quoteLiteral(before.new_version)}`];
  return [];
}

/** What a publication's parameters are where none is said. */
export const parameterDefaults: Readonly<Record<string, string>> = {
  publish: 'insert, update, delete, truncate',
  publish_via_partition_root: 'false',
  publish_generated_columns: 'none',
};

function publicationChanges(work: Work, was: OtherObject, is: OtherObject): readonly string[] {
  const { old, now } = work;
  const alter = `ALTER ${objectText(old, was)}`;
  const sql: string[] = [];
  const names = new Set([...Object.keys(was.settings ?? {}), ...Object.keys(is.settings ?? {})]);
  const value = (one: OtherObject, name: string) => one.settings?.[name] ?? parameterDefaults[name];
  const set = [...names].filter((name) => value(was, name) !== value(is, name));
  if (set.length > 0)
    sql.push(
      `${alter} SET (${set.map((name) => `${name} = ${setting(value(was, name) ?? '')}`).join(', ')})`,
    );
  const [before, after] = [was.publication, is.publication];
  if (!before || !after || before === after) return sql;
  const written = (one: OtherObject, writing: Work['old']) =>
    new Map(one.publication?.tables.map((each) => [each.table, publishedTable(writing, each)] as const));
  const [wanted, there] = [written(was, old), written(is, work.current)];
  const schemasGone = after.schemas.filter((one) => !before.schemas.includes(one));
  const gone = after.tables.filter(({ table }) => !wanted.has(table));
  const changed = before.tables.filter(
    ({ table }) => there.has(table) && there.get(table) !== wanted.get(table),
  );
  if (gone.length + changed.length + schemasGone.length > 0) {
    const tables = [...gone, ...changed].map(({ table }) => ({ table, only: false }));
    const members = publicationMembers(old, { tables, schemas: schemasGone });
    if (members !== undefined) sql.push(`${alter} DROP ${members}`);
  }
  const missing = before.tables.filter(
    ({ table }) => now.relations.has(table) && (!there.has(table) || there.get(table) !== wanted.get(table)),
  );
  const schemasMissing = before.schemas.filter((one) => !after.schemas.includes(one) && now.schemas.has(one));
  if (missing.length + schemasMissing.length > 0) {
    const members = publicationMembers(old, { tables: missing, schemas: schemasMissing });
    if (members !== undefined) sql.push(`${alter} ADD ${members}`);
  }
  return sql;
}
