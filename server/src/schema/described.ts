import type { AlterOwnerStmt, CommentStmt, RoleSpec } from '@pgsql/types';
import { type Address, addressOf, describe, objectAt } from './addresses.ts';
import { withField } from './definition.ts';
import type { Apply, Draft } from './draft.ts';
import type { Described, Grant } from './model.ts';

/** COMMENT: an empty one is none. */
export const applyComment: Apply<CommentStmt> = (draft, { objtype = '', object, comment }) => {
  const address = addressOf(draft, objtype, object);
  if (!address) return;
  ensure(draft, address);
  describe(draft, address, (one) => withField(one, 'comment', comment || undefined));
};

export const applyAlterOwner: Apply<AlterOwnerStmt> = (draft, fields) => {
  const { objectType = '', object, relation, newowner } = fields;
  const address = addressOf(draft, objectType, object, relation);
  if (!address) return;
  ensure(draft, address);
  changeOwner(draft, address, newowner);
};

/** What the old owner had by being it, the new one has. */
export function changeOwner(draft: Draft, address: Address, role: RoleSpec | undefined): void {
  const owner = roleName(role);
  describe(draft, address, (one) => withField(ownedBy(one, owner), 'owner', owner));
  const relation =
    address.map === 'relations' && !address.part ? draft.relations.get(address.key) : undefined;
  if (!relation || relation.kind === 'index' || relation.kind === 'sequence') return;
  const columns: readonly (Described & { readonly name: string })[] = relation.columns ?? [];
  for (const { name, grants } of columns) {
    if (!grants) continue;
    describe(draft, { ...address, part: { kind: 'column', name } }, (one) => ownedBy(one, owner));
  }
}

/** What a role had been granted is no grant any more once it is the owner. */
function ownedBy<One extends Described>(one: One, owner: string | undefined): One {
  if (owner === undefined || !one.grants?.some(({ role }) => role === owner)) return one;
  const merged = new Map<string, Grant>();
  for (const grant of one.grants) {
    const role = grant.role === owner ? '' : grant.role;
    const key = `${role ?? 'public'} ${grant.privilege} ${role === undefined}`;
    merged.set(key, { ...grant, role, grantable: grant.grantable && role !== '' });
  }
  return { ...one, grants: [...merged.values()] };
}

/** The role's name; `current_user` and the like stand as themselves. */
export function roleName(role: RoleSpec | undefined): string | undefined {
  switch (role?.roletype) {
    case 'ROLESPEC_CSTRING':
      return role.rolename;
    case 'ROLESPEC_CURRENT_USER':
    case 'ROLESPEC_CURRENT_ROLE':
      return currentRole;
    case 'ROLESPEC_SESSION_USER':
      return sessionRole;
    default:
      return undefined;
  }
}

/** No role can have these names: they stand for whoever runs the statement. */
export const currentRole = '\0current_user';
export const sessionRole = '\0session_user';

/** A schema, or what else no statement made, is there from the first thing that is said of it. */
export function ensure(draft: Draft, { map, key, part }: Address): void {
  if (map !== 'objects' || part || draft.objects.has(key)) return;
  const object = objectAt(draft, key);
  if (object) draft.objects.set(key, object);
}
