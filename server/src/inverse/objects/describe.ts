import { type Address, describedAt, objectAt } from '../../schema/addresses.ts';
import { overloadDependency } from '../../schema/dependencies.ts';
import type { Grant, OtherObject, Schema } from '../../schema/model.ts';
import { defaultsBefore, grantsOf, ownerRole, privilegeKind } from '../../schema/privileges.ts';
import { quoteIdentifier, quoteLiteral } from '../../sql/names.ts';
import { nameIn, type Writing } from './source.ts';
import { routineText } from './write-function.ts';
import { objectText } from './write-object.ts';
import { roleText } from './write-trigger.ts';

/** How the object at a place is named behind COMMENT ON: `COLUMN app.t.a`; undefined where that is not known. */
export function subjectOf(writing: Writing, address: Address): string | undefined {
  const { schema } = writing;
  const { map, key, part } = address;
  if (map === 'objects') {
    const object = objectAt(schema, key);
    return object && objectText(writing, object);
  }
  if (map === 'functions') {
    const entry = schema.functions.get(key);
    const overload = entry?.overloads?.find((one) => overloadDependency(key, one) === part?.name);
    return entry && overload && routineText(writing, entry, overload);
  }
  if (map === 'types') {
    const type = schema.types.get(key);
    if (!type) return undefined;
    const name = nameIn(writing, type.name);
    if (part?.kind === 'column') return `COLUMN ${name}.${quoteIdentifier(part.name)}`;
    if (part) return `CONSTRAINT ${quoteIdentifier(part.name)} ON DOMAIN ${name}`;
    return `${type.kind === 'domain' ? 'DOMAIN' : 'TYPE'} ${name}`;
  }
  const relation = schema.relations.get(key);
  if (!relation) return undefined;
  const name = nameIn(writing, relation.name);
  if (part?.kind === 'column') return `COLUMN ${name}.${quoteIdentifier(part.name)}`;
  if (part) return `${part.kind.toUpperCase()} ${quoteIdentifier(part.name)} ON ${name}`;
  return `${relation.kind === 'table' && relation.foreign ? 'FOREIGN TABLE' : relation.kind.toUpperCase()} ${name}`;
}

/** COMMENT, where what is said now is not what was said. */
export function commentSql(writing: Writing, now: Schema, address: Address): readonly string[] {
  const [is, was] = [describedAt(now, address)?.comment, describedAt(writing.schema, address)?.comment];
  if (is === was) return [];
  const subject = subjectOf(writing, address);
  return subject === undefined
    ? []
    : [`COMMENT ON ${subject} IS ${was === undefined ? 'NULL' : quoteLiteral(was)}`];
}

/** ALTER … OWNER TO, where another role owns it now, and who did is known. */
export function ownerSql(writing: Writing, now: Schema, address: Address): readonly string[] {
  const [is, was] = [describedAt(now, address)?.owner, describedAt(writing.schema, address)?.owner];
  if (is === was || was === undefined) return [];
  const subject = subjectOf(writing, address);
  return subject === undefined ? [] : [`ALTER ${subject} OWNER TO ${roleText(was)}`];
}

