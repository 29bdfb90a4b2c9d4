import { bareType, dependencyOf } from '../../schema/links.ts';
import type { UserType } from '../../schema/model.ts';
import { typeDisplayName } from '../../schema/names.ts';
import { quoteIdentifier } from '../../sql/names.ts';
import { plainPrivileges } from './defaults.ts';
import { changedKeys, isReady, type ObjectPiece, type Work } from './pieces.ts';
import { nameIn } from './source.ts';
import { typeIn } from './write-function.ts';
import { writeType } from './write-type.ts';

/** Enum, composite and range types, and domains. */
export function typePieces(work: Work): readonly ObjectPiece[] {
  const { before, now } = work;
  return changedKeys(before.types, now.types).flatMap((key) => {
    const [was, is] = [before.types.get(key), now.types.get(key)];
    if (was && is) return was.kind === is.kind ? changes(work, key, was, is) : [];
    if (is) {
      const word = is.kind === 'domain' ? 'DOMAIN' : 'TYPE';
      return isUsed(work, key, is)
        ? []
        : [{ stage: 'drop objects' as const, sql: `DROP ${word} ${nameIn(work.current, is.name)}` }];
    }
    const sql =
      was && isReady(work, was.dependsOn) && hasItsTypes(work, was) ? writeType(work.old, was) : undefined;
    const on = was && `${was.kind === 'domain' ? 'DOMAIN' : 'TYPE'} ${nameIn(work.old, was.name)}`;
    const plain = was && sql && on ? plainPrivileges(before, 'type', was.name.schema, on) : [];
    return [...(sql ?? []), ...plain].map((one) => ({ stage: 'make types' as const, sql: one }));
  });
}

function hasItsTypes({ before, now }: Work, type: UserType): boolean {
  const printed = [type.baseType, ...(type.attributes ?? []).map((one) => one.type)];
  return printed.every((one) => {
    if (one === undefined) return true;
    const found = [...before.types].find(([, { name }]) => typeDisplayName(before, name) === bareType(one));
    return !found || now.types.has(found[0]);
  });
}

/** Whether a column, a domain or another type is of it now. */
function isUsed({ now }: Work, key: string, { name }: UserType): boolean {
  const printed = typeDisplayName(now, name);
  const isIt = (type: string | undefined) => type !== undefined && bareType(type) === printed;
  const dependency = dependencyOf('type', key);
  for (const one of now.relations.values())
    if (one.kind === 'table' && (one.ofType === key || one.columns.some((column) => isIt(column.type))))
      return true;
  for (const one of now.types.values())
    if (isIt(one.baseType) || one.attributes?.some((attribute) => isIt(attribute.type))) return true;
  return [...now.functions.values()].some(({ overloads = [] }) =>
    overloads.some((one) => one.dependsOn?.includes(dependency)),
  );
}

function changes(work: Work, key: string, was: UserType, is: UserType): readonly ObjectPiece[] {
  const sql =
    was.kind === 'domain'
      ? domainChanges(work, was, is)
      : was.kind === 'composite'
        ? attributeChanges(work, key, was, is)
        : [];
  return sql.map((one) => ({ stage: 'make types', sql: one }));
}

function domainChanges({ old, pgVersion }: Work, was: UserType, is: UserType): readonly string[] {
  const alter = `ALTER DOMAIN ${nameIn(old, was.name)}`;
  const sql: string[] = [];
  if (was.defaultSource !== is.defaultSource)
    sql.push(
      was.defaultSource === undefined ? `${alter} DROP DEFAULT` : `${alter} SET DEFAULT ${was.defaultSource}`,
    );
  const [before, now] = [was.checks ?? [], is.checks ?? []];
  const same = (one: (typeof before)[number], other: (typeof before)[number]) =>
    one.name === other.name && one.expression === other.expression && !(other.validated && !one.validated);
  for (const one of now) {
    if (before.some((other) => same(other, one))) continue;
    sql.push(
      one.expression === undefined
        ? `${alter} DROP NOT NULL`
        : `${alter} DROP CONSTRAINT ${quoteIdentifier(one.name)}`,
    );
  }
  for (const one of before) {
    const there = now.find((other) => same(one, other));
    const name = quoteIdentifier(one.name);
    if (!there && one.expression === undefined) {
      const named = pgVersion >= 17 && one.name !== `${was.name.name}_not_null`;
      sql.push(named ? `${alter} ADD CONSTRAINT ${name} NOT NULL` : `${alter} SET NOT NULL`);
      continue;
    }
    if (!there) sql.push(`${alter} ADD CONSTRAINT ${name} CHECK (${one.expression}) NOT VALID`);
    if (one.validated && there?.validated !== true) sql.push(`${alter} VALIDATE CONSTRAINT ${name}`);
  }
  return sql;
}

function attributeChanges(work: Work, key: string, was: UserType, is: UserType): readonly string[] {
  const { old, now } = work;
  const [before, after] = [was.attributes ?? [], is.attributes ?? []];
  const typed = [...now.relations.values()].some((one) => one.kind === 'table' && one.ofType === key);
  const cascade = typed ? ' CASCADE' : '';
  const alter = `ALTER TYPE ${nameIn(old, was.name)}`;
  const sql: string[] = [];
  for (const one of after)
    if (!before.some(({ name }) => name === one.name))
      sql.push(`${alter} DROP ATTRIBUTE ${quoteIdentifier(one.name)}${cascade}`);
  for (const one of before) {
    const other = after.find(({ name }) => name === one.name);
    if (other && other.type === one.type && other.collation === one.collation) continue;
    const type = typeIn(old, one.type);
    if (type === undefined) continue;
    const full = `${quoteIdentifier(one.name)} ${other ? 'TYPE ' : ''}${type}${one.collation ? ` COLLATE ${quoteIdentifier(one.collation)}` : ''}`;
    sql.push(`${alter} ${other ? 'ALTER' : 'ADD'} ATTRIBUTE ${full}${cascade}`);
  }
  return sql;
}
