import type { AlterDefaultPrivilegesStmt, GrantStmt, Node } from '@pgsql/types';
import { stringsOf, writeName } from '../sql/names.ts';
import { type Address, addressOf, describe, describedAt, objectAt, objectKey } from './addresses.ts';
import { overloadDependency } from './dependencies.ts';
import { ensure, roleName } from './described.ts';
import type { Apply, Draft } from './draft.ts';
import type { Described, Grant, OtherObject, Schema } from './model.ts';

/** The owner, by whatever name: it has all privileges of its own. */
export const ownerRole = '';

const tablePrivileges = 'select insert update delete truncate references trigger maintain'.split(' ');
const privilegesOf: Readonly<Record<string, readonly string[]>> = {
  table: tablePrivileges,
  column: ['select', 'insert', 'update', 'references'],
  sequence: ['usage', 'select', 'update'],
  function: ['execute'],
  schema: ['usage', 'create'],
  type: ['usage'],
  database: ['create', 'connect', 'temporary'],
  language: ['usage'],
  tablespace: ['create'],
  'foreign data wrapper': ['usage'],
  server: ['usage'],
};

/** What PUBLIC may do with a new object. */
const publicByDefault: Readonly<Record<string, readonly string[]>> = {
  function: ['execute'],
  type: ['usage'],
  language: ['usage'],
  database: ['connect', 'temporary'],
};

/** The kind of privileges that an object at this place has. */
export function privilegeKind(schema: Schema, { map, key, part }: Address): string | undefined {
  if (part?.kind === 'column') return 'column';
  if (map === 'functions') return 'function';
  if (map === 'types') return 'type';
  if (map === 'relations') return schema.relations.get(key)?.kind === 'sequence' ? 'sequence' : 'table';
  const { kind } = objectAt(schema, key) ?? {};
  return kind === 'aggregate' ? 'function' : kind !== undefined && kind in privilegesOf ? kind : undefined;
}

/** What holds where nothing was granted or revoked. */
export function defaultGrants(kind: string): readonly Grant[] {
  const grants = (role: string | undefined, privileges: readonly string[] = []): readonly Grant[] =>
    privileges.map((privilege) => ({ role, privilege, grantable: false }));
  const owners = kind === 'column' ? [] : (privilegesOf[kind] ?? []);
  return [...grants(ownerRole, owners), ...grants(undefined, publicByDefault[kind])];
}

/** Who may do what with the object, the defaults written out. */
export function grantsOf(one: Described | undefined, kind: string): readonly Grant[] {
  return one?.grants ?? defaultGrants(kind);
}

export const applyGrant: Apply<GrantStmt> = (draft, fields) => {
  for (const address of grantAddresses(draft, fields)) {
    ensure(draft, address);
    grant(draft, address, fields);
  }
};

const typeOfTarget: Readonly<Record<string, string>> = {
  OBJECT_FUNCTION: 'OBJECT_FUNCTION',
  OBJECT_PROCEDURE: 'OBJECT_FUNCTION',
  OBJECT_ROUTINE: 'OBJECT_FUNCTION',
};

/** The objects that a GRANT or REVOKE names, each by its place. */
export function grantAddresses(schema: Schema, fields: GrantStmt): readonly Address[] {
  const { targtype, objtype = '', objects = [] } = fields;
  if (targtype === 'ACL_TARGET_ALL_IN_SCHEMA')
    return objects.flatMap((node) =>
      'String' in node ? allIn(schema, objtype, node.String.sval ?? '') : [],
    );
  if (targtype !== 'ACL_TARGET_OBJECT') return [];
  return objects.flatMap((object) => addressOf(schema, typeOfTarget[objtype] ?? objtype, object) ?? []);
}

function allIn(schema: Schema, objtype: string, place: string): readonly Address[] {
  if (objtype === 'OBJECT_TABLE' || objtype === 'OBJECT_SEQUENCE') {
    return [...schema.relations].flatMap(([key, { name, kind }]): readonly Address[] => {
      const meant =
        objtype === 'OBJECT_SEQUENCE' ? kind === 'sequence' : kind !== 'sequence' && kind !== 'index';
      return meant && name.schema === place ? [{ map: 'relations', key }] : [];
    });
  }
  const routines = [...schema.functions].flatMap(
    ([key, { name, kind, overloads = [] }]): readonly Address[] => {
      const meant =
        objtype === 'OBJECT_ROUTINE' || (objtype === 'OBJECT_PROCEDURE') === (kind === 'procedure');
      if (name.schema !== place || !meant) return [];
      return overloads.map((one) => ({
        map: 'functions',
        key,
        part: { kind: 'overload', name: overloadDependency(key, one) },
      }));
    },
  );
  const aggregates = [...schema.objects].flatMap(([key, { kind, name }]): readonly Address[] =>
    kind === 'aggregate' && name.schema === place && objtype !== 'OBJECT_PROCEDURE'
      ? [{ map: 'objects', key }]
      : [],
  );
  return [...routines, ...aggregates];
}