/** GRANT and REVOKE, for what differs between two lists of privileges. */
export function grantSql(
  on: string,
  is: readonly Grant[],
  was: readonly Grant[],
  options: {
    readonly owner: string | undefined;
    readonly pgVersion: number;
    readonly columns?: string;
    readonly prefix?: string;
  },
): readonly string[] {
  const { owner, pgVersion, columns = '', prefix = '' } = options;
  const known = (one: Grant) => one.privilege !== 'maintain' || pgVersion >= 17;
  const missing = was.filter((one) => known(one) && !is.some((other) => sameGrant(one, other)));
  const extra = is.filter((one) => known(one) && !was.some((other) => sameGrant(one, other)));
  const role = (one: string | undefined) =>
    one === ownerRole ? (owner === undefined ? 'CURRENT_USER' : roleText(owner)) : roleText(one);
  const lists = (all: readonly Grant[]) => {
    const groups = new Map<string, string[]>();
    for (const one of all) {
      const to = role(one.role);
      groups.set(to, [...(groups.get(to) ?? []), `${one.privilege.toUpperCase()}${columns}`]);
    }
    return [...groups];
  };
  const option = (one: Grant, other: readonly Grant[]) =>
    other.some((each) => each.role === one.role && each.privilege === one.privilege);
  const revoked = extra.filter((one) => !option(one, was));
  const reduced = extra.filter((one) => option(one, was) && one.grantable);
  const given = missing.filter((one) => !option(one, is) || one.grantable);
  return [
    ...lists(revoked).map(([to, list]) => `${prefix}REVOKE ${list.join(', ')} ON ${on} FROM ${to}`),
    ...lists(reduced).map(
      ([to, list]) => `${prefix}REVOKE GRANT OPTION FOR ${list.join(', ')} ON ${on} FROM ${to}`,
    ),
    ...lists(given.filter((one) => !one.grantable)).map(
      ([to, list]) => `${prefix}GRANT ${list.join(', ')} ON ${on} TO ${to}`,
    ),
    ...lists(given.filter((one) => one.grantable)).map(
      ([to, list]) => `${prefix}GRANT ${list.join(', ')} ON ${on} TO ${to} WITH GRANT OPTION`,
    ),
  ];
}

function sameGrant(one: Grant, other: Grant): boolean {
  return one.role === other.role && one.privilege === other.privilege && one.grantable === other.grantable;
}

/** What leads back to the privileges that the object at a place had. */
export function privilegesSql(
  writing: Writing,
  now: Schema,
  address: Address,
  pgVersion: number,
): readonly string[] {
  const kind = privilegeKind(writing.schema, address);
  const [is, was] = [describedAt(now, address), describedAt(writing.schema, address)];
  if (kind === undefined || !is || !was || is.grants === was.grants) return [];
  const { part } = address;
  const isColumn = part?.kind === 'column';
  const subject = subjectOf(writing, isColumn ? { map: address.map, key: address.key } : address);
  if (subject === undefined) return [];
  const owner = isColumn
    ? describedAt(writing.schema, { map: address.map, key: address.key })?.owner
    : was.owner;
  return grantSql(grantee(subject), grantsOf(is, kind), grantsOf(was, kind), {
    owner,
    pgVersion,
    ...(isColumn && part ? { columns: ` (${quoteIdentifier(part.name)})` } : {}),
  });
}

/** GRANT calls all relations tables, and a domain by its own word. */
function grantee(subject: string): string {
  return subject
    .replace(/^(?:VIEW|MATERIALIZED VIEW|FOREIGN TABLE) /, 'TABLE ')
    .replace(/^AGGREGATE /, 'FUNCTION ')
    .replace(/^SERVER /, 'FOREIGN SERVER ');
}

/** ALTER DEFAULT PRIVILEGES, for what differs. */
export function defaultPrivilegesSql(
  is: OtherObject | undefined,
  was: OtherObject | undefined,
  pgVersion: number,
): readonly string[] {
  const one = was ?? is;
  if (!one?.defaults || is === was) return [];
  const { role, on } = one.defaults;
  const place = one.name.name;
  const words = [
    'ALTER DEFAULT PRIVILEGES',
    role === undefined ? '' : `FOR ROLE ${roleText(role)}`,
    place === '' ? '' : `IN SCHEMA ${quoteIdentifier(place)}`,
    '',
  ];
  const prefix = `${words.filter((word) => word !== '').join(' ')} `;
  const bare = { ...one };
  delete (bare as { grants?: unknown }).grants;
  return grantSql(`${on.toUpperCase()}S`, defaultsBefore(is ?? bare), defaultsBefore(was ?? bare), {
    owner: role,
    pgVersion,
    prefix,
  });
}
