import type { Address } from '../../schema/addresses.ts';
import type { OtherObject, Schema } from '../../schema/model.ts';
import { defaultGrants, defaultsBefore, ownerRole } from '../../schema/privileges.ts';
import { roleText } from './write-trigger.ts';

/** The default privileges that an object of a kind may get when it is made in a schema, whoever makes it. */
export function defaultPrivilegesFor(
  schema: Schema,
  kind: string,
  place: string | undefined,
): readonly OtherObject[] {
  return [...schema.objects.values()].filter(
    ({ kind: own, name, defaults }) =>
      own === 'default privileges' && defaults?.on === kind && (name.name === '' || name.name === place),
  );
}

/**
 * What takes away again what default privileges give a new object, and gives what they take: they are those of the
 * role that makes it, which is only known then. `on` names the object as GRANT does.
 */
export function plainPrivileges(
  schema: Schema,
  kind: string,
  place: string | undefined,
  on: string,
): readonly string[] {
  const defaults = defaultPrivilegesFor(schema, kind, place);
  if (defaults.length === 0) return [];
  const usual = defaultGrants(kind);
  const given = new Set<string | undefined>();
  const taken = new Set<string>();
  for (const one of defaults) {
    const grants = defaultsBefore(one);
    for (const { role, privilege } of grants) {
      const isUsual = usual.some((other) => other.role === role && other.privilege === privilege);
      if (!isUsual && role !== ownerRole) given.add(role);
    }
    if (one.name.name !== '') continue;
    for (const { role, privilege } of usual)
      if (
        role === undefined &&
        !grants.some((other) => other.role === undefined && other.privilege === privilege)
      )
        taken.add(privilege);
  }
  const public_ = usual.filter(({ role }) => role === undefined).map(({ privilege }) => privilege);
  const back = new Set([...taken, ...(given.has(undefined) ? public_ : [])]);
  return [
    ...[...given].map((role) => `REVOKE ALL ON ${on} FROM ${roleText(role)}`),
    ...(back.size > 0
      ? [`GRANT ${[...back].map((one) => one.toUpperCase()).join(', ')} ON ${on} TO PUBLIC`]
      : []),
  ];
}

/** Whether it is not known which privileges the object got when the plan made it. */
export function hasUnknownPrivileges(schema: Schema, { map, key }: Address): boolean {
  if (map !== 'relations') return false;
  const relation = schema.relations.get(key);
  if (!relation?.madeByPlan) return false;
  const kind = relation.kind === 'sequence' ? 'sequence' : 'table';
  return defaultPrivilegesFor(schema, kind, relation.name.schema).length > 0;
}