function grant(draft: Draft, address: Address, fields: GrantStmt): void {
  const kind = privilegeKind(draft, address);
  const owner = describedAt(draft, address)?.owner;
  if (kind === undefined) return;
  for (const node of fields.privileges ?? [{ AccessPriv: {} }]) {
    if (!('AccessPriv' in node)) continue;
    const { priv_name, cols } = node.AccessPriv;
    const columns = stringsOf(cols);
    if (columns.length > 0) {
      for (const name of columns)
        change(draft, { ...address, part: { kind: 'column', name } }, 'column', priv_name, owner, fields);
      continue;
    }
    change(draft, address, kind, priv_name, owner, fields);
    // What is revoked of a table is revoked of its columns.
    if (kind !== 'table' || fields.is_grant) continue;
    for (const name of columnsWithGrants(draft, address.key))
      change(draft, { ...address, part: { kind: 'column', name } }, 'column', priv_name, owner, fields);
  }
}

function columnsWithGrants({ relations }: Schema, key: string): readonly string[] {
  const relation = relations.get(key);
  if (!relation || relation.kind === 'index' || relation.kind === 'sequence') return [];
  const columns: readonly (Described & { readonly name: string })[] = relation.columns ?? [];
  return columns.flatMap(({ name, grants }) => (grants ? [name] : []));
}

function change(
  draft: Draft,
  address: Address,
  kind: string,
  privilege: string | undefined,
  owner: string | undefined,
  fields: GrantStmt,
): void {
  const privileges =
    privilege === undefined ? (privilegesOf[kind] ?? []) : [privilege === 'temp' ? 'temporary' : privilege];
  const roles = rolesOf(fields.grantees, owner);
  describe(draft, address, (one) => {
    const before = grantsOf(one, kind);
    const after = changed(before, roles, privileges, fields);
    return after === before ? one : { ...one, grants: after };
  });
}

/** The roles that a GRANT or REVOKE names; PUBLIC as undefined. */
export function rolesOf(
  grantees: readonly Node[] | undefined,
  owner: string | undefined,
): readonly (string | undefined)[] {
  return (grantees ?? []).flatMap((node) => {
    if (!('RoleSpec' in node)) return [];
    const name = roleName(node.RoleSpec);
    return [name !== undefined && name === owner ? ownerRole : name];
  });
}

function changed(
  grants: readonly Grant[],
  roles: readonly (string | undefined)[],
  privileges: readonly string[],
  { is_grant, grant_option = false }: GrantStmt,
): readonly Grant[] {
  let list = grants;
  for (const role of roles) {
    for (const privilege of privileges) {
      const old = list.find((one) => one.role === role && one.privilege === privilege);
      const without = () => list.filter((one) => one !== old);
      if (is_grant) {
        if (old && (old.grantable || !grant_option)) continue;
        list = [...without(), { role, privilege, grantable: grant_option }];
      } else if (old && (!grant_option || old.grantable)) {
        list = grant_option ? [...without(), { ...old, grantable: false }] : without();
      }
    }
  }
  return list;
}

const kindsOfDefaults: Readonly<Record<string, string>> = {
  OBJECT_TABLE: 'table',
  OBJECT_SEQUENCE: 'sequence',
  OBJECT_FUNCTION: 'function',
  OBJECT_ROUTINE: 'function',
  OBJECT_TYPE: 'type',
  OBJECT_SCHEMA: 'schema',
};

/** The default privileges that an ALTER DEFAULT PRIVILEGES is about: an entry for each role and schema. */
export function defaultPrivilegesOf(
  schema: Schema,
  { options = [], action }: AlterDefaultPrivilegesStmt,
): readonly OtherObject[] {
  const list = (name: string) =>
    options.flatMap((node) =>
      'DefElem' in node && node.DefElem.defname === name && node.DefElem.arg && 'List' in node.DefElem.arg
        ? (node.DefElem.arg.List.items ?? [])
        : [],
    );
  const on = kindsOfDefaults[action?.objtype ?? ''];
  if (on === undefined) return [];
  const roles = rolesOf(list('roles'), undefined);
  const places: readonly (string | undefined)[] = stringsOf(list('schemas'));
  return (roles.length > 0 ? roles : [undefined]).flatMap((role) =>
    (places.length > 0 ? places : [undefined]).map((place) => {
      const name = { schema: undefined, name: place ?? '' };
      const suffix = ` on ${on}s of ${writeName({ schema: undefined, name: role ?? '' })}`;
      const made: OtherObject = { kind: 'default privileges', name, suffix, defaults: { role, on } };
      return schema.objects.get(objectKey(made)) ?? made;
    }),
  );
}

/** Those of a schema are added to those of the whole database, and so begin with none. */
export function defaultsBefore(one: OtherObject): readonly Grant[] {
  const global = one.name.name === '';
  return one.grants ?? (global ? defaultGrants(one.defaults?.on ?? '') : []);
}

export const applyDefaultPrivileges: Apply<AlterDefaultPrivilegesStmt> = (draft, fields) => {
  const { action } = fields;
  if (!action) return;
  for (const one of defaultPrivilegesOf(draft, fields)) {
    const kind = one.defaults?.on ?? '';
    let grants = defaultsBefore(one);
    for (const node of action.privileges ?? [{ AccessPriv: {} }]) {
      const name = 'AccessPriv' in node ? node.AccessPriv.priv_name : undefined;
      const privileges = name === undefined ? (privilegesOf[kind] ?? []) : [name];
      grants = changed(grants, rolesOf(action.grantees, one.defaults?.role), privileges, action);
    }
    draft.objects.set(objectKey(one), { ...one, grants });
  }
};
